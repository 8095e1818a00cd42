"""The covariance under equal variances: sigma^2 (X'WX)^-1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.ground import Ground


@dataclass(frozen=True)
class Classical(Covariance):
    """Errors of equal variance (in inverse proportion to analytic weights).

    ``V = sigma^2 (X'WX)^-1`` with ``sigma^2 = rss / dof``.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> m.with_cov(lw.cov.HC3()).with_cov(lw.cov.Classical()).se == m.se
    True
    """

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        fit, target = ground.seen.fit, ground.seen.target
        variance = float(fit.rss[target]) / fit.dof if fit.dof > 0 else np.nan
        # The fit holds it in the units of the seen moments.
        other = int(ground.seen.moments.exponent[ground.seen.moments.n_inputs + target])
        there = np.ldexp(variance, 2 * (other - ground.unit))
        return Estimate(there * np.eye(ground.size), ground.dof, "classical")
