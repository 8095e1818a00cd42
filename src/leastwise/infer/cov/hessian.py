"""The inverse of the observed information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.bread import bent_of, bread_of
from leastwise.infer.cov.ground import Ground


@dataclass(frozen=True)
class Hessian(Covariance):
    """The dispersion times the inverse of the observed Hessian.

    ``V = phi (sum_i h_i x_i x_i')^-1`` with h the second derivatives of the loss, as
    they are, where Fisher's information takes their expectations. The two are the same
    for a canonical link (Efron and Hinkley 1978, doi:10.1093/biomet/65.3.457). A
    covariance where the loss is minus a log-likelihood.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 2.5, 5.0, 7.0, 12.0]}
    >>> m = lw.glm("y ~ x", data, family=lw.family.Gamma("log"))
    >>> round(m.se["x"], 6), round(m.with_cov(lw.cov.Hessian()).se["x"], 6)
    (0.035305, 0.034848)
    """

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        core = unit_of(ground, bent_of(ground).dispersion) * bread_of(ground)
        return Estimate(core, ground.dof, "inverse of the observed Hessian")


def unit_of(ground: Ground, dispersion: float) -> float:
    """Return a dispersion in the units of the coordinates.

    Parameters
    ----------
    ground : Ground
        Working rows.
    dispersion : float
        What the inverse of a curvature is multiplied by.
    """
    power = -2 * ground.unit - ground.moments.weight_exponent
    return float(np.ldexp(dispersion, power))
