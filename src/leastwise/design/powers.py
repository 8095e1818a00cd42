"""Whole powers with one rounding, for polynomials whose terms nearly agree.

``x ** 10`` by repeated multiplication is wrong by some ten roundings, and
`numpy.power` by one or more, which varies with the processor. A polynomial of
high degree makes the fit depend on the last bit of its terms, so the powers are
computed in pairs of float64 and rounded once.
"""

from __future__ import annotations

import numpy as np

from leastwise.design.layout import Array

LARGEST_EXPONENT = 64
BLOCK = 1 << 14  # rows at a time: the temporary arrays stay in the cache
SPLITTER = 2.0**27 + 1.0  # Dekker (1971): cuts a float64 in two halves of 26 bits


def whole_power(base: Array, exponent: int) -> Array:
    """Raise to a whole power from 1 to 64, rounded once.

    Examples
    --------
    >>> whole_power(np.array([3.0, -2.0]), 3)
    array([27., -8.])
    """
    if exponent <= 2:
        return base * base if exponent == 2 else base.copy()
    result = np.empty(len(base))
    for start in range(0, len(base), BLOCK):
        part = slice(start, start + BLOCK)
        result[part] = _power(base[part], exponent)
    # The halves of values beyond 1e300 overflow, and tiny ones lose bits.
    outside = ~np.isfinite(result) | (np.abs(result) < 1e-250)
    if outside.any():
        result[outside] = np.power(base[outside], float(exponent))
    return result


def _power(base: Array, exponent: int) -> Array:
    high, low = base, np.zeros_like(base)
    for bit in bin(exponent)[3:]:
        high, low = _times(high, low, high, low)
        if bit == "1":
            high, low = _times(high, low, base, None)
    return high


def _times(
    a: Array, a_low: Array, b: Array, b_low: Array | None
) -> tuple[Array, Array]:
    product = a * b
    a1, a2 = _halves(a)
    b1, b2 = _halves(b)
    error = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2
    error += a_low * b
    if b_low is not None:
        error += a * b_low
    total = product + error
    return total, error - (total - product)


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = SPLITTER * a
    upper = scaled - (scaled - a)
    return upper, a - upper
