"""Gamma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import Family, past_log, refuse


@dataclass(frozen=True)
class Gamma(Family):
    """Positive targets with a standard deviation in proportion to the mean.

    Attributes
    ----------
    link : {"inverse", "log", "identity"}
        Of the mean.

    Examples
    --------
    >>> Gamma("log").variance(3.0)
    9.0
    """

    usual_link: ClassVar[str] = "inverse"
    canonical: ClassVar[str] = "inverse"
    links: ClassVar[tuple[str, ...]] = ("inverse", "log", "identity")

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean * mean

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return 2.0 / mean

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        return 2.0 * past_log((y - mean) / mean, xp)

    def complaint(self, y: Array) -> Complaint | None:
        return refuse(
            y <= 0,
            y,
            "Gamma",
            "targets above 0",
            "Use lw.family.Tweedie(1.5) for zeros",
        )

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import special

        shape = weights / dispersion
        found = special.gammainc(shape, shape * y / mean)
        return found, found

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import special

        shape = weights / dispersion
        return np.asarray(special.gammaincinv(shape, share) * mean / shape)

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        from scipy import special

        total = float(weights.sum())
        # As R: the deviance over the sum of weights stands for the dispersion.
        spread = deviance / total
        if spread <= 0:
            return float("inf")
        shape = 1.0 / spread
        logs = float(np.sum(weights * np.log(y)))
        # sum(w (y/mu + log mu)) is half the deviance, the weights and these logs.
        means = 0.5 * deviance + total + logs
        constant = shape * np.log(shape) - float(special.gammaln(shape))
        return (shape - 1.0) * logs - shape * means + total * float(constant)
