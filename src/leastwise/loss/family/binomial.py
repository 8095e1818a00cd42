"""Binomial."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import ROUNDOFF, Array, Complaint, Pointwise
from leastwise.loss.family.base import (
    FACTOR_ROUNDINGS,
    MEAN_ROUNDINGS,
    Family,
    past_log,
    refuse,
    y_log_y,
)


@dataclass(frozen=True)
class LikeBinomial(Family, ABC):
    """The variance of a share: ``mu (1 - mu)``.

    Attributes
    ----------
    link : {"logit", "probit", "cloglog", "cauchit", "log", "identity"}
        Of the probability.
    """

    usual_link: ClassVar[str] = "logit"
    canonical: ClassVar[str] = "logit"
    links: ClassVar[tuple[str, ...]] = (
        "logit", "probit", "cloglog", "cauchit", "log", "identity",
    )  # fmt: skip

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean * (1.0 - mean)

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return 1.0 / mean - 1.0 / (1.0 - mean)

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        rest = 1.0 - mean
        return 2.0 * (y_log_y(y, mean, xp) + y_log_y(1.0 - y, rest, xp))

    def has_mean(self, mean: Array) -> Array:
        return (mean >= 0) & (mean <= 1)

    def observed(self, eta: Array, y: Array) -> Array:
        if self.link == "logit":
            return self.local(eta, y).curvature
        with np.errstate(all="ignore"):
            up, down = self.how.slope_by_rest(eta), self.how.slope_by_mean(eta)
            bend = self.how.bend(eta)
            misses = np.where(y < 1, (1.0 - y) * up * (bend + up), 0.0)
            hits = np.where(y > 0, y * down * (bend - down), 0.0)
            return np.asarray(misses - hits)

    def value(self, eta: Any, y: Any) -> Any:
        from leastwise._kit.precision import jax_module

        jax = jax_module()
        if self.link == "logit":
            # The mean rounds to 1 where this still has all its digits.
            return jax.nn.softplus(eta) - y * eta - _entropy(y, jax.numpy)
        return self._cost(eta, y, jax.numpy)

    def _cost(self, eta: Any, y: Any, xp: Any) -> Any:
        """Minus the log-likelihood, and more than a row with its own mean has."""
        hits = xp.where(y > 0, y * self.how.log_mean(eta, xp), 0.0)
        misses = xp.where(y < 1, (1.0 - y) * self.how.log_rest(eta, xp), 0.0)
        return -hits - misses - _entropy(y, xp)

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        w = 1.0 if weights is None else weights
        return np.asarray((w * y + 0.5) / (w + 1.0))

    def complaint(self, y: Array) -> Complaint | None:
        return refuse(
            (y < 0) | (y > 1),
            y,
            self.name,
            "shares from 0 to 1",
            "Give 0 and 1, or cbind(successes, failures) ~ ...",
        )

    def local(self, eta: Array, y: Array) -> Pointwise:
        if self.link == "logit":
            return _logit(eta, y)
        with np.errstate(all="ignore"):
            up, down = self.how.slope_by_rest(eta), self.how.slope_by_mean(eta)
            misses, hits = (1.0 - y) * up, y * down
            misses, hits = (np.where(y < 1, misses, 0.0), np.where(y > 0, hits, 0.0))
            score = misses - hits
            value = self._cost(eta, y, np)
            inside = (y > 0) & (y < 1)
            if inside.any():
                e, t = eta[inside], y[inside]
                value[inside] = _lost(t, self.how.mean(e), self.how.rest(e))
            good = self.how.allowed(eta) & self.has_mean(self.how.mean(eta))
            size = MEAN_ROUNDINGS * np.abs(misses) + MEAN_ROUNDINGS * np.abs(hits)
            # A share is a quotient that was rounded.
            size = np.where(inside, size + y * (np.abs(up) + np.abs(down)), size)
            rounding = ROUNDOFF * (size + FACTOR_ROUNDINGS * np.abs(score))
        return Pointwise(np.where(good, value, np.inf), score, up * down, rounding)


@dataclass(frozen=True)
class Binomial(LikeBinomial):
    """Shares of successes, 0 and 1 among them; weights are numbers of trials.

    Attributes
    ----------
    link : {"logit", "probit", "cloglog", "cauchit", "log", "identity"}
        Of the probability.

    Examples
    --------
    >>> Binomial("probit").variance(0.5)
    0.25
    """

    @property
    def has_known_dispersion(self) -> bool:
        return True

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        from scipy import special

        trials = np.round(weights).astype(int)
        hits = np.round(trials * y)
        less = special.bdtr(np.maximum(hits - 1.0, 0.0), trials, mean)
        return np.where(hits > 0, less, 0.0), special.bdtr(hits, trials, mean)

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        from scipy import stats

        trials = np.round(weights)
        return np.asarray(stats.binom.ppf(share, trials, mean) / trials)

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        from scipy import special

        single = (weights == 1) & ((y == 0) | (y == 1))
        w, share = weights[~single], y[~single]
        # Rows of one trial are certain of themselves.
        trials, hits = np.round(w), np.round(w * share)
        ways = (
            special.gammaln(trials + 1)
            - special.gammaln(hits + 1)
            - special.gammaln(trials - hits + 1)
        )
        per = np.where(trials > 0, w / np.where(trials > 0, trials, 1.0), 0.0)
        own = special.xlogy(w * share, share) + special.xlog1py(w - w * share, -share)
        return float(np.sum(per * ways + own)) - 0.5 * deviance


def _entropy(y: Any, xp: Any) -> Any:
    """What a saturated row costs; 0 for 0 and 1."""
    return -(y_log_y(y, 1.0, xp) + y_log_y(1.0 - y, 1.0, xp))


def _lost(y: Array, mean: Array, rest: Array) -> Array:
    """What a share inside of 0 and 1 costs more than with its own mean."""
    with np.errstate(all="ignore"):
        away = np.where(y > 0.5, (1.0 - y) - rest, mean - y)
        lost = y * past_log(away / y) + (1.0 - y) * past_log(-away / (1.0 - y))
        return np.asarray(lost)


def _logit(eta: Array, y: Array) -> Pointwise:
    """The logit alone: its slope is its variance."""
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(eta))
        down = 1.0 / (1.0 + small)
        other = small * down
        positive = eta >= 0
        mean = np.where(positive, down, other)
        rest = np.where(positive, other, down)
        miss, hit = mean * (1.0 - y), y * rest
        value = np.maximum(eta, 0.0) + np.log1p(small) - y * eta
        inside = (y > 0) & (y < 1)
        if inside.any():
            value[inside] = _lost(y[inside], mean[inside], rest[inside])
        rounding = ROUNDOFF * MEAN_ROUNDINGS * (miss + hit)
        # A share is a quotient that was rounded.
        rounding = np.where(inside, rounding + ROUNDOFF * y, rounding)
        return Pointwise(value, miss - hit, mean * rest, rounding)
