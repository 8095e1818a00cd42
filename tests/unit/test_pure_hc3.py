"""`leastwise.pure.hc3` against the covariance of a model and finite differences."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw
from leastwise import pure
from leastwise._kit.precision import float64_scope

RANDOM = np.random.default_rng(0)
N = 15
X = RANDOM.normal(size=(N, 2)) * [1.0, 30.0] + [5.0, 400.0]
Y = X @ [1.0, 0.1] + RANDOM.normal(size=N)
W = RANDOM.uniform(0.5, 2.0, N)


def right(
    weights: Any = None, *, intercept: bool = True, X: Any = X, y: Any = Y
) -> Any:
    m = lw.ols(y=y, X=X, weights=weights, intercept=intercept, cov="HC3")
    return m.se.array


@pytest.mark.parametrize(("weights", "intercept"), [(None, True), (W, False)])
def test_errors_are_those_of_the_model(weights: Any, intercept: bool) -> None:
    fit = pure.hc3(X, Y, weights, intercept=intercept)
    truth = right(weights, intercept=intercept)
    np.testing.assert_allclose(fit.standard_errors, truth[int(intercept) :], rtol=1e-12)
    if intercept:
        np.testing.assert_allclose(fit.intercept_error, truth[0], rtol=1e-12)
    plain = pure.ols(X, Y, weights, intercept=intercept)
    np.testing.assert_array_equal(fit.coefficients, plain.coefficients)


def test_float32_and_batches_under_jit() -> None:
    a, b = X.astype("float32"), Y.astype("float32")
    many = jax.jit(jax.vmap(pure.hc3))(jnp.stack([a, 2 * a]), jnp.stack([b, b]))
    truth = right(X=a.astype(float), y=b.astype(float))[1:]
    assert many.standard_errors.dtype == jnp.float32
    np.testing.assert_allclose(many.standard_errors, [truth, truth / 2], rtol=2e-7)


def test_the_gradient_is_that_of_finite_differences() -> None:
    def total(X: Any, y: Any, w: Any) -> Any:
        fit = pure.hc3(X, y, w)
        return fit.standard_errors.sum() + fit.intercept_error

    given = [X, Y, W]
    with float64_scope():
        found = jax.jit(jax.grad(total, argnums=(0, 1, 2)))(*given)
    for k, at in ((0, (3, 1)), (0, (7, 0)), (1, (3,)), (2, (4,))):
        step = 1e-6 * max(1.0, abs(given[k][at]))
        sides = []
        for sign in (1, -1):
            x, y, w = moved = [a.copy() for a in given]
            moved[k][at] += sign * step
            # The same numbers as `total`, without JAX.
            sides.append(right(w, X=x, y=y).sum())
        difference = (sides[0] - sides[1]) / (2 * step)
        # Half of the digits of float64 are what a difference of two values can have.
        slope = np.asarray(found[k])
        assert abs(slope[at] - difference) < 1e-6 * np.abs(slope).max()


def test_masks_dropped_columns_and_bad_values() -> None:
    masked, bad = W.copy(), X.copy()
    masked[3], bad[3] = 0.0, np.nan
    rest = (np.delete(a, 3, axis=0) for a in (W, X, Y))
    w, x, y = rest
    np.testing.assert_allclose(
        pure.hc3(bad, Y, masked).standard_errors, right(w, X=x, y=y)[1:], rtol=1e-12
    )
    twice = pure.hc3(np.column_stack([X, X[:, 0]]), np.column_stack([Y, Y**2]))
    np.testing.assert_allclose(twice.standard_errors[:2, 0], right()[1:], rtol=1e-12)
    np.testing.assert_allclose(
        twice.standard_errors[:2, 1], right(y=Y**2)[1:], rtol=1e-12
    )
    assert np.isnan(twice.standard_errors[2]).all() and int(twice.status) == 1
    assert np.isnan(pure.hc3(bad, Y, W).standard_errors).all()
