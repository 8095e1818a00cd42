"""Arithmetic of float64 for callers of float32, under every transformation of JAX.

A scope of float64 holds while a function is traced. What JAX makes of the trace later
(batches, transposes, derivatives of derivatives) it makes outside of the scope, where
some of its rules cut numbers down to float32. So the whole function is one operation
here: each of its rules enters the scope, makes the function that is asked for, and is
the same operation again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any

from leastwise._kit.precision import float64_scope, jax_module
from leastwise.pure.operation import operation

Traced = Any
Flat = Callable[..., tuple[Traced, ...]]


def widely(function: Callable[..., Any], given: Hashable, tree: Any) -> Any:
    """Return ``function(given, tree)``, computed in a scope of float64.

    Parameters
    ----------
    function : callable
        Takes what is given and a tree of arrays, makes a tree of arrays; closes over
        no tracers. Its arithmetic is of the types that it asks for.
    given : hashable
        What does not change under tracing.
    tree : pytree
        Arrays of any floating type.
    """
    jax = jax_module()
    if jax.numpy.result_type(float) == "float64":
        return _run()(_Given(function, given), tree)
    leaves, shape = jax.tree.flatten(tree)
    whole = _Flattened(function, given, shape)
    with float64_scope():
        form = jax.tree.structure(jax.eval_shape(whole.unflattened, *leaves))
    return jax.tree.unflatten(form, _operation().bind(*leaves, function=whole))


@dataclass(frozen=True)
class _Given:
    function: Callable[..., Any]
    given: Hashable

    def __call__(self, *arrays: Any) -> Any:
        return self.function(self.given, *arrays)


@dataclass(frozen=True)
class _Flattened:
    """The function itself, of arrays and to arrays."""

    function: Callable[..., Any]
    given: Hashable
    shape: Hashable

    def unflattened(self, *leaves: Traced) -> Any:
        tree = jax_module().tree.unflatten(self.shape, leaves)
        return self.function(self.given, tree)

    def __call__(self, *leaves: Traced) -> tuple[Traced, ...]:
        return tuple(jax_module().tree.leaves(self.unflattened(*leaves)))


@dataclass(frozen=True)
class _Along:
    """Its derivative: (values, tangents of some) -> tangents of floats."""

    of: Flat
    moved: tuple[bool, ...]
    floats: tuple[bool, ...]

    def __call__(self, *arrays: Traced) -> tuple[Traced, ...]:
        n = len(self.moved)
        values, tangents = arrays[:n], iter(arrays[n:])

        def at(*places: Traced) -> tuple[Traced, ...]:
            some = iter(places)
            every = (
                next(some) if moved else value
                for moved, value in zip(self.moved, values, strict=True)
            )
            out = self.of(*every)
            return tuple(
                a for a, is_float in zip(out, self.floats, strict=True) if is_float
            )

        places = tuple(v for moved, v in zip(self.moved, values, strict=True) if moved)
        _, change = jax_module().jvp(at, places, tuple(tangents))
        return tuple(change)


@dataclass(frozen=True)
class _Back:
    """Its transpose: (values it is not linear in, changes) -> changes."""

    of: Flat
    linear: tuple[Any, ...]  # the types of what it is linear in; None elsewhere

    def __call__(self, *arrays: Traced) -> tuple[Traced, ...]:
        fixed = sum(one is None for one in self.linear)
        values, changes = arrays[:fixed], arrays[fixed:]

        def at(*places: Traced) -> tuple[Traced, ...]:
            some, rest = iter(places), iter(values)
            return self.of(
                *(next(rest) if one is None else next(some) for one in self.linear)
            )

        jax = jax_module()
        types = [jax.ShapeDtypeStruct(*one) for one in self.linear if one is not None]
        return tuple(jax.linear_transpose(at, *types)(changes))


@dataclass(frozen=True)
class _Batch:
    """It, of batches."""

    of: Flat
    axes: tuple[int | None, ...]

    def __call__(self, *arrays: Traced) -> tuple[Traced, ...]:
        return tuple(jax_module().vmap(self.of, self.axes)(*arrays))


@cache
def _run() -> Any:
    return jax_module().jit(
        lambda function, *arrays: function(*arrays), static_argnums=0
    )


@cache
def _operation() -> Any:
    """Make the operation and teach JAX its rules."""
    jax = jax_module()
    here, (ad, batching, mlir) = operation("leastwise_in_float64")
    here.multiple_results = True

    def run(*arrays: Traced, function: Flat) -> Any:
        with float64_scope():
            return _run()(function, *arrays)

    def types(*arrays: Traced, function: Flat) -> Any:
        with float64_scope():
            out = jax.eval_shape(
                function, *(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arrays)
            )
            return [jax.core.ShapedArray(a.shape, a.dtype) for a in out]

    def lowered(context: Any, *arrays: Any, function: Flat) -> Any:
        with float64_scope():
            return mlir.lower_fun(function, multiple_results=True)(context, *arrays)

    def along(primals: Any, tangents: Any, *, function: Flat) -> Any:
        out = here.bind(*primals, function=function)
        moved = tuple(type(t) is not ad.Zero for t in tangents)
        floats = tuple(jax.numpy.issubdtype(a.dtype, jax.numpy.floating) for a in out)
        way = _Along(function, moved, floats)
        given = [t for t, is_moved in zip(tangents, moved, strict=True) if is_moved]
        change = iter(here.bind(*primals, *given, function=way))
        return out, [
            next(change) if is_float else ad.Zero(jax.typeof(a).to_tangent_aval())
            for a, is_float in zip(out, floats, strict=True)
        ]

    def back(changes: Any, *arrays: Any, function: Flat) -> Any:
        lines = [ad.is_undefined_primal(a) for a in arrays]
        linear = tuple(
            (a.aval.shape, a.aval.dtype) if is_linear else None
            for a, is_linear in zip(arrays, lines, strict=True)
        )
        fixed = [a for a, is_linear in zip(arrays, lines, strict=True) if not is_linear]
        with float64_scope():
            changes = [ad.instantiate_zeros(c) for c in changes]
        found = iter(here.bind(*fixed, *changes, function=_Back(function, linear)))
        return [next(found) if is_linear else None for is_linear in lines]

    def batch(arrays: Any, axes: Any, *, function: Flat) -> Any:
        out = here.bind(*arrays, function=_Batch(function, tuple(axes)))
        return out, [0] * len(out)

    here.def_impl(run)
    here.def_abstract_eval(types)
    mlir.register_lowering(here, lowered)
    ad.primitive_jvps[here] = along
    ad.primitive_transposes[here] = back
    batching.primitive_batchers[here] = batch
    return here
