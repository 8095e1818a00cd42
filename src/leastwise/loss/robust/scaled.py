"""A robust loss at a scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.loss.base import Array, Loss, Pointwise
from leastwise.loss.robust.base import Robust, look


@dataclass(frozen=True, eq=False)
class Scaled(Loss):
    """``s_i^2 rho((y - eta) / s_i)`` with ``s_i = scale * beside_i``.

    Attributes
    ----------
    robust : Robust
        What a residual costs in units of its scale.
    scale : float
        Of the residuals.
    beside : ndarray, shape (n,), or None
        ResidualScale of each row beside that: 1 over the root of its analytic weight.
    """

    robust: Robust
    scale: float
    beside: Array | None = None

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return self.robust.name

    @property
    def call(self) -> str:
        """What makes it in Python, as text."""
        return self.robust.call

    @property
    def in_numpy(self) -> bool:
        """Whether rows can be asked for in parts: not with a scale of their own."""
        return self.beside is None

    @property
    def scales(self) -> Array | float:
        """Of the rows."""
        return self.scale if self.beside is None else self.scale * self.beside

    def units(self, eta: Array, y: Array) -> Array:
        """Return residuals in units of their scale."""
        return np.asarray((y - eta) / self.scales)

    @property
    def in_target_units(self) -> bool:
        """Whether predictors are in units of the target."""
        return True

    @property
    def weighs_by_curvature(self) -> bool:
        """Whether the working weights are the curvature that a sandwich takes."""
        return False

    def value(self, eta: Any, y: Any) -> Any:
        return self.scale**2 * self.robust.value(eta / self.scale, y / self.scale)

    def local(self, eta: Array, y: Array) -> Pointwise:
        return look(self.robust, eta, y, self.scales)

    def observed(self, eta: Array, y: Array) -> Array:
        return self.robust.bend(self.units(eta, y))
