"""Huber's second proposal."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, pi, sqrt

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust
from leastwise.loss.scale.base import MScale, Residuals


@dataclass(frozen=True)
class Proposal2(MScale):
    """``sum min(r, k s)^2 = (n - p) g s^2``, g the mean of ``min(z, k)^2``, z normal.

    Attributes
    ----------
    k : float
        Where squares end, above 0.

    References
    ----------
    Huber (1964), doi:10.1214/aoms/1177703732.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.scale.Proposal2(1.5).call
    'lw.scale.Proposal2(k=1.5)'
    """

    k: float = 1.345

    @property
    def text(self) -> str:
        return f"Huber's proposal 2, k = {self.k:g}"

    def chi(self, u: Array, loss: Robust) -> Array:
        return np.square(np.minimum(np.abs(u), self.k))

    def bend(self, u: Array, loss: Robust) -> Array:
        return np.where(np.abs(u) <= self.k, 2.0 * u, 0.0)

    def goal(self, seen: Residuals) -> float:
        k = self.k
        inside = erf(k / sqrt(2.0))
        density = exp(-0.5 * k * k) / sqrt(2.0 * pi)
        return seen.dof * (inside + k * k * (1.0 - inside) - 2.0 * k * density)
