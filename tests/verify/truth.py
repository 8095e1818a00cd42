"""The exact answer of a least squares problem, also for a million rows.

A float64 is a whole number times a power of two, so the Gram of a problem is a
matrix of whole numbers. For few rows Python's integers sum it. For many, it is
summed modulo primes below 2^20, where float64 matrix products of 4096 rows are
exact, and the Chinese remainder theorem gives back the integers. Elimination
without fractions (Bareiss) does the rest. Written apart from `solve/exact.py`, which
is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from operator import mul

import numpy as np

Array = np.ndarray

# Below this many rows Python's integers are faster than residues.
FEW_ROWS = 3000
BLOCK = 4096


@dataclass(frozen=True)
class Truth:
    """Numbers as pairs of float64 (hi, lo), right to 32 digits, last axis of 2.

    `coefficients` and `standard_errors` have shape (m, k, 2), `rss`, `tss` and
    `r_squared` (k, 2). None of it exists when the exact rank is not full.
    """

    coefficients: Array
    standard_errors: Array
    rss: Array
    tss: Array
    r_squared: Array


def truth_of(
    X: Array, Y: Array, weights: Array | None, *, intercept: bool
) -> Truth | None:
    """Solve exactly; None when a column is exactly a combination of others."""
    columns = [np.ones(len(X))] * intercept + [*X.T, *Y.T]
    gram, units = exact_gram(columns, weights)
    m = X.shape[1] + int(intercept)
    return _solve(gram, units, m, len(X), intercept)


def exact_gram(
    columns: list[Array], weights: Array | None
) -> tuple[list[list[int]], list[int]]:
    """Return whole numbers and the powers of two that columns (weights last) count.

    Entry (i, j) of the weighted Gram is ``gram[i][j] * 2**(u_i + u_j + u_w)``.
    """
    parts = [_whole(c) for c in columns]
    parts.append(_whole(np.ones(len(columns[0])) if weights is None else weights))
    units = [part[2] for part in parts]
    if len(columns[0]) <= FEW_ROWS:
        return _gram_by_integers(parts), units
    return _gram_by_residues(parts), units


_Part = tuple[Array, Array, int]


def _whole(values: Array) -> _Part:
    """Write values as ``whole * 2**(up + unit)`` with whole, up >= 0 integers."""
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    nonzero = whole != 0
    # Trailing zeros are taken out: small whole numbers stay small.
    lowest = np.where(nonzero, whole & -whole, 1)
    zeros = np.frexp(lowest.astype(np.float64))[1] - 1
    whole, power = whole >> zeros, exponent - 53 + zeros
    unit = int(power[nonzero].min()) if nonzero.any() else 0
    return whole, np.where(nonzero, power - unit, 0), unit


def _gram_by_integers(parts: list[_Part]) -> list[list[int]]:
    numbers = [
        [v << s for v, s in zip(whole.tolist(), up.tolist(), strict=True)]
        for whole, up, _ in parts
    ]
    *columns, weights = numbers
    q = len(columns)
    gram = [[0] * q for _ in range(q)]
    for i in range(q):
        weighted = list(map(mul, weights, columns[i]))
        for j in range(i, q):
            gram[i][j] = gram[j][i] = sum(map(mul, weighted, columns[j]))
    return gram


def _gram_by_residues(parts: list[_Part]) -> list[list[int]]:
    bits = [int(up.max()) + 53 for _, up, _ in parts]
    n, q = len(parts[0][0]), len(parts) - 1
    room = 2 * max(bits[:-1]) + bits[-1] + n.bit_length() + 2
    primes = _primes(room // 19 + 1)
    product, total = 1, [[0] * q for _ in range(q)]
    for prime in primes:
        residue = _residues(parts, prime)
        # total is right modulo `product`: add the multiple that the prime asks for.
        inverse = pow(product, -1, prime)
        for i in range(q):
            for j in range(i, q):
                step = (residue[i][j] - total[i][j]) * inverse % prime
                total[i][j] += product * step
        product *= prime
    for i in range(q):
        for j in range(i, q):
            value = total[i][j]
            total[i][j] = total[j][i] = value - product * (2 * value > product)
    return total


def _residues(parts: list[_Part], prime: int) -> list[list[int]]:
    longest = max(int(up.max()) for _, up, _ in parts)
    powers = np.array([pow(2, k, prime) for k in range(longest + 1)])
    columns = [(whole % prime) * powers[up] % prime for whole, up, _ in parts]
    weights = columns.pop()
    left = np.column_stack(columns).astype(np.float64)
    right = np.column_stack([c * weights % prime for c in columns]).astype(np.float64)
    total = np.zeros((len(columns), len(columns)), np.int64)
    for start in range(0, len(left), BLOCK):
        part = slice(start, start + BLOCK)
        # Entries below 4096 * 2^40: exact in float64.
        total += (left[part].T @ right[part]).astype(np.int64) % prime
    return (total % prime).tolist()


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2**20 - 1
    while len(found) < count:
        if all(candidate % d for d in range(3, 1025, 2)):
            found.append(candidate)
        candidate -= 2
    return found


def _solve(
    gram: list[list[int]], units: list[int], m: int, n: int, intercept: bool
) -> Truth | None:
    k = len(gram) - m
    rows = [[*gram[i], *(int(i == j) for j in range(m))] for i in range(m)]
    determinant = _eliminate(rows, m)
    if determinant is None:
        return None
    dof = n - m
    b = np.zeros((m, k, 2))
    se = np.full((m, k, 2), np.nan)
    sums = np.zeros((3, k, 2))
    for t in range(k):
        y = m + t
        explained = sum(rows[j][y] * gram[j][y] for j in range(m))
        rss = gram[y][y] * determinant - explained
        tss_over, tss = 1, gram[y][y]
        if intercept:
            tss_over, tss = gram[0][0], gram[y][y] * gram[0][0] - gram[0][y] ** 2
        scale = 2 * units[y] + units[-1]
        sums[0, t] = _pair(rss, determinant, scale)
        sums[1, t] = _pair(tss, tss_over, scale)
        if tss:
            left = Fraction(rss * tss_over, determinant * tss)
            sums[2, t] = _pair((1 - left).numerator, left.denominator, 0)
        for j in range(m):
            b[j, t] = _pair(rows[j][y], determinant, units[y] - units[j])
            if dof > 0:
                over = determinant**2 * dof
                v = rows[j][m + k + j] * rss
                se[j, t] = _root_pair(v, over, units[y] - units[j])
    return Truth(b, se, *sums)


def _eliminate(rows: list[list[int]], m: int) -> int | None:
    previous = 1
    for j in range(m):
        source, pivot = rows[j], rows[j][j]
        if pivot == 0:
            return None
        for i in range(m):
            if i != j:
                factor = rows[i][j]
                rows[i] = [
                    (pivot * a - factor * c) // previous if a or c else 0
                    for a, c in zip(rows[i], source, strict=True)
                ]
        previous = pivot
    return previous


def _pair(top: int, bottom: int, power: int) -> tuple[float, float]:
    value = Fraction(top, bottom) * Fraction(2) ** power
    hi = float(value)
    return hi, float(value - Fraction(hi))


def _root_pair(top: int, bottom: int, power: int) -> tuple[float, float]:
    """Return sqrt(top / bottom) * 2**power."""
    up = max(0, 260 + bottom.bit_length() - top.bit_length())
    up += up % 2
    root = isqrt((top << up) // bottom)
    return _pair(root, 1, power - up // 2)
