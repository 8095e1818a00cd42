"""`leastwise.pure.glm` against R, differences and the models of the formula door."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw
from leastwise import pure
from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope
from tests.helpers.differences import check_derivatives

R = Path(__file__).parents[1] / "data" / "r"
RANDOM = np.random.default_rng(8)
N = 30
X = RANDOM.normal(size=(N, 2))
ETA = 0.2 + X @ [0.3, -0.4]
COUNTS = RANDOM.poisson(np.exp(ETA)).astype(float)
HITS = (RANDOM.uniform(size=N) < 1 / (1 + np.exp(-ETA))).astype(float)
TIMES = RANDOM.gamma(3.0, np.exp(ETA) / 3.0)
W = RANDOM.uniform(0.5, 2.0, N)
SOME = jnp.asarray(X, "float32")


@pytest.mark.parametrize(
    ("name", "target", "inputs", "family"),
    [
        ("probit", "vs", ("wt",), lw.family.Binomial("probit")),
        ("gamma_inv", "mpg", ("wt", "hp"), lw.family.Gamma()),
    ],
)
def test_numbers_are_those_of_r(
    name: str, target: str, inputs: tuple[str, ...], family: Any
) -> None:
    with (R / "mtcars.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    right = json.loads((R / "mtcars.json").read_text("utf-8"))["models"][name]
    columns = np.array([[float(row[c]) for c in inputs] for row in rows])
    fit = pure.glm(columns, [float(row[target]) for row in rows], family=family)
    level = np.concatenate([[fit.intercept], fit.coefficients])
    errors = np.concatenate([[fit.intercept_error], fit.standard_errors])
    # R stops at a change of 1e-14 of the deviance, and takes the root of that.
    np.testing.assert_allclose(level, list(right["coef"].values()), rtol=1e-8)
    np.testing.assert_allclose(errors, list(right["se"].values()), rtol=1e-7)
    np.testing.assert_allclose(2.0 * float(fit.loss), right["deviance"], rtol=1e-10)
    np.testing.assert_allclose(fit.dispersion, right["dispersion"], rtol=1e-7)
    assert float(fit.dof) == right["df_residual"]
    assert int(fit.status) == 0 and float(fit.decrement) < 1e-10


def own(c: Any) -> Any:
    """A loss between squares and distances, with a scale."""
    return lambda eta, y: c**2 * (jnp.sqrt(1.0 + ((eta - y) / c) ** 2) - 1.0)


CASES = {
    "gamma": (lw.family.Gamma("log"), TIMES),
    "own": (None, TIMES),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_derivatives_are_those_of_differences(name: str) -> None:
    family, y = CASES[name]

    def numbers(X: Any, y: Any, w: Any, offset: Any, ridge: Any, c: Any) -> Any:
        loss = own(c) if family is None else family
        fit = pure.glm(X, y, w, family=loss, offset=offset, penalty=ridge)
        # A loss of a 0 has a slope that has no end.
        return (fit.coefficients, fit.intercept, fit.covariance, fit.dispersion)

    with float64_scope():
        given = (X, y, W, 0.1 * W, np.array([0.3, 1.2]), np.array(0.7))
        at = [jnp.asarray(a) for a in given]
        ways = [jnp.asarray(RANDOM.normal(size=a.shape)) for a in at]
        ways[1] = 0.3 * ways[1]
        check_derivatives(numbers, at, ways)


def test_a_derivative_by_counts_of_zero_is_not_lost() -> None:
    """d b / d y = H^-1 Z' for a canonical link, where y is 0 as well."""
    with float64_scope():

        def numbers(y: Any) -> Any:
            return pure.glm(X, y, family=lw.family.Poisson()).coefficients

        y = jnp.asarray(COUNTS)
        jacobian = jax.jit(jax.jacrev(numbers))(y)
        fit = lw.glm("y ~ a + b", {"y": COUNTS, "a": X[:, 0], "b": X[:, 1]},
                     family=lw.family.Poisson())  # fmt: skip
    Z = np.column_stack([np.ones(N), X])
    mean = np.exp(Z @ fit.coef.array)
    right = np.linalg.solve(Z.T @ (mean[:, None] * Z), Z.T)[1:]
    assert (COUNTS == 0).any()
    np.testing.assert_allclose(jacobian, right, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_separated_rows_are_marked_and_spoil_no_others() -> None:
    apart = (X[:, 0] > 0).astype(float)
    targets = jnp.asarray(np.stack([HITS, apart, np.zeros(N)]), "float32")

    def slope(y: Any) -> Any:
        fit = pure.glm(SOME, y, family=lw.family.Binomial())
        return fit.coefficients[0], fit

    slopes, fits = jax.jit(jax.vmap(jax.grad(slope, has_aux=True)))(targets)
    none = pure.Status.NO_MINIMUM
    assert fits.status.tolist() == [0, none, none]
    assert np.isnan(fits.coefficients).any(axis=1).tolist() == [False, True, True]
    assert np.isnan(slopes).all(axis=1).tolist() == [False, True, True]
    assert np.isfinite(slopes[0]).all() and slopes.dtype == jnp.float32
    with pytest.raises(DataError, match=r"fit 2 of 3 .*no finite minimum"):
        fits.or_raise()
    alone = lw.glm("y ~ a + b", {"y": HITS, "a": SOME[:, 0], "b": SOME[:, 1]},
                   family=lw.family.Binomial())  # fmt: skip
    np.testing.assert_allclose(fits.coefficients[0], alone.coef.array[1:], rtol=1e-6)


@pytest.mark.slow
def test_what_a_loss_closes_over_has_a_derivative_in_float32() -> None:
    y = jnp.asarray(TIMES, "float32")

    def slope(c: Any) -> Any:
        return pure.glm(SOME, y, family=own(c)).coefficients[0]

    scales = jnp.asarray([0.5, 0.51, 0.49], "float32")
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(slope)))(scales)
    assert slopes.dtype == jnp.float32
    # Values with a rounding of 6e-8 each, two hundredths apart.
    near = (values[1] - values[2]) / 0.02
    np.testing.assert_allclose(slopes[0], near, rtol=1e-3, atol=6e-6)


