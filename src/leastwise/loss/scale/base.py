"""How the scale of residuals is estimated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a scale is estimated from.

    Attributes
    ----------
    residuals : ndarray, shape (n,)
        Each in units of what its row's scale is beside the common one.
    counts : ndarray, shape (n,), or None
        How many rows each stands for; None for one.
    dof : float
        Degrees of freedom that are left.
    loss : Robust
        What a residual costs.
    """

    residuals: Array
    counts: Array | None
    dof: float
    loss: Robust

    @property
    def n(self) -> float:
        """Rows counted."""
        return float(len(self.residuals) if self.counts is None else self.counts.sum())

    def total(self, each: Array) -> float:
        """Return a sum over rows."""
        return float(each.sum() if self.counts is None else self.counts @ each)


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation that a scale solves, at some residuals and scale.

    Attributes
    ----------
    off : float
        By how much it does not, in units of the scale or without.
    by_residual : ndarray, shape (n,)
        Its derivatives.
    by_scale : float
        Its derivative.
    """

    off: float
    by_residual: Array
    by_scale: float


class ResidualScale(ABC):
    """A way to estimate the scale of residuals; subclasses are frozen."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What it is, for the reader."""

    @abstractmethod
    def next(self, seen: Residuals, before: float) -> float:
        """Return a better scale than the one before."""

    @abstractmethod
    def equation(self, seen: Residuals, scale: float) -> Equation | None:
        """Return the equation of the scale; None where it is known."""

    @property
    def call(self) -> str:
        """What makes it in Python."""
        given: list[Any] = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)  # type: ignore[arg-type]
            if getattr(self, f.name) != f.default
        ]
        return f"lw.scale.{type(self).__name__}({', '.join(given)})"


class MScale(ResidualScale, ABC):
    """``sum chi(r/s) = a``: an M-estimate of scale (Huber 1981, 5.2)."""

    @abstractmethod
    def chi(self, u: Array, loss: Robust) -> Array:
        """Return what a residual adds."""

    @abstractmethod
    def bend(self, u: Array, loss: Robust) -> Array:
        """Return the derivative of `chi`."""

    @abstractmethod
    def goal(self, seen: Residuals) -> float:
        """Return what they add up to."""

    def next(self, seen: Residuals, before: float) -> float:
        found = seen.total(self.chi(seen.residuals / before, seen.loss))
        return before * float(np.sqrt(found / self.goal(seen)))

    def equation(self, seen: Residuals, scale: float) -> Equation:
        u = seen.residuals / scale
        goal = self.goal(seen)
        bend = self.bend(u, seen.loss)
        if seen.counts is not None:
            bend = bend * seen.counts
        off = seen.total(self.chi(u, seen.loss)) / goal - 1.0
        by_scale = -float(bend @ u) / (scale * goal)
        return Equation(off, bend / (scale * goal), by_scale)
