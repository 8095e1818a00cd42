"""`leastwise.pure.nonlinear` against closed forms, NIST and differences."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leastwise import pure
from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope
from tests.helpers.differences import check_derivatives

RANDOM = np.random.default_rng(4)
N = 20
x = np.linspace(0.1, 5.0, N)
y = 2.0 * np.exp(-x / 1.5) + 0.1 + 0.1 * RANDOM.normal(size=N)
w = RANDOM.uniform(0.5, 2.0, N)
START = {"a": 1.0, "floor": np.zeros(1), "tau": 1.0}

# NIST StRD Misra1a: y = b1 (1 - exp(-b2 x)), certified to 11 digits.
MISRA_X = (77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3,
           536.8, 593.1, 689.1, 760.0)  # fmt: skip
MISRA_Y = (10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05,
           61.01, 66.40, 75.47, 81.78)  # fmt: skip
MISRA = (2.3894212918e2, 5.5015643181e-4)
MISRA_ERRORS = (2.7070075241, 7.2668688436e-6)
MISRA_RSS = 1.2455138894e-1


def decay(p: Any, x: Any) -> Any:
    return p["a"] * jnp.exp(-x / p["tau"]) + p["floor"][0]


def flat(tree: Any) -> Any:
    return jnp.concatenate([jnp.ravel(a) for a in jax.tree.leaves(tree)])


@pytest.mark.parametrize("start", [(500.0, 0.0001), (250.0, 0.0005)])
def test_misra_has_the_certified_digits(start: tuple[float, float]) -> None:
    fit = pure.nonlinear(misra, start, np.array(MISRA_X), np.array(MISRA_Y))
    # Eleven digits are certified.
    np.testing.assert_allclose(fit.parameters, MISRA, rtol=1e-10)
    np.testing.assert_allclose(fit.standard_errors, MISRA_ERRORS, rtol=1e-9)
    np.testing.assert_allclose(fit.rss, MISRA_RSS, rtol=1e-9)
    assert int(fit.status) == pure.Status.SOLVED and float(fit.dof) == 12


def misra(p: Any, x: Any) -> Any:
    return p[0] * (1.0 - jnp.exp(-p[1] * x))


@pytest.mark.slow
def test_derivatives_are_those_of_differences() -> None:
    def numbers(x: Any, y: Any, w: Any, rate: Any) -> Any:
        fit = pure.nonlinear(lambda p, d: decay(p, rate * d), START, x, y, w)
        return (
            flat(fit.parameters),
            flat(fit.standard_errors),
            fit.covariance,
            fit.sigma,
        )

    with float64_scope():
        at = [jnp.asarray(a) for a in (x, y, w, 1.0)]
        ways = [jnp.asarray(0.3 * RANDOM.normal(size=a.shape)) for a in at]
        check_derivatives(numbers, at, ways)


def test_a_linear_model_is_that_of_ols() -> None:
    X = RANDOM.normal(size=(N, 2))

    def of_model(y: Any) -> Any:
        fit = pure.nonlinear(lambda b, X: X @ b, jnp.zeros(2), X, y, w)
        return fit.parameters, fit.standard_errors, fit.rss

    def of_ols(y: Any) -> Any:
        fit = pure.ols(X, y, w, intercept=False)
        return fit.coefficients, fit.standard_errors, fit.rss

    with float64_scope():
        pairs = [jax.jit(jax.jacrev(f))(jnp.asarray(y)) for f in (of_model, of_ols)]
    for one, other in zip(*pairs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_an_exact_fit_has_the_derivative_of_gauss_and_newton() -> None:
    with float64_scope():
        given = {"a": 2.0, "floor": jnp.array([0.1]), "tau": 1.5}
        exact = decay(given, jnp.asarray(x))
        jacobian = jax.jit(
            jax.jacrev(lambda y: flat(pure.nonlinear(decay, START, x, y).parameters))
        )(exact)  # fmt: skip
        J = jax.jacfwd(lambda p: decay(p, x))(given)
    J = np.column_stack([J["a"], J["floor"][:, 0], J["tau"]])
    np.testing.assert_allclose(jacobian, np.linalg.pinv(J), rtol=1e-8, atol=1e-10)


def test_batches_in_float32_with_statuses_of_their_own() -> None:
    """A fit that is solved, a bad value, and an amplitude of 0 that leaves no tau."""
    targets = np.stack([y, y, np.zeros(N)])
    targets[1, 3] = np.nan
    traced = []

    @jax.jit
    def many(Y: Any) -> Any:
        traced.append(1)

        def tau(y: Any) -> Any:
            fit = pure.nonlinear(decay, START, jnp.asarray(x, "float32"), y)
            return fit.parameters["tau"], fit

        return jax.vmap(jax.grad(tau, has_aux=True))(Y)

    slopes, fits = many(jnp.asarray(targets, "float32"))
    many(jnp.asarray(targets[::-1], "float32"))
    assert traced == [1] and slopes.dtype == fits.rss.dtype == jnp.float32
    bad, combined = pure.Status.BAD_DATA, pure.Status.RANK_DEFICIENT
    assert fits.status.tolist() == [0, bad, combined]
    assert np.isnan(slopes).all(axis=1).tolist() == [False, True, True]
    assert np.isfinite(slopes[0]).all()
    with pytest.raises(DataError, match="fit 2 of 3"):
        fits.or_raise()
    with float64_scope():
        alone = pure.nonlinear(decay, START, x.astype("float32"), targets[0])
    np.testing.assert_allclose(fits.parameters["tau"][0], alone.parameters["tau"], 1e-6)


@pytest.mark.slow
def test_a_saddle_a_combination_and_no_steps() -> None:
    def ends(model: Any, start: Any, **options: Any) -> int:
        return int(pure.nonlinear(model, start, x, y, **options).status)

    # At 0 the slope is 0, and the sum of squares falls to both sides.
    assert ends(lambda p, x: p[0] ** 2 + 0 * x, np.zeros(1)) != pure.Status.SOLVED
    product = ends(lambda p, x: p[0] * p[1] * jnp.exp(-x), np.ones(2))
    assert product == pure.Status.RANK_DEFICIENT
    assert ends(decay, START, max_steps=2) == pure.Status.STEPS_EXHAUSTED
    # Going to infinity for ever.
    runs = ends(lambda p, x: jnp.exp(-p[0]) * x + 10.0, np.zeros(1), max_steps=30)
    assert runs != pure.Status.SOLVED


def test_a_weight_of_zero_hides_a_target() -> None:
    hidden, mask = y.copy(), w.copy()
    hidden[3], mask[3] = np.nan, 0.0
    rest = np.arange(N) != 3
    fit = pure.nonlinear(decay, START, x, hidden, mask)
    right = pure.nonlinear(decay, START, x[rest], y[rest], w[rest])
    np.testing.assert_allclose(flat(fit.parameters), flat(right.parameters), rtol=1e-10)
    assert float(fit.dof) == float(right.dof) == N - 4


def test_shapes_are_checked_at_the_door() -> None:
    with pytest.raises(RequestError, match=r"the model gives the shape \(\)"):
        pure.nonlinear(lambda p, x: p["a"], START, x, y)
    with pytest.raises(RequestError, match="start has no parameters"):
        pure.nonlinear(decay, {}, x, y)
    with pytest.raises(RequestError, match=r"y has the shape \(20,\) and weights"):
        pure.nonlinear(decay, START, x, y, w[1:])
    with pytest.raises(RequestError, match=r"start\['a'\] is complex"):
        pure.nonlinear(decay, START | {"a": 1j}, x, y)
    with pytest.raises(DataError, match="y is empty"):
        pure.nonlinear(decay, START, x[:0], y[:0])
