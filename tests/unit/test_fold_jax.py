"""The fold of JAX under its transformations, against NumPy's and exact sums."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from leastwise._kit.precision import float64_scope
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fold import fold_rows
from leastwise.moments.fold_jax import fold, sums_roundoff
from leastwise.moments.pairs_jax import two_product
from leastwise.moments.state import Moments, merge, move, rescale, select, subtract

GENERATOR = np.random.default_rng(7)


def data(n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = GENERATOR.normal(size=(n, 2)) * [1.0, 1e6] + [1e3, 1e9]
    return X, GENERATOR.normal(size=(n, 1)), GENERATOR.uniform(0.1, 5.0, n)


def on_the_host(m: Moments) -> Moments:
    return jax.tree.map(np.asarray, m)


def assert_same(a: Moments, b: Moments) -> None:
    """Equal within the errors that both state."""
    a, b = on_the_host(a), on_the_host(b)
    b = move(rescale(b, a.exponent, a.weight_exponent), a.shift)
    bound = a.roundoff * np.outer(a.extent, a.extent)
    bound += b.roundoff * np.outer(b.extent, b.extent)
    assert a.count == b.count
    assert float(a.log_weight) == pytest.approx(float(b.log_weight), abs=1e-9)
    assert np.all(np.abs((a.gram - b.gram).hi) <= bound)


def test_moments_are_worked_on_under_jit() -> None:
    X, Y, w = data()

    def of(X, Y, w, part):  # type: ignore[no-untyped-def]
        return fold(X[part], Y[part], w[part])

    @jax.jit
    def work(X, Y, w):  # type: ignore[no-untyped-def]
        first, second = (of(X, Y, w, part) for part in (slice(0, 17), slice(17, None)))
        whole = merge(first, second)
        away = move(rescale(whole, whole.exponent + 3), second.shift)
        return whole, subtract(whole, second), away, select(whole, [1], [0])

    with float64_scope():
        whole, left, away, chosen = work(X, Y, w)
    right = fold_rows(Rows(X, Y, w))
    assert_same(right, whole)
    assert_same(right, away)
    assert_same(select(right, [1], [0]), chosen)
    assert_same(left, fold_rows(Rows(X[:17], Y[:17], w[:17])))


def test_a_batch_is_its_parts() -> None:
    parts = [data(30) for _ in range(3)]
    with float64_scope():
        batch = jax.jit(jax.vmap(fold))(*map(np.stack, zip(*parts, strict=True)))
    for i, (X, Y, w) in enumerate(parts):
        one = jax.tree.map(lambda leaf, i=i: np.asarray(leaf)[i], batch)
        assert_same(fold_rows(Rows(X, Y, w)), one)


@pytest.mark.parametrize("left_out", [0, 7])
def test_rows_of_weight_zero_are_not_there(left_out: int) -> None:
    X, Y, w = data()
    w[left_out] = w[11] = 0.0
    X[left_out], Y[11] = np.nan, 1e300
    used = w > 0
    with float64_scope():
        m = jax.jit(fold)(X, Y, w)
    assert_same(fold_rows(Rows(X[used], Y[used], w[used])), m)


def test_nothing_merges_with_something_under_jit() -> None:
    X, Y, w = data()
    right = fold_rows(Rows(X, Y, w))
    both = jax.jit(lambda a, b: (merge(a, b), merge(b, a)))
    with float64_scope():
        folded = jax.jit(fold)
        for m in both(folded(X, Y, w), folded(X + 5.0, Y, 0.0 * w)):
            assert_same(right, m)


def test_derivatives_of_sums_are_those_of_plain_products() -> None:
    X, Y, w = data(9)
    X = X / [1e3, 1e9]

    def sums(X, Y, w):  # type: ignore[no-untyped-def]
        m = fold(X, Y, w, slices=1)
        power = jnp.exp2(jnp.concatenate([jnp.zeros(1), m.exponent]))
        units = jnp.outer(power, power) * jnp.exp2(m.weight_exponent)
        return move(m, Double(m.shift.hi * 0.0 + 0.5, m.shift.lo)).gram.hi * units

    def plain(X, Y, w):  # type: ignore[no-untyped-def]
        Z = jnp.concatenate([jnp.ones_like(Y), X - 0.5, Y - 0.5], axis=1)
        return Z.T @ (w[:, None] * Z)

    with float64_scope():
        arrays = tuple(map(jnp.asarray, (X, Y, w)))
        got = jax.jit(jax.jacrev(sums, (0, 1, 2)))(*arrays)
        want = jax.jacrev(plain, (0, 1, 2))(*arrays)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
        check_grads(
            jax.jit(sums), arrays, order=1, modes=("fwd",), rtol=1e-6, atol=1e-6
        )


def test_float32_holds_to_what_it_says() -> None:
    """Pairs of float32: 8-bit slices are exact too, and the error bound holds."""
    X, Y, w = (a.astype(np.float32) for a in data(600))
    Z = np.hstack([np.ones_like(Y), X, Y]).astype(np.float64)
    Z[:, 1:] -= np.hstack([X[0], Y[0]]).astype(np.float64)
    for slices in (1, 3):
        m = jax.jit(fold, static_argnames="slices")(X, Y, w, slices=slices)
        assert m.gram.hi.dtype == np.float32
        power = np.ldexp(1.0, np.concatenate([[0], np.asarray(m.exponent)]))
        scale = np.outer(power, power) * np.ldexp(1.0, int(m.weight_exponent))
        got = np.asarray(m.gram.hi, np.float64) + np.asarray(m.gram.lo, np.float64)
        off = np.abs(got - Z.T @ (w[:, None].astype(np.float64) * Z) / scale)
        extent = np.asarray(m.extent, np.float64)
        # Beside it, what the witness rounds in float64.
        bound = sums_roundoff(600, slices, "float32") + 600 * 2.0**-52
        assert np.all(off <= bound * np.outer(extent, extent))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_are_exact_where_they_are_fused(dtype: str) -> None:
    """Whatever the compiler contracts around it, product and error are a pair."""
    a = GENERATOR.normal(size=500).astype(dtype)
    b = GENERATOR.normal(size=500).astype(dtype)

    @jax.jit
    def fused(a, b, c):  # type: ignore[no-untyped-def]
        p, e = two_product(a * c, b)
        return p, e, p + a * b, e - a

    with float64_scope():
        p, e, *_ = map(np.asarray, fused(a, b, np.ones(500, dtype)))
    # Twice the bits of the type, less what the two halves do not hold.
    limit = Fraction(2) ** (-104 if dtype == "float64" else -46)
    for x, y, got, rest in zip(a, b, p, e, strict=True):
        truth = Fraction(float(x)) * Fraction(float(y))
        off = Fraction(float(got)) + Fraction(float(rest)) - truth
        assert abs(off) <= limit * abs(truth)


DEVICES = """
import jax, numpy as np
from functools import partial
from jax.sharding import Mesh, PartitionSpec as P
from leastwise._kit.precision import float64_scope
from leastwise.moments.fold_jax import fold, merge_over
assert jax.device_count() == 4
X = np.random.default_rng(1).integers(-9, 9, (4000, 2)).astype(float)
Y = X[:, :1] ** 2
X[1000:2000, 0] *= 1024.0
mesh = Mesh(np.array(jax.devices()), ("rows",))
weights = np.ones(4000)
weights[2000:3000] = 0.0
with float64_scope():
    def local(X, Y, w):
        return merge_over(fold(X, Y, w, slices=1), "rows")
    split = jax.shard_map(local, mesh=mesh, in_specs=P("rows"), out_specs=P())
    m = jax.jit(split)(X, Y, weights)
    # Rows that are split already need no shard_map: the compiler splits the fold.
    rows = jax.NamedSharding(mesh, P("rows"))
    whole = jax.jit(fold)(*(jax.device_put(a, rows) for a in (X, Y, weights)))
kept = weights > 0
Z = np.hstack([np.ones_like(Y), X, Y])[kept]
Z[:, 1:] -= Z[0, 1:]
for found in (m, whole):
    power = np.ldexp(1.0, np.concatenate([[0], found.exponent]))
    units = np.outer(power, power) * np.ldexp(1.0, int(found.weight_exponent))
    assert int(found.count) == kept.sum()
    assert np.array_equal(np.asarray(found.gram.hi) * units, Z.T @ Z)
"""


def test_devices_merge_what_each_has_folded() -> None:
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DEVICES],
        env=environment,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert done.returncode == 0, done.stderr
