"""Negative binomial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import Family, past_log, refuse


@dataclass(frozen=True)
class NegativeBinomial(Family):
    """Counts that vary more than Poisson's: variance ``mu + mu^2 / theta``.

    Attributes
    ----------
    link : {"log", "identity", "sqrt"}
        Of the mean.
    theta : float or None
        Above 0; None to estimate it with the coefficients.

    Examples
    --------
    >>> NegativeBinomial(theta=2.0).variance(2.0)
    4.0
    """

    theta: float | None = None

    usual_link: ClassVar[str] = "log"
    links: ClassVar[tuple[str, ...]] = ("log", "identity", "sqrt")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.theta is not None and not 0.0 < self.theta < np.inf:
            raise RequestError(
                f"theta={self.theta!r} is not above 0",
                fix="Leave it out to have it estimated",
            )

    @property
    def has_known_dispersion(self) -> bool:
        return True

    @property
    def _theta(self) -> float:
        if self.theta is None:
            raise RequestError("theta is not known before the fit", fix="Give theta=")
        return self.theta

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean + mean * mean / self._theta

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return 1.0 / mean + 1.0 / (mean + self._theta)

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        # y log(y/mu) - (y + t) log((y + t)/(mu + t)), in terms that do not cancel.
        t, away = self._theta, mean - y
        one, two = away / (y + t), t * away / (mean * (y + t))
        mixed = y * past_log(xp.where(y > 0, -two, 0.0), xp)
        rest = t * past_log(one, xp) + mixed
        return 2.0 * (two * away - rest)

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        return np.where(y > 0, y, 1.0 / 6.0)

    def complaint(self, y: Array) -> Complaint | None:
        return refuse(
            (y < 0) | (y != np.round(y)),
            y,
            "NegativeBinomial",
            "whole counts of 0 or more",
            "Use another family",
        )

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import special

        t = self._theta
        less = special.betainc(t, np.maximum(y, 1.0), t / (t + mean))
        return np.where(y > 0, less, 0.0), special.betainc(t, y + 1.0, t / (t + mean))

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import stats

        t = self._theta
        return np.asarray(stats.nbinom.ppf(share, t, t / (t + mean)))

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        from scipy import special

        t = self._theta
        rows = (
            special.gammaln(y + t)
            - special.gammaln(t)
            - special.gammaln(y + 1.0)
            + special.xlogy(y, y / (y + t))
            - t * np.log1p(y / t)
        )
        return float(np.sum(weights * rows)) - 0.5 * deviance
