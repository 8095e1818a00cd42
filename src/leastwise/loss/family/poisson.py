"""Poisson."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import Family, past_log, refuse


@dataclass(frozen=True)
class LikePoisson(Family, ABC):
    """A variance in proportion to the mean.

    Attributes
    ----------
    link : {"log", "identity", "sqrt"}
        Of the mean.
    """

    usual_link: ClassVar[str] = "log"
    canonical: ClassVar[str] = "log"
    links: ClassVar[tuple[str, ...]] = ("log", "identity", "sqrt")

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return 1.0 / mean

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        own = xp.where(y > 0, y, 1.0)
        return 2.0 * xp.where(y > 0, y * past_log((mean - y) / own, xp), mean)

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        return y + 0.1


@dataclass(frozen=True)
class Poisson(LikePoisson):
    """Counts whose variance is their mean.

    Attributes
    ----------
    link : {"log", "identity", "sqrt"}
        Of the mean.

    Examples
    --------
    >>> Poisson().variance(2.0)
    2.0
    """

    @property
    def has_known_dispersion(self) -> bool:
        return True

    def complaint(self, y: Array) -> Complaint | None:
        negative = refuse(
            y < 0, y, "Poisson", "counts of 0 or more", "Model it with another family"
        )
        return negative or refuse(
            y != np.round(y),
            y,
            "Poisson",
            "whole counts",
            "Use lw.family.QuasiPoisson() for rates, or counts with offset=log(time)",
        )

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import special

        less = np.where(y > 0, special.pdtr(np.maximum(y - 1.0, 0.0), mean), 0.0)
        return less, special.pdtr(y, mean)

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import stats

        return np.asarray(stats.poisson.ppf(share, mean))

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        from scipy import special

        rows = special.xlogy(y, y) - y - special.gammaln(y + 1.0)
        return float(np.sum(weights * rows)) - 0.5 * deviance
