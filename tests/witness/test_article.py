"""The article's example: its formula for the intercept, and ours, on its data."""

import numpy as np
import pytest

from leastwise.engine.compare import run_routes
from leastwise.loops.descent import GradientDescent, descend
from leastwise.moments.affine import Affine, restore, restore_covariance
from leastwise.moments.standardise import from_rows
from leastwise.solve.exact import exact_least_squares


def celsius_data(seed):
    x = -5 + 0.05 * np.arange(400)
    noise = np.random.default_rng(seed).normal(0.0, 3.0, 400)
    return x, 32 + 1.8 * x + noise


@pytest.mark.parametrize("seed", range(5))
def test_the_articles_intercept_is_off_by_one_minus_w(seed):
    x, y = celsius_data(seed)
    xbar, ybar, sx, sy = x.mean(), y.mean(), x.std(), y.std()
    result = descend(from_rows(x[:, None], y), GradientDescent(rate=0.1))
    b_s, w = result.standardised[:, 0]
    article = b_s * sy + ybar - xbar * sy / sx
    inputs, targets = Affine(np.array([xbar]), np.array([sx])), Affine(
        np.array([ybar]), np.array([sy])
    )  # fmt: skip
    ours = restore(np.array([[b_s], [w]]), inputs, targets)[0, 0]
    exact = exact_least_squares(x[:, None], y).rounded()[:, 0]
    # A few roundings of numbers of size 40, against 32.
    assert ours == pytest.approx(exact[0], rel=1e-14)
    assert result.coefficients[:, 0] == pytest.approx(exact, rel=1e-14)
    off = (1 - w) * xbar * sy / sx
    assert ours - article == pytest.approx(off, abs=1e-13)
    # With noise of 3 it is a third of a degree: nobody would see it in a plot.
    assert 0.2 < off < 0.5


def test_the_articles_formula_is_right_only_without_noise():
    x = -5 + 0.05 * np.arange(400)
    y = 32 + 1.8 * x
    result = descend(from_rows(x[:, None], y))
    assert result.standardised[1, 0] == pytest.approx(1.0, abs=1e-15)
    article = y.mean() - x.mean() * y.std() / x.std()
    assert article == pytest.approx(32.0, rel=1e-13)


def test_standard_errors_come_back_too():
    x, y = celsius_data(0)
    m = from_rows(x[:, None], y)
    n = len(x)
    rss = n * (m.yy - m.cross[0] ** 2)[0]
    covariance = rss / (n - 2) / n * np.eye(2)  # standardised: X'X = n I
    restored = restore_covariance(covariance, m.inputs, m.targets)
    exact = exact_least_squares(x[:, None], y).standard_errors()
    known = [float(row[0]) for row in exact]
    assert np.sqrt(np.diagonal(restored)) == pytest.approx(known, rel=1e-13)


def test_the_three_routes_of_the_article_and_ours_side_by_side():
    x, y = celsius_data(0)
    names = ["statistics", "scikit-learn", "gradient-descent", "leastwise"]
    run = run_routes(x[:, None], y, names=["celsius"], routes=names)
    assert run.best_source == "exact rational arithmetic"
    for result in run.results:
        assert result.estimates is not None, result.note
        # Well-conditioned: every one of them has 14 digits.
        assert result.digits > 14
        assert result.estimates["Intercept"] == pytest.approx(32, abs=0.5)
        assert result.estimates["celsius"] == pytest.approx(1.8, abs=0.1)
    assert run.results[-1].digits == 17.0
