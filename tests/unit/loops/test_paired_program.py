"""Traced functions in pairs: every operation against float64, and what has no form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leastwise._kit.precision import float64_scope
from leastwise.loops.paired.moves import BY_JAX, MOVES
from leastwise.loops.paired.operations import OPERATIONS
from leastwise.loops.paired.program import UnknownOperationError, run
from leastwise.moments.double import Double

X = np.array([[0.3, -1.7, 2.5], [1.0, 0.25, -0.5]])
U = np.array([0.2, 0.7, -0.4])
PLACES = np.array([2, 0])
# Primitives that the oldest JAX of pyproject.toml does not have.
NEWER = {"stack", "tile"}


def _scanned(x: Any) -> Any:
    def step(carry: Any, row: Any) -> Any:
        return carry * 0.5 + row.sum(), carry

    last, all_of_them = jax.lax.scan(step, 1.0, x, reverse=True)
    return last + all_of_them.sum()


def _euler(x: Any) -> Any:
    def step(state: Any) -> Any:
        return state[0] + 1, state[1] * (1 - 0.01 * x)

    return jax.lax.while_loop(lambda state: state[0] < 20, step, (0, x))[1]


def _chosen(x: Any) -> Any:
    return jax.lax.cond(x[0, 0] > 0, lambda v: v * 2, lambda v: v - 1, x)


CASES: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: -(x + 2) * x / (3 - x),
    "powers": lambda x: x**3 + jnp.abs(x) ** 0.7 + jnp.square(x) + x**-2,
    "roots": lambda x: jnp.sqrt(abs(x)) + jnp.cbrt(x) + jax.lax.rsqrt(abs(x)),
    "exponentials": lambda x: jnp.exp(x) + jnp.expm1(x) + jnp.exp2(x),
    "logarithms": lambda x: jnp.log(abs(x)) + jnp.log1p(x / 9) + jnp.log10(x * x),
    "circular": lambda x: jnp.sin(x) + jnp.cos(x) + jnp.tan(x) + jnp.arctan2(x, x + 3),
    "back": lambda x: jnp.arcsin(x / 3) + jnp.arccos(x / 3) + jnp.arctan(x),
    "hyperbolic": lambda x: jnp.sinh(x) + jnp.cosh(x) + jnp.tanh(x),
    "and back": lambda x: jnp.arcsinh(x) + jnp.arccosh(3 + x) + jnp.arctanh(x / 3),
    "logistic": lambda x: jax.nn.sigmoid(x) + jax.nn.softplus(x) + jax.nn.softmax(x),
    "parts": lambda x: jnp.floor(x) + jnp.ceil(x) + jnp.round(x * 2) + jnp.sign(x),
    "rounded": lambda x: jax.lax.round(x * 2) + jnp.trunc(x).astype(int),
    "whole": lambda x: (3 * x).astype(int) * 2 + (x > 0) + x.astype(bool),
    "comparisons": lambda x: jnp.where((x > 0) & (x <= 1), x, -x) + (x >= 1) + (x < 2),
    "equality": lambda x: jnp.where(x == 1.0, 5.0, x) + jnp.where(x != 0.25, 1, x),
    "limits": lambda x: jnp.clip(x, -1, 1) + jnp.maximum(x, 0.1) + jnp.minimum(x, 0.4),
    "clamped": lambda x: jax.lax.clamp(-0.5, x, 0.5) + jnp.isfinite(x),
    "sums": lambda x: x.sum() + x.sum(axis=1) @ jnp.ones((2, 2)) + jnp.mean(x),
    "products": lambda x: x @ U + jnp.einsum("ij,kj->ik", x, x).sum() + jnp.prod(x),
    "batches": lambda x: jnp.einsum("ij,ijk->ik", x, jnp.stack([x.T @ x, x.T @ x + 1])),
    "extremes": lambda x: x.max(axis=0) + x.min() + jnp.argmax(x) + jnp.argmin(x),
    "running": lambda x: jnp.cumsum(x, axis=1) + jnp.cumprod(x, axis=0),
    "backwards": lambda x: jax.lax.cumsum(x, axis=0, reverse=True) + x[::-1],
    "moved": lambda x: jnp.concatenate([x.T.reshape(2, 3), x[:, 1:]], axis=1)[:, ::2],
    "stacked": lambda x: jnp.stack([x, jnp.array(x)])[:1].squeeze() + x[None, :],
    "split": lambda x: jnp.split(x, 3, axis=1)[1] + jnp.pad(x, 1).sum(),
    "taken": lambda x: x[:, PLACES] + jax.lax.dynamic_slice(x, (0, 1), (2, 2)),
    "sorted": lambda x: jnp.sort(x, axis=1) + jax.lax.stop_gradient(x),
    "put": lambda x: jax.lax.dynamic_update_slice(x, x[:1, :2] * 2, (1, 1)),
    "interpolated": lambda x: jnp.interp(x, U[[2, 0, 1]], U) + jnp.tile(x[:1], (2, 1)),
    "scan": _scanned,
    "while": _euler,
    "cond": _chosen,
    "jit": jax.jit(lambda x: jnp.linspace(0.0, 1.0, 3) + x),
    "custom": lambda x: jax.nn.relu(x) + jax.nn.silu(x),
}


def _in_pairs(function: Callable[[Any], Any], x: Any) -> Double:
    with float64_scope():
        traced = jax.make_jaxpr(function)(x)
    (found,) = run(traced, [Double.of(x)])
    return found if isinstance(found, Double) else Double.of(found)


@pytest.mark.parametrize("name", CASES)
def test_is_float64_to_the_last_digits(name: str) -> None:
    function = CASES[name]
    with float64_scope():
        plain = np.asarray(function(jnp.asarray(X)))
    found = _in_pairs(function, X)
    assert found.hi.shape == plain.shape
    np.testing.assert_allclose(found.hi, plain, rtol=2e-14, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_so_are_derivatives(name: str) -> None:
    def summed(x: Any) -> Any:
        return jnp.asarray(CASES[name](x), float).sum()

    with float64_scope():
        slopes = jax.jacfwd(summed)
        plain = np.asarray(slopes(jnp.asarray(X)))
    np.testing.assert_allclose(_in_pairs(slopes, X).hi, plain, rtol=2e-13, atol=1e-14)


def test_low_parts_go_along() -> None:
    low = X * 2.0**-60

    def moved(x: Any) -> Any:
        return jnp.where(x > 0, x, x)[:, ::-1].T.reshape(-1)[PLACES]

    with float64_scope():
        traced = jax.make_jaxpr(moved)(X)
    (found,) = run(traced, [Double.of(X, low)])
    np.testing.assert_array_equal(found.lo, low[:, ::-1].T.reshape(-1)[PLACES])


def test_every_operation_is_met() -> None:
    """No entry of the tables is without a case here."""
    met: set[str] = set()

    def look(jaxpr: Any) -> None:
        for step in jaxpr.eqns:
            met.add(step.primitive.name)
            for value in step.params.values():
                many = value if isinstance(value, (tuple, list)) else (value,)
                for one in many:
                    if hasattr(one, "eqns") or hasattr(one, "jaxpr"):
                        look(getattr(one, "jaxpr", one))

    with float64_scope():
        for function in CASES.values():
            look(jax.make_jaxpr(function)(X).jaxpr)
            look(jax.make_jaxpr(jax.jacfwd(function))(X).jaxpr)
    names = set(OPERATIONS) | set(MOVES) | BY_JAX
    assert names - met <= NEWER


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: jax.scipy.special.erf(x), "erf"),
        (lambda x: jax.scipy.special.gammaln(abs(x)), "lgamma"),
        (lambda x: jnp.abs(jnp.fft.fft(x)), "complex"),
        (lambda x: x.astype("float32") * 2.0, "float32"),
        (lambda x: jnp.sin(1e9 * x), "the sine of a large angle"),
    ],
)
def test_what_has_no_form_is_named(function: Any, what: str) -> None:
    with pytest.raises(UnknownOperationError, match=what):
        _in_pairs(function, X)
