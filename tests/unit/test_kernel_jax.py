"""The compiled fold under jit: the same moments, and JAX where it is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.precision import float64_scope
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.fold_jax import fold
from leastwise.moments.kernel_jax import TARGET, has_target
from tests.unit.test_fold_jax import assert_same, data

GENERATOR = np.random.default_rng(11)


def lowered(function: Callable[..., Any], *rows: Any) -> str:
    with float64_scope():
        text: str = jax.jit(function).lower(*rows).as_text()
    return text


def test_the_build_has_it() -> None:
    """Where jax is when it is built, as it is in the tests, XLA has the function."""
    assert has_target()


def test_jit_calls_it_for_rows_of_float64_only() -> None:
    X, Y, w = data()
    assert TARGET in lowered(fold, X, Y)
    assert TARGET in lowered(fold, X, Y, w)
    assert TARGET in lowered(lambda X, y: lw.pure.ols(X, y).coefficients, X, Y[:, 0])
    single = (a.astype(np.float32) for a in (X, Y))
    assert TARGET not in lowered(fold, *single)
    assert TARGET not in lowered(jax.vmap(fold), X[None], Y[None])


@pytest.mark.parametrize(
    ("n", "slices", "weighted"),
    [
        (1, 1, False),
        (127, 2, True),
        (4097, 3, True),
        (16_384, 1, False),
        (16_385, 2, True),
        (32_769, 3, False),
    ],
)
def test_whole_numbers_come_out_exactly(n: int, slices: int, weighted: bool) -> None:
    X, Y = GENERATOR.integers(-9, 10, (n, 3)), GENERATOR.integers(-9, 10, (n, 2))
    w = 2.0 ** GENERATOR.integers(-2, 1, n) if weighted else np.ones(n)
    with float64_scope():
        given = (X.astype(float), Y.astype(float), *([w] if weighted else []))
        m = jax.jit(fold, static_argnames="slices")(*given, slices=slices)
        m = jax.tree.map(np.asarray, m)
    Z = np.hstack([np.ones((n, 1), int), X - X[0], Y - Y[0]])
    right = Z.T @ ((4 * w).astype(int)[:, None] * Z)
    unit = 2.0 ** np.concatenate([[0], m.exponent])
    got = m.gram.hi * np.outer(unit, unit) * 4 * 2.0**m.weight_exponent
    np.testing.assert_array_equal(got, right)
    np.testing.assert_array_equal(m.gram.lo, 0.0)


REFUSED: dict[str, Callable[..., Any]] = {
    "a row of weight zero": lambda X, Y, w: (X, Y, np.append(0.0, w[1:])),
    "a value left out": lambda X, Y, w: (
        np.vstack([np.full((1, 2), np.nan), X[1:]]),
        Y,
        np.append(0.0, w[1:]),
    ),
    "the ends of the range": lambda X, Y, w: (X * 1e290, Y * 1e-300, w),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_it_refuses_is_folded_in_jax(why: str) -> None:
    X, Y, w = REFUSED[why](*data(50))
    with float64_scope():
        m = jax.jit(fold)(X, Y, w)
    used = w > 0
    assert_same(fold_rows(Rows(X[used], Y[used], w[used])), m)


def test_a_value_that_is_not_finite_does_not_pass_for_a_number() -> None:
    X, Y, _ = data(50)
    X[7, 0] = np.inf
    with float64_scope():
        m = jax.jit(fold)(X, Y)
    assert not np.isfinite(np.asarray(m.gram.hi)).all()


def test_a_batch_and_its_derivative_are_those_of_single_fits() -> None:
    X, Y = GENERATOR.normal(size=(3, 40, 2)), GENERATOR.normal(size=(3, 40))

    def slope(X: Any, y: Any) -> Any:
        return lw.pure.ols(X, y).coefficients[1]

    with float64_scope():
        both = jax.jit(jax.vmap(jax.value_and_grad(slope)))(X, Y)
        for i in range(3):
            value, change = jax.jit(jax.value_and_grad(slope))(X[i], Y[i])
            np.testing.assert_allclose(both[0][i], value, rtol=1e-13)
            np.testing.assert_allclose(both[1][i], change, rtol=1e-11, atol=1e-13)
        # A loop of fits, and a choice between them.
        looped = jax.lax.map(
            lambda rows: slope(*rows), (jnp.asarray(X), jnp.asarray(Y))
        )
        np.testing.assert_allclose(looped, both[0], rtol=1e-13)


ALONE = """
import jax, numpy as np
from leastwise._kit.precision import float64_scope
from leastwise.moments.fold_jax import fold
from leastwise.moments.kernel_jax import has_target
X = np.arange(12.0).reshape(6, 2) ** 2
with float64_scope():
    text = jax.jit(fold).lower(X, X[:, :1]).as_text()
    m = jax.jit(fold)(X, X[:, :1])
print(has_target(), "leastwise_fold" in text, float(m.gram.hi[0, 0]))
"""


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({}, "True True 6.0"),
        ({"LEASTWISE_KERNEL": "numpy"}, "False False 6.0"),
        # Rows that XLA spreads over devices are left to it.
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}, "True False 6.0"),
    ],
)
def test_when_it_is_left_out(setting: dict[str, str], said: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", ALONE],
        env={**os.environ, **setting},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == said


def test_arrays_that_it_does_not_take_are_an_error() -> None:
    """Whoever calls the function with something else is told, and nothing is read."""
    assert has_target()
    with float64_scope():
        shape = jax.ShapeDtypeStruct((), np.int32)
        call = jax.ffi.ffi_call(TARGET, (shape,))
        with pytest.raises(Exception, match="leastwise_fold: not the arrays"):
            call(np.ones((3, 2)), slices=np.int64(1), threads=np.int64(1))
