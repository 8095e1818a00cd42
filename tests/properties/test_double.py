"""Pairs of float64 against exact rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from leastwise.moments.double import (
    PAIR_ROUNDOFF,
    Double,
    matmul,
    matvec,
    two_product,
    two_sum,
)

# The range that callers scale to, and far beyond it.
numbers = st.floats(-1e100, 1e100, allow_nan=False).filter(
    lambda v: v == 0 or abs(v) > 1e-100
)


def exact(d: Double) -> Fraction:
    return Fraction(float(d.hi)) + Fraction(float(d.lo))


def pair(a: float, b: float) -> Double:
    """A pair with something in both halves."""
    return Double.of(a) + Double.of(b * 2.0**-60)


def near(got: Double, truth: Fraction, size: Fraction | None = None) -> bool:
    return abs(exact(got) - truth) <= Fraction(PAIR_ROUNDOFF) * abs(
        truth if size is None else size
    )


@given(numbers, numbers)
def test_sums_and_products_split_exactly(a: float, b: float) -> None:
    s, e = two_sum(np.float64(a), np.float64(b))
    assert Fraction(float(s)) + Fraction(float(e)) == Fraction(a) + Fraction(b)
    p, e = two_product(np.float64(a), np.float64(b))
    assert Fraction(float(p)) + Fraction(float(e)) == Fraction(a) * Fraction(b)


@given(numbers, numbers, numbers, numbers)
def test_operations(a: float, b: float, c: float, d: float) -> None:
    x, y = pair(a, b), pair(c, d)
    size = abs(exact(x)) + abs(exact(y))
    assert near(x + y, exact(x) + exact(y), size)
    assert near(x - y, exact(x) - exact(y), size)
    assert near(x * y, exact(x) * exact(y))
    assume(c != 0)
    assert near(x / y, exact(x) / exact(y))


@given(numbers, numbers)
def test_roots(a: float, b: float) -> None:
    x = pair(abs(a), b)
    assume(exact(x) >= 0)
    root = exact(x.sqrt())
    # r^2 is within twice the relative error of the root.
    assert abs(root * root - exact(x)) <= 4 * Fraction(PAIR_ROUNDOFF) * exact(x)


@given(st.lists(st.floats(-1, 1), min_size=0, max_size=40))
def test_long_sums(values: list[float]) -> None:
    total = Double.of(np.array(values)).sum()
    truth = sum(map(Fraction, values), Fraction(0))
    size = sum((abs(Fraction(v)) for v in values), Fraction(0))
    assert near(total, truth, size + Fraction(1, 2**900))


def test_products_of_matrices() -> None:
    rng = np.random.default_rng(0)
    a = Double.of(rng.normal(size=(4, 5)), 2.0**-60 * rng.normal(size=(4, 5)))
    b = Double.of(rng.normal(size=(5, 3)), 2.0**-60 * rng.normal(size=(5, 3)))
    product, vector = matmul(a, b), matvec(a, b[:, 0])
    for i in range(4):
        for j in range(3):
            terms = [exact(a[i, k]) * exact(b[k, j]) for k in range(5)]
            size = sum(map(abs, terms), Fraction(0))
            assert near(product[i, j], sum(terms, Fraction(0)), 5 * size)
        assert near(vector[i], exact(product[i, 0]), 10 * size)


def test_scaling_by_powers_of_two_is_exact() -> None:
    x = pair(1 / 3, 1.0)
    assert exact(x.scaled(-70)) * 2**70 == exact(x)
