"""The covariance under equal variances: sigma^2 (X'WX)^-1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import (
    Covariance,
    Estimate,
    Seen,
    in_units,
    residual_dof,
)


@dataclass(frozen=True)
class Classical(Covariance):
    """Errors of equal variance (in inverse proportion to analytic weights).

    ``V = sigma^2 (X'WX)^-1`` with ``sigma^2 = rss / dof``.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> bool(abs(m.with_cov(lw.cov.Classical()).se["x"] - m.se["x"]) < 1e-15)
    True
    """

    def estimate(self, seen: Seen) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        fit, fitted = seen.fit, seen.fitted
        p = seen.moments.n_inputs
        variance = float(fit.rss[seen.target]) / fit.dof if fit.dof > 0 else np.nan
        spread = np.zeros((1 + p, 1 + p))
        spread[0, 0] = fitted.beside
        spread[1:, 1:] = fitted.root.T @ fitted.root
        whole = in_units(seen, variance * spread)
        return Estimate(whole, residual_dof(fit), "classical")
