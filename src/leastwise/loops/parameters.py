"""Parameters of any pytree as one vector of named numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping as Mapping_
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loops.near import Box
from leastwise.moments.double import Array


@dataclass(frozen=True, eq=False)
class Parameters:
    """How a pytree of numbers is a vector.

    Attributes
    ----------
    tree : PyTreeDef
        The structure.
    shapes : tuple of tuple of int
        Of its leaves.
    leaves : tuple of str
        What the leaves are called, such as ``a`` or ``layer.w``.
    names : tuple of str, length p
        What the numbers are called, such as ``layer.w[1,2]``.
    """

    tree: Any
    shapes: tuple[tuple[int, ...], ...]
    leaves: tuple[str, ...]
    names: tuple[str, ...]

    def tree_of(self, theta: Any) -> Any:
        """Return a vector as the pytree; also under a transformation of JAX."""
        found, at = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape, dtype=int))
            found.append(theta[at] if shape == () else _shaped(theta, at, shape))
            at += size
        return jax_module().tree_util.tree_unflatten(self.tree, found)

    def vector_of(self, tree: Any, what: str) -> Array:
        """Return a pytree of the same structure as a vector.

        Raises
        ------
        RequestError
            When it has another structure, or holds what is no number.
        """
        read, theta = parameters_of(tree, what)
        if read.names != self.names:
            raise RequestError(
                f"{what} has the parameters {', '.join(read.names)}, the model "
                f"{', '.join(self.names)}",
                fix="Give every parameter once, in the same structure",
            )
        return theta

    def spread(self, given: Mapping_[str, Any], what: str) -> dict[int, Any]:
        """Return values by place from values by name of a leaf or of a number.

        Parameters
        ----------
        given : Mapping of str to value
            Such as bounds.
        what : str
            What they are, for the error of a name that there is not.
        """
        found = {}
        for name, value in given.items():
            inside = (f"{name}[", f"{name}.")
            places = [
                i
                for i, own in enumerate(self.names)
                if own == name or own.startswith(inside)
            ]
            if not places:
                raise RequestError(
                    f'{what} names "{name}", which is no parameter',
                    fix=f"The parameters are {', '.join(self.names)}",
                )
            found.update(dict.fromkeys(places, value))
        return found


def _shaped(theta: Any, at: int, shape: tuple[int, ...]) -> Any:
    return theta[at : at + int(np.prod(shape, dtype=int))].reshape(shape)


def parameters_of(start: Any, what: str = "start") -> tuple[Parameters, Array]:
    """Read a pytree of numbers.

    Parameters
    ----------
    start : pytree of numbers or arrays
        Dicts, lists, tuples, dataclasses that JAX knows.
    what : str
        What it is, for errors.

    Raises
    ------
    RequestError
        When a leaf is no finite real number.

    Examples
    --------
    >>> made, theta = parameters_of({"a": 1, "b": [2.0, [3.0, 4.0]]})
    >>> made.names, theta.tolist()
    (('a', 'b[0]', 'b[1][0]', 'b[1][1]'), [1.0, 2.0, 3.0, 4.0])
    """
    tree_util = jax_module().tree_util
    found, tree = tree_util.tree_flatten_with_path(start)
    if not found:
        raise RequestError(f"{what} has no parameter", fix='Give such as {"a": 1.0}')
    leaves, names, parts, shapes = [], [], [], []
    for path, leaf in found:
        name = _name(path)
        values = _numbers(leaf, name, what)
        leaves.append(name)
        shapes.append(values.shape)
        parts.append(values.ravel())
        names += [name + _index(i, values.shape) for i in np.ndindex(values.shape)]
    made = Parameters(tree, tuple(shapes), tuple(leaves), tuple(names))
    return made, np.concatenate(parts)


def _numbers(leaf: Any, name: str, what: str) -> Array:
    values = np.asarray(leaf)
    if values.dtype.kind not in "iufb" or values.dtype.kind == "b":
        raise RequestError(
            f"{what} of {name} is {leaf!r}, which is no real number",
            fix="Give a float, or an array of them",
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise RequestError(
            f"{what} of {name} is not finite", fix="Start from finite numbers"
        )
    return values


def _index(place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    return "" if shape == () else f"[{','.join(map(str, place))}]"


def _name(path: Any) -> str:
    text = ""
    for step in path:
        if hasattr(step, "idx"):
            text += f"[{step.idx}]"
        else:
            key = str(getattr(step, "key", getattr(step, "name", step)))
            text += f".{key}" if text else key
    return text or "parameter"


def box_of(
    parameters: Parameters, bounds: Mapping_[str, Any] | None, theta: Array
) -> Box:
    """Read bounds, and see that a start is inside of them.

    Parameters
    ----------
    parameters : Parameters
        The parameters.
    bounds : Mapping of str to (low, high), optional
        None for an end that is open; the two the same to hold a parameter.
    theta : ndarray, shape (p,)
        The start.

    Raises
    ------
    RequestError
        With the parameter that is outside, or whose bounds are no pair.

    Examples
    --------
    >>> made, theta = parameters_of({"a": 1.0})
    >>> box_of(made, {"a": (0, None)}, theta).high.tolist()
    [inf]
    """
    low, high = np.full(len(theta), -np.inf), np.full(len(theta), np.inf)
    for place, pair in parameters.spread(bounds or {}, "bounds").items():
        name = parameters.names[place]
        try:
            ends = [None if end is None else float(end) for end in pair]
            one, two = ends
        except (TypeError, ValueError):
            raise RequestError(
                f"the bounds of {name} are {pair!r}",
                fix="Give a pair (low, high), None for an open end",
            ) from None
        low[place] = -np.inf if one is None else one
        high[place] = np.inf if two is None else two
        if not low[place] <= high[place]:
            raise RequestError(
                f"the bounds of {name} are ({low[place]:g}, {high[place]:g})",
                fix="Give the lower one first",
            )
        if not low[place] <= theta[place] <= high[place]:
            raise RequestError(
                f"the start of {name} is {theta[place]:g}, outside its bounds "
                f"({low[place]:g}, {high[place]:g})",
                fix="Start inside the bounds",
            )
    return Box(low, high)
