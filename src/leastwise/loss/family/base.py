"""A family: how a target varies about its mean, and how the mean hangs on eta."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loss.base import (
    ROUNDOFF,
    Array,
    Complaint,
    Loss,
    Pointwise,
    first_row,
)
from leastwise.loss.link import LINKS, Link

# Roundings in a mean, and in what a residual is multiplied by.
MEAN_ROUNDINGS = 4.0
FACTOR_ROUNDINGS = 6.0
# Below this, x and log(1 + x) have digits in common; so many terms are left of the
# difference, which is then right to its last digits.
NEAR_ZERO, SERIES = 0.2, 9


@dataclass(frozen=True)
class Family(Loss, ABC):
    """A generalized linear model (McCullagh and Nelder 1989).

    The score of a row is ``(mu - y) mu' / V(mu)`` and its expected curvature
    ``mu'^2 / V(mu)``, with mu' the derivative of the mean by eta: variance and link say
    all. Half of the unit deviance is minus the log-likelihood, up to what eta does not
    change.

    Attributes
    ----------
    link : str
        One of `leastwise.loss.link.LINKS` that the family allows; its own when empty.
    """

    link: str = ""

    usual_link: ClassVar[str] = "identity"
    links: ClassVar[tuple[str, ...]] = ("identity", "log", "inverse", "sqrt")
    canonical: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not self.link:
            object.__setattr__(self, "link", self.usual_link)
        if self.link not in self.links:
            raise RequestError(
                f"{self.name} has no link {self.link!r}",
                fix=f"Use one of {', '.join(map(repr, self.links))}",
            )

    @abstractmethod
    def variance(self, mean: Any, xp: Any = np) -> Any:
        """Return the variance of the target at a mean, per unit of dispersion."""

    @abstractmethod
    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        """Return the derivative of the logarithm of the variance, ``V' / V``."""

    @abstractmethod
    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        """Return twice the log-likelihood that a row loses against its own value."""

    def has_mean(self, mean: Array) -> Array:
        """Say which means are inside of the range of the family."""
        return mean > 0

    @property
    def has_distribution(self) -> bool:
        """Whether `below` and `quantile` know how the target is distributed."""
        return type(self).below is not Family.below

    def below(
        self, y: Array, mean: Array, dispersion: float, weights: Array
    ) -> tuple[Array, Array]:
        """Return the probabilities of less than y, and of y or less.

        Parameters
        ----------
        y, mean : ndarray, shape (n,)
            Values and means.
        dispersion : float
            Of the fit.
        weights : ndarray, shape (n,)
            Case weights: the dispersion of a row is that over them.
        """
        raise RequestError(f"{self.name} has no distribution", fix="Use another family")

    def quantile(
        self, share: Array, mean: Array, dispersion: float, weights: Array
    ) -> Array:
        """Return the smallest value that so large a share of the target is below.

        Parameters
        ----------
        share, mean : ndarray, shape (n,)
            Between 0 and 1; means.
        dispersion, weights
            As in `below`.
        """
        raise RequestError(f"{self.name} has no distribution", fix="Use another family")

    def log_likelihood(self, y: Array, weights: Array, deviance: float) -> float:
        """Return the log-likelihood of a fit with some deviance; NaN without one.

        What eta changes is all in the deviance.

        Parameters
        ----------
        y, weights : ndarray, shape (n,)
            Target and case weights.
        deviance : float
            Weighted sum of unit deviances.
        """
        return float("nan")

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        """Return means to start from, inside of what the link allows."""
        return y

    @property
    def how(self) -> Link:
        """The link itself."""
        return LINKS[self.link]

    @property
    def is_canonical(self) -> bool:
        """Whether the expected curvature is the observed one."""
        return self.link == self.canonical

    def value(self, eta: Any, y: Any) -> Any:
        xp = jax_module().numpy
        return 0.5 * self.unit_deviance(y, self.how.mean(eta, xp), xp)

    def start(self, y: Array, weights: Array | None) -> Array:
        return np.asarray(self.how.predictor(self.starting_mean(y, weights)))

    def mean(self, eta: Array) -> Array:
        return np.asarray(self.how.mean(eta))

    def mean_slope(self, eta: Array) -> Array:
        return np.asarray(self.how.slope(eta))

    def local(self, eta: Array, y: Array) -> Pointwise:
        with np.errstate(all="ignore"):
            mean, slope = self.how.mean(eta), self.how.slope(eta)
            good = self.how.allowed(eta) & self.has_mean(mean)
            factor = slope / self.variance(mean)
            score = (mean - y) * factor
            value = 0.5 * self.unit_deviance(y, mean)
            rounding = ROUNDOFF * (
                MEAN_ROUNDINGS * np.abs(mean * factor)
                + FACTOR_ROUNDINGS * np.abs(score)
            )
        # No mean: a step that leads there is not taken.
        value = np.where(good, value, np.inf)
        return Pointwise(value, score, slope * factor, rounding)

    def observed(self, eta: Array, y: Array) -> Array:
        there = self.local(eta, y)
        if self.is_canonical:
            return there.curvature
        with np.errstate(all="ignore"):
            mean, slope = self.how.mean(eta), self.how.slope(eta)
            bend = self.how.bend(eta) - slope * self.variance_bend(mean)
            return np.asarray(there.curvature + there.score * bend)


def past_log(x: Any, xp: Any = np) -> Any:
    """Return ``x - log(1 + x)``, also where the two nearly agree.

    With ``s = x / (2 + x)`` the logarithm is ``2 (s + s^3/3 + s^5/5 + ...)``, and
    ``x - 2 s`` is ``x s`` (as Loader 2000 has it for binomial probabilities).

    Examples
    --------
    >>> float(past_log(np.array(1e-8)))
    4.999999966666667e-17
    """
    near = xp.abs(x) < NEAR_ZERO
    small = xp.where(near, x, 0.0)
    s = small / (2.0 + small)
    square, series = s * s, 0.0
    for odd in range(2 * SERIES + 1, 1, -2):
        series = series * square + 1.0 / odd
    plain = xp.where(near, 0.0, x)
    return xp.where(near, s * (small - 2.0 * square * series), plain - xp.log1p(plain))


def refuse(bad: Array, y: Array, kind: str, needs: str, fix: str) -> Complaint | None:
    """Complain of the first bad target, if any.

    Parameters
    ----------
    bad : ndarray of bool, shape (n,)
        Which are.
    y : ndarray, shape (n,)
        The targets.
    kind, needs, fix : str
        The family, what it takes, what to do.
    """
    if not bad.any():
        return None
    row = first_row(bad)
    return Complaint(row, f"{kind} takes {needs}, and this is {y[row]:g}", fix)


def y_log_y(y: Any, mean: Any, xp: Any = np) -> Any:
    """Return ``y log(y / mean)``, 0 where y is."""
    safe = xp.where(y > 0, y, 1.0)
    return xp.where(y > 0, y * xp.log(safe / mean), 0.0)
