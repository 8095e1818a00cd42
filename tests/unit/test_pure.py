"""`leastwise.pure` against exact arithmetic, finite differences and closed forms."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from leastwise import pure
from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope
from leastwise.solve.exact import exact_least_squares

GENERATOR = np.random.default_rng(11)


def data(n: int = 12, p: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = GENERATOR.normal(size=(n, p)) * [1.0, 30.0][:p] + [5.0, 400.0][:p]
    y = X @ np.arange(1.0, p + 1) + GENERATOR.normal(size=n)
    return X, y, GENERATOR.uniform(0.2, 3.0, n)


def near_one(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of which a finite difference keeps its digits."""
    X = GENERATOR.normal(size=(n, 2)) + 1.0
    return X, X.sum(axis=1) + GENERATOR.normal(size=n), GENERATOR.uniform(0.5, 2.0, n)


# Half of the digits of float64 are what a difference of two values can have.
DIFFERENCES = {"rtol": 1e-5, "atol": 1e-6}


@cache
def compiled() -> Any:
    return jax.jit(pure.ols, static_argnames="intercept")


def numbers(fit: pure.PureFit) -> tuple[Any, ...]:
    """Everything that has a derivative."""
    return (fit.coefficients, fit.intercept, fit.standard_errors, fit.intercept_error,
            fit.rss, fit.tss, fit.r_squared)  # fmt: skip


def rows_of(a: np.ndarray) -> list[list[float]]:
    return np.atleast_2d(np.asarray(a, np.float64).T).T.tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("intercept", [True, False])
def test_answers_are_the_exact_ones_rounded(dtype: str, intercept: bool) -> None:
    X, y, w = (a.astype(dtype) for a in data())
    X[:, 1] += 1e6 * X[:, 0]
    fit = pure.ols(X, y, w, intercept=intercept)
    right = exact_least_squares(
        rows_of(X), rows_of(y), weights=w.astype(float).tolist(), intercept=intercept
    )
    b = right.rounded()[:, 0]
    se = np.array([float(r[0]) for r in right.standard_errors()])
    # The last rounding, and for an error the root and the quotient before it.
    eps = float(np.finfo(dtype).eps)
    got = np.asarray(fit.coefficients), np.asarray(fit.standard_errors)
    assert got[0].dtype == dtype
    np.testing.assert_allclose(got[0], b[-2:], rtol=eps)
    np.testing.assert_allclose(got[1], se[-2:], rtol=4 * eps)
    if intercept:
        np.testing.assert_allclose(fit.intercept, b[0], rtol=eps)
        np.testing.assert_allclose(fit.intercept_error, se[0], rtol=4 * eps)
    assert int(fit.rank) == 2 + intercept and float(fit.dof) == 10 - intercept
    assert int(fit.status) == pure.Status.SOLVED


# One way each: the closed forms below go the other way.
@pytest.mark.parametrize(("intercept", "mode"), [(True, "rev"), (False, "fwd")])
def test_derivatives_are_those_of_finite_differences(
    intercept: bool, mode: str
) -> None:
    X, y, w = near_one(9)
    Y = np.column_stack([y, y**2])

    @jax.jit
    def fit(X, Y, w):  # type: ignore[no-untyped-def]
        return numbers(pure.ols(X, Y, w, intercept=intercept))

    with float64_scope():
        arrays = tuple(map(jnp.asarray, (X, Y, w)))
        check_grads(fit, arrays, order=1, modes=(mode,), **DIFFERENCES)


