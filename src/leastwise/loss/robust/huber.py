"""Huber's loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Huber(Robust):
    """Squares up to k scales, straight lines beyond.

    ``rho(u) = u^2 / 2`` where ``|u| <= k``, else ``k |u| - k^2 / 2``. Convex.

    Attributes
    ----------
    k : float
        Where the lines begin, above 0; 1.345 keeps 95 percent of the efficiency of
        least squares where errors are normal.

    References
    ----------
    Huber (1964), doi:10.1214/aoms/1177703732.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.Huber().weight(np.array([0.5, 2.69])).tolist()
    [1.0, 0.5]
    """

    k: float = 1.345

    def rho(self, u: Any, xp: Any = np) -> Any:
        a = xp.abs(u)
        return xp.where(a <= self.k, 0.5 * u * u, self.k * (a - 0.5 * self.k))

    def weight(self, u: Array) -> Array:
        return self.k / np.maximum(np.abs(u), self.k)

    def bend(self, u: Array) -> Array:
        return (np.abs(u) <= self.k).astype(np.float64)
