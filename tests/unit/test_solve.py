"""Many columns: the plain route agrees with the one in pairs, and knows its place."""

from __future__ import annotations

import numpy as np
import pytest

from leastwise.engine import plan
from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.solve import system
from leastwise.solve.fit import solve

RNG = np.random.default_rng(2)


def rows(n: int, p: int) -> Rows:
    X = RNG.normal(size=(n, p)) + 2.0
    return Rows(X, X @ RNG.normal(size=(p, 1)) + RNG.normal(size=(n, 1)))


@pytest.mark.parametrize(("p", "slices"), [(50, 1), (170, 1), (170, 3)])
def test_plain_agrees_with_pairs(
    p: int, slices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = fold_rows(rows(600, p), slices=slices)
    plain = solve(moments)
    monkeypatch.setattr(system, "MANY_COLUMNS", 10_000)
    monkeypatch.setattr(system, "VERY_MANY_COLUMNS", 10_000)
    pairs = solve(moments)
    # Refined with residuals in pairs: coefficients agree to the last digits; the
    # inverse is float64's.
    assert np.allclose(plain.coefficients, pairs.coefficients, rtol=1e-13, atol=1e-15)
    assert np.allclose(plain.standard_errors, pairs.standard_errors, rtol=1e-11, atol=0)
    worst = np.abs(plain.standard_errors / pairs.standard_errors - 1).max()
    assert plain.se_digits.min() <= -np.log10(max(worst, 1e-16)) + 0.3


@pytest.mark.parametrize("p", [50, 170])
def test_the_plain_route_leaves_rank_to_the_rule(p: int) -> None:
    r = rows(600, p)
    X = r.X.copy()
    X[:, 7] = X[:, 3] - 2 * X[:, 5] + 4
    fit = fit_rows(Rows(X, r.Y)).fit
    assert np.flatnonzero(~fit.kept).tolist() == [7]
    assert fit.aliases.numbers[7, [0, 4, 6]].tolist() == [4.0, 1.0, -2.0]
    assert np.count_nonzero(fit.aliases.numbers[7]) == 3


def test_large_data_climb_when_few_digits_are_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "first_tier", lambda work: 1)
    n = 200_000
    x = RNG.normal(size=n)
    near = x + 1e-5 * RNG.normal(size=n)
    y = x + RNG.normal(size=n)
    solved = fit_rows(Rows(np.column_stack([x, near]), y[:, None]))
    assert solved.plan.tier > 1
    assert solved.fit.digits.min() >= 8
    assert "could certify" in solved.plan.reason


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint8, bool, np.float16])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_numbers_in_any_order(dtype: type, order: str) -> None:
    X = np.asarray(RNG.integers(0, 2, size=(50, 3)), dtype=dtype, order=order)
    y = RNG.normal(size=(50, 1))
    X.flags.writeable = False
    fit = fit_rows(Rows(X, y)).fit
    same = fit_rows(Rows(X.astype(np.float64), y)).fit
    assert np.array_equal(fit.coefficients, same.coefficients)
