"""Quantile regression against all vertices, linear programming, and its own laws."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import leastwise as lw
from leastwise.loops.quantile.fit import fit_quantile
from leastwise.loops.quantile.whole import row_of, solve_whole
from leastwise.loops.working import Problem
from leastwise.loss.quantile import Quantile
from leastwise.moments.blocks import Rows

SHARES = ("1/10", "1/4", "1/2", "7/10", "9/10")


def problem_of(X: Any, y: Any, w: Any = None, *, intercept: bool = True) -> Problem:
    rows = Rows(np.asarray(X, float), np.asarray(y, float)[:, None], weights=w)
    return Problem(Quantile(0.5), rows, intercept=intercept)


def loss_of(problem: Problem, b: list[Fraction], q: Fraction) -> Fraction:
    total = Fraction(0)
    w = problem.rows.weights
    for i in range(len(problem.rows.Y)):
        x, y = row_of(problem, i)
        r = y - sum((c * v for c, v in zip(x, b, strict=True)), Fraction(0))
        pull = r * q if r >= 0 else r * (q - 1)
        total += pull if w is None else pull * Fraction(float(w[i]))
    return total


def all_vertices(problem: Problem, q: Fraction) -> list[tuple[Fraction, list[Any]]]:
    """Return every vertex with its loss, without rounding."""
    n, k = len(problem.rows.Y), problem.rows.X.shape[1] + int(problem.intercept)
    found = []
    for rows in itertools.combinations(range(n), k):
        both = [row_of(problem, i) for i in rows]
        b = solve_whole([x for x, _ in both], [y for _, y in both])
        if b is not None:
            found.append((loss_of(problem, b, q), b))
    return found


small = st.integers(-3, 3).map(float)


@st.composite
def tiny(draw: Any) -> tuple[Problem, Fraction]:
    n, p = draw(st.integers(4, 8)), draw(st.integers(1, 2))
    grid = draw(st.sampled_from(["whole", "real"]))
    value = small if grid == "whole" else st.floats(-2, 2, width=16)
    X = np.array(draw(st.lists(st.lists(value, min_size=p, max_size=p),
                               min_size=n, max_size=n)))  # fmt: skip
    y = np.array(draw(st.lists(value, min_size=n, max_size=n)))
    w = None
    if draw(st.booleans()):
        w = np.array(draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]),
                                   min_size=n, max_size=n)))  # fmt: skip
    return problem_of(X, y, w), Fraction(draw(st.sampled_from(SHARES)))


@given(tiny())
@settings(max_examples=150, deadline=None)
def test_no_vertex_has_less_loss(case: tuple[Problem, Fraction]) -> None:
    problem, q = case
    vertices = all_vertices(problem, q)
    assume(vertices)  # full rank
    least = min(loss for loss, _ in vertices)
    fit = fit_quantile(problem, float(q))
    assert fit.proven
    found = [b for loss, b in vertices if loss == least]
    assert any(
        (fit.coefficients == np.array([float(v) for v in b])).all() for b in found
    )
    planes = {tuple(b) for b in found}
    if fit.unique is True:
        assert len(planes) == 1
    if fit.unique is False:
        assert len(planes) > 1
    if len(planes) > 1:
        assert fit.unique is not True


def programme(X: Any, y: Any, q: float) -> float:
    """Return the least loss by the dual simplex of HiGHS."""
    n = len(y)
    A = np.column_stack([X, np.eye(n), -np.eye(n)])
    cost = np.concatenate([np.zeros(X.shape[1]), np.full(n, q), np.full(n, 1 - q)])
    free = [(None, None)] * X.shape[1] + [(0, None)] * (2 * n)
    return float(linprog(cost, A_eq=A, b_eq=y, bounds=free, method="highs").fun)


@pytest.mark.parametrize("q", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["normal", "heavy", "whole"])
def test_loss_of_linear_programming(kind: str, q: float) -> None:
    rng = np.random.default_rng(7)
    X = rng.normal(size=(300, 4))
    y = X.sum(axis=1) + (rng.normal(size=300) if kind == "normal" else
                         rng.standard_cauchy(300))  # fmt: skip
    if kind == "whole":
        X, y = np.round(X), np.round(y)
    fit = fit_quantile(problem_of(X, y), q)
    assert fit.proven
    wanted = programme(np.column_stack([np.ones(300), X]), y, q)
    # HiGHS stops within 1e-7 of feasibility.
    np.testing.assert_allclose(fit.objective, wanted, rtol=1e-7)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("q", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_have_a_proof(whole: bool, q: float, weighted: bool) -> None:
    """Rows that are put together change nothing: the proof is of all of them."""
    rng = np.random.default_rng(8)
    X = rng.normal(size=(20_000, 3))
    y = X.sum(axis=1) + rng.standard_t(3, size=20_000) * (1 + np.abs(X[:, 0]))
    w = rng.choice([0.5, 1.0, 2.0], 20_000) if weighted else None
    if whole:
        X, y = np.round(X), np.round(y)
    fit = fit_quantile(problem_of(X, y, w), q)
    assert fit.proven
    # Signs of residuals balance: the proof, in float64 and once more.
    psi = np.where(fit.residuals > 0, q, q - 1.0)
    psi[fit.residuals == 0] = 0.0
    psi = psi if w is None else psi * w
    A = np.column_stack([np.ones(len(y)), X])
    pull = A.T @ psi
    on = np.flatnonzero(fit.residuals == 0)
    own = np.ones(len(y)) if w is None else w
    bounds = list(zip(own[on] * (q - 1), own[on] * q, strict=True))
    found = linprog(np.zeros(len(on)), A_eq=A[on].T, b_eq=-pull, bounds=bounds)
    assert found.status == 0


@pytest.mark.parametrize("q", [0.25, 0.5])
def test_units_and_offsets(q: float) -> None:
    rng = np.random.default_rng(9)
    # Multiples of 2^-20: a shift by 1e9 or a power of two rounds nothing.
    X = np.round(rng.normal(size=(200, 3)) * 2**20) / 2**20
    y = np.round((X.sum(axis=1) + rng.normal(size=200)) * 2**20) / 2**20
    plain = fit_quantile(problem_of(X, y), q)
    scale = np.array([2.0**60, 2.0**-60, 2.0**300])
    moved = fit_quantile(problem_of((X + 1e9) * scale, y * 2.0**40 + 0.0), q)
    assert set(moved.basis) == set(plain.basis)
    np.testing.assert_array_equal(
        moved.coefficients[1:] * scale * 2.0**-40, plain.coefficients[1:]
    )
    far = fit_quantile(problem_of(X, y + 2.0**30), q)
    np.testing.assert_array_equal(far.coefficients[1:], plain.coefficients[1:])


def test_a_level_alone_is_the_quantile() -> None:
    y = np.arange(1.0, 12.0)
    for q in (0.1, 0.25, 0.5, 0.75):
        fit = fit_quantile(problem_of(np.empty((11, 0)), y), q)
        assert fit.coefficients[0] == np.quantile(y, q, method="inverted_cdf")
        assert fit.unique is True
    even = fit_quantile(problem_of(np.empty((10, 0)), y[:10]), 0.5)
    assert even.unique is False and even.coefficients[0] in (5.0, 6.0)
    # A tenth is a tenth, though no float64 is: every level from 1 to 2 will do.
    tenth = fit_quantile(problem_of(np.empty((10, 0)), y[:10]), 0.1)
    assert tenth.unique is False


def test_weights_that_count_are_rows_again() -> None:
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=60), rng.normal(size=60)
    times = rng.integers(1, 4, 60)
    again = {"x": np.repeat(x, times), "y": np.repeat(y, times)}
    for se in ("nid", "iid", "ker"):
        counted = lw.quantile(
            "y ~ x",
            {"x": x, "y": y},
            q=0.4,
            weights=lw.weights.frequency(times),
            se=se,
        )
        whole = lw.quantile("y ~ x", again, q=0.4, se=se)
        np.testing.assert_array_equal(counted.coef.array, whole.coef.array)
        np.testing.assert_allclose(counted.se.array, whole.se.array, rtol=1e-9)


def hard() -> dict[str, tuple[Any, Any]]:
    rng = np.random.default_rng(11)
    x, e = rng.normal(size=(300, 2)), rng.normal(size=300)
    return {
        "fitted exactly, to rounding": (x, 1.0 + x @ [2.0, 3.0]),
        "fitted exactly": (np.round(x * 100), 1.0 + np.round(x * 100).sum(axis=1)),
        "constant": (x, np.full(300, 3.0)),
        "units": (x * [1e300, 1e-300], x.sum(axis=1) + e),
        "huge": (x, (x.sum(axis=1) + e) * 1e300),
        "tiny": (x, (x.sum(axis=1) + e) * 1e-300),
        "two values": (x, (e > 0.5) * 1.0),
        "heavy tails": (rng.standard_cauchy((300, 2)), rng.standard_cauchy(300)),
        "nearly agree": (np.column_stack([x[:, 0], x[:, 0] + 1e-9 * x[:, 1]]), e),
        "powers": (np.linspace(-8, -3, 82)[:, None] ** np.arange(1, 8), e[:82]),
        "groups": (np.eye(20)[rng.integers(0, 20, 300)][:, 1:], e),
        "outliers": (x, np.where(np.arange(300) < 5, 1e12, x.sum(axis=1) + e)),
    }


@pytest.mark.parametrize("q", [0.1, 0.5])
@pytest.mark.parametrize("name", hard())
def test_hard_rows_have_a_proof(name: str, q: float) -> None:
    """Multipliers in fractions, from the signs of residuals in fractions."""
    X, y = hard()[name]
    problem, share = problem_of(X, y), Fraction(repr(q))
    fit = fit_quantile(problem, q)
    assert fit.proven
    rows = [row_of(problem, i) for i in range(len(y))]
    both = [rows[i] for i in fit.basis]
    b = solve_whole([x for x, _ in both], [t for _, t in both])
    assert b is not None
    assert fit.coefficients.tolist() == [float(v) for v in b]
    k, off = len(b), [i for i in range(len(y)) if i not in set(fit.basis)]
    pull, on = [Fraction(0)] * k, []
    for i in off:
        x, target = rows[i]
        r = target - sum((c * v for c, v in zip(x, b, strict=True)), Fraction(0))
        assert (r > 0) == (fit.residuals[i] > 0)
        assert (r < 0) == (fit.residuals[i] < 0)
        if r == 0:
            on.append(i)
            continue
        side = share if r > 0 else share - 1
        pull = [p + side * c for p, c in zip(pull, x, strict=True)]
    if on:
        # Any pulls of rows on the plane will do: a small linear programme finds some.
        both_on = [*fit.basis, *on]
        A = np.array([[float(c) for c in rows[i][0]] for i in both_on]).T
        scale = np.abs(A).max(axis=1)
        found = linprog(
            np.zeros(len(both_on)), A_eq=A / scale[:, None],
            b_eq=-np.array([float(p) for p in pull]) / scale, bounds=(q - 1, q),
        )  # fmt: skip
        assert found.status == 0
        return
    across = [list(column) for column in zip(*[x for x, _ in both], strict=True)]
    multipliers = solve_whole(across, [-p for p in pull])
    assert multipliers is not None
    assert all(share - 1 <= a <= share for a in multipliers)
