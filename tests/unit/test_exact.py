"""Exact rational least squares: NIST to 40 digits, rank, weights, bad numbers."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import DataError
from leastwise.solve.exact import exact_least_squares, is_small

NIST = Path(__file__).parents[1] / "data" / "nist"
NAMES = sorted(path.stem for path in NIST.glob("*.json"))


def nist(name):
    """Rows of a NIST problem as the decimals in its file, powers multiplied out."""
    problem = json.loads((NIST / f"{name}.json").read_text(encoding="utf-8"))
    data = [[Fraction(v) for v in row] for row in problem["data"]]
    y = [row[0] for row in data]
    degree = problem["poly_degree"] or 1
    if degree > 1:
        x = [[row[1] ** k for k in range(1, degree + 1)] for row in data]
    else:
        x = [row[1:] for row in data]
    return problem, x, y


def test_all_eleven_problems_are_there():
    assert len(NAMES) == 11


@pytest.mark.parametrize("name", NAMES)
def test_nist_to_forty_digits(name):
    problem, x, y = nist(name)
    fit = exact_least_squares(x, y, intercept=problem["intercept"])
    rational = [Fraction(b) for b in problem["exact_B_rational"]]
    assert [b for (b,) in fit.coefficients] == rational
    truth = problem["exact40"]
    for (se,), known in zip(fit.standard_errors(), truth["SE"], strict=True):
        # 40 printed digits: half a unit in the last is 5e-40 of the value at most.
        assert abs(se - Decimal(known)) <= abs(Decimal(known)) * Decimal("1e-39")
    known = Fraction(truth["res_ss"])
    assert abs(fit.rss[0] - known) <= abs(known) / 10**39
    assert fit.dof == problem["certified"]["res_df"]


def test_floats_mean_exactly_what_they_hold():
    x, y = np.array([0.1, 0.2, 0.4]), np.array([1.1, 1.2, 1.4])
    floats = exact_least_squares(x[:, None], y)
    fractions = exact_least_squares(
        [[Fraction(v)] for v in x.tolist()], [Fraction(v) for v in y.tolist()]
    )
    assert floats == fractions
    assert floats.rss[0] > 0  # 0.1 is not a tenth
    decimals = exact_least_squares([["0.1"], ["0.2"], [".4"]], ["1.1", "1.2", "1.4"])
    assert decimals.rss == (0,)


@given(
    st.integers(1, 3).flatmap(
        lambda p: st.lists(
            st.tuples(*[st.integers(-9, 9)] * p, st.integers(-9, 9), st.integers(1, 4)),
            min_size=1,
            max_size=8,
        )
    ),
    st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_residuals_are_orthogonal_and_weights_are_counts(data, intercept):
    x = [list(row[:-2]) for row in data]
    y, w = [row[-2] for row in data], [row[-1] for row in data]
    fit = exact_least_squares(x, y, weights=w, intercept=intercept)
    b = [value or Fraction(0) for (value,) in fit.coefficients]
    design = [([1] if intercept else []) + row for row in x]
    e = [
        t - sum(c * v for c, v in zip(b, r, strict=True))
        for r, t in zip(design, y, strict=True)
    ]
    for j in range(len(b)):
        dot = sum(wi * r[j] * ei for wi, r, ei in zip(w, design, e, strict=True))
        assert dot == 0
    assert fit.rss[0] == sum(wi * ei**2 for wi, ei in zip(w, e, strict=True))
    repeat = [i for i, wi in enumerate(w) for _ in range(wi)]
    again = exact_least_squares(
        [x[i] for i in repeat], [y[i] for i in repeat], intercept=intercept
    )
    assert again.coefficients == fit.coefficients
    assert again.inverse_diagonal == fit.inverse_diagonal
    assert (again.rss, again.tss) == (fit.rss, fit.tss)
    rank = np.linalg.matrix_rank(np.array(design, float).reshape(len(y), -1))
    assert fit.rank == rank


def test_a_column_that_is_a_combination_is_none():
    rng = np.random.default_rng(0)
    a, b = rng.integers(-50, 50, 20), rng.integers(-50, 50, 20)
    X = np.column_stack([a, b, 2 * a - 3 * b + 7, rng.integers(-9, 9, 20)])
    y = rng.standard_normal(20)
    fit = exact_least_squares(X.astype(float), y)
    assert [c[0] is None for c in fit.coefficients] == [
        False,
        False,
        False,
        True,
        False,
    ]
    assert fit.rank == 4 and fit.dof == 16
    assert np.isnan(fit.rounded()[3, 0])
    assert fit.standard_errors()[3] == (None,)
    without = exact_least_squares(np.delete(X, 2, axis=1).astype(float), y)
    assert fit.rss == without.rss
    kept = [c for c in fit.coefficients if c[0] is not None]
    assert tuple(kept) == without.coefficients


def test_almost_the_same_column_is_not_the_same():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    near = x.copy()
    near[0] = np.nextafter(1.0, 2.0)
    fit = exact_least_squares(np.column_stack([x, near]), np.array([1.0, 0, 2, 5]))
    assert fit.rank == 3


def test_sizes_of_columns_do_not_matter():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((12, 2))
    y = 3 + X @ [2.0, -1.0]
    scaled = X * [2.0**1000, 2.0**-1040]
    one = exact_least_squares(X, y)
    # 2^-1040 makes subnormals, which lose bits: start from what is left of them.
    back = scaled * [2.0**-1000, 1.0]
    exact = [[Fraction(a), Fraction(b) * 2**1040] for a, b in back.tolist()]
    two = exact_least_squares(scaled, y)
    reference = exact_least_squares(exact, y)
    assert two.coefficients[1][0] * 2**1000 == reference.coefficients[1][0]
    assert two.coefficients[2][0] / 2**1040 == reference.coefficients[2][0]
    assert one.rank == two.rank == 3


def test_several_targets_and_zero_weights():
    rng = np.random.default_rng(2)
    X, Y = rng.standard_normal((9, 2)), rng.standard_normal((9, 3))
    w = np.array([1.0, 0.5, 0, 2, 1, 0, 3, 1, 1])
    fit = exact_least_squares(X, Y, weights=w)
    assert fit.dof == 7 - 3
    used = w > 0
    for t in range(3):
        alone = exact_least_squares(X[used], Y[used, t], weights=w[used])
        assert [c[t] for c in fit.coefficients] == [c[0] for c in alone.coefficients]
        assert fit.rss[t] == alone.rss[0] and fit.tss[t] == alone.tss[0]
    root = np.sqrt(w)[:, None]
    design = np.column_stack([np.ones(9), X])
    direct = np.linalg.lstsq(root * design, root * Y, rcond=None)[0]
    # 12 digits: a well-conditioned problem solved in float64.
    np.testing.assert_allclose(fit.rounded(), direct, rtol=1e-12)


def test_integers_beyond_two_to_the_53_are_kept():
    x = [[2**60 + 1], [2**60 + 2], [2**60 + 4]]
    fit = exact_least_squares(x, [1, 2, 4])
    assert fit.coefficients == ((Fraction(-(2**60)),), (Fraction(1),))
    assert exact_least_squares(np.array(x), np.array([1, 2, 4])) == fit


def test_only_an_intercept():
    fit = exact_least_squares(np.empty((3, 0)), np.array([1.0, 2.0, 6.0]))
    assert fit.coefficients == ((Fraction(3),),)
    assert fit.rss == fit.tss == (14,)


def test_no_standard_error_without_degrees_of_freedom():
    fit = exact_least_squares([[1], [2]], [1, 3])
    assert fit.dof == 0 and fit.standard_errors() == ((None,), (None,))
    assert fit.rounded().ravel().tolist() == [-1.0, 2.0]


@pytest.mark.parametrize(
    ("X", "y", "weights", "message"),
    [
        ([[1], [2]], [1, 2, 3], None, "X has 2 rows and y has 3"),
        ([["a"], ["2"]], [1, 2], None, "not a number"),
        (np.array([[1.0], [np.nan]]), np.zeros(2), None, "row 2: nan is not a finite"),
        (np.array([[1.0], [2.0]]), np.array([np.inf, 0]), None, "row 1: inf is not"),
        ([[1], [2]], [1, float("nan")], None, "not a number"),
        ([[1], [2]], [1, 2], [1, -0.5], "row 2: weight -0.5 is negative"),
        ([[1], [2]], [1, 2], [0, 0], "no row has weight"),
        ([[1], [2]], [1, 2], [1], "1 weights for 2 rows"),
        ([], [], None, "no row has weight"),
    ],
)
def test_bad_numbers_say_which(X, y, weights, message):
    with pytest.raises(DataError, match=message):
        exact_least_squares(X, y, weights=weights)


def test_what_counts_as_small():
    assert is_small(10_000, 9)
    assert not is_small(10_001, 9)
