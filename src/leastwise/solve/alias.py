"""What a dropped column equals, to the digits that rounding has left to know."""

from __future__ import annotations

import math

import numpy as np

from leastwise.moments.double import Array, Double
from leastwise.solve.factor import Factor
from leastwise.solve.scatter import Scatter

# Arithmetic in pairs knows a combination to more; nobody reads more.
MOST_DIGITS = 10
# Less than this many times its own uncertainty is not there.
NOTHING = 3.0


def combinations(f: Factor, s: Scatter, exponent: Array) -> Array:
    """Say what each dropped column equals, in original units, constant first.

    The values of column j and of those it is combined from carry rounding of a
    size g; a slope on column k is then known to about g / rms_k, the constant to
    what that makes of the means. Each number is rounded to its known digits, so
    that 32 + 1.8 temp_c reads as that.

    Parameters
    ----------
    f : Factor
        Rows of dropped columns hold their residual combination.
    s : Scatter
        Sizes of columns and of rounding, in scaled units.
    exponent : ndarray of int, shape (p,)
        Columns are in units of ``2**exponent``.

    Returns
    -------
    ndarray, shape (p, 1 + p)
        NaN in the rows of columns that are kept.
    """
    p = len(f.kept)
    out = np.full((p, p + 1), np.nan)
    rms = np.sqrt(np.maximum(np.diagonal(s.xx.hi), 0.0) / float(s.weight.hi))
    mean = s.mean[:p]
    for j in np.flatnonzero(~f.kept):
        row = -f.inverse[j]
        slopes = Double(np.where(f.kept, row.hi, 0.0), np.where(f.kept, row.lo, 0.0))
        constant = float((s.mean[j] - (slopes * mean).sum()).hi)
        grain = s.grain[j] + float(np.abs(slopes.hi) @ s.grain[:p])
        grain = max(grain, 10.0**-MOST_DIGITS * rms[j] / NOTHING)
        doubt = np.divide(grain, rms, out=np.zeros(p), where=f.kept & (rms > 0))
        of_constant = grain + float(doubt @ np.abs(mean.hi))
        out[j, 0] = _known(np.ldexp(constant, exponent[j]), constant, of_constant)
        original = np.ldexp(slopes.hi, exponent[j] - exponent)
        out[j, 1:] = [
            _known(value, scaled, unsure)
            for value, scaled, unsure in zip(original, slopes.hi, doubt, strict=True)
        ]
    return out


def _known(value: float, scaled: float, doubt: float) -> float:
    """Round a number to the digits that its doubt leaves; 0 where none are."""
    if abs(scaled) <= NOTHING * doubt or scaled == 0.0:
        return 0.0
    digits = MOST_DIGITS if doubt == 0 else math.floor(math.log10(abs(scaled) / doubt))
    return float(f"{value:.{min(max(digits, 2), MOST_DIGITS)}g}")
