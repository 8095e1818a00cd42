"""A traced function, run with pairs in place of float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, to_host
from leastwise.loops.paired.functions import TooFarError
from leastwise.loops.paired.moves import Value, is_move, move
from leastwise.loops.paired.operations import OPERATIONS
from leastwise.moments.double import Double

# Primitives that hold another program under one of these names.
INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")


class UnknownOperationError(NotImplementedError):
    """A function does something that has no form in pairs; the text says what."""


def run(closed: Any, values: list[Value]) -> list[Value]:
    """Run a traced function.

    Parameters
    ----------
    closed : jax ClosedJaxpr
        The function.
    values : list of Double or ndarray
        Its arguments: pairs for what is float64, arrays for indices and conditions.

    Raises
    ------
    UnknownOperationError
        For an operation that has no form in pairs.
    """
    constants = [paired(constant) for constant in closed.consts]
    try:
        with np.errstate(all="ignore"):
            return _run(closed.jaxpr, constants, values)
    except TooFarError:
        raise UnknownOperationError("the sine of a large angle") from None


def paired(value: Any) -> Value:
    """Make pairs of float64; leave what is an index, a count or a condition."""
    array = to_host(value)
    if np.issubdtype(array.dtype, np.complexfloating):
        raise UnknownOperationError("complex numbers")
    if not np.issubdtype(array.dtype, np.floating):
        return array
    if array.dtype != np.float64:
        raise UnknownOperationError(f"{array.dtype}")
    return Double.of(array)


def _run(jaxpr: Any, constants: list[Value], values: list[Value]) -> list[Value]:
    known: dict[Any, Value] = {}
    known.update(zip(jaxpr.constvars, constants, strict=True))
    known.update(zip(jaxpr.invars, values, strict=True))

    def read(atom: Any) -> Value:
        # A literal is a number in the program; it holds its value.
        return paired(atom.val) if hasattr(atom, "val") else known[atom]

    for step in jaxpr.eqns:
        found = _step(step, [read(atom) for atom in step.invars])
        known.update(zip(step.outvars, found, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _step(step: Any, values: list[Value]) -> list[Value]:
    name, parameters = step.primitive.name, step.params
    if is_move(name):
        return move(step.primitive, values, parameters)
    if name in LOOPS:
        return LOOPS[name](parameters, values)
    for inner in INNER:
        if inner in parameters:
            return _inside(parameters[inner], values)
    if name == "convert_element_type":
        return [_converted(values[0], parameters["new_dtype"])]
    if not any(isinstance(value, Double) for value in values):
        return _by_jax(step, values)
    if name not in OPERATIONS:
        raise UnknownOperationError(name)
    pairs = [v if isinstance(v, Double) else Double.of(v) for v in values]
    return [OPERATIONS[name](parameters, *pairs)]


def _inside(program: Any, values: list[Value]) -> list[Value]:
    if hasattr(program, "consts"):
        return _run(program.jaxpr, [paired(c) for c in program.consts], values)
    return _run(program, [], values)


def _by_jax(step: Any, values: list[Value]) -> list[Value]:
    """Let JAX do what is done to indices and conditions."""
    with float64_scope():
        found = step.primitive.bind(*values, **step.params)
    many = found if step.primitive.multiple_results else [found]
    return [paired(one) for one in many]


def _converted(value: Value, to: Any) -> Value:
    dtype = np.dtype(to)
    if np.issubdtype(dtype, np.floating):
        if dtype != np.float64:
            raise UnknownOperationError(f"{dtype}")
        return value if isinstance(value, Double) else Double.of(value)
    if isinstance(value, Double):
        # Towards zero, with what the low part says of a whole number.
        whole = OPERATIONS["floor"]({}, value)
        up = OPERATIONS["ceil"]({}, value)
        if not (isinstance(whole, Double) and isinstance(up, Double)):
            raise UnknownOperationError("convert_element_type")
        kept = np.where(value.hi < 0, up.rounded(), whole.rounded())
        return kept.astype(dtype) if dtype != np.bool_ else value.hi != 0
    return value.astype(dtype)


def _cond(parameters: Any, values: list[Value]) -> list[Value]:
    index, *rest = values
    branches = parameters["branches"]
    place = int(np.clip(_number(index), 0, len(branches) - 1))
    return _inside(branches[place], rest)


def _while(parameters: Any, values: list[Value]) -> list[Value]:
    a, b = parameters["cond_nconsts"], parameters["body_nconsts"]
    of_cond, of_body, state = values[:a], values[a : a + b], values[a + b :]
    while bool(_number(_inside(parameters["cond_jaxpr"], [*of_cond, *state])[0])):
        state = _inside(parameters["body_jaxpr"], [*of_body, *state])
    return state


def _scan(parameters: Any, values: list[Value]) -> list[Value]:
    a, b = parameters["num_consts"], parameters["num_carry"]
    constants, state, each = values[:a], values[a : a + b], values[a + b :]
    length = parameters["length"]
    places = range(length - 1, -1, -1) if parameters["reverse"] else range(length)
    made: list[list[Value]] = []
    for i in places:
        found = _inside(
            parameters["jaxpr"], [*constants, *state, *(one[i] for one in each)]
        )
        state = found[:b]
        made.append(found[b:])
    if parameters["reverse"]:
        made.reverse()
    return [*state, *(_stacked(list(one)) for one in zip(*made, strict=True))]


def _stacked(values: list[Value]) -> Value:
    pairs = [value for value in values if isinstance(value, Double)]
    if len(pairs) < len(values):
        return np.stack([np.asarray(value) for value in values])
    return Double(np.stack([v.hi for v in pairs]), np.stack([v.lo for v in pairs]))


def _number(value: Value) -> Any:
    return (value.hi if isinstance(value, Double) else np.asarray(value)).item()


LOOPS = {"cond": _cond, "while": _while, "scan": _scan}
