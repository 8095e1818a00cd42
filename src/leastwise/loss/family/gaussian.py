"""Gaussian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.family.base import Family


@dataclass(frozen=True)
class Gaussian(Family):
    """Normal targets with one variance: least squares, through a link.

    Attributes
    ----------
    link : {"identity", "log", "inverse"}
        Of the mean.

    Examples
    --------
    >>> Gaussian().link
    'identity'
    """

    usual_link: ClassVar[str] = "identity"
    canonical: ClassVar[str] = "identity"
    links: ClassVar[tuple[str, ...]] = ("identity", "log", "inverse")

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return xp.ones_like(mean)

    def has_mean(self, mean: Array) -> Array:
        return np.isfinite(mean)

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return xp.zeros_like(mean)

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        return (y - mean) ** 2

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        if self.link == "identity":
            return y
        # Where the link has a predictor for every one.
        level = float(np.average(y, weights=weights))
        return np.where(y > 0, y, max(abs(level), 1e-3) * 1e-3)

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import special

        found = special.ndtr((y - mean) * np.sqrt(weights / dispersion))
        return found, found

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import special

        return np.asarray(mean + special.ndtri(share) * np.sqrt(dispersion / weights))

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        counted = weights[weights > 0]
        return likelihood_of(len(counted), float(np.log(counted).sum()), deviance)


def likelihood_of(n: float, logs: float, deviance: float) -> float:
    """Return the log-likelihood of normal errors, their variance estimated.

    Parameters
    ----------
    n : float
        Rows.
    logs : float
        Sum of the logarithms of their weights.
    deviance : float
        Weighted sum of squares.

    Examples
    --------
    >>> round(likelihood_of(10, 0.0, 5.0), 6)
    -10.723649
    """
    if deviance <= 0:
        return math.inf
    return -0.5 * (n * (math.log(2 * math.pi * deviance / n) + 1) - logs)
