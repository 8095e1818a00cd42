"""The covariance of a sample that was drawn with known probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.infer.cov.base import Covariance, Estimate, names_among
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.groups import crossed, groups_of, sums_within


@dataclass(frozen=True, eq=False)
class Survey(Covariance):
    """Design-based, for weights in inverse proportion to the chance of being drawn.

    ``V = B (sum_h n_h / (n_h - 1) sum_c (s_hc - mean_h) (s_hc - mean_h)') B`` over
    strata h and the n_h primary sampling units c in them, with s the sum of the scores
    ``w e x`` of a unit: what R's ``survey::svyglm`` gives, with replacement (no finite
    population correction). Without strata there is one, without clusters each row is a
    unit: then V is HC0 times n / (n - 1). Clusters are those within their stratum: the
    same name in two strata is two units.

    t has ``units - strata + 1 - rank`` degrees of freedom, as in ``svyglm``.

    Parameters
    ----------
    strata, cluster : str or array_like, shape (n,), optional
        Columns of the data, or one value for each of its rows.

    Raises
    ------
    DataError
        When a stratum has one unit: it says nothing of what varies there.

    References
    ----------
    Binder (1983), doi:10.2307/1402588; Lumley (2004), doi:10.18637/jss.v009.i08.

    Examples
    --------
    >>> import leastwise as lw
    >>> people = {"y": [1.0, 3.0, 5.0, 8.0], "x": [0, 1, 2, 3], "w": [9, 2, 2, 7]}
    >>> m = lw.ols("y ~ x", people, weights=lw.weights.probability("w"))
    >>> m.cov.name, round(m.se["x"], 6)
    ('Survey', 0.060122)
    """

    strata: Any = None
    cluster: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return names_among(self.strata, self.cluster)

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        seen, n = ground.seen, ground.n
        stratum = np.zeros(n, int)
        strata = None
        if self.strata is not None:
            strata = groups_of(seen, self.strata, "the stratum")
            stratum = strata.codes
        if self.cluster is None:
            sums, of = ground.scores(), stratum
        else:
            units = groups_of(seen, self.cluster, "the cluster")
            if strata is not None:
                units = crossed(strata, units)
            sums = np.zeros((units.count, ground.size))
            residual = ground.residuals()
            for part, z, w in ground.walk():
                sums_within(units, (w * residual[part])[:, None] * z, sums, part)
            of = np.zeros(units.count, int)
            of[units.codes] = stratum
        counts = np.bincount(of)
        if (counts < 2).any():
            where = "the sample"
            if strata is not None:
                where = strata.name(int(np.flatnonzero(counts < 2)[0]))
            raise DataError(
                f"{where} has one sampling unit: nothing varies in it",
                fix="Join it with another stratum",
            )
        mean = np.zeros((len(counts), ground.size))
        np.add.at(mean, of, sums)
        mean /= counts[:, None]
        sums = sums - mean[of]
        core = sums.T @ ((counts / (counts - 1.0))[of][:, None] * sums)
        units_told = f"{len(sums)} {'rows' if self.cluster is None else 'units'}"
        text = f"design-based, {units_told}"
        if strata is not None:
            text += f" in {len(counts)} strata of {strata.what}"
        dof = float(len(sums) - len(counts) + 1 - seen.fit.rank)
        return Estimate(np.asarray(core), dof, text)
