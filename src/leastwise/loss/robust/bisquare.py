"""Tukey's bisquare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Bisquare(Robust):
    """Tukey's biweight: residuals beyond c scales do not count at all.

    ``rho(u) = c^2/6 (1 - (1 - (u/c)^2)^3)``, and ``c^2/6`` where ``|u| > c``. Not
    convex: what is found depends on where the search starts.

    Attributes
    ----------
    c : float
        From where on a residual has no say, above 0; 4.685 keeps 95 percent of the
        efficiency of least squares where errors are normal.

    References
    ----------
    Beaton and Tukey (1974), doi:10.1080/00401706.1974.10489171.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.Bisquare(2.0).weight(np.array([0.0, 1.0, 2.0])).tolist()
    [1.0, 0.5625, 0.0]
    """

    c: float = 4.685

    convex: ClassVar[bool] = False
    is_density: ClassVar[bool] = False

    def rho(self, u: Any, xp: Any = np) -> Any:
        t = xp.minimum((u / self.c) ** 2, 1.0)
        # 1 - (1 - t)^3, without the difference.
        return self.c**2 / 6.0 * t * (3.0 - t * (3.0 - t))

    def weight(self, u: Array) -> Array:
        return np.square(self._inside(u))

    def bend(self, u: Array) -> Array:
        inside = self._inside(u)
        return inside * (5.0 * inside - 4.0)

    def _inside(self, u: Array) -> Array:
        a = np.minimum(np.abs(u) / self.c, 1.0)
        return np.asarray((1.0 - a) * (1.0 + a))
