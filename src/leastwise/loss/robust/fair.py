"""The fair loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Fair(Robust):
    """Between squares and straight lines, with a curvature everywhere.

    ``rho(u) = c^2 (|u|/c - log(1 + |u|/c))``. Convex.

    Attributes
    ----------
    c : float
        Where the one becomes the other, above 0; 1.3998 keeps 95 percent of the
        efficiency of least squares where errors are normal.

    References
    ----------
    Fair (1974), Annals of Economic and Social Measurement 3, 667.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.Fair(1.0).weight(np.array([0.0, 1.0, 3.0])).tolist()
    [1.0, 0.5, 0.25]
    """

    c: float = 1.3998

    def rho(self, u: Any, xp: Any = np) -> Any:
        a = xp.abs(u) / self.c
        return self.c**2 * (a - xp.log1p(a))

    def weight(self, u: Array) -> Array:
        return 1.0 / (1.0 + np.abs(u) / self.c)

    def bend(self, u: Array) -> Array:
        return np.square(self.weight(u))
