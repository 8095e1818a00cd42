"""The scale that S-estimates minimise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust
from leastwise.loss.scale.base import MScale, Residuals


@dataclass(frozen=True)
class SScale(MScale):
    """``sum rho(r / (k s)) = (n - p) / 2``, rho Tukey's, largest value 1.

    Half of the rows can be anything before it breaks down.

    Attributes
    ----------
    k : float
        1.548 gives the standard deviation of normal errors.

    References
    ----------
    Rousseeuw and Yohai (1984), doi:10.1007/978-1-4615-7821-5_15.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.scale.SScale().k
    1.548
    """

    k: float = 1.548

    @property
    def text(self) -> str:
        return f"S-estimate, k = {self.k:g}"

    def chi(self, u: Array, loss: Robust) -> Array:
        t = np.minimum(np.square(u / self.k), 1.0)
        return np.asarray(t * (3.0 - t * (3.0 - t)))

    def bend(self, u: Array, loss: Robust) -> Array:
        t = np.minimum(np.square(u / self.k), 1.0)
        return np.asarray(6.0 / self.k**2 * u * np.square(1.0 - t))

    def goal(self, seen: Residuals) -> float:
        return 0.5 * seen.dof