def test_the_derivative_by_the_target_is_the_hat() -> None:
    """The coefficients are (Z'WZ)^-1 Z'W y: linear in y, whatever the digits of it."""
    X, y, w = data()
    with float64_scope():
        both = jax.jit(
            lambda y: (
                jax.jacfwd(lambda y: pure.ols(X, y, w).coefficients)(y),
                jax.hessian(lambda y: pure.ols(X, y, w).rss)(y),
            )
        )
        jacobian, curve = both(y)
    Z = np.column_stack([np.ones(len(X)), X])
    hat = np.linalg.solve(Z.T @ (w[:, None] * Z), Z.T * w)
    np.testing.assert_allclose(jacobian, hat[1:], rtol=1e-10, atol=1e-13)
    # rss = y' W (I - H) y
    np.testing.assert_allclose(
        curve, 2 * (np.diag(w) - (w[:, None] * Z) @ hat), rtol=0, atol=1e-10
    )


def test_a_second_derivative_is_the_difference_of_first_ones() -> None:
    X, y, w = near_one(9)
    step, way = 1e-5, GENERATOR.normal(size=X.shape)
    with float64_scope():
        slope = jax.jit(jax.grad(lambda X: pure.ols(X, y, w).standard_errors.sum()))
        _, along = jax.jvp(slope, (jnp.asarray(X),), (jnp.asarray(way),))
        near = (slope(X + step * way) - slope(X - step * way)) / (2 * step)
    np.testing.assert_allclose(along, near, **DIFFERENCES)


def test_float32_goes_through_every_transformation() -> None:
    """Batches and gradients are made outside of the scope of float64, and hold."""
    parts = [data(20) for _ in range(3)]
    X, y, w = (np.stack(a).astype(np.float32) for a in zip(*parts, strict=True))
    X += np.float32(3e4)
    batch = jax.vmap(compiled())(X, y, w)
    slopes = jax.jit(jax.vmap(jax.grad(lambda y, X: compiled()(X, y).intercept)))(y, X)
    assert batch.coefficients.dtype == slopes.dtype == np.float32
    for i in range(3):
        right = exact_least_squares(
            rows_of(X[i]), rows_of(y[i]), weights=w[i].astype(float).tolist()
        )
        b = right.rounded()[:, 0]
        np.testing.assert_allclose(batch.coefficients[i], b[1:], rtol=2.0**-23)
        Z = np.column_stack([np.ones(20), X[i].astype(np.float64) - 3e4])
        # d b_0 / d y about another origin: the row of the intercept, moved there.
        hat = np.linalg.solve(Z.T @ Z, Z.T)
        right = hat[0] - 3e4 * hat[1:].sum(axis=0)
        largest = np.abs(right).max()
        np.testing.assert_allclose(slopes[i] / largest, right / largest, atol=1e-5)


