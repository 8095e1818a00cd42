"""What a dropped column equals, to the digits that rounding has left to know."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leastwise._kit.pytree import pytree
from leastwise.moments.double import PAIR_ROUNDOFF, Array, Double
from leastwise.solve.digits import relative_to_digits
from leastwise.solve.factor import Factor
from leastwise.solve.scatter import Scatter

# Arithmetic in pairs knows a combination to more; nobody reads more.
MOST_DIGITS = 10
# A number that is this near to ten digits of its own is those.
ROUNDED = 2.0**-50
# Less than this many times its own uncertainty is not there.
NOTHING = 3.0
# A computed column such as 32 + 1.8 temp_c rounds twice, and what it is combined
# from once: so many roundings may lie between its values and the combination.
COMPUTED = 2.0


@pytree
@dataclass(frozen=True)
class Combinations:
    """What became of columns that were dropped.

    Attributes
    ----------
    numbers : ndarray, shape (p, 1 + p)
        What each equals in original units: the constant and the coefficients of the
        columns, rounded to the digits that are known; infinite where that leaves the
        range of float64, also towards 0; NaN for columns that are kept.
    digits : ndarray, shape (p,)
        Digits to which each of its numbers is known at least, 0 to 15.95; NaN for
        columns that are kept.
    doubtful : ndarray of bool, shape (p,)
        Dropped columns of which it is not known that they are a combination: the
        error of the Gram, or a row of little weight, hides what is left of them.
    beyond : ndarray of bool, shape (p,)
        Dropped columns that the number of rows leaves no room for.
    relations : Double, shape (p, p)
        For each dropped column v with ``sum_k v_k (x_k - mean_k) = 0``, in scaled
        units; zero for columns that are kept.
    """

    numbers: Array
    digits: Array
    doubtful: Array
    beyond: Array
    relations: Double


def doubts(f: Factor, s: Scatter, inverse: Array) -> Array:
    """Bound the error of the coefficients of each combination, in scaled units.

    Column j was computed from the others with rounding e_i of at most g in row i, so
    its coefficients V X'We are off by at most ``sqrt(V_kk) |e|_W <= sqrt(V_kk W) g``
    (Cauchy and Schwarz). The error of the Gram moves them as it moves any slopes:
    see `leastwise.solve.digits`.

    Parameters
    ----------
    f : Factor
        Rows of dropped columns hold their residual combination.
    s : Scatter
        Sizes of columns and of rounding.
    inverse : ndarray, shape (p, p)
        V, the inverse of the scatter of the kept columns.

    Returns
    -------
    ndarray, shape (p, p)
        Zero in the rows of kept columns, and for columns not in a combination.
    """
    p = len(f.kept)
    out = np.zeros((p, p))
    spread = np.sqrt(np.maximum(np.diagonal(inverse), 0.0) * float(s.weight.hi))
    gain = np.abs(inverse) @ s.extent[:p]
    for j in np.flatnonzero(~f.kept):
        row = np.abs(f.inverse.hi[j])
        # Where the rows allow no more, the numbers as given are a combination.
        rounding = 0.0 if f.beyond[j] else COMPUTED * float(row @ s.grain[:p])
        error = s.roundoff * float(row @ s.extent[:p])
        moved = spread * rounding + gain * error + PAIR_ROUNDOFF * p * row
        out[j] = np.where(f.kept & (row > 0), moved, 0.0)
    return out


def combinations(
    f: Factor, s: Scatter, inverse: Array, exponent: Array
) -> Combinations:
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
    inverse : ndarray, shape (p, p)
        Inverse of the scatter of the kept columns.
    exponent : ndarray of int, shape (p,)
        Columns are in units of ``2**exponent``.
    """
    p = len(f.kept)
    if f.kept.all():
        return no_combinations(p)
    numbers, digits = np.full((p, p + 1), np.nan), np.full(p, np.nan)
    rms = np.sqrt(np.maximum(np.diagonal(s.xx.hi), 0.0) / float(s.weight.hi))
    mean = s.mean[:p]
    bound = doubts(f, s, inverse)
    for j in np.flatnonzero(~f.kept):
        row = -f.inverse[j]
        slopes = Double(np.where(f.kept, row.hi, 0.0), np.where(f.kept, row.lo, 0.0))
        constant = float((s.mean[j] - (slopes * mean).sum()).hi)
        rounding = s.grain[j] + float(np.abs(slopes.hi) @ s.grain[:p])
        grain = max(rounding, 10.0**-MOST_DIGITS * rms[j] / NOTHING)
        doubt = np.divide(grain, rms, out=np.zeros(p), where=f.kept & (rms > 0))
        of_constant = grain + float(doubt @ np.abs(mean.hi))
        scaled = np.append(constant, slopes.hi)
        unsure = np.append(of_constant, doubt)
        original = _in_units(scaled, exponent[j] - np.append(0, exponent))
        constant_bound = COMPUTED * rounding + float(bound[j] @ np.abs(mean.hi))
        off = np.append(constant_bound, bound[j])
        # The first is an estimate, the second a bound: whole numbers have a small one.
        unsure = np.minimum(unsure, off)
        numbers[j] = [
            _known(*each) for each in zip(original, scaled, unsure, strict=True)
        ]
        there = numbers[j] != 0.0
        relative = off[there] / np.abs(scaled[there])
        # What is shown is rounded: 2**60 in ten digits is not known to fifteen.
        inside = np.isfinite(numbers[j][there])
        away = np.abs(numbers[j][there][inside] / original[there][inside] - 1.0)
        relative[inside] += np.where(away > ROUNDED, away, 0.0)
        digits[j] = relative_to_digits(relative.max(initial=0.0))
    relations = f.inverse * Double.of(np.where(f.kept, 0.0, 1.0)[:, None])
    return Combinations(numbers, digits, f.doubtful, f.beyond, relations)


def no_combinations(p: int) -> Combinations:
    """Return what is said where all p columns are kept."""
    none, zeros = np.zeros(p, dtype=bool), np.zeros((p, p))
    numbers = np.empty((p, p + 1))
    numbers.fill(np.nan)
    return Combinations(numbers, numbers[:, 0], none, none, Double(zeros, zeros))


def _in_units(scaled: Array, power: Array) -> Array:
    """Multiply by powers of two; what leaves the range of float64 is infinite.

    Also where it would be 0: of columns in 1e200 and 1e-200 one is 1e-400 of the
    other, which is not the same as nothing.
    """
    with np.errstate(over="ignore", under="ignore"):
        out: Array = np.ldexp(scaled, power)
    lost = (scaled != 0) & (out == 0)
    return np.where(lost, np.copysign(np.inf, scaled), out)


def _known(value: float, scaled: float, doubt: float) -> float:
    """Round a number to the digits that its doubt leaves; 0 where none are."""
    if abs(scaled) <= NOTHING * doubt or scaled == 0.0:
        return 0.0
    if math.isinf(value):
        return value
    digits = MOST_DIGITS if doubt == 0 else math.floor(math.log10(abs(scaled) / doubt))
    return float(f"{value:.{min(max(digits, 2), MOST_DIGITS)}g}")
