"""The logarithm of the hyperbolic cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust

# Below this tanh(a)/a is 1 - a^2/3 to the last bit.
SMALL = 1e-5


@dataclass(frozen=True)
class LogCosh(Robust):
    """Huber's loss without a corner: ``rho(u) = c^2 log cosh(u/c)``. Convex.

    Attributes
    ----------
    c : float
        Above 0; 1.2047 keeps 95 percent of the efficiency of least squares where
        errors are normal ("logistic" weights).

    References
    ----------
    Holland and Welsch (1977), doi:10.1080/03610927708827533.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.LogCosh(1.0).weight(np.array([0.0, 1.0])).round(6).tolist()
    [1.0, 0.761594]
    """

    c: float = 1.2047

    def rho(self, u: Any, xp: Any = np) -> Any:
        a = xp.abs(u) / self.c
        # log cosh a = log((1 + e^-2a) / 2) + a; near 0 by 2 sinh(a/2)^2, no difference.
        small = xp.log1p(2.0 * xp.sinh(0.5 * xp.minimum(a, 1.0)) ** 2)
        large = a - np.log(2.0) + xp.log1p(xp.exp(-2.0 * a))
        return self.c**2 * xp.where(a < 1.0, small, large)

    def weight(self, u: Array) -> Array:
        a = np.abs(u) / self.c
        safe = np.maximum(a, SMALL)
        return np.where(a < SMALL, 1.0 - a * a / 3.0, np.tanh(safe) / safe)

    def bend(self, u: Array) -> Array:
        e = np.exp(-2.0 * np.abs(u) / self.c)
        return 4.0 * e / np.square(1.0 + e)
