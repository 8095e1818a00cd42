"""Other coordinates for a parameter, in which the way to a minimum is shorter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError


class Transform(ABC):
    """A coordinate u of a parameter; every number is a coordinate.

    Only the way goes through it: estimates, standard errors and intervals are those
    of the parameter itself.
    """

    @abstractmethod
    def coordinate(self, value: float) -> float:
        """Return u of a value; NaN where it has none."""

    @abstractmethod
    def value(self, u: Any, xp: Any = np) -> Any:
        """Return the value at a coordinate."""

    @property
    @abstractmethod
    def range(self) -> str:
        """Where values are, for the reader."""


@dataclass(frozen=True)
class Log(Transform):
    """``u = log(value)``: for parameters above 0 that may be off by orders.

    Examples
    --------
    >>> Log().coordinate(1.0)
    0.0
    """

    def coordinate(self, value: float) -> float:
        """Return the logarithm."""
        return float(np.log(value)) if value > 0 else float("nan")

    def value(self, u: Any, xp: Any = np) -> Any:
        """Return the exponential."""
        return xp.exp(u)

    @property
    def range(self) -> str:
        """Where values are."""
        return "above 0"


@dataclass(frozen=True)
class Logit(Transform):
    """``u = log((value - low) / (high - value))``: for parameters between two ends.

    Attributes
    ----------
    low, high : float
        The ends.

    Examples
    --------
    >>> float(Logit(0.0, 2.0).value(0.0))
    1.0
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not -np.inf < self.low < self.high < np.inf:
            raise RequestError(
                f"Logit has no range from {self.low!r} to {self.high!r}",
                fix="Give two finite ends, the lower one first",
            )

    def coordinate(self, value: float) -> float:
        """Return the logit of the share of the way."""
        if not self.low < value < self.high:
            return float("nan")
        return float(np.log(value - self.low) - np.log(self.high - value))

    def value(self, u: Any, xp: Any = np) -> Any:
        """Return the value at a coordinate."""
        return self.low + (self.high - self.low) / (1.0 + xp.exp(-u))

    @property
    def range(self) -> str:
        """Where values are."""
        return f"between {self.low:g} and {self.high:g}"
