"""Numbers without a derivative, marked in both directions.

``where(known, x, nan)`` gives NaN forwards, and 0 backwards: a gradient that looks
like one. A product with NaN gives NaN backwards too, but of zeros as well, so that one
unknown number of a fit would take the gradient of all others. Here a change is NaN
where there is no derivative and something asks for it, in both directions.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from leastwise._kit.precision import jax_module
from leastwise.pure.operation import operation

Traced = Any


def unknown_out(change: Traced, known: Traced) -> Traced:
    """Return NaN where an answer has no derivative; backwards only if it is used.

    Parameters
    ----------
    change : array
        Linear in tangents.
    known : array of bool
        Of the same shape, or one that becomes it.
    """
    return _mark(change, known, "out")


def unknown_in(change: Traced, known: Traced) -> Traced:
    """Return NaN where something moves by which there is no derivative.

    Parameters
    ----------
    change : array
        A tangent.
    known : array of bool
        Of the same shape, or one that becomes it.
    """
    return _mark(change, known, "in")


def guarded(value: Traced, known: Traced) -> Traced:
    """Return what comes in as it is; a change of it is NaN where it is not known.

    Parameters
    ----------
    value : array
        Anything.
    known : array of bool
        Of the same shape, or one that becomes it.
    """
    return _guard()(True, value, known)


def or_nan(value: Traced, known: Traced) -> Traced:
    """Return a number where it is known, else NaN, with a derivative of NaN.

    Parameters
    ----------
    value, known
        As in `guarded`.
    """
    return _guard()(False, value, known)


@cache
def _guard() -> Any:
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    def guard(comes_in: bool, value: Traced, known: Traced) -> Traced:
        # The choice is in here: backwards it would turn NaN to 0.
        return value if comes_in else jax.numpy.where(known, value, jax.numpy.nan)

    def tangent(comes_in: bool, primals: Any, tangents: Any) -> Any:
        out = guard(comes_in, *primals)
        return out, _mark(tangents[0], primals[1], "in" if comes_in else "out")

    guard.defjvp(tangent)
    return guard


def _mark(change: Traced, known: Traced, how: str) -> Traced:
    jnp = jax_module().numpy
    known = jnp.broadcast_to(known, change.shape)
    return _operation().bind(change, known, how=how, batch=0)


# Each beside the one that it is backwards.
_BACK = {"out": "out back", "out back": "out", "in": "in back", "in back": "in"}


@cache
def _operation() -> Any:
    """Make the operation, whose transpose is the same in another direction."""
    jax = jax_module()
    lax, jnp = jax.lax, jax.numpy
    here, (ad, batching, mlir) = operation("leastwise_mark")

    def marked(change: Traced, known: Traced, *, how: str, batch: int) -> Traced:
        still = change == lax.full_like(change, 0)
        if how in ("in", "out back"):
            known = known | still
        if how == "in back":
            # Nothing asks for any of it; one 0 among others says nothing.
            within = tuple(range(batch, change.ndim))
            known = known | still.all(axis=within, keepdims=True)
        return lax.select(known, change, lax.full_like(change, jnp.nan))

    def along(primals: Any, tangents: Any, **how: Any) -> Any:
        out = here.bind(*primals, **how)
        if type(tangents[0]) is ad.Zero:
            return out, ad.Zero(jax.typeof(out).to_tangent_aval())
        return out, here.bind(tangents[0], primals[1], **how)

    def back(change: Any, moved: Any, known: Any, *, how: str, batch: int) -> Any:
        if type(change) is ad.Zero:
            return [change, None]
        return [here.bind(change, known, how=_BACK[how], batch=batch), None]

    def batched(arrays: Any, axes: Any, *, how: str, batch: int) -> Any:
        size = next(
            a.shape[i] for a, i in zip(arrays, axes, strict=True) if i is not None
        )
        full = [
            lax.broadcast(a, (size,)) if i is None else jnp.moveaxis(a, i, 0)
            for a, i in zip(arrays, axes, strict=True)
        ]
        return here.bind(*full, how=how, batch=batch + 1), 0

    here.def_impl(jax.jit(marked, static_argnames=("how", "batch")))
    here.def_abstract_eval(lambda change, known, **how: change)
    mlir.register_lowering(here, mlir.lower_fun(marked, multiple_results=False))
    ad.primitive_jvps[here] = along
    ad.primitive_transposes[here] = back
    batching.primitive_batchers[here] = batched
    return here