def test_masks_combinations_and_bad_values() -> None:
    Z = np.column_stack([X, X[:, 0] * 2])
    bad, y, w = Z.copy(), COUNTS.copy(), W.copy()
    bad[3], y[3], w[3] = np.nan, np.inf, 0.0
    rest = np.arange(N) != 3

    @jax.jit
    def fitted(Z: Any, y: Any, w: Any) -> Any:
        return pure.glm(Z, y, w, family=lw.family.Poisson())

    with float64_scope():
        fit = fitted(bad, y, w)
        assert int(fitted(bad, y, W).status) == pure.Status.BAD_DATA
        assert int(fitted(Z, -COUNTS, W).status) == pure.Status.BAD_DATA
        by_rows = jax.jit(jax.grad(lambda Z: fitted(Z, y, w).coefficients[1]))(Z)
    assert np.isnan(np.delete(by_rows, 3, axis=0)).all() and not by_rows[3].any()
    assert int(fit.status) == pure.Status.RANK_DEFICIENT
    assert fit.determined.tolist() == [True, True, False]
    right = lw.glm("y ~ a + b", {"y": y[rest], "a": X[rest, 0], "b": X[rest, 1],
                   "w": w[rest]}, weights="w", family=lw.family.Poisson())  # fmt: skip
    np.testing.assert_allclose(fit.coefficients[:2], right.coef.array[1:], rtol=1e-11)
    np.testing.assert_allclose(fit.standard_errors[:2], right.se.array[1:], rtol=1e-10)
    assert np.isnan(fit.standard_errors[2]) and float(fit.dof) == N - 4


def test_statuses_of_losses_that_are_none() -> None:
    def ends(loss: Any, **options: Any) -> int:
        return int(pure.glm(SOME, HITS, family=loss, **options).status)

    assert ends(lambda eta, y: jnp.abs(eta - y)) == pure.Status.NO_MINIMUM
    binomial = lw.family.Binomial()
    assert ends(binomial, max_steps=1) == pure.Status.STEPS_EXHAUSTED
    with pytest.raises(RequestError, match="the loss of one row is"):
        ends(lambda eta, y: jnp.stack([eta, y]))
    with pytest.raises(RequestError, match="neither a family nor a function"):
        ends("poisson")
    with pytest.raises(RequestError, match="theta of NegativeBinomial is not given"):
        ends(lw.family.NegativeBinomial())
    with pytest.raises(RequestError, match=r"offset has the shape \(3,\)"):
        ends(binomial, offset=np.ones(3))
    with pytest.raises(DataError, match="row 2: Poisson takes counts"):
        pure.glm(X, np.where(np.arange(N) == 1, -1.0, 1.0), family=lw.family.Poisson())


def test_values_compile_nothing() -> None:
    traced = []

    @jax.jit
    def many(X: Any, y: Any) -> Any:
        traced.append(1)
        return jax.vmap(lambda y: pure.glm(X, y, family=lw.family.Poisson()))(y)

    for seed in range(3):
        y = np.random.default_rng(seed).poisson(2.0, (5, N)).astype("float32")
        assert not np.asarray(many(SOME, y).status).any()
    assert traced == [1]