def right_numbers(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> Any:
    """Coefficients and standard errors by exact arithmetic, of rows in float32."""
    X, y, w = (np.asarray(a, np.float32).astype(np.float64) for a in (X, y, w))
    right = exact_least_squares(rows_of(X), rows_of(y), weights=w.tolist())
    errors = [float(row[0]) for row in right.standard_errors()]
    return right.rounded()[:, 0], np.array(errors)


def test_a_combination_is_marked_and_the_others_are_fitted() -> None:
    X, y, w = data()
    X = np.round(X)
    Z = np.column_stack([X[:, 0], 3.0 * X[:, 0] - 1.0, X[:, 1], np.full(len(X), 4.0)])

    def third(y: Any) -> tuple[Any, pure.PureFit]:
        fit = pure.ols(Z, y, w)
        return fit.coefficients[2], fit

    with float64_scope():
        (_, fit), slope = jax.jit(jax.value_and_grad(third, has_aux=True))(y)
    assert int(fit.status) == pure.Status.RANK_DEFICIENT
    assert fit.determined.tolist() == [True, False, True, False]
    assert int(fit.rank) == 3 and float(fit.dof) == 9.0
    assert np.isnan(np.asarray(fit.coefficients)).tolist() == [False, True, False, True]
    right = exact_least_squares(rows_of(X), rows_of(y), weights=w.tolist())
    b = right.rounded()[1:, 0]
    np.testing.assert_allclose(np.asarray(fit.coefficients)[::2], b, rtol=2.0**-52)
    ones = np.column_stack([np.ones(len(X)), X])
    hat = np.linalg.solve(ones.T @ (w[:, None] * ones), ones.T * w)
    np.testing.assert_allclose(slope, hat[2], rtol=1e-9, atol=1e-13)


def test_more_inputs_than_rows_leave_no_degrees_of_freedom() -> None:
    X, y, _ = data(2)
    fit = compiled()(X, y)
    assert fit.determined.tolist() == [True, False]
    assert float(fit.dof) == 0.0 and np.isnan(fit.standard_errors).all()


def test_weights_of_zero_are_a_mask() -> None:
    X, y, w = data()
    b, se = right_numbers(X[3:], y[3:], w[3:])
    w[:3] = 0.0
    X[0], y[1], X[2, 1] = np.nan, np.inf, -np.inf
    fit = compiled()(X, y, w)
    assert int(fit.status) == pure.Status.SOLVED and float(fit.dof) == 6.0
    np.testing.assert_allclose(fit.coefficients, b[1:], rtol=2.0**-23)
    np.testing.assert_allclose(fit.intercept, b[0], rtol=2.0**-23)
    np.testing.assert_allclose(fit.standard_errors, se[1:], rtol=2.0**-21)
    slope = jax.grad(lambda y: compiled()(X, y, w).coefficients.sum())(jnp.asarray(y))
    assert not slope[:3].any() and np.isfinite(slope).all()


@pytest.mark.parametrize("bad", ["X", "y", "weights", "negative", "nothing"])
def test_bad_values_end_in_a_status_and_never_in_an_error(bad: str) -> None:
    X, y, w = data()
    if bad == "nothing":
        w[:] = 0.0
    elif bad == "negative":
        w[4] = -1.0
    else:
        {"X": X[:, 1], "y": y, "weights": w}[bad][4] = np.nan
    fit = compiled()(X, y, w)
    assert int(fit.status) == pure.Status.BAD_DATA
    assert all(np.isnan(a).all() for a in numbers(fit))


def test_an_exact_fit_has_no_error_and_a_finite_gradient() -> None:
    X = np.arange(6.0)[:, None]

    def slope(y: Any) -> tuple[Any, pure.PureFit]:
        fit = pure.ols(X, y)
        return fit.coefficients[0], fit

    jitted = jax.jit(jax.value_and_grad(slope, has_aux=True))
    (_, fit), change = jitted(2.0 * X[:, 0] + 1.0)
    assert float(fit.rss) == 0.0 and float(fit.r_squared) == 1.0
    assert float(fit.coefficients[0]) == 2.0 and float(fit.intercept) == 1.0
    assert np.isfinite(change).all()


def test_types_come_back_as_they_went_in() -> None:
    X, y, _ = data(5)

    def comes_back(dtype: str) -> str:
        shapes = [jax.ShapeDtypeStruct(a.shape, dtype) for a in (X, y)]
        return str(jax.eval_shape(pure.ols, *shapes).coefficients.dtype)

    for dtype in ("float16", "bfloat16", "float32"):
        assert comes_back(dtype) == dtype
    assert comes_back("int32") == comes_back("bool") == "float32"
    with float64_scope():
        assert comes_back("float64") == comes_back("int64") == "float64"


def test_shapes_are_checked_at_the_door() -> None:
    X, y, w = data()
    with pytest.raises(RequestError, match="X has 1 dimensions, not 2"):
        pure.ols(X[:, 0], y)
    with pytest.raises(RequestError, match="y has 3 dimensions, not 1 or 2"):
        pure.ols(X, y[:, None, None])
    with pytest.raises(RequestError, match="X has 12 rows and y has 11"):
        jax.jit(pure.ols)(X, y[1:])
    with pytest.raises(RequestError, match=r"weights have the shape \(12, 1\)"):
        pure.ols(X, y, w[:, None])
    with pytest.raises(DataError, match="there are no rows"):
        pure.ols(X[:0], y[:0])
    with pytest.raises(DataError, match="y is complex"):
        pure.ols(X, y + 1j)
