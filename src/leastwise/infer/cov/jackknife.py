"""The covariance from fits without one row, or one cluster, at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.infer.cov.base import Covariance, Estimate, names_among
from leastwise.infer.cov.cluster import refuse_one
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.groups import groups_of
from leastwise.infer.cov.hc import NOTHING_LEFT, Leverages, alone_of, meat_of
from leastwise.infer.cov.within import within
from leastwise.infer.dist import Array


@dataclass(frozen=True, eq=False)
class Jackknife(Covariance):
    """How much the coefficients change when a row, or a cluster, is left out.

    ``V = (n - 1) / n sum_i (b_i - mean) (b_i - mean)'`` over the fits b_i without row
    i, exactly: ``b_i = b - B x_i w_i e_i / (1 - h_i)``, nothing is fitted again. With
    clusters, G in place of n. A row of frequency weight w is w rows, left out one by
    one. What a row or a cluster alone decides has no number.

    t and F have the residual degrees of freedom, with clusters G - 1. The sum about b
    in place of the mean of the b_i is HC3 (with clusters CR3) times (n - 1) / n, which
    some call the jackknife too.

    Parameters
    ----------
    by : str or array_like, shape (n,), optional
        Leave out clusters: a column of the data, or one value for each of its rows.

    References
    ----------
    Tukey (1958), doi:10.1214/aoms/1177706647; Miller (1974),
    doi:10.1093/biomet/61.1.1.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.Jackknife()).se["x"], 6)
    0.31542
    """

    by: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return names_among(self.by)

    @property
    def word(self) -> str | None:
        """What asks for it on the command line; None where nothing does."""
        if self.call is None:
            return None
        return "jackknife" if self.by is None else f"jackknife:{self.by}"

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        if self.by is not None:
            groups = groups_of(ground.seen, self.by, "the cluster")
            refuse_one(groups)
            found = within(ground, groups, "CR3")
            text = f"jackknife over {groups.count} clusters of {groups.what}"
            core = _about_mean(found.core, found.total, float(groups.count))
            return Estimate(core, float(groups.count - 1), text, alone=found.alone)
        n = ground.observations
        look = Leverages.of(ground)
        only = np.flatnonzero(look.one > 1.0 - NOTHING_LEFT)
        left = np.where(look.one > 1.0 - NOTHING_LEFT, np.inf, 1.0 - look.one)
        change = ground.residuals() / left
        total = np.zeros(ground.size)
        for part, z, w in ground.walk():
            # The weights are those of the copies of a row together in both cases.
            total += z.T @ (w * change[part])
        core = _about_mean(meat_of(ground, change**2), total, n)
        text = "jackknife over the rows"
        return Estimate(core, ground.dof, text, alone=alone_of(ground, only))


def _about_mean(squares: Array, total: Array, n: float) -> Array:
    return np.asarray((n - 1.0) / n * (squares - np.outer(total, total) / n))
