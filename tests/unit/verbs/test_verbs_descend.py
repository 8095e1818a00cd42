"""`lw.descend`: the same descent whichever way its moments came."""

import numpy as np
import pytest

import leastwise as lw
from leastwise.loops.descent import descend
from leastwise.loops.from_moments import quickly, standardised
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


@pytest.mark.parametrize("intercept", [True, False])
def test_the_quick_moments_are_those_of_the_fold(intercept):
    X, y = rows(4)
    Y = np.column_stack([y, y**2])
    quick = quickly(X, Y, intercept=intercept)
    slow = standardised(fold_rows(Rows(X, Y)), intercept=intercept)
    if quick is None:  # no compiled fold on this machine
        quick = slow
    for name in ("mean_x", "mean_y", "scale_x", "scale_y", "gram", "cross", "yy"):
        # Three bits may cancel when sums are centred in float64.
        np.testing.assert_allclose(
            getattr(quick, name), getattr(slow, name), rtol=1e-13, atol=1e-14
        )


def test_what_float64_cannot_centre_goes_the_careful_way():
    X, y = rows(2)
    X[0] = 1e9
    constant = X.copy()
    constant[:, 1] = 7.0
    for odd in (X, constant):
        assert quickly(odd, y[:, None], intercept=True) is None
        assert np.isfinite(lw.descend(odd, y, ARTICLE).coefficients).all()


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
