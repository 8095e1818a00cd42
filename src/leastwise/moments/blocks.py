"""Concrete rows, block by block, measured from the first in units of a power of two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double, two_sum
from leastwise.moments.kernel import LowParts

BLOCK = 4096  # 20 + 20 bits in a product and 12 bits of rows: 52 of the 53


class NotFiniteError(ArithmeticError):
    """A value is not a number, or infinite; who has the names says which."""


@dataclass(frozen=True)
class Rows:
    """Concrete rows, as arrays: what `fold_rows` and the second pass read.

    Where there are low parts, a value is the sum of both: a decimal that no float64
    is, or a product to the last bit.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        Inputs without the intercept; any real dtype.
    Y : ndarray, shape (n, k)
        Targets.
    weights : ndarray, shape (n,), or None
        Positive weights.
    origin, origin_low : ndarray, shape (p + k,), or None
        The true value of a column is its entry plus origin plus origin_low:
        integers beyond 2^53 come shifted, so that nothing is lost.
    roundoff : ndarray, shape (p + k,), or None
        Unit roundoff of the values as given: 2^-53 for float64, 0 for integers.
    X_low, Y_low : ndarray of float64, shapes (n, p) and (n, k), or None
        What X and Y leave out, at most a last place of them; None is zero.
    """

    X: Array
    Y: Array
    weights: Array | None = None
    origin: Array | None = None
    origin_low: Array | None = None
    roundoff: Array | None = None
    X_low: Array | None = None
    Y_low: Array | None = None


@dataclass(frozen=True)
class Frame:
    """The fixed point and scale that rows are folded about.

    Attributes
    ----------
    first : ndarray, shape (q,)
        The first row, in the units of the arrays.
    exponent : ndarray of int, shape (q,)
        ``|value - first| <= 2**exponent`` in every row.
    weight_exponent : int
        ``weight <= 2**weight_exponent`` in every row.
    largest : ndarray, shape (q,)
        Largest absolute value of each column.
    """

    first: Array
    exponent: Array
    weight_exponent: int
    largest: Array


def first_row(rows: Rows) -> Array:
    """Return the first row, the fixed point in the units of the arrays."""
    return np.concatenate([a[0].astype(np.float64) for a in (rows.X, rows.Y)])


def first_low(rows: Rows) -> Array:
    """Return what the first row leaves out of its values."""
    pairs = ((rows.X, rows.X_low), (rows.Y, rows.Y_low))
    return np.concatenate(
        [np.zeros(a.shape[1]) if low is None else low[0] for a, low in pairs]
    )


def low_parts(rows: Rows) -> LowParts | None:
    """Return the low parts of rows and of the fixed point; None where all are zero."""
    if rows.X_low is None and rows.Y_low is None:
        return None
    return rows.X_low, rows.Y_low, first_low(rows)


def shift_of(rows: Rows) -> Double:
    """Return the fixed point in original units, origin of integers included."""
    first = first_row(rows)
    shift = Double.of(first) + Double.of(first_low(rows))
    if rows.origin is not None:
        low = 0.0 if rows.origin_low is None else rows.origin_low
        shift = shift + Double.of(rows.origin) + Double.of(np.zeros_like(first) + low)
    return shift


def survey(rows: Rows) -> Frame:
    """Look at the rows once: first row, largest distance from it, largest weight."""
    parts = (rows.X, rows.Y)
    first = first_row(rows)
    low = np.concatenate([a.min(axis=0).astype(np.float64) for a in parts])
    high = np.concatenate([a.max(axis=0).astype(np.float64) for a in parts])
    largest = np.maximum(np.abs(low), np.abs(high))
    # Halves, so that the distance between -1e308 and 1e308 does not overflow.
    half_spread = np.maximum(high / 2 - first / 2, first / 2 - low / 2)
    # A subnormal half rounds: the larger of the two ways of seeing it is safe.
    with np.errstate(over="ignore"):
        spread = np.maximum(half_spread, np.minimum(high - low, 1.0) / 2)
    exponent = np.where(spread > 0, np.frexp(spread)[1] + 1, np.frexp(largest)[1])
    weight_exponent = weight_exponent_of(rows.weights)
    return Frame(first, exponent.astype(int), weight_exponent, largest)


def scaled_weights(rows: Rows, weight_exponent: int) -> Array | None:
    """Return the weights in units of ``2**weight_exponent``, side by side."""
    if rows.weights is None:
        return None
    w = np.ascontiguousarray(rows.weights, np.float64)
    return np.asarray(np.ldexp(w, -weight_exponent))


def weight_exponent_of(weights: Array | None) -> int:
    """Return the power of two above every weight; 0 without weights."""
    return 0 if weights is None else int(np.frexp(float(weights.max()))[1])


def blocks(
    rows: Rows, frame: Frame, part: slice | None = None
) -> Iterator[tuple[Array, Array, Array | None]]:
    """Yield blocks of [1, u] with the low part of u, and scaled weights.

    ``u = (z - first) / 2**exponent`` is exact as the pair (u, low). Of a part of the
    rows, when that is given.
    """
    n, p = rows.X.shape
    begin, end = (0, n) if part is None else (part.start, part.stop)
    # Two factors, because 2^-exponent alone can leave the range of float64.
    one, two = _power_pair(-frame.exponent)
    shift = (frame.first * one) * two
    of_first = first_low(rows)
    for start in range(begin, end, BLOCK):
        here = slice(start, min(end, start + BLOCK))
        x, y = rows.X[here], rows.Y[here]
        z = np.empty((len(x), 1 + len(shift)), order="F")
        z[:, 0], z[:, 1 : p + 1], z[:, p + 1 :] = 1.0, x, y
        scaled = (z[:, 1:] * one) * two
        low = np.zeros_like(z)
        z[:, 1:], low[:, 1:] = two_sum(scaled, -shift[None, :])
        if rows.X_low is not None or rows.Y_low is not None:
            given = (_low_block(rows, here) - of_first) * one * two
            # After the shift, a low part can be the larger of the two.
            z[:, 1:], low[:, 1:] = two_sum(z[:, 1:], low[:, 1:] + given)
        w = None
        if rows.weights is not None:
            w = np.ldexp(rows.weights[here].astype(np.float64), -frame.weight_exponent)
        yield z, low, w


def _low_block(rows: Rows, part: slice) -> Array:
    p = rows.X.shape[1]
    low = np.zeros((len(rows.X[part]), p + rows.Y.shape[1]), order="F")
    if rows.X_low is not None:
        low[:, :p] = rows.X_low[part]
    if rows.Y_low is not None:
        low[:, p:] = rows.Y_low[part]
    return low


def _power_pair(exponent: Array) -> tuple[Array, Array]:
    half = exponent // 2
    return np.ldexp(1.0, half), np.ldexp(1.0, exponent - half)
