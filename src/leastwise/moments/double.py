"""Numbers with about 32 digits: unevaluated pairs of float64.

A pair (hi, lo) stands for hi + lo with ``|lo| <= ulp(hi)/2``. Sums and products
of float64 numbers split exactly into such pairs [1]_, [2]_, so p x p algebra can
be done to 2^-100 with ordinary array operations. The arrays are NumPy's or
JAX's, tracers included. NumPy rounds each operation on its own; a compiler that
contracts multiply-add does not, and gets the product of `pairs_jax.py`. Pairs of
float32 hold about 14 digits.

.. [1] T. J. Dekker (1971), doi:10.1007/BF01397083.
.. [2] Y. Hida, X. S. Li, D. H. Bailey (2001), doi:10.1109/ARITH.2001.930115.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.namespace import is_numpy, namespace
from leastwise._kit.pytree import pytree
from leastwise.moments import pairs_jax

Array = np.ndarray[Any, Any]

PAIR_ROUNDOFF = 2.0**-100
"""A bound on the relative error of one sum or product of pairs, with room."""

_SPLITTER = 134217729.0  # 2^27 + 1


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the rounded sum and its exact error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def quick_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the sum and its error where ``|a| >= |b|`` or a is 0 (Dekker)."""
    s = a + b
    return s, b - (s - a)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the rounded product and its exact error (Dekker, Veltkamp).

    Exact while no factor exceeds 2^995 and no partial product underflows:
    callers scale to about 1 first.
    """
    if not (is_numpy(a) and is_numpy(b)):
        return pairs_jax.two_product(a, b)
    p = a * b
    ta, tb = _SPLITTER * a, _SPLITTER * b
    ah, bh = ta - (ta - a), tb - (tb - b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def scale_by(a: Array, exponent: Any) -> Array:
    """Multiply by ``2**exponent``: exact unless it leaves the range."""
    if is_numpy(a) and is_numpy(exponent):
        return np.asarray(np.ldexp(a, exponent))
    scaled: Array = pairs_jax.scaled(a, exponent)
    return scaled


@pytree
@dataclass(frozen=True)
class Double:
    """An array of unevaluated float64 pairs, about 32 digits each.

    Attributes
    ----------
    hi : ndarray of float64
        The value rounded to float64.
    lo : ndarray of float64, same shape
        What rounding left over.

    Examples
    --------
    >>> third = Double.of(1.0) / Double.of(3.0)
    >>> float((third * Double.of(3.0) - Double.of(1.0)).hi)
    0.0
    """

    hi: Array
    lo: Array

    @staticmethod
    def of(value: Any, lo: Any = None) -> Double:
        """Make pairs from float64 numbers (and, if given, their low parts)."""
        if not (is_numpy(value) and is_numpy(lo)):
            zero = 0.0 * value
            return Double(value, zero if lo is None else zero + lo)
        hi = np.asarray(value, dtype=np.float64)
        if lo is None:
            return Double(hi, np.zeros(hi.shape))
        return Double(hi, np.broadcast_to(np.asarray(lo, dtype=np.float64), hi.shape))

    @staticmethod
    def zeros(shape: Any) -> Double:
        """Make pairs of zero."""
        return Double(np.zeros(shape), np.zeros(shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        shape: tuple[int, ...] = self.hi.shape
        return shape

    @property
    def T(self) -> Double:
        """The transpose."""
        return Double(self.hi.T, self.lo.T)

    def __getitem__(self, key: Any) -> Double:
        xp = namespace(self.hi)
        return Double(xp.asarray(self.hi[key]), xp.asarray(self.lo[key]))

    def __len__(self) -> int:
        return len(self.hi)

    def __neg__(self) -> Double:
        return Double(-self.hi, -self.lo)

    def __add__(self, other: Double) -> Double:
        s, e = two_sum(self.hi, other.hi)
        t, f = two_sum(self.lo, other.lo)
        s, e = quick_two_sum(s, e + t)
        return Double(*quick_two_sum(s, e + f))

    def __sub__(self, other: Double) -> Double:
        return self + (-other)

    def __mul__(self, other: Double) -> Double:
        p, e = two_product(self.hi, other.hi)
        return Double(*quick_two_sum(p, e + (self.hi * other.lo + self.lo * other.hi)))

    def __truediv__(self, other: Double) -> Double:
        # Long division: a float64 quotient, and one of the exact remainder.
        first = self.hi / other.hi
        p, e = two_product(first, other.hi)
        rest = (((self.hi - p) - e) + self.lo) - first * other.lo
        return Double(*quick_two_sum(first, rest / other.hi))

    def sqrt(self) -> Double:
        """Square root of each element; elements must not be negative."""
        xp = namespace(self.hi)
        root = xp.sqrt(self.hi)
        safe = xp.where(root > 0.0, root, 1.0)
        whole = Double(root, xp.zeros_like(root))
        r = self - whole * whole
        correction = xp.where(root > 0.0, r.hi / (2.0 * safe), 0.0)
        return Double(*quick_two_sum(root, correction))

    def scaled(self, exponent: Any) -> Double:
        """Multiply by a power of two: exact unless it leaves the range."""
        return Double(scale_by(self.hi, exponent), scale_by(self.lo, exponent))

    def sum(self, axis: int = 0) -> Double:
        """Sum along an axis by halving, so that errors grow with log2(n)."""
        total = self
        if axis != 0:
            xp = namespace(self.hi)
            total = Double(xp.moveaxis(self.hi, axis, 0), xp.moveaxis(self.lo, axis, 0))
        if total.shape[0] == 0:
            return Double.zeros(total.shape[1:])
        while total.shape[0] > 1:
            half = total.shape[0] // 2
            folded = total[:half] + total[half : 2 * half]
            total = _stack(folded, total[2 * half :]) if len(total) % 2 else folded
        return total[0]

    def rounded(self) -> Array:
        """Round to float64."""
        return self.hi + self.lo


def _stack(a: Double, b: Double) -> Double:
    xp = namespace(a.hi)
    return Double(xp.concatenate([a.hi, b.hi]), xp.concatenate([a.lo, b.lo]))


def matvec(a: Double, x: Double) -> Double:
    """Multiply a matrix of pairs, (m, n), and a vector of pairs, (n,)."""
    if a.shape[1] == 0:
        return Double.zeros(a.shape[0])
    return (a.T * x[:, None]).sum()


def matmul(a: Double, b: Double) -> Double:
    """Multiply matrices of pairs, (m, k) and (k, n), one column of `a` at a time."""
    total = Double.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        total = total + a[:, k, None] * b[None, k, :]
    return total
