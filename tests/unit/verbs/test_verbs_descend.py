"""`lw.descend`: the same descent whichever way its moments came."""

import numpy as np
import pytest

import leastwise as lw
from leastwise.loops.descent import descend
from leastwise.loops.from_moments import standardised
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.standardise import from_rows

ARTICLE = lw.GradientDescent(rate=0.1, steps=5000)


def rows(p=2, n=400, seed=1):
    rng = np.random.default_rng(seed)
    X = 5.0 + rng.standard_normal((n, p)) * np.linspace(1, 30, p)
    return X, 32 + X @ np.linspace(1.8, -1, p) + rng.standard_normal(n)


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_door_is_descent_on_rows(p, intercept):
    X, y = rows(p)
    door = lw.descend(X, y, ARTICLE, intercept=intercept)
    plain = descend(from_rows(X, y, intercept=intercept), ARTICLE)
    assert door.coefficients.shape == (p + intercept,)
    # Sums over 400 rows in float64 against the fold's.
    np.testing.assert_allclose(door.coefficients, plain.coefficients[:, 0], rtol=1e-12)
    assert abs(door.steps - plain.steps) <= 1 and door.status is plain.status
    for other in (X.tolist(), X.astype(object), np.asfortranarray(X)):
        again = lw.descend(other, y, ARTICLE, intercept=intercept)
        np.testing.assert_allclose(again.coefficients, door.coefficients, rtol=1e-13)


def test_weights_count_rows():
    X, y = rows(2, n=60)
    times = np.arange(60) % 3 + 1
    once = lw.descend(X, y, ARTICLE, weights=times)
    often = lw.descend(np.repeat(X, times, axis=0), np.repeat(y, times), ARTICLE)
    np.testing.assert_allclose(once.coefficients, often.coefficients, rtol=1e-12)


def test_the_solver_of_ols_is_the_same():
    X, y = rows(2)
    m = lw.ols(y=y, X=X, solver=ARTICLE)
    door = lw.descend(X, y, ARTICLE)
    np.testing.assert_allclose(m.estimates, door.coefficients, rtol=1e-13)


def slow(X, y, options, **more):
    Y = y if y.ndim == 2 else y[:, None]
    m = standardised(fold_rows(Rows(X, Y)), **more)
    return descend(m, options, single=y.ndim == 1)


OPTIONS = [
    lw.GradientDescent(),
    lw.GradientDescent(rate=0.1, tolerance=0),
    lw.GradientDescent(rate=0.01, steps=77),
    lw.GradientDescent(rate=0.02, tolerance=1e-3),
    lw.GradientDescent(rate=0.5, tolerance=1e-5),
    lw.GradientDescent(rate=5.0),
    lw.GradientDescent(rate=0.999999, tolerance=1e-4),
    lw.GradientDescent(rate=1e-9, steps=10**12),
]


@pytest.mark.parametrize("options", OPTIONS, ids=repr)
@pytest.mark.parametrize("p", [1, 2, 5, 16, 17])
@pytest.mark.parametrize("intercept", [True, False])
def test_compiled_and_in_numpy_they_are_one(options, p, intercept):
    X, y = rows(p)
    Y = np.column_stack([y, X[:, 0] ** 2])
    for target in (y, Y):
        quick = lw.descend(X, target, options, intercept=intercept)
        other = slow(X, target, options, intercept=intercept)
        assert quick.status is other.status
        assert quick.rate == pytest.approx(other.rate, rel=1e-12)
        assert quick.largest_rate == pytest.approx(other.largest_rate, rel=1e-12)
        # At the level of rounding a step more or less is all the same.
        loose = options.tolerance < 1e-9
        assert abs(quick.steps - other.steps) <= (2 if loose else 0)
        np.testing.assert_allclose(quick.coefficients, other.coefficients, rtol=1e-11)
        np.testing.assert_array_equal(quick.trace.step[:9], other.trace.step[:9])
        assert quick.note.split(";")[1:] == other.note.split(";")[1:]


def test_what_is_out_of_the_ordinary_is_left_to_numpy():
    X, y = rows(2)
    X[0] = 1e9
    constant, twice = X.copy(), X.copy()
    constant[:, 1] = 7.0
    twice[:, 1] = 3 * X[:, 0]
    for odd in (X, constant, twice):
        one, two = lw.descend(odd, y, ARTICLE), slow(odd, y, ARTICLE)
        assert one.note == two.note
        np.testing.assert_allclose(one.coefficients, two.coefficients, rtol=1e-9)
    far = lw.descend(X, y, lw.GradientDescent(rate=0.1, start=[1.0, 2.0, 3.0]))
    assert far.at(0).shape == (3,) and far.trace.standardised[0].tolist() == [
        [1],
        [2],
        [3],
    ]


def test_several_targets_keep_their_shape():
    X, y = rows(2)
    both = lw.descend(X, np.column_stack([y, -y]), ARTICLE)
    assert both.coefficients.shape == (3, 2) == both.at(3).shape
    np.testing.assert_allclose(both.coefficients[:, 0], -both.coefficients[:, 1])


def test_a_value_that_is_no_number_is_named():
    X, y = rows(2)
    X[6, 1] = np.nan
    with pytest.raises(lw.DataError, match="row 7"):
        lw.descend(X, y, ARTICLE)
    with pytest.raises(lw.RequestError, match="rate=-1"):
        lw.descend(*rows(2), lw.GradientDescent(rate=-1))
