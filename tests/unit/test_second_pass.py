"""The second pass, compiled and NumPy, against exact rationals and the hat matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from leastwise.moments import second_pass as module
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fitted import Fitted, SecondPass, Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import has_kernel
from leastwise.moments.state import Moments
from leastwise.solve.again import fitted_of
from leastwise.solve.fit import solve

Pass = Callable[[Rows, Moments, Fitted, Want], SecondPass | None]

# Without a compiler there is one second pass, and it is held to the same.
PASSES: list[Pass] = [module._in_numpy, *([module._in_kernel] if has_kernel() else [])]
EVERYTHING = Want(residuals=True, leverages=True, power=2, pairs=True)


def made(n: int, p: int, k: int, weighted: bool, far: bool = True) -> Rows:
    rng = np.random.default_rng(0)
    unit = 10.0 ** rng.integers(-6, 6, p)
    # Far from zero beside their spread, where there is an intercept to take that up.
    X = rng.normal(size=(n, p)) * unit + rng.normal(size=p) * (1.0 if far else unit)
    Y = rng.normal(size=(n, k)) * 40.0 + X @ (1.0 / unit)[:, None]
    return Rows(X, Y, rng.uniform(1e-3, 9.0, n) if weighted else None)


def hat(rows: Rows, intercept: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design about its means, residuals and leverages, by an ordinary QR."""
    w = np.ones(len(rows.X)) if rows.weights is None else rows.weights
    X = rows.X
    if intercept:
        # Differences first: they are exact, the mean of large numbers is not.
        X = X - X[0]
        X = X - np.average(X, axis=0, weights=w)
    D = np.hstack([np.ones((len(X), 1)), X]) if intercept else X
    unit = np.sqrt((D**2).sum(axis=0))
    Q, _ = np.linalg.qr(np.sqrt(w)[:, None] * D / unit)
    y = np.sqrt(w)[:, None] * rows.Y
    return X, (y - Q @ (Q.T @ y)) / np.sqrt(w)[:, None], (Q**2).sum(axis=1)


@pytest.mark.parametrize("look", PASSES)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("n", "p", "k"), [(9, 1, 1), (127, 3, 2), (129, 9, 1), (4100, 23, 2), (70, 0, 1)]
)
def test_residuals_leverages_and_meat(
    n: int, p: int, k: int, weighted: bool, intercept: bool, look: Pass
) -> None:
    rows = made(n, p, k, weighted, far=intercept)
    m = fold_rows(rows)
    fit = solve(m, intercept=intercept)
    X, e, h = hat(rows, intercept)
    scale = np.ldexp(1.0, m.exponent)
    w = np.ones(n) if rows.weights is None else rows.weights
    for power in (0, 1, 2):
        want = replace(EVERYTHING, power=power, pairs=power != 1)
        seen = look(rows, m, fitted_of(m, fit), want)
        assert seen is not None and seen.residuals is not None
        assert seen.leverages is not None and seen.meat is not None
        size = np.abs(rows.Y).max(axis=0)
        assert np.allclose(seen.residuals * scale[p:], e, rtol=1e-11, atol=1e-13 * size)
        assert np.allclose(seen.leverages, h, rtol=1e-11, atol=1e-13)
        assert np.allclose(
            seen.largest, np.abs(seen.residuals).max(axis=0), rtol=1e-15, atol=0
        )
        total = np.ldexp(seen.sums.hi, 2 * m.exponent[p:] + m.weight_exponent)
        assert np.allclose(total, (w[:, None] * e**2).sum(axis=0), rtol=1e-11)
        v = np.hstack([np.ones((n, 1)), X])
        for t in range(k):
            s = (w * e[:, t]) ** 2 / (1.0 - h) ** power
            right = (v * s[:, None]).T @ v
            unit = np.append(1.0, scale[:p])
            meat = seen.meat[t] * np.outer(unit, unit)
            meat = meat * 4.0 ** (m.exponent[p + t] + m.weight_exponent)
            bound = np.sqrt(np.outer(np.diagonal(right), np.diagonal(right)))
            assert np.all(np.abs(meat - right) <= 1e-11 * bound)


@pytest.mark.parametrize("look", PASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_tiny_residuals_are_summed_in_pairs(weighted: bool, look: Pass) -> None:
    """The line y = 3 + x/8 + noise of some last places, beside exact rationals."""
    rng = np.random.default_rng(1)
    x = np.round(rng.uniform(1e6, 2e6, 300))
    y = 3.0 + x / 8.0 + rng.integers(-3, 4, 300) * 2.0**-30
    w = rng.integers(1, 9, 300) / 8.0 if weighted else None
    rows = Rows(x[:, None], y[:, None], w)
    m = fold_rows(rows)
    # Any line will do, and one with low parts is the harder.
    slope, level = Double.of([[0.125]], [[2.0**-60]]), Double.of([2.0**-40], [2.0**-96])
    slope = slope.scaled(m.exponent[0] - m.exponent[1])
    fitted = Fitted(slope, level, np.zeros(1), np.zeros((1, 1)), 0.0)
    seen = look(rows, m, fitted, Want(residuals=True, pairs=True))
    assert seen is not None and seen.residuals is not None
    unit = Fraction(2) ** int(m.exponent[1])
    b = Fraction(0.125) + Fraction(2) ** -60
    at = Fraction(2) ** -40 + Fraction(2) ** -96
    total, largest = Fraction(0), Fraction(0)
    for r in range(300):
        dx = Fraction(x[r]) - Fraction(x[0])
        e = (Fraction(y[r]) - Fraction(y[0]) - b * dx) / unit - at
        weight = Fraction(1) if w is None else Fraction(w[r]) / 2**m.weight_exponent
        total += weight * e * e
        largest = max(largest, abs(e))
        assert abs(Fraction(seen.residuals[r, 0]) - e) <= abs(e) * Fraction(2) ** -52
    got = Fraction(seen.sums.hi[0]) + Fraction(seen.sums.lo[0])
    assert abs(got - total) <= total * Fraction(2) ** -80
    assert abs(Fraction(seen.largest[0]) - largest) <= largest * Fraction(2) ** -52


@pytest.mark.parametrize("look", PASSES)
def test_threads_and_orders_agree(look: Pass) -> None:
    rows = made(20_000, 11, 1, True)
    m = fold_rows(rows)
    fitted = fitted_of(m, solve(m))
    first = look(rows, m, fitted, EVERYTHING)
    other = look(replace(rows, X=np.asfortranarray(rows.X)), m, fitted, EVERYTHING)
    assert first is not None and other is not None
    for name in ("residuals", "leverages", "largest"):
        assert np.array_equal(getattr(first, name), getattr(other, name))
    assert np.allclose(first.sums.hi, other.sums.hi, rtol=1e-30, atol=0)


def test_a_fit_of_least_norm_has_the_leverages_of_its_columns() -> None:
    rows = made(60, 3, 1, False)
    twice = replace(rows, X=np.hstack([rows.X, rows.X[:, :1] - 3.0 * rows.X[:, 1:2]]))
    m = fold_rows(twice)
    seen = [
        module.second_pass(twice, m, fitted_of(m, solve(m, rank=rank)), EVERYTHING)
        for rank in ("drop", "minimum_norm")
    ]
    h = hat(rows, True)[2]
    for one in seen:
        assert np.allclose(one.leverages, h, rtol=1e-10)
