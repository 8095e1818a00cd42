"""Koenker's covariance of quantile regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.bread import inverse_of
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.hc import meat_of
from leastwise.infer.density import LEAST_DENSITY
from leastwise.loss.quantile import Quantile


@dataclass(frozen=True)
class Sparsity(Covariance):
    """``q (1 - q) D^-1 (X'X) D^-1`` with ``D = sum_i f_i x_i x_i'``.

    f_i is the density of the target of row i at its quantile: a row is below it with
    a chance of q, whatever the inputs. How the densities are estimated is said when
    the quantile is fitted. ``HC0`` in its place also holds where the quantile is not
    linear in the inputs (Angrist, Chernozhukov and Fernandez-Val 2006,
    doi:10.1111/j.1468-0262.2006.00671.x); ``cluster:town`` where rows of a cluster go
    together (Parente and Santos Silva 2016, doi:10.1515/jem-2014-0011).

    Attributes
    ----------
    density : str
        How the densities were estimated.

    References
    ----------
    Hendricks and Koenker (1992), doi:10.1080/01621459.1992.10475175.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "y": [1, 4, 2, 6, 3, 9]}
    >>> lw.quantile("y ~ x", data, se="iid").cov.name
    'Sparsity'
    """

    density: str = ""

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        bent = ground.seen.bent
        if bent is None or not isinstance(bent.loss, Quantile):
            raise RequestError(
                "Sparsity is a covariance of quantile regression",
                fix="Give another, such as lw.cov.HC3()",
            )
        q = bent.loss.q
        total = ground.rows.weights
        each = np.ones(ground.n) if total is None else total / bent.case_weights
        square = np.ldexp(q * (1.0 - q) / (each * each), -2 * ground.unit)
        text = f"Koenker's, {self.density}" if self.density else "Koenker's"
        meat = meat_of(ground, square)
        # The least density stands for none: rows of weight 0 cannot be folded.
        least = each <= 2.0 * LEAST_DENSITY * float(each.max())
        if not least.any():
            return Estimate(meat, ground.dof, text)
        try:
            bread = inverse_of(ground, np.where(least, 0.0, each) * bent.case_weights)
        except DataError:
            note = "No standard errors: too few rows have a density at the quantile."
            nothing = np.full_like(meat, np.nan)
            return Estimate(nothing, ground.dof, text, notes=(note,))
        core = bread @ meat @ bread
        return Estimate(0.5 * (core + core.T), ground.dof, text)
