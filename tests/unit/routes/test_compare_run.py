"""Scoring: digits, the best answer, and requests that cannot be met."""

import math
from fractions import Fraction

import numpy as np
import pytest

from leastwise._kit.errors import DataError, RequestError
from leastwise.engine.compare import (
    ALL_DIGITS,
    best_answer,
    correct_digits,
    refuse_weights,
    run_routes,
)
from leastwise.engine.routes.base import Problem, Route
from leastwise.engine.routes.measure import median_seconds, peak_mib
from leastwise.engine.routes.registry import ROUTES, chosen_routes
from leastwise.solve.exact import exact_least_squares

X = np.arange(10.0)[:, None]
Y = 1 + 2 * X[:, 0]


@pytest.mark.parametrize(
    ("estimate", "best", "digits"),
    [
        (1.0, Fraction(1), 17.0),
        (1.0 + 2.0**-52, Fraction(1), 15.65),
        (1.001, Fraction(1), 3.0),
        (-1.0, Fraction(1), 0.0),
        (1e300, Fraction(1), 0.0),
        (math.nan, Fraction(1), 0.0),
        (math.inf, Fraction(1), 0.0),
        (1 / 3, Fraction(1, 3), 17.0),
        (1e-300, Fraction(10) ** -300 * Fraction(10001, 10000), 4.0),
    ],
)
def test_digits(estimate, best, digits):
    assert correct_digits(estimate, best, 1.0) == pytest.approx(digits, abs=0.01)


def test_digits_of_an_exact_zero_are_counted_from_the_unit():
    assert correct_digits(0.0, Fraction(0), 5.0) == ALL_DIGITS
    assert correct_digits(5e-16, Fraction(0), 5.0) == pytest.approx(16.0, abs=0.01)
    assert correct_digits(1e-9, Fraction(0), 0.0) == 0.0


def test_digits_of_numbers_beyond_float64():
    # The difference to a best answer near the end of the range stays finite.
    assert correct_digits(-1.7e308, Fraction(17, 10) * 10**308, 1.0) == 0.0
    assert correct_digits(5e-324, Fraction(1, 10**330), 1.0) == 0.0


def test_the_best_answer_is_exact_when_small_and_close_to_it_when_not():
    rng = np.random.default_rng(0)
    small = Problem(rng.standard_normal((50, 3)), rng.standard_normal(50), True)
    best = best_answer(small)
    assert best.source == "exact rational arithmetic"
    exact = exact_least_squares(small.X, small.y)
    assert best.values == tuple(row[0] for row in exact.coefficients)
    large = Problem(rng.standard_normal((70_000, 3)), rng.standard_normal(70_000), True)
    best = best_answer(large)
    assert best.source == "leastwise, double-double"
    exact = exact_least_squares(large.X, large.y).rounded()[:, 0]
    # Rounded once at the end: at most one rounding from the exact answer.
    np.testing.assert_allclose([float(b) for b in best.values], exact, rtol=2.0**-52)


def test_names_and_order():
    run = run_routes(X, Y, names=["celsius"], routes=["numpy", "statistics"])
    assert [r.route for r in run.results] == ["numpy", "statistics"]
    assert dict(run.best) == {"Intercept": 1.0, "celsius": 2.0}
    assert list(run.results[0].estimates) == ["Intercept", "celsius"]
    with pytest.raises(TypeError):
        run.best["celsius"] = 3.0


def test_an_unknown_route_is_refused_with_a_hint():
    with pytest.raises(RequestError, match=r'no route "sklearn".*"scikit-learn"'):
        run_routes(X, Y, routes=["statistics", "sklearn"])
    with pytest.raises(RequestError, match='Did you mean "pytorch"'):
        chosen_routes(["torch"])
    with pytest.raises(RequestError, match="Routes: statistics, scikit-learn"):
        chosen_routes(["??"])
    with pytest.raises(RequestError, match="no route was asked for"):
        chosen_routes([])


def test_routes_are_chosen_once_in_the_order_asked_for():
    assert chosen_routes(None) == ROUTES
    assert [r.name for r in chosen_routes(["numpy", "leastwise", "numpy"])] == [
        "numpy",
        "leastwise",
    ]
    own = Route("mine", "my_route", "my own")
    assert chosen_routes(own) == (own,)
    assert chosen_routes("numpy")[0].name == "numpy"


def test_the_names_are_those_promised():
    assert [r.name for r in ROUTES] == [
        "statistics",
        "scikit-learn",
        "gradient-descent",
        "leastwise",
        "leastwise-descent",
        "numpy",
        "statsmodels",
        "pytorch",
        "tensorflow",
    ]


@pytest.mark.parametrize(
    ("X", "y", "more", "error", "message"),
    [
        (X, Y[:3], {}, DataError, "X has 10 rows and y has 3"),
        (X, np.column_stack([Y, Y]), {}, RequestError, "one target and was given 2"),
        (X, np.full(10, np.nan), {}, DataError, "row 1: a value is NaN"),
        (X[:0], Y[:0], {}, DataError, "no rows"),
        (X[:, :0], Y, {"intercept": False}, RequestError, "nothing to fit"),
        (X, Y, {"names": ["a", "b"]}, RequestError, "2 names for 1 inputs"),
        (X, Y, {"timeout": 0}, RequestError, "timeout=0"),
    ],
)
def test_impossible_requests(X, y, more, error, message):
    with pytest.raises(error, match=message):
        run_routes(X, y, **more)


def test_weights_and_offsets_are_refused():
    refuse_weights(None, None)
    with pytest.raises(RequestError, match="was given weights"):
        refuse_weights(np.ones(3))
    with pytest.raises(RequestError, match="was given offset"):
        refuse_weights(None, np.ones(3))


def test_lists_and_two_dimensional_targets_are_taken():
    run = run_routes([[1], [2], [4]], [[1], [3], [7]], routes=["numpy"])
    assert dict(run.best) == {"Intercept": -1.0, "x1": 2.0}


def test_a_run_is_timed_at_least_three_times():
    calls = []
    median_seconds(lambda: calls.append(0))
    assert 3 <= len(calls) <= 1000


def test_peak_memory_counts_what_a_call_takes():
    size = 64 * 2**20
    peak = peak_mib(lambda: np.ones(size // 8))
    # None where the system does not tell.
    assert peak is None or 60 < peak < 80
    nothing = peak_mib(lambda: None)
    assert nothing is None or nothing < 4
