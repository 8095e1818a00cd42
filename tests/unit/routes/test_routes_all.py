"""Every light route really runs and finds the line, with and without intercept."""

import numpy as np
import pytest

from leastwise.engine.compare import run_routes
from leastwise.engine.routes.registry import ROUTES
from leastwise.solve.exact import exact_least_squares

LIGHT = [r.name for r in ROUTES if r.name not in ("pytorch", "tensorflow")]
DESCENTS = {"gradient-descent", "leastwise-descent"}


def data(p=1, n=400, offset=0.0):
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, p)) + offset
    return X, 32 + X @ np.linspace(1.8, -2.0, p) + 3 * rng.standard_normal(n)


def check(result, X, y, intercept=True, digits=12.0):
    names = [f"x{j + 1}" for j in range(X.shape[1])]
    labels = (["Intercept"] if intercept else []) + names
    assert result.estimates is not None, result.note
    assert list(result.estimates) == labels
    exact = exact_least_squares(X, y, intercept=intercept).rounded()[:, 0]
    found = np.array(list(result.estimates.values()))
    np.testing.assert_allclose(found, exact, rtol=10.0**-digits)
    assert result.digits > digits
    assert min(result.digits_by_coefficient.values()) == result.digits
    assert result.seconds > 0 and result.setup_seconds > 0
    assert result.peak_memory_mib is None or result.peak_memory_mib >= 0


@pytest.fixture(scope="module", params=[(4, True), (2, False)])
def everything(request):
    p, intercept = request.param
    X, y = data(p, offset=5.0)
    run = run_routes(X, y, intercept=intercept, routes=LIGHT)
    return X, y, intercept, {r.route: r for r in run.results}


@pytest.mark.parametrize("name", LIGHT)
def test_the_route_finds_the_line(everything, name):
    X, y, intercept, results = everything
    # Well-conditioned data: 12 digits is what every float64 method keeps.
    check(results[name], X, y, intercept)
    steps = results[name].steps
    assert (steps is not None) is (name in DESCENTS)
    if name == "gradient-descent":
        assert steps == 5000


def test_every_route_says_what_it_is(everything):
    results = everything[3]
    assert list(results) == LIGHT
    for route in ROUTES:
        assert route.name not in results or results[route.name].note.startswith(
            route.about
        )


def test_leastwise_is_never_behind(everything):
    results = everything[3]
    # Correctly rounded, or within one rounding of it.
    assert results["leastwise"].digits >= 15.6


def test_two_sizes_of_columns_fool_a_library_and_the_row_says_so():
    X, y = data(2)
    X = X * [1e8, 1e-8]
    run = run_routes(X, y, routes=["scikit-learn", "statsmodels", "numpy", "leastwise"])
    learn, models, numpy, ours = run.results
    assert ours.digits > 15
    assert learn.digits < 1 and "found rank 1 of 2" in learn.note
    assert numpy.digits < 1 and "found rank 2 of 3" in numpy.note
    assert models.digits < 1 and "warns: condition number" in models.note


def test_a_descent_that_diverges_says_at_what_rate_it_would_not():
    # Eleven copies of nearly the same column: L = 2 * 11, and 0.1 > 2/L.
    rng = np.random.default_rng(0)
    base = rng.standard_normal((60, 1))
    X = base + 0.01 * rng.standard_normal((60, 11))
    y = X.sum(axis=1)
    run = run_routes(X, y, routes=["gradient-descent", "leastwise-descent"])
    article, ours = run.results
    assert article.estimates is None
    assert "diverged: rate 0.1 overshoots" in article.note
    assert "converge" in article.note
    assert ours.estimates is not None


def test_a_descent_that_did_not_arrive_says_so():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 1))
    X = np.column_stack([x, x + 1e-3 * rng.standard_normal((60, 1))])
    run = run_routes(X, X @ [1.0, 2.0], routes=["gradient-descent"])
    (article,) = run.results
    assert "not converged: after 5000 steps the gradient is still" in article.note
    assert article.digits < 3


def test_a_constant_column_fails_only_the_routes_that_standardise():
    X, y = data(2)
    X[:, 1] = 3.0
    run = run_routes(X, y, routes=["gradient-descent", "statistics", "leastwise"])
    article, textbook, ours = run.results
    assert article.estimates is None and "does not vary" in article.note
    assert textbook.estimates is None and "Singular" in textbook.note
    assert np.isnan(ours.estimates["x2"]) and "left out 1 collinear input" in ours.note
    assert ours.digits is None and "digits are not counted" in ours.note
    assert np.isnan(run.best["x2"])


def test_peak_memory_is_that_of_the_run():
    X, y = data(4, n=200_000)
    run = run_routes(X, y, routes=["numpy", "leastwise"])
    lstsq, ours = [r.peak_memory_mib for r in run.results]
    # lstsq copies the design matrix with its ones: 200,000 * 5 * 8 bytes, once or more.
    assert lstsq is None or lstsq > 200_000 * 5 * 8 / 2**20
    # Row blocks: far less than the 6 MiB of X.
    assert ours is None or ours < 4
    assert run.best_source == "leastwise, double-double"
    assert run.results[1].digits > 12


@pytest.mark.parametrize("n", [16_385, 32_769])
def test_the_loop_over_many_rows_is_compiled_right(n):
    # Just above the sizes where a release of XLA computed wrong row kernels.
    X, y = data(2, n=n)
    (article,) = run_routes(X, y, routes=["gradient-descent"]).results
    assert article.digits > 12
