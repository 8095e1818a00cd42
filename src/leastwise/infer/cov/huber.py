"""Huber's covariance of M-estimates of regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.bread import bent_of, inverse_of
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.hessian import unit_of


@dataclass(frozen=True)
class Huber(Covariance):
    """Errors of one distribution, symmetric about 0: as R's ``summary.rlm``.

    ``V = K^2 S / m^2 (X'X)^-1`` with ``S = sum_i (s psi_i)^2 / (n - p)``, m the mean of
    psi' and ``K = 1 + p/n var(psi') / m^2`` (Huber 1981, 7.6.2). Analytic weights are
    those of X'X too.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.2, 2.9, 9.0, 5.1]}
    >>> m = lw.robust("y ~ x", data)
    >>> m.cov.name
    'Huber'
    """

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        bent = bent_of(ground)
        weights = bent.case_weights
        counts = weights if ground.seen.frequency else np.ones(ground.n)
        n, p = float(counts.sum()), ground.seen.fit.rank
        # With analytic weights the residual is that of a row of weight 1.
        each = counts if ground.seen.frequency else weights
        square = float(each @ np.square(bent.score)) / ground.dof
        mean = float(counts @ bent.curvature) / n
        variance = float(counts @ np.square(bent.curvature - mean)) / (n - 1.0)
        if not mean > 0:
            nothing = np.full((ground.size, ground.size), np.nan)
            note = "No standard errors: the loss of the rows is not curved upwards."
            return Estimate(nothing, ground.dof, "Huber (1981)", notes=(note,))
        factor = (1.0 + p * variance / (n * mean * mean)) / mean
        unit = unit_of(ground, square * factor * factor)
        core = unit * inverse_of(ground, weights)
        text = "Huber (1981), errors of one distribution"
        return Estimate(core, ground.dof, text)
