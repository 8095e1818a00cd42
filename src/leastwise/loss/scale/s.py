"""The scale that S-estimates minimise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust
from leastwise.loss.scale.base import MScale, Residuals


@dataclass(frozen=True)
class S(MScale):
    """``sum rho(r / (k s)) = (n - p) / 2``, rho Tukey's, largest value 1.

    As the scale of `leastwise.robust` it makes an MM-estimate (Yohai 1987,
    doi:10.1214/aos/1176350366): the coefficients for which this scale is least are
    found first, from random subsets of the rows and the same ones each time; the scale
    is then held, and they are where the search starts. Half of the rows can be anything
    before it breaks down.

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
    >>> lw.scale.S().k
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
