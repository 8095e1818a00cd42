"""Functions of coefficients, and their gradients by automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leastwise._kit.errors import FormulaError, RequestError
from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.infer.dist import Array
from leastwise.infer.expression import Apply, Number, Symbol, Tree, parse_sides


def value_and_gradient(
    function: Callable[[Mapping[str, Any]], Any], names: Sequence[str], at: Array
) -> tuple[float, Array]:
    """Return a function of coefficients and its gradient.

    Parameters
    ----------
    function : callable
        Takes a mapping from names to numbers of JAX, returns one number.
    names : sequence of str, length m
        The coefficients.
    at : ndarray, shape (m,)
        Where.

    Raises
    ------
    RequestError
        When the function does not return one number, or asks for another name.

    Examples
    --------
    >>> value_and_gradient(lambda b: b["x"] * b["z"], ["x", "z"], np.array([2.0, 3.0]))
    (6.0, array([3., 2.]))
    """
    jax = jax_module()

    def of_vector(vector: Any) -> Any:
        made = function({name: vector[j] for j, name in enumerate(names)})
        return jax.numpy.asarray(made, dtype=vector.dtype)

    try:
        with float64_scope():
            value, gradient = jax.value_and_grad(of_vector)(jax.numpy.asarray(at))
            return float(value), to_host(gradient)
    except KeyError as error:
        raise RequestError(
            f"the function asks for {error}, which is no coefficient",
            fix=f"The coefficients are {', '.join(names)}",
        ) from None
    except TypeError as error:
        raise RequestError(
            f"the function cannot be differentiated: {str(error).splitlines()[0]}",
            fix="Return one number, computed with jax.numpy",
        ) from None


def function_of(
    text: str, names: Sequence[str]
) -> tuple[Callable[[Mapping[str, Any]], Any], frozenset[str]]:
    """Return text as a function of a mapping, and the coefficients it names.

    Parameters
    ----------
    text : str
        Such as ``"exp(a) / (1 + exp(a))"``.
    names : sequence of str
        The coefficients.

    Raises
    ------
    FormulaError
        For text that is not understood, or has an equals sign.
    """
    sides = parse_sides(text, names)
    if sides.right is not None:
        raise FormulaError(
            "an equation is no function", text, text.index("="),
            "Give its left side, and null= for what it is tested against",
        )  # fmt: skip
    tree = sides.left
    return lambda given: _value(tree, given), frozenset(_named(tree))


def _named(tree: Tree) -> set[str]:
    if isinstance(tree, Symbol):
        return {tree.name}
    if isinstance(tree, Number):
        return set()
    return set().union(*map(_named, tree.parts))


def _value(tree: Tree, given: Mapping[str, Any]) -> Any:
    if isinstance(tree, Number):
        return np.float64(float(tree.value))
    if isinstance(tree, Symbol):
        return given[tree.name]
    return _applied(tree, [_value(part, given) for part in tree.parts])


def _applied(tree: Apply, parts: list[Any]) -> Any:
    jnp = jax_module().numpy
    if tree.what in ("exp", "log", "sqrt", "minus"):
        named = {
            "exp": jnp.exp,
            "log": jnp.log,
            "sqrt": jnp.sqrt,
            "minus": jnp.negative,
        }
        return named[tree.what](parts[0])
    a, b = parts
    if tree.what == "^":
        # Whole powers are products: a negative base has them, and a derivative.
        power = tree.parts[1]
        if isinstance(power, Number) and power.value.denominator == 1:
            return jnp.asarray(a) ** int(power.value)
        return jnp.power(a, b)
    if tree.what == "/":
        return jnp.divide(a, b)
    return {"+": jnp.add, "-": jnp.subtract, "*": jnp.multiply}[tree.what](a, b)
