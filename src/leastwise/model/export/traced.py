"""A function written with `jax.numpy` -> expressions of its columns.

JAX writes down which operations the function performs, on two rows whose columns have
different names. Operations on parameters alone are carried out; arithmetic of columns
becomes an expression; what a row gives must not hang on the other row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.model.export.elementwise import ELEMENTWISE, choice
from leastwise.model.export.expression import Column, Const, Expression, walk
from leastwise.moments.double import Array

# Parts of one expression; more are no expression that anyone can read or run.
MOST_PARTS = 20_000
# Before the names of the columns of the other row.
OTHER = "\0"
# Calls of a function inside a function, and where its operations stand.
INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")


def traced(
    function: Callable[[Any, Any], Any], theta: Array, columns: Sequence[str]
) -> tuple[Expression, ...]:
    """Write what a function gives for a row.

    Parameters
    ----------
    function : callable
        ``function(theta, columns)`` of shape (n, k).
    theta : ndarray, shape (p,)
        Its parameters.
    columns : sequence of str
        Names of the columns, each of shape (n,).

    Returns
    -------
    tuple of Expression, length k

    Raises
    ------
    RequestError
        With the name of the operation that is no arithmetic of columns.
    """
    jax = jax_module()
    rows = {name: np.zeros(2) for name in columns}
    with float64_scope():
        closed = jax.make_jaxpr(lambda c: function(jax.numpy.asarray(theta), c))(rows)
        # A dict is flattened in the order of its sorted keys.
        given = [_symbols(name) for name in sorted(columns)]
        (made,) = _run(closed.jaxpr, closed.consts, given)
    outputs = np.asarray(made, dtype=object).reshape(2, -1)[0]
    found = tuple(_expression(e) for e in outputs)
    for part in walk(found):
        if isinstance(part, Column) and part.name.startswith(OTHER):
            raise RequestError(
                "what the function gives for a row depends on other rows",
                fix="Predict with leastwise",
            )
    return found


def _symbols(name: str) -> Any:
    made = np.empty(2, dtype=object)
    made[:] = [Column(name), Column(OTHER + name)]
    return made


def _run(jaxpr: Any, consts: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """Carry out operations: on numbers as JAX does, on expressions by writing."""
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    known.update(zip(jaxpr.invars, given, strict=True))

    def value(variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else known[variable]

    for step in jaxpr.eqns:
        values = [value(v) for v in step.invars]
        if any(_is_symbolic(v) for v in values):
            made = _step(step, values)
            for one in made:
                _limited(one)
        else:
            found = step.primitive.bind(*values, **step.params)
            made = list(found) if step.primitive.multiple_results else [found]
        known.update(zip(step.outvars, made, strict=True))
    return [value(v) for v in jaxpr.outvars]


def _step(step: Any, values: list[Any]) -> list[Any]:
    name, options = step.primitive.name, step.params
    inner = next((options[key] for key in INNER if key in options), None)
    if inner is not None and name not in ("while", "scan", "cond"):
        body, consts = getattr(inner, "jaxpr", inner), getattr(inner, "consts", ())
        return _run(body, consts, values)
    arrays = [_objects(v) for v in values]
    shape = step.outvars[0].aval.shape
    if name in ELEMENTWISE:
        write = ELEMENTWISE[name]
        return [_each(lambda *e: write(options, *e), arrays, shape)]
    if name == "select_n" and len(arrays) == 3:
        return [_each(choice, arrays, shape)]
    if name in SHAPES:
        return [np.asarray(SHAPES[name](arrays, options, shape), dtype=object)]
    raise RequestError(
        f"{name} of columns has no form as an expression",
        fix="Write the model with arithmetic and elementary functions of each row, or "
        "predict with leastwise",
    )


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def _objects(value: Any) -> Any:
    if _is_symbolic(value):
        return value
    numbers = np.asarray(to_host(value))
    made = np.empty(numbers.shape, dtype=object)
    for place in np.ndindex(numbers.shape):
        made[place] = Const(float(numbers[place]))
    return made


def _each(write: Callable[..., Any], arrays: list[Any], shape: Any) -> Any:
    made = np.empty(shape, dtype=object)
    spread = [np.broadcast_to(a, shape) for a in arrays]
    for place in np.ndindex(*shape):
        made[place] = write(*(_expression(a[place]) for a in spread))
    return made


def _expression(value: Any) -> Expression:
    if isinstance(value, (int, float, np.generic)) or not hasattr(
        value, "__dataclass_fields__"
    ):
        value = Const(float(value))
    if isinstance(value, Const) and not np.isfinite(value.value):
        raise RequestError(
            f"the number {value.value} has no form in an expression",
            fix="Write the model without it, or predict with leastwise",
        )
    found: Expression = value
    return found


def _limited(made: Any) -> None:
    count = 0
    for one in np.ravel(made):
        for _ in walk(one):
            count += 1
            if count > MOST_PARTS:
                raise RequestError(
                    f"the function has more than {MOST_PARTS} parts as an expression",
                    fix="Predict with leastwise",
                )


def _broadcast(arrays: list[Any], options: Any, shape: Any) -> Any:
    plain = [1] * len(shape)
    for axis, size in zip(
        options["broadcast_dimensions"], arrays[0].shape, strict=True
    ):
        plain[axis] = size
    return np.broadcast_to(arrays[0].reshape(plain), shape)


def _slice(arrays: list[Any], options: Any, shape: Any) -> Any:
    steps = options["strides"] or [1] * arrays[0].ndim
    ends = zip(options["start_indices"], options["limit_indices"], steps, strict=True)
    return arrays[0][tuple(slice(*end) for end in ends)]


def _total(arrays: list[Any], options: Any, shape: Any) -> Any:
    add = ELEMENTWISE["add"]
    made, axes = arrays[0], sorted(options["axes"], reverse=True)
    for axis in axes:
        parts = [np.take(made, i, axis=axis) for i in range(made.shape[axis])]
        made = np.asarray(parts[0], dtype=object)
        for part in parts[1:]:
            both = [made, np.asarray(part, dtype=object)]
            made = _each(lambda a, b: add({}, a, b), both, made.shape)
    return made


SHAPES: dict[str, Callable[[list[Any], Any, Any], Any]] = {
    "broadcast_in_dim": _broadcast,
    "reshape": lambda arrays, options, shape: arrays[0].reshape(shape),
    "squeeze": lambda arrays, options, shape: arrays[0].reshape(shape),
    "expand_dims": lambda arrays, options, shape: arrays[0].reshape(shape),
    "transpose": lambda arrays, options, shape: arrays[0].transpose(
        options["permutation"]
    ),
    "concatenate": lambda arrays, options, shape: np.concatenate(
        arrays, axis=options["dimension"]
    ),
    "stack": lambda arrays, options, shape: np.stack(arrays, axis=options["axis"]),
    "slice": _slice,
    "reduce_sum": _total,
}
"""Operations that move numbers or add them up."""
