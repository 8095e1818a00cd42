"""Links: how the mean of a target hangs on the linear predictor.

Each is written once for an array namespace, NumPy or `jax.numpy`. What is left to 1
is a function of its own: near 1 a mean has lost the digits of the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
ROOT_TWO = 2.0**0.5
ROOT_TWO_PI = (2.0 * np.pi) ** 0.5


class Link(ABC):
    """``eta = g(mu)``, with its inverse and the derivative of that."""

    @abstractmethod
    def predictor(self, mean: Any, xp: Any = np) -> Any:
        """Return g(mu)."""

    @abstractmethod
    def mean(self, eta: Any, xp: Any = np) -> Any:
        """Return mu, the inverse of g."""

    @abstractmethod
    def slope(self, eta: Any, xp: Any = np) -> Any:
        """Return the derivative of the mean by eta."""

    @abstractmethod
    def bend(self, eta: Any, xp: Any = np) -> Any:
        """Return the derivative of the logarithm of the slope, ``mu'' / mu'``."""

    def rest(self, eta: Any, xp: Any = np) -> Any:
        """Return 1 - mu."""
        return 1.0 - self.mean(eta, xp)

    def log_mean(self, eta: Any, xp: Any = np) -> Any:
        """Return log mu."""
        return xp.log(self.mean(eta, xp))

    def log_rest(self, eta: Any, xp: Any = np) -> Any:
        """Return log(1 - mu)."""
        return xp.log(self.rest(eta, xp))

    def slope_by_mean(self, eta: Any, xp: Any = np) -> Any:
        """Return the slope over mu, also where both round to 0."""
        return self.slope(eta, xp) / self.mean(eta, xp)

    def slope_by_rest(self, eta: Any, xp: Any = np) -> Any:
        """Return the slope over 1 - mu, also where both round to 0."""
        return self.slope(eta, xp) / self.rest(eta, xp)

    def allowed(self, eta: Array) -> Array:
        """Say which predictors have a mean."""
        return np.isfinite(eta)


@dataclass(frozen=True)
class Identity(Link):
    """``eta = mu``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return mean

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return eta

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return xp.ones_like(eta)

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return xp.zeros_like(eta)


@dataclass(frozen=True)
class Log(Link):
    """``eta = log mu``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return xp.log(mean)

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(eta)

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(eta)

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return xp.ones_like(eta)


@dataclass(frozen=True)
class Logit(Link):
    """``eta = log(mu / (1 - mu))``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return xp.log(mean) - xp.log1p(-mean)

    def mean(self, eta: Any, xp: Any = np) -> Any:
        small = xp.exp(-xp.abs(eta))
        return xp.where(eta >= 0, 1.0, small) / (1.0 + small)

    def rest(self, eta: Any, xp: Any = np) -> Any:
        return self.mean(-eta, xp)

    def slope(self, eta: Any, xp: Any = np) -> Any:
        small = xp.exp(-xp.abs(eta))
        return small / (1.0 + small) ** 2

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -xp.tanh(0.5 * eta)


@dataclass(frozen=True)
class Probit(Link):
    """``eta = Phi^-1(mu)``, Phi the normal distribution function."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return _special(xp).ndtri(mean)

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return _special(xp).ndtr(eta)

    def rest(self, eta: Any, xp: Any = np) -> Any:
        return _special(xp).ndtr(-eta)

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(-0.5 * eta * eta) / ROOT_TWO_PI

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -eta

    def log_mean(self, eta: Any, xp: Any = np) -> Any:
        return _special(xp).log_ndtr(eta)

    def log_rest(self, eta: Any, xp: Any = np) -> Any:
        return _special(xp).log_ndtr(-eta)

    def slope_by_mean(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(-0.5 * eta * eta - self.log_mean(eta, xp)) / ROOT_TWO_PI

    def slope_by_rest(self, eta: Any, xp: Any = np) -> Any:
        return self.slope_by_mean(-eta, xp)


@dataclass(frozen=True)
class CLogLog(Link):
    """``eta = log(-log(1 - mu))``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return xp.log(-xp.log1p(-mean))

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return -xp.expm1(-xp.exp(eta))

    def rest(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(-xp.exp(eta))

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(eta - xp.exp(eta))

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -xp.expm1(eta)

    def log_rest(self, eta: Any, xp: Any = np) -> Any:
        return -xp.exp(eta)

    def slope_by_rest(self, eta: Any, xp: Any = np) -> Any:
        return xp.exp(eta)


@dataclass(frozen=True)
class Cauchit(Link):
    """``eta = tan(pi (mu - 1/2))``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return xp.tan(np.pi * (mean - 0.5))

    def mean(self, eta: Any, xp: Any = np) -> Any:
        # Far below 0 the arc tangent has lost what is left.
        return xp.arctan2(1.0, -eta) / np.pi

    def rest(self, eta: Any, xp: Any = np) -> Any:
        return xp.arctan2(1.0, eta) / np.pi

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return 1.0 / (np.pi * (1.0 + eta * eta))

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -2.0 * eta / (1.0 + eta * eta)


@dataclass(frozen=True)
class Inverse(Link):
    """``eta = 1 / mu``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return 1.0 / mean

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return 1.0 / eta

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return -1.0 / (eta * eta)

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -2.0 / eta

    def allowed(self, eta: Array) -> Array:
        return np.isfinite(eta) & (eta > 0)


@dataclass(frozen=True)
class InverseSquare(Link):
    """``eta = 1 / mu^2``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return 1.0 / (mean * mean)

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return 1.0 / xp.sqrt(eta)

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return -0.5 / (eta * xp.sqrt(eta))

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return -1.5 / eta

    def allowed(self, eta: Array) -> Array:
        return np.isfinite(eta) & (eta > 0)


@dataclass(frozen=True)
class Sqrt(Link):
    """``eta = sqrt(mu)``."""

    def predictor(self, mean: Any, xp: Any = np) -> Any:
        return xp.sqrt(mean)

    def mean(self, eta: Any, xp: Any = np) -> Any:
        return eta * eta

    def slope(self, eta: Any, xp: Any = np) -> Any:
        return 2.0 * eta

    def bend(self, eta: Any, xp: Any = np) -> Any:
        return 1.0 / eta

    def allowed(self, eta: Array) -> Array:
        return np.isfinite(eta) & (eta > 0)


LINKS: dict[str, Link] = {
    "identity": Identity(),
    "log": Log(),
    "logit": Logit(),
    "probit": Probit(),
    "cloglog": CLogLog(),
    "cauchit": Cauchit(),
    "inverse": Inverse(),
    "1/mu^2": InverseSquare(),
    "sqrt": Sqrt(),
}
"""Word -> link: the one list."""


def _special(xp: Any) -> Any:
    """Special functions of the namespace in use."""
    if xp is np:
        from scipy import special

        return special
    from leastwise._kit.precision import jax_module

    return jax_module().scipy.special
