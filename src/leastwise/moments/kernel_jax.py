"""The compiled fold for jit on CPU: a function that XLA calls, or none.

Only concrete rows of float64 on one CPU go there. What it refuses (values that are
not finite, extreme sizes, rows of weight 0) is folded in JAX in the same call, as are
batches, float32, other devices and rows that are spread over several of them.
LEASTWISE_KERNEL=numpy leaves it out; that is also what `jax.export` asks for, which
writes no functions that other machines may not have.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module
from leastwise.moments.kernel import PRODUCTS, library, threads_for
from leastwise.moments.pairs_jax import Traced

TARGET = "leastwise_fold"


@cache
def has_target() -> bool:
    """Tell XLA of the compiled fold, once; False where it cannot have it."""
    compiled = library()
    if compiled is None or not hasattr(compiled, "lw_fold_xla"):
        return False
    jax = jax_module()
    # A refusal comes when a function is registered with a backend that is there; one
    # that comes later would take the user's backend away.
    jax.devices("cpu")
    try:
        found = jax.ffi.pycapsule(compiled.lw_fold_xla)
        jax.ffi.register_ffi_target(TARGET, found, platform="cpu")
    except (RuntimeError, ValueError):
        # Compiled for an XLA that calls otherwise.
        return False
    return True


def compiled_or(pure: Callable[..., Any], slices: int, rows: tuple[Traced, ...]) -> Any:
    """Return what `pure` does of the rows, with the compiled fold where it can be.

    Parameters
    ----------
    pure : callable
        (X, Y, first, w or nothing) -> hi, lo, exponent, largest, in JAX.
    slices : {1, 2, 3}
        How finely to cut.
    rows : tuple of arrays, shapes (n, p), (n, k), (p + k,) and perhaps (n,)
        X, Y, the fixed point and weights of at most 1.
    """
    jax = jax_module()
    if not _can_be(rows):
        return pure(*rows)

    def on_cpu(*rows: Traced) -> Any:
        status, *sums = _call(slices, rows)
        return jax.lax.cond(
            status == 0, lambda *_: tuple(sums), lambda *rows: tuple(pure(*rows)), *rows
        )

    def batch(size: int, batched: Any, *rows: Traced) -> Any:
        axes = tuple(0 if is_batch else None for is_batch in batched)
        # A batch is made after the scope of float64 around its function has ended.
        with float64_scope():
            return jax.vmap(pure, axes)(*rows), (True,) * 4

    either = jax.custom_batching.custom_vmap(
        lambda *rows: jax.lax.platform_dependent(*rows, cpu=on_cpu, default=pure)
    )
    # Small fits are many: a choice in each of a batch would do both for all.
    either.def_vmap(batch)
    return either(*rows)


def _can_be(rows: tuple[Traced, ...]) -> bool:
    """Say whether rows may go to the compiled fold."""
    jax = jax_module()
    same = all(row.dtype == np.float64 for row in rows)
    # Parts of rows in shard_map, and arrays that XLA itself spreads over devices.
    spread = any(getattr(jax.typeof(row), "vma", None) for row in rows)
    return same and not spread and jax.device_count() == 1 and has_target()


def _call(slices: int, rows: tuple[Traced, ...]) -> Any:
    jax = jax_module()
    n, columns = rows[0].shape[0], rows[2].shape[0]
    q = columns + 1
    as_type = jax.ShapeDtypeStruct
    call = jax.ffi.ffi_call(
        TARGET,
        (
            as_type((), np.int32),
            as_type((q, q), np.float64),
            as_type((q, q), np.float64),
            as_type((columns,), np.int32),
            as_type((columns,), np.float64),
        ),
    )
    threads = threads_for(PRODUCTS[slices - 1] * n * q * q)
    return call(*rows, slices=np.int64(slices), threads=np.int64(threads))
