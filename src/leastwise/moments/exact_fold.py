"""Rows -> sums without any rounding: the fold of exact mode.

Every float64 is cut along one fixed grid: limb g of a number is a whole number of
units of ``2**(21 g)``, of at most 2^20 in size. A product of two limbs, summed over
4096 rows, stays below 2^53: BLAS computes it exactly, in whatever order and on
however many threads. Sums of blocks go to 64-bit integers by the place of their
unit, and at the end to Python's integers. Nothing depends on the order of the rows.

A superaccumulator: U. Kulisch (2013), Computer Arithmetic and Validity, chapter 8,
doi:10.1515/9783110301793.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from leastwise.moments.blocks import BLOCK, NotFiniteError, Rows
from leastwise.moments.double import Array

LIMB_BITS = 21
# Limbs are rounded to the nearest: at most half of 2^21.
HALF = LIMB_BITS - 1
# Powers of two up to here can be multiplied by; beyond, in two steps.
SAFE_POWER = 1000
# Values from here on are cut three limbs lower, so that no limb rounds to infinity.
LARGE = 2.0**960
LOWERED = 3
# Sums of blocks are below 2^53; of their two halves 2^36 fit 64 bits.
LOW_BITS = 26

Limbs = dict[int, Array]
"""Column of limbs by place g: a value is the sum of ``limb * 2**(21 g)``."""


def exact_gram(rows: Rows) -> tuple[Array, int]:
    """Sum ``[1, x, y]' w [1, x, y]`` over the rows, without any rounding.

    Low parts count; the origin of the columns does not.

    Parameters
    ----------
    rows : Rows
        Finite values; positive weights.

    Returns
    -------
    whole : ndarray of int (Python's), shape (1 + q, 1 + q)
        The sums in units of ``2**power``.
    power : int
        The common unit.

    Raises
    ------
    NotFiniteError
        When a value is not a number, or infinite.

    Examples
    --------
    >>> x, y = np.array([[0.5], [1.5]]), np.array([[1.0], [2.0]])
    >>> gram, power = exact_gram(Rows(x, y))
    >>> (gram * 2.0**power).astype(float)[0].tolist()
    [2.0, 2.0, 3.0]
    """
    total = _Sums(1 + rows.X.shape[1] + rows.Y.shape[1])
    for columns, weights in _blocks(rows):
        limbs = [cut(*parts) for parts in columns]
        right, at = _panels(limbs)
        if weights is None:
            total.add(right.T @ right, at, at)
            continue
        of_weight = cut(weights)
        left, at_left = _panels([_times(of_weight, one) for one in limbs])
        total.add(left.T @ right, at_left, at)
    return total.whole()


def exact_sum(values: Array) -> tuple[int, int]:
    """Sum finite float64 numbers exactly: a whole number and the power of its unit."""
    gram, power = exact_gram(Rows(values[:, None], np.empty((len(values), 0))))
    return int(gram[0, 1]), power


def cut(*parts: Array) -> Limbs:
    """Cut the sum of some columns of finite float64 into limbs, exactly.

    Examples
    --------
    >>> limbs = cut(np.array([3.0, 2.0**21 + 1.0]))
    >>> {g: v.tolist() for g, v in sorted(limbs.items())}
    {0: [3.0, 1.0], 1: [0.0, 1.0]}
    """
    limbs: Limbs = {}
    for part in parts:
        large = np.abs(part) >= LARGE
        if large.any():
            lowered = np.where(large, part, 0.0) * 2.0 ** (-LOWERED * LIMB_BITS)
            _cut_into(limbs, lowered, LOWERED)
            part = np.where(large, 0.0, part)
        _cut_into(limbs, part, 0)
    return _carried(limbs) if len(parts) > 1 else limbs


def _cut_into(limbs: Limbs, rest: Array, raised: int) -> None:
    while True:
        largest = float(np.abs(rest).max(initial=0.0))
        if largest == 0.0:
            return
        if not np.isfinite(largest):
            raise NotFiniteError("exact sums are of finite numbers")
        mantissa, power = np.frexp(largest)
        # |rest| <= 2^e: the smallest place whose limb is not above 2^20. What rounding
        # leaves is at most half a unit, and belongs to the place below.
        e = int(power) - int(mantissa == 0.5)
        place = -((HALF - e) // LIMB_BITS)
        limb = np.rint(_scaled(rest, -LIMB_BITS * place))
        rest = rest - _scaled(limb, LIMB_BITS * place)
        at = place + raised
        limbs[at] = limbs[at] + limb if at in limbs else limb


def _scaled(values: Array, power: int) -> Array:
    if abs(power) <= SAFE_POWER:
        return values * 2.0**power
    return np.ldexp(values, power)


def _times(a: Limbs, b: Limbs) -> Limbs:
    """Multiply two columns of limbs, row by row: sums of at most 100 times 2^40."""
    out: Limbs = {}
    for i, one in a.items():
        for j, other in b.items():
            product = one * other
            out[i + j] = out[i + j] + product if i + j in out else product
    return _carried(out)


def _carried(limbs: Limbs) -> Limbs:
    """Carry what is too large for a limb to the next one."""
    if not limbs:
        return limbs
    out: Limbs = {}
    place, last = min(limbs), max(limbs)
    carry: Any = 0.0
    while place <= last or np.any(carry):
        value = limbs.get(place, 0.0) + carry
        carry = np.rint(value * 2.0**-LIMB_BITS)
        left = value - carry * 2.0**LIMB_BITS
        if np.any(left):
            out[place] = left
        place += 1
    return out


def _panels(limbs: list[Limbs]) -> tuple[Array, dict[int, tuple[Array, slice]]]:
    """Put limbs of one place side by side: which columns they are of, and where."""
    places = sorted({place for one in limbs for place in one})
    columns, at, start = [], {}, 0
    for place in places:
        own = [j for j, one in enumerate(limbs) if place in one]
        columns += [limbs[j][place] for j in own]
        at[place] = (np.array(own), slice(start, start + len(own)))
        start += len(own)
    return np.array(columns).T, at


class _Sums:
    """Sums of products by the place of their unit, in halves that cannot overflow."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._at: dict[int, Array] = {}

    def add(
        self,
        products: Array,
        left: dict[int, tuple[Array, slice]],
        right: dict[int, tuple[Array, slice]],
    ) -> None:
        whole = products.astype(np.int64)
        high, low = whole >> LOW_BITS, whole & (2**LOW_BITS - 1)
        for i, (rows, down) in left.items():
            for j, (columns, across) in right.items():
                if i + j not in self._at:
                    self._at[i + j] = np.zeros((2, self._size, self._size), np.int64)
                where = np.ix_(rows, columns)
                self._at[i + j][0][where] += high[down, across]
                self._at[i + j][1][where] += low[down, across]

    def whole(self) -> tuple[Array, int]:
        least = min(self._at)
        total = np.zeros((self._size, self._size), dtype=object)
        for place, (high, low) in self._at.items():
            value = (high.astype(object) << LOW_BITS) + low.astype(object)
            total = total + (value << (LIMB_BITS * (place - least)))
        return total, LIMB_BITS * least


def _blocks(rows: Rows) -> Iterator[tuple[list[tuple[Array, ...]], Array | None]]:
    """Yield the parts of the columns [1, x, y] and the weights, block by block."""
    for start in range(0, len(rows.X), BLOCK):
        part = slice(start, start + BLOCK)
        one = np.ones(len(rows.X[part]))
        columns: list[tuple[Array, ...]] = [(one,)]
        for values, low in ((rows.X, rows.X_low), (rows.Y, rows.Y_low)):
            for j in range(values.shape[1]):
                column = values[part, j].astype(np.float64)
                both = (column,) if low is None else (column, low[part, j])
                columns.append(both)
        w = None if rows.weights is None else rows.weights[part].astype(np.float64)
        yield columns, w
