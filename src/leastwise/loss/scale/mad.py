"""The median of absolute residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.scale.base import Equation, Residuals, ResidualScale


@dataclass(frozen=True)
class MAD(ResidualScale):
    """The median of absolute residuals (from zero), over that of a normal error.

    Attributes
    ----------
    divisor : float
        The latter: 0.6745 as in R's ``MASS::rlm``; 0.6744897501960817 to all digits,
        as in statsmodels.

    References
    ----------
    Hampel (1974), doi:10.1080/01621459.1974.10482962.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.scale.MAD().divisor
    0.6745
    """

    divisor: float = 0.6745

    @property
    def text(self) -> str:
        return "median absolute residual"

    def next(self, seen: Residuals, before: float) -> float:
        rows, shares = _middle(seen)
        return float(shares @ np.abs(seen.residuals[rows])) / self.divisor

    def equation(self, seen: Residuals, scale: float) -> Equation:
        rows, shares = _middle(seen)
        here = seen.residuals[rows]
        slope = np.zeros(len(seen.residuals))
        slope[rows] = -shares * np.sign(here) / (self.divisor * scale)
        found = float(shares @ np.abs(here)) / self.divisor
        return Equation(1.0 - found / scale, slope, found / scale**2)


def _middle(seen: Residuals) -> tuple[Array, Array]:
    """Return the rows whose absolute residuals are the median, and their shares."""
    size = np.abs(seen.residuals)
    n = len(size)
    if seen.counts is None:
        low, high = (n - 1) // 2, n // 2
        order = np.argpartition(size, sorted({low, high}))
    else:
        order = np.argsort(size, kind="stable")
        below = np.cumsum(seen.counts[order]) / seen.counts.sum()
        low = int((below < 0.5).sum())
        high = low if below[low] > 0.5 else low + 1
    if low == high:
        return order[[low]], np.ones(1)
    return order[[low, high]], np.full(2, 0.5)
