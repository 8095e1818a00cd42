"""Inverse Gaussian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import Family, refuse


@dataclass(frozen=True)
class InverseGaussian(Family):
    """Positive targets whose variance is the cube of the mean.

    Attributes
    ----------
    link : {"1/mu^2", "inverse", "log", "identity"}
        Of the mean.

    Examples
    --------
    >>> InverseGaussian("log").variance(2.0)
    8.0
    """

    usual_link: ClassVar[str] = "1/mu^2"
    canonical: ClassVar[str] = "1/mu^2"
    links: ClassVar[tuple[str, ...]] = ("1/mu^2", "inverse", "log", "identity")

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean**3

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return 3.0 / mean

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        return (y - mean) ** 2 / (y * mean**2)

    def complaint(self, y: Array) -> Complaint | None:
        return refuse(
            y <= 0, y, "InverseGaussian", "targets above 0", "Use another family"
        )

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import stats

        shape = weights / dispersion
        found = stats.invgauss.cdf(y, mean / shape, scale=shape)
        return found, found

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import stats

        shape = weights / dispersion
        return np.asarray(stats.invgauss.ppf(share, mean / shape, scale=shape))

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        total = float(weights.sum())
        spread = deviance / total
        if spread <= 0:
            return math.inf
        logs = float(np.sum(weights * np.log(y)))
        return -0.5 * (total * (math.log(2 * math.pi * spread) + 1) + 3 * logs)
