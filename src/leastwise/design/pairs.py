"""Arithmetic on columns in pairs of float64, about 32 digits.

A product or a power has up to twice, or many times, the digits of what it is made of.
A polynomial of high degree makes the fit depend on all of them, so a computed column
is kept as the float64 that is nearest and what that leaves out.

T. J. Dekker (1971), doi:10.1007/BF01397083.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from leastwise.design.layout import Array

Pair: TypeAlias = tuple[Array, Array | None]
"""The nearest float64 numbers, and what they leave out: None for nothing."""

BLOCK = 1 << 14  # rows at a time: the temporary arrays stay in the cache
SPLITTER = 2.0**27 + 1.0  # cuts a float64 in two halves of 26 bits
# Beyond these sizes halves overflow, or their products lose bits: no low part then.
LARGEST, SMALLEST = 1e290, 1e-250


def times(a: Pair, b: Pair) -> Pair:
    """Multiply.

    Examples
    --------
    >>> third = np.array([1 / 3])
    >>> high, low = times((third, None), (np.array(3.0), None))
    >>> float(high[0]), float(low[0]) == -(2.0**-54)
    (1.0, True)
    """
    return _in_blocks(_times, a, b)


def plus(a: Pair, b: Pair) -> Pair:
    """Add.

    Examples
    --------
    >>> high, low = plus((np.array([1.0]), None), (np.array(1e-20), None))
    >>> float(high[0]), float(low[0])
    (1.0, 1e-20)
    """
    return _in_blocks(_plus, a, b)


def over(a: Pair, b: Pair) -> Pair:
    """Divide.

    Examples
    --------
    >>> high, low = over((np.array([1.0]), None), (np.array(10.0), None))
    >>> float(high[0]), f"{low[0]:.3g}"
    (0.1, '-5.55e-18')
    """
    return _in_blocks(_over, a, b)


def root(a: Pair) -> Pair:
    """Take the square root.

    Examples
    --------
    >>> high, low = root((np.array([2.0]), None))
    >>> f"{high[0]:.15f}", f"{low[0]:.4g}"
    ('1.414213562373095', '-9.667e-17')
    """
    return _in_blocks(_root, a)


def whole_power(base: Pair, exponent: int) -> Pair:
    """Raise to a whole power, 1 or more.

    Examples
    --------
    >>> whole_power((np.array([3.0, -2.0]), None), 3)[0]
    array([27., -8.])
    """
    return _in_blocks(lambda part: _power(part, exponent), base)


def minus(a: Pair) -> Pair:
    """Change the sign.

    Examples
    --------
    >>> minus((np.array([1.0]), None))
    (array([-1.]), None)
    """
    return -a[0], None if a[1] is None else -a[1]


def masked(a: Pair, mask: Array) -> Pair:
    """Give zero where the mask is False.

    Examples
    --------
    >>> masked((np.array([1.0, 2.0]), None), np.array([True, False]))[0]
    array([1., 0.])
    """
    return a[0] * mask, None if a[1] is None else a[1] * mask


def _in_blocks(function: Callable[..., tuple[Array, Array]], *pairs: Pair) -> Pair:
    sizes = [len(high) for high, _ in pairs if np.ndim(high)]
    if not sizes:
        return _clean(*function(*pairs))
    high, low = np.empty(sizes[0]), np.empty(sizes[0])
    some = False
    for start in range(0, sizes[0], BLOCK):
        part = slice(start, start + BLOCK)
        cut = [(_part(h, part), None if e is None else _part(e, part))
               for h, e in pairs]  # fmt: skip
        high[part], found = _clean(*function(*cut))
        some |= found is not None
        low[part] = 0.0 if found is None else found
    return high, low if some else None


def _part(values: Array, part: slice) -> Array:
    return values[part] if np.ndim(values) else values


def _clean(high: Array, low: Array) -> Pair:
    size = np.abs(high)
    if not (size.max(initial=0.0) < LARGEST and size.min(initial=1.0) > SMALLEST):
        low = np.where((size < LARGEST) & (size > SMALLEST), low, 0.0)
    return high, low if low.any() else None


def _tail(a: Pair) -> Array | float:
    return 0.0 if a[1] is None else a[1]


def _times(a: Pair, b: Pair) -> tuple[Array, Array]:
    product = a[0] * b[0]
    a1, a2 = _halves(a[0])
    b1, b2 = _halves(b[0])
    error = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2
    if a[1] is not None:
        error = error + a[1] * b[0]
    if b[1] is not None:
        error = error + a[0] * b[1]
    return _renewed(product, error)


def _plus(a: Pair, b: Pair) -> tuple[Array, Array]:
    high, low = _two_sum(a[0], b[0])
    if a[1] is None and b[1] is None:
        return high, low
    tail, rest = _two_sum(np.asarray(_tail(a)), np.asarray(_tail(b)))
    high, low = _renewed(high, low + tail)
    return _renewed(high, low + rest)


def _over(a: Pair, b: Pair) -> tuple[Array, Array]:
    first = a[0] / b[0]
    product, error = _times((first, None), (b[0], None))
    rest = ((a[0] - product) - error) + _tail(a) - first * _tail(b)
    return _renewed(first, rest / b[0])


def _root(a: Pair) -> tuple[Array, Array]:
    first = np.sqrt(a[0])
    product, error = _times((first, None), (first, None))
    rest = ((a[0] - product) - error) + _tail(a)
    return _renewed(first, np.where(first > 0, rest / (2.0 * first), 0.0))


def _power(base: Pair, exponent: int) -> tuple[Array, Array]:
    result: Pair = (base[0].copy(), base[1])
    for bit in bin(exponent)[3:]:
        result = _times(result, result)
        if bit == "1":
            result = _times(result, base)
    high, low = result[0], result[1]
    # Halves of large values overflow on the way, and tiny ones lose bits.
    size = np.abs(high)
    outside = (~(size < LARGEST) | (size < SMALLEST)) & (base[0] != 0.0)
    if outside.any():
        high[outside] = np.power(base[0][outside], float(exponent))
    return high, np.zeros_like(high) if low is None else low


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    total = a + b
    moved = total - a
    return total, (a - (total - moved)) + (b - moved)


def _renewed(high: Array, low: Array) -> tuple[Array, Array]:
    total = high + low
    rest = low - (total - high)
    if np.isfinite(rest).all():
        return total, rest
    # What is infinite leaves out nothing, whatever its error term says.
    bad = ~np.isfinite(rest)
    return np.where(bad, high, total), np.where(bad, 0.0, rest)


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = SPLITTER * a
    upper = scaled - (scaled - a)
    return upper, a - upper


def total(a: Pair) -> tuple[float, float]:
    """Add up all values, with an error of about 2^-98 of the sum of their sizes.

    Examples
    --------
    >>> total((np.array([1e16, 1.0, -1e16]), None))
    (1.0, 0.0)
    """
    if not len(a[0]):
        return 0.0, 0.0
    # Lanes add up the blocks, then the first half of the lanes takes the second.
    high = np.zeros(min(BLOCK, len(a[0])))
    low = np.zeros_like(high)
    for start in range(0, len(a[0]), BLOCK):
        part = slice(start, start + BLOCK)
        block = a[0][part], None if a[1] is None else a[1][part]
        n = len(block[0])
        high[:n], low[:n] = _plus((high[:n], low[:n]), block)
    n = len(high)
    while n > 1:
        half = (n + 1) // 2
        m = n - half
        second = high[half:n], low[half:n]
        high[:m], low[:m] = _plus((high[:m], low[:m]), second)
        n = half
    return float(high[0]), float(low[0])


def constant(value: tuple[float, float]) -> Pair:
    """Give one number as a pair.

    Examples
    --------
    >>> constant((1.0, 0.0))[1] is None
    True
    """
    low = None if value[1] == 0.0 else np.array(value[1])
    return np.array(value[0]), low


def shifted(a: Pair, exponent: int) -> Pair:
    """Multiply by 2**exponent, which is exact.

    Examples
    --------
    >>> shifted((np.array([3.0]), None), -1)
    (array([1.5]), None)
    """
    return np.ldexp(a[0], exponent), None if a[1] is None else np.ldexp(a[1], exponent)
