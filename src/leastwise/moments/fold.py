"""Rows -> `Moments`: the one seam to BLAS and to the compiled kernel.

A float64 Gram rounds every product. Here each column is first shifted by the
first row (the error of that subtraction is kept), scaled by a power of two to
at most 1, and cut into slices of 20 bits. The product of two slices, summed over
4096 rows, fits 53 bits: the matrix product is *exact*, whatever the order or the
threads. Only the last, smallest slice is rounded. With one slice this is an
ordinary Gram; a second and a third make its error 2^21 and 2^42 times smaller.

Ozaki, Ogita, Oishi and Rump (2012), doi:10.1007/s11075-011-9478-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double, two_product, two_sum
from leastwise.moments.kernel import LowParts, Sums, fold_compiled, has_kernel
from leastwise.moments.state import Moments, beside

BLOCK = 4096  # 20 + 20 bits in a product and 12 bits of rows: 52 of the 53
SLICE_BITS = 20
# Rows that the matrix product of a BLAS sums in a register before it moves on.
BLAS_RUN = 512

# The last slice rounds against the largest value of a column, not against its
# root mean square; the extent of a column is at least this part of the largest.
EXTENT_FLOOR = 2.0**-3
LEAST_EXTENT = 0.5


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


def fold_rows(rows: Rows, *, slices: int = 3) -> Moments:
    """Fold rows into moments.

    Parameters
    ----------
    rows : Rows
        At least one row; finite values; positive weights.
    slices : {1, 2, 3}
        How finely to cut; see `gram_roundoff` for what each is good to.

    Returns
    -------
    Moments

    Raises
    ------
    NotFiniteError
        When a value is not a number, or infinite.

    Examples
    --------
    >>> m = fold_rows(Rows(np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]])))
    >>> m.count, float(m.weight_sum.hi)
    (2, 2.0)
    """
    weight_exponent = _weight_exponent(rows.weights)
    sums = _fold_compiled(rows, weight_exponent, slices)
    return _moments_of(rows, sums or _fold_numpy(rows, slices), slices)


def fold_rows_in_numpy(rows: Rows, *, slices: int = 3) -> Moments:
    """Fold rows as `fold_rows` does where nothing was compiled."""
    return _moments_of(rows, _fold_numpy(rows, slices), slices)


def _moments_of(rows: Rows, sums: Sums, slices: int) -> Moments:
    n, p = rows.X.shape
    # Nothing is smaller than the rounding of the last slice, whatever the weights.
    floor = max(LEAST_EXTENT, EXTENT_FLOOR * np.sqrt(n)) if slices > 1 else 0.0
    diagonal = np.sqrt(np.maximum(np.diagonal(sums.gram.hi), 0.0))
    unit = np.full(len(sums.largest), 2.0**-53)
    weights = rows.weights
    return Moments(
        count=n,
        gram=sums.gram,
        shift=shift_of(rows),
        exponent=sums.exponent,
        weight_exponent=_weight_exponent(weights),
        grain=(unit if rows.roundoff is None else rows.roundoff) * sums.largest,
        extent=np.maximum(diagonal, floor),
        log_weight=0.0 if weights is None else float(np.sum(np.log(weights))),
        roundoff=sums.roundoff,
        n_inputs=p,
        kernel=sums.kernel,
    )


def add_targets(m: Moments, rows: Rows, *, slices: int = 3) -> Moments:
    """Add targets to moments that exist, from their rows with the new targets.

    Parameters
    ----------
    m : Moments
        Of the same inputs and weights.
    rows : Rows
        The inputs and weights again, in any order of rows, with the new targets
        alone in Y.
    slices : {1, 2, 3}
        As in `fold_rows`.

    Returns
    -------
    Moments
        With the targets of `m` first, then the new ones; see
        `leastwise.moments.state.beside` for products between the two.

    Raises
    ------
    ValueError
        When the rows are not those of `m`.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> add_targets(fold_rows(Rows(x, y)), Rows(x, 2 * y)).n_targets
    2
    """
    return beside(m, fold_rows(rows, slices=slices))


def _fold_compiled(rows: Rows, weight_exponent: int, slices: int) -> Sums | None:
    if not has_kernel():
        return None
    w = scaled_weights(rows, weight_exponent)
    low = low_parts(rows)
    return fold_compiled(rows.X, rows.Y, w, first_row(rows), slices, low=low)


def _fold_numpy(rows: Rows, slices: int) -> Sums:
    frame = survey(rows)
    if not np.isfinite(frame.largest).all():
        raise NotFiniteError
    q = len(frame.first)
    gram = Double.zeros((q + 1, q + 1))
    for u, low, w in blocks(rows, frame):
        gram = gram + _block_gram(u, low, w, slices)
    half = Double(0.5 * gram.hi, 0.5 * gram.lo)
    roundoff = gram_roundoff(len(rows.X), slices)
    return Sums(half + half.T, frame.exponent, frame.largest, roundoff, "numpy")


def gram_roundoff(n: int, slices: int) -> float:
    """Bound the error of a Gram entry, relative to the extents of its columns.

    Only the last slice rounds, at u = 2^-53 of its own size, which is 2^-21 a slice
    smaller than the column. A BLAS sums a few hundred rows in one accumulator and
    adds those sums up, of which a block has up to eight. Roundings without a rule
    grow with the square root of their number (Higham and Mary 2019,
    doi:10.1137/18M1226312); twice that is stated, four times where there are several
    slices, and 2 u for what rounds on the way into a product. It is not the worst
    case, which is n u: columns of two values, or one row far above the others, can
    have roundings that all go one way. The largest
    error of an entry, measured against exact sums of 550 problems: in the median 0.1
    of what is stated with tens of rows and 0.02 with 20,000, on such columns up to
    2.4 times it in the first tier and 2.7 times in the others. The certificate adds up
    absolute values over all entries, which has covered that: `make verify`.
    """
    run, runs = min(n, BLAS_RUN), min(n, BLOCK) / BLAS_RUN
    # What is left for the last slice of values that repeat, repeats too.
    often = 2.0 if slices == 1 else 4.0
    growth = 2.0 + often * (run**0.5 + runs**0.5)
    return float(2.0 ** (-53 - 21 * (slices - 1)) * growth)


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
    spread = np.maximum(half_spread, np.minimum(high - low, 1.0) / 2)
    exponent = np.where(spread > 0, np.frexp(spread)[1] + 1, np.frexp(largest)[1])
    weight_exponent = _weight_exponent(rows.weights)
    return Frame(first, exponent.astype(int), weight_exponent, largest)


def scaled_weights(rows: Rows, weight_exponent: int) -> Array | None:
    """Return the weights in units of ``2**weight_exponent``, side by side."""
    if rows.weights is None:
        return None
    w = np.ascontiguousarray(rows.weights, np.float64)
    return np.asarray(np.ldexp(w, -weight_exponent))


def _weight_exponent(weights: Array | None) -> int:
    return 0 if weights is None else int(np.frexp(float(weights.max()))[1])


def blocks(rows: Rows, frame: Frame) -> Iterator[tuple[Array, Array, Array | None]]:
    """Yield blocks of [1, u] with the low part of u, and scaled weights.

    ``u = (z - first) / 2**exponent`` is exact as the pair (u, low).
    """
    n, p = rows.X.shape
    # Two factors, because 2^-exponent alone can leave the range of float64.
    one, two = _power_pair(-frame.exponent)
    shift = (frame.first * one) * two
    of_first = first_low(rows)
    for start in range(0, n, BLOCK):
        part = slice(start, min(n, start + BLOCK))
        x, y = rows.X[part], rows.Y[part]
        z = np.empty((len(x), 1 + len(shift)), order="F")
        z[:, 0], z[:, 1 : p + 1], z[:, p + 1 :] = 1.0, x, y
        scaled = (z[:, 1:] * one) * two
        low = np.zeros_like(z)
        z[:, 1:], low[:, 1:] = two_sum(scaled, -shift[None, :])
        if rows.X_low is not None or rows.Y_low is not None:
            given = (_low_block(rows, part) - of_first) * one * two
            # After the shift, a low part can be the larger of the two.
            z[:, 1:], low[:, 1:] = two_sum(z[:, 1:], low[:, 1:] + given)
        w = None
        if rows.weights is not None:
            w = np.ldexp(rows.weights[part].astype(np.float64), -frame.weight_exponent)
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


def _block_gram(u: Array, low: Array, w: Array | None, slices: int) -> Double:
    if slices == 1:
        return Double.of(u.T @ (u if w is None else w[:, None] * u))
    left = _cut(u, low, slices)
    if w is None:
        return _symmetric_product(left)
    v, v_low = two_product(np.broadcast_to(w[:, None], u.shape), u)
    right = _cut(v, v_low + w[:, None] * low, slices)
    return _product(left, right)


def _cut(u: Array, low: Array, slices: int) -> list[Array]:
    """Cut |u| <= 1 into slices of 20 bits; the last one holds all that is left."""
    parts = []
    for level in range(1, slices):
        # Adding 1.5 * 2^k pushes every bit below 2^(k - 52) off the end.
        anchor = 1.5 * 2.0 ** (52 - SLICE_BITS * level - (level - 1))
        top = (u + anchor) - anchor
        parts.append(top)
        u = u - top
    parts.append(u + low)
    return parts


def _symmetric_product(s: list[Array]) -> Double:
    *heads, rest = s
    total = Double.zeros((rest.shape[1], rest.shape[1]))
    for i, a in enumerate(heads):
        total = total + Double.of(a.T @ a)
        for b in heads[i + 1 :]:
            cross = a.T @ b
            total = total + Double.of(cross) + Double.of(cross.T)
    # h'r + r'h + r'r = m + m' with m = (h + r/2)' r
    tail = (sum(heads) + 0.5 * rest).T @ rest
    return total + Double.of(tail) + Double.of(tail.T)


def _product(s: list[Array], t: list[Array]) -> Double:
    *s_heads, s_rest = s
    *t_heads, t_rest = t
    total = Double.zeros((s_rest.shape[1], t_rest.shape[1]))
    for a in s_heads:
        for b in t_heads:
            total = total + Double.of(a.T @ b)
    s_head: Array = np.add.reduce(s_heads)
    t_all: Array = np.add.reduce([*t_heads, t_rest])
    return total + Double.of(s_head.T @ t_rest) + Double.of(s_rest.T @ t_all)
