"""Welsch's loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Welsch(Robust):
    """A bell upside down: ``rho(u) = c^2/2 (1 - exp(-(u/c)^2))``. Not convex.

    Attributes
    ----------
    c : float
        Above 0; 2.9846 keeps 95 percent of the efficiency of least squares where
        errors are normal.

    References
    ----------
    Dennis and Welsch (1978), doi:10.1080/03610917808812083.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.Welsch(1.0).weight(np.array([0.0, 1.0])).round(6).tolist()
    [1.0, 0.367879]
    """

    c: float = 2.9846

    convex: ClassVar[bool] = False
    is_density: ClassVar[bool] = False

    def rho(self, u: Any, xp: Any = np) -> Any:
        return -0.5 * self.c**2 * xp.expm1(-((u / self.c) ** 2))

    def weight(self, u: Array) -> Array:
        return np.exp(-np.square(u / self.c))

    def bend(self, u: Array) -> Array:
        t = np.square(u / self.c)
        return (1.0 - 2.0 * t) * np.exp(-t)
