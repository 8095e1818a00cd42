"""Everything in a fit of `leastwise.pure`, and its derivatives, against other ways."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leastwise import pure
from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope
from tests.helpers.differences import check_derivatives

RANDOM = np.random.default_rng(5)
N = 9
X = RANDOM.normal(size=(N, 2)) + 1.0
Y = X @ np.array([[1.0, 2.0], [-1.0, 0.5]]) + RANDOM.normal(size=(N, 2))
W = RANDOM.uniform(0.5, 2.0, N)
RIDGE = np.array([0.3, 1.2])


def everything(X: Any, Y: Any, w: Any, ridge: Any, **options: Any) -> dict[str, Any]:
    """All numbers of the fit and of the rows left out."""
    fit = pure.ols(X, Y, w, penalty=ridge, **options)
    left = pure.left_out(X, Y, w, penalty=ridge, **options)
    names = ("coefficients", "intercept", "standard_errors", "intercept_error",
             "covariance", "sigma", "rss", "tss", "r_squared", "dof")  # fmt: skip
    rows = ("leverage", "residuals", "errors", "press")
    return {
        **{name: getattr(fit, name) for name in names},
        **{name: getattr(left, name) for name in rows},
    }


def by_hand(intercept: bool, X: Any = X, ridge: Any = RIDGE) -> dict[str, Any]:
    """The same by plain algebra, and each row left out by a fit of its own."""
    ones = [np.ones(len(X))] * intercept
    Z = np.column_stack([*ones, X])
    L = np.diag(np.concatenate([np.zeros(int(intercept)), ridge]))

    def solve(Z: Any, Y: Any, w: Any) -> Any:
        return np.linalg.solve(Z.T @ (w[:, None] * Z) + L, (Z.T * w) @ Y)

    V = np.linalg.inv(Z.T @ (W[:, None] * Z) + L)
    B = solve(Z, Y, W)
    e = Y - Z @ B
    lever = W * np.einsum("ij,jk,ik->i", Z, V, Z)
    rss, dof = W @ e**2, len(X) - lever.sum()
    spread = V @ (Z.T * W) @ Z @ V
    others = [np.arange(len(X)) != i for i in range(len(X))]
    out = np.array(
        [Y[i] - Z[i] @ solve(Z[o], Y[o], W[o]) for i, o in enumerate(others)]
    )
    return {
        "coefficients": B[-X.shape[1] :],
        "covariance": spread[:, :, None] * (rss / dof),
        "rss": rss,
        "dof": dof,
        "sigma": np.sqrt(rss / dof),
        "leverage": lever,
        "residuals": e,
        "errors": out,
        "press": W @ out**2,
    }


@pytest.mark.parametrize("intercept", [True, False])
def test_penalties_covariance_and_left_out_rows_are_those_by_hand(
    intercept: bool,
) -> None:
    found = everything(X, Y, W, RIDGE, intercept=intercept)
    for name, right in by_hand(intercept).items():
        np.testing.assert_allclose(found[name], right, rtol=1e-11, atol=1e-12)
    root = np.sqrt(np.einsum("iik->ik", found["covariance"]))
    np.testing.assert_allclose(found["standard_errors"], root[-2:], rtol=1e-13)
    if intercept:
        np.testing.assert_allclose(found["intercept_error"], root[0], rtol=1e-13)


@pytest.mark.slow
def test_derivatives_of_everything_are_those_of_differences() -> None:
    with float64_scope():
        at = [jnp.asarray(a) for a in (X, Y, W, RIDGE)]
        ways = [jnp.asarray(RANDOM.normal(size=a.shape)) for a in at]
        check_derivatives(everything, at, ways)


def exact_slope(x: list[Fraction], y: list[Fraction]) -> Fraction:
    n = len(x)
    a, b = sum(x) / n, sum(y) / n
    top = sum((s - a) * (t - b) for s, t in zip(x, y, strict=True))
    return Fraction(top) / sum((s - a) ** 2 for s in x)


def test_a_derivative_has_the_digits_of_fractions() -> None:
    """Far from 0 and close together: plain sums have 4 digits of it."""
    x = [Fraction(10**6 + i * i, 2**4) for i in range(5)]
    y = [Fraction(v, 2**5) for v in (3, 1, 4, 1, 5)]
    n, mean, slope = 5, sum(x) / 5, exact_slope(x, y)
    square = sum((v - mean) ** 2 for v in x)
    center = sum(y) / n
    # d b / d x_i = (y_i - mean(y) - 2 b (x_i - mean(x))) / sum((x - mean(x))^2)
    right = [
        float((t - center - 2 * slope * (v - mean)) / square)
        for v, t in zip(x, y, strict=True)
    ]
    with float64_scope():
        given = (jnp.array([[float(v)] for v in x]), jnp.array([float(v) for v in y]))
        found = jax.grad(lambda X, y: pure.ols(X, y).coefficients[0])(*given)
    np.testing.assert_allclose(found[:, 0], right, rtol=1e-13)


def test_the_derivative_by_a_weight_is_the_row_put_in() -> None:
    """d b / d w_i = V z_i e_i: a row of weight 0 says what it would change."""
    w = W.copy()
    w[3] = 0.0
    with float64_scope():
        jacobian = jax.jit(
            jax.jacfwd(lambda w: pure.ols(X, Y[:, 0], w).coefficients)
        )(jnp.asarray(w))  # fmt: skip
    Z = np.column_stack([np.ones(N), X])
    V = np.linalg.inv(Z.T @ (w[:, None] * Z))
    e = Y[:, 0] - Z @ (V @ (Z.T * w) @ Y[:, 0])
    np.testing.assert_allclose(jacobian, (V @ (Z.T * e))[1:], rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_batches_are_loops_and_hessians_are_symmetric_in_float32() -> None:
    x, y = jnp.asarray(X, "float32"), jnp.asarray(Y[:, 0], "float32")

    def cost(ridge: Any) -> Any:
        return pure.left_out(x, y, penalty=ridge).press

    ridges = jnp.asarray([[0.1, 2.0], [1.0, 0.5]], "float32")
    many = jax.jit(jax.vmap(jax.hessian(cost)))(ridges)
    assert many.dtype == jnp.float32
    np.testing.assert_allclose(many, many.transpose(0, 2, 1), rtol=1e-6)
    # Twice backwards, which the scope of float64 alone would be too short for.
    twice = jax.jit(jax.jacrev(jax.grad(cost)))
    for one, ridge in zip(many, ridges, strict=True):
        np.testing.assert_allclose(one, twice(ridge), rtol=1e-5)


def deficient() -> Any:
    return jnp.asarray(np.column_stack([X, 2.0 * X[:, 0]]))


def test_a_combination_is_marked_and_never_differentiated() -> None:
    with float64_scope():
        Z, y = deficient(), jnp.asarray(Y[:, 0])

        def numbers(Z: Any, y: Any, ridge: Any) -> dict[str, Any]:
            fit = pure.ols(Z, y)
            return {
                "kept": fit.coefficients[:2],
                "dropped": fit.coefficients[2],
                "rss": fit.rss,
                "error": pure.hc3(Z, y).standard_errors[1],
                "no ridge": pure.left_out(Z, y, penalty=0.0 * ridge).press,
                "ridge": pure.left_out(Z, y, penalty=ridge).press,
            }

        given = (Z, y, jnp.ones(3))
        back = jax.jit(jax.jacrev(numbers, (0, 1, 2)))(*given)
        forth = jax.jit(jax.jacfwd(numbers, 1))(*given)
    for name, (by_rows, by_target, by_ridge) in back.items():
        # A penalty determines what the rows do not.
        assert np.isnan(by_rows).all() == (name != "ridge")
        # The fit without the dropped column is one; its own coefficient is nothing.
        assert np.isnan(by_target).all() == (name == "dropped")
        np.testing.assert_allclose(forth[name], by_target, rtol=1e-9, atol=1e-11)
        assert np.isnan(by_ridge).all() == (name == "no ridge")
    hat = np.linalg.pinv(np.column_stack([np.ones(N), X]))
    np.testing.assert_allclose(forth["kept"], hat[1:], rtol=1e-11, atol=1e-13)


@pytest.mark.slow
def test_one_of_a_batch_does_not_spoil_the_others() -> None:
    with float64_scope():
        Z, y = deficient(), jnp.asarray(Y[:, 0])
        many = jnp.stack([Z, Z.at[0, 2].add(1.0)])

        def slope(Z: Any) -> tuple[Any, pure.PureFit]:
            fit = pure.ols(Z, y)
            return fit.coefficients[1], fit

        found, fits = jax.jit(jax.vmap(jax.grad(slope, has_aux=True)))(many)
    assert np.isnan(found[0]).all()
    # d b = V (u (-dx'b) + dx e), of the row of one coefficient.
    ones = np.column_stack([np.ones(N), many[1]])
    V, hat = np.linalg.inv(ones.T @ ones), np.linalg.pinv(ones)
    b = hat @ Y[:, 0]
    right = np.outer(Y[:, 0] - ones @ b, V[2, 1:]) - np.outer(hat[2], b[1:])
    np.testing.assert_allclose(found[1], right, rtol=1e-9, atol=1e-12)
    with pytest.raises(DataError, match=r"fit 1 of 2 \(1 have failed\).*RANK_DEF"):
        fits.or_raise()
    last = jax.tree.map(lambda a: a[1], fits)
    assert last.or_raise().rank == 4
    with pytest.raises(RequestError, match="inside of a transformation"):
        jax.jit(lambda fit: fit.or_raise())(last)


@pytest.mark.slow
def test_hc3_goes_forwards_and_twice() -> None:
    with float64_scope():
        at = [jnp.asarray(a) for a in (X, Y[:, 0], W)]
        ways = [jnp.asarray(RANDOM.normal(size=a.shape)) for a in at]
        check_derivatives(
            lambda X, y, w: pure.hc3(X, y, w).standard_errors, at, ways
        )  # fmt: skip


def test_what_cannot_be_a_penalty() -> None:
    with pytest.raises(RequestError, match="X has 2 columns and penalty has the shape"):
        pure.ols(X, Y, penalty=np.ones(3))
    assert int(pure.ols(X, Y, penalty=-1.0).status) == pure.Status.BAD_DATA
    # Rows of whole leverage have no fit without them.
    left = pure.left_out(np.array([[0.0], [0.0], [1.0]]), np.array([1.0, 2.0, 5.0]))
    assert np.isnan(left.errors).tolist() == [False, False, True]
    assert np.isnan(left.press)
