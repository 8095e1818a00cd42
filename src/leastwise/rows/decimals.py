"""Numbers as the decimals they are written as, not the float64 that is nearest.

0.1 in a file becomes 0.1000000000000000055 when it is read. The decimal is not lost:
it is the shortest one that rounds to that float64, and what lies between the two is
itself a float64 to all its digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np

from leastwise.rows.table import Array

# Two decimals of this many digits never round to the same float64.
SHORT_DIGITS = 15
# 10^22 is the last power of ten that is a float64.
LAST_POWER = 22
# Of the difference of two numbers that agree in 16 digits.
DIGITS = 60
BLOCK = 1 << 14  # numbers at a time: the temporary arrays stay in the cache
SPLITTER = 2.0**27 + 1.0


def low_of_shortest(values: Array) -> Array | None:
    """Give what float64 numbers leave out of the shortest decimals that round to them.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Infinite and NaN values leave out nothing.

    Returns
    -------
    ndarray of float64, shape (n,), or None
        ``decimal - value``, rounded once; None where all are 0.

    Examples
    --------
    >>> low_of_shortest(np.array([0.1, 0.25, 3.0])).tolist()
    [-5.551115123125783e-18, 0.0, 0.0]
    """
    low = np.zeros(len(values))
    for start in range(0, len(values), BLOCK):
        part = slice(start, start + BLOCK)
        _fill_shortest(np.ascontiguousarray(values[part]), low[part])
    return low if low.any() else None


def _fill_shortest(values: Array, low: Array) -> None:
    with np.errstate(invalid="ignore"):
        whole = (np.trunc(values) == values) & (np.abs(values) <= 2.0**53)
    left = np.flatnonzero(np.isfinite(values) & ~whole)
    long = []
    for places in range(1, LAST_POWER + 1):
        if not len(left):
            break
        x, power = values[left], float(10**places)
        with np.errstate(over="ignore"):
            k = np.rint(x * power)
            beyond = np.abs(k) >= 10.0**SHORT_DIGITS
            found = (k / power == x) & ~beyond
        # k - x 10^d has at most 53 bits: these subtractions are exact.
        p, e = _product(x[found], power)
        low[left[found]] = ((k[found] - p) - e) / power
        long.append(left[beyond])
        left = left[~(found | beyond)]
    for at in np.concatenate([*long, left]).tolist():
        low[at] = low_of(repr(float(values[at])), float(values[at]))


def low_of(exact: str | Decimal | Fraction | int, value: float) -> float:
    """Give what a float64 leaves out of a number, rounded once.

    Examples
    --------
    >>> low_of("0.1", 0.1), low_of(2**53 + 1, 2.0**53)
    (-5.551115123125783e-18, 1.0)
    """
    if isinstance(exact, (int, Fraction)):
        return float(Fraction(exact) - Fraction(value))
    with localcontext() as context:
        context.prec = DIGITS
        return float(Decimal(exact) - Decimal(value))


def low_of_texts(texts: Sequence[str | None], values: Array) -> Array | None:
    """Give what float64 numbers leave out of the texts that they were read from.

    Parameters
    ----------
    texts : sequence of str or None, length n
        Decimals as written; None where there is no value.
    values : ndarray of float64, shape (n,)
        The same as float64.

    Examples
    --------
    >>> low_of_texts(["0.1", "0.10000000000000000000001"], np.array([0.1, 0.1]))
    array([-5.55111512e-18, -5.55110512e-18])
    """
    low = low_of_shortest(values)
    low = np.zeros(len(values)) if low is None else low
    for at, text in enumerate(texts):
        # A shorter text is the shortest decimal, whatever zeros stand around it.
        if text is not None and len(text) > SHORT_DIGITS and np.isfinite(values[at]):
            low[at] = low_of(text, float(values[at]))
    return low if low.any() else None


def low_of_objects(objects: Sequence[Any], values: Array) -> Array | None:
    """Give what float64 numbers leave out of `Decimal` and `Fraction` objects.

    Other numbers among them are what the float64 says.

    Examples
    --------
    >>> low_of_objects([Decimal("0.1"), 0.1], np.array([0.1, 0.1])).tolist()
    [-5.551115123125783e-18, 0.0]
    """
    low = np.zeros(len(values))
    for at, value in enumerate(objects):
        if isinstance(value, (Decimal, Fraction)) and np.isfinite(values[at]):
            low[at] = low_of(value, float(values[at]))
    return low if low.any() else None


def _product(a: Array, b: float) -> tuple[Array, Array]:
    """Return the rounded product and its exact error (Dekker, Veltkamp)."""
    p = a * b
    ta, tb = SPLITTER * a, SPLITTER * b
    ah, bh = ta - (ta - a), tb - (tb - b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl
