"""The Cauchy loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Cauchy(Robust):
    """The logarithm of squares (Lorentz): ``rho(u) = c^2/2 log(1 + (u/c)^2)``.

    Not convex.

    Attributes
    ----------
    c : float
        Above 0; 2.3849 keeps 95 percent of the efficiency of least squares where
        errors are normal.

    References
    ----------
    Holland and Welsch (1977), doi:10.1080/03610927708827533.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.Cauchy(1.0).weight(np.array([0.0, 1.0, 3.0])).tolist()
    [1.0, 0.5, 0.1]
    """

    c: float = 2.3849

    convex: ClassVar[bool] = False

    def rho(self, u: Any, xp: Any = np) -> Any:
        return 0.5 * self.c**2 * xp.log1p((u / self.c) ** 2)

    def weight(self, u: Array) -> Array:
        return 1.0 / (1.0 + np.square(u / self.c))

    def bend(self, u: Array) -> Array:
        t = np.square(u / self.c)
        return (1.0 - t) / np.square(1.0 + t)
