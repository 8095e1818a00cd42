"""Operations that move numbers about: each part of a pair goes the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, to_host
from leastwise.moments.double import Array, Double

Value = Double | Array
Parameters = Mapping[str, Any]

# Moves that are seldom met: JAX does them itself, on each part.
BY_JAX = frozenset(
    {
        "dynamic_slice",
        "dynamic_update_slice",
        "gather",
        "pad",
        "rev",
        "scatter",
        "sort",
        "argmax",
        "argmin",
    }
)


def is_move(name: str) -> bool:
    """Say whether a primitive only moves numbers."""
    return name in MOVES or name in BY_JAX


def move(primitive: Any, values: list[Value], parameters: Parameters) -> list[Value]:
    """Apply a primitive that moves numbers.

    Parameters
    ----------
    primitive : jax Primitive
        Which.
    values : list of Double or ndarray
        What it takes.
    parameters : Mapping
        How it was called.
    """
    name = primitive.name

    def one(*parts: Array) -> list[Array]:
        if name in MOVES:
            found = MOVES[name](parameters, *parts)
            return found if isinstance(found, list) else [found]
        with float64_scope():
            made = primitive.bind(*parts, **parameters)
        many = made if primitive.multiple_results else [made]
        return [to_host(part) for part in many]

    if not any(isinstance(value, Double) for value in values):
        return [*one(*(np.asarray(value) for value in values))]
    # Indices and conditions are no pairs: they are the same for both parts.
    high = one(*(v.hi if isinstance(v, Double) else np.asarray(v) for v in values))
    low = one(*(v.lo if isinstance(v, Double) else _no_rest(v) for v in values))
    return [Double(hi, lo) for hi, lo in zip(high, low, strict=True)]


def _no_rest(value: Array) -> Array:
    """Return a float64 operand's low part; indices and conditions stay."""
    whole = np.asarray(value)
    return np.zeros_like(whole) if whole.dtype == np.float64 else whole


def _broadcast(p: Parameters, a: Array, *_: Array) -> Array:
    shape = [1] * len(p["shape"])
    for place, axis in enumerate(p["broadcast_dimensions"]):
        shape[axis] = a.shape[place]
    return np.broadcast_to(a.reshape(shape), p["shape"])


def _slice(p: Parameters, a: Array) -> Array:
    strides = p["strides"] or (1,) * a.ndim
    each = zip(p["start_indices"], p["limit_indices"], strides, strict=True)
    return a[tuple(slice(*one) for one in each)]


def _split(p: Parameters, a: Array) -> list[Array]:
    places = np.cumsum(p["sizes"])[:-1]
    return [*np.split(a, [int(i) for i in places], axis=int(p["axis"]))]


def _select(_: Parameters, which: Array, *cases: Array) -> Array:
    chosen = np.broadcast_to(which, np.broadcast_shapes(which.shape, cases[0].shape))
    return np.choose(chosen.astype(int), cases)


MOVES: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast,
    "concatenate": lambda p, *a: np.concatenate(a, axis=p["dimension"]),
    "copy": lambda p, a: a,
    "reshape": lambda p, a: a.reshape(p["new_sizes"]),
    "select_n": _select,
    "slice": _slice,
    "split": _split,
    "stack": lambda p, *a: np.stack(a, axis=p["axis"]),
    "squeeze": lambda p, a: np.squeeze(a, axis=tuple(map(int, p["dimensions"]))),
    "stop_gradient": lambda p, a: a,
    "tile": lambda p, a: np.tile(a, p["reps"]),
    "transpose": lambda p, a: np.transpose(a, p["permutation"]),
}
