"""A model of the user's own as it was asked for, and as a function of a vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.design.weights import Weights
from leastwise.engine.options import Options
from leastwise.engine.starts import MultiStart
from leastwise.loops.near import Box
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.parameters import Parameters
from leastwise.loops.transform import Transform
from leastwise.moments.double import Array


@dataclass(frozen=True, eq=False)
class ModelAsk:
    """What a fit of a model was asked for.

    Attributes
    ----------
    function : callable
        The model.
    data : object
        As the user gave it.
    targets : tuple of str
        What it is to give.
    parameters : Parameters
        What the numbers are called.
    theta : ndarray, shape (p,)
        The start.
    box : Box
        The bounds.
    transforms : Mapping or None
        Coordinates in which the way is gone.
    weights : Weights or None
        As in `nonlinear`.
    missing : {"drop", "error"}
        What a missing value does.
    how : Options
        The choices.
    more : MultiStart or None
        Other starts.
    solver : Optimiser or None
        A first-order solver.
    """

    function: Callable[[Any, Any], Any]
    data: Any
    targets: tuple[str, ...]
    parameters: Parameters
    theta: Array
    box: Box
    transforms: Mapping[str, Transform] | None
    weights: Weights | None
    missing: Literal["drop", "error"]
    how: Options
    more: MultiStart | None
    solver: Optimiser | None

    @property
    def formula(self) -> str:
        """Return what is fitted, for the reader."""
        name = getattr(self.function, "__name__", type(self.function).__name__)
        shown = "f" if name == "<lambda>" else name
        left = self.targets[0]
        if len(self.targets) > 1:
            left = f"cbind({', '.join(self.targets)})"
        return f"{left} ~ {shown}({', '.join(self.parameters.leaves)})"


@dataclass(frozen=True)
class VectorModel:
    """A model as a function of a flat vector, with an output of shape (n, k).

    Two of the same function and the same structure are one: JAX compiles them once.

    Attributes
    ----------
    function : callable
        The model.
    tree : PyTreeDef
        The structure of its parameters.
    shapes : tuple of tuple of int
        Of their leaves.
    targets : int
        k.
    rows : int
        n, where the model reads no column.
    """

    function: Callable[[Any, Any], Any]
    tree: Any
    shapes: tuple[tuple[int, ...], ...]
    targets: int
    rows: int

    def __call__(self, theta: Any, columns: Any) -> Any:
        """Return the output."""
        numpy, k = jax_module().numpy, self.targets
        parameters = Parameters(self.tree, self.shapes, (), ())
        found = self.function(parameters.tree_of(theta), columns)
        if isinstance(found, (tuple, list)):
            found = numpy.stack([numpy.asarray(one) for one in found], axis=-1)
        found = numpy.asarray(found)
        rows = len(next(iter(columns.values()))) if columns else self.rows
        if found.ndim == 0 and k == 1:
            # A level: the same for all rows.
            found = numpy.broadcast_to(found, (rows,))
        if found.ndim == 1 and k == 1:
            found = found[:, None]
        if found.shape != (rows, k):
            wanted = f"({rows},)" if k == 1 else f"({rows}, {k})"
            raise RequestError(
                f"the model gives an output of shape {found.shape} for {rows} rows and "
                f"{k} target{'s' * (k != 1)}",
                fix=f"Return shape {wanted}",
            )
        if numpy.issubdtype(found.dtype, numpy.complexfloating):
            raise RequestError(
                "the model gives complex numbers", fix="Return real ones"
            )
        return found.astype(theta.dtype)


@dataclass(frozen=True)
class Transformed:
    """A model as a function of other coordinates of its parameters.

    Attributes
    ----------
    model : callable
        The model as a function of a vector.
    transforms : tuple of Transform or None, length p
        Of each parameter; None for itself.
    """

    model: Callable[[Any, Any], Any]
    transforms: tuple[Transform | None, ...]

    def __call__(self, u: Any, columns: Any) -> Any:
        """Return the output."""
        numpy = jax_module().numpy
        theta = [
            u[j] if one is None else one.value(u[j], numpy)
            for j, one in enumerate(self.transforms)
        ]
        return self.model(numpy.stack(theta), columns)

    def values(self, u: Array) -> Array:
        """Return the parameters at some coordinates."""
        each = zip(self.transforms, u.tolist(), strict=True)
        return np.array([v if one is None else float(one.value(v)) for one, v in each])


def in_coordinates(
    parameters: Parameters, theta: Array, transforms: Mapping[str, Transform]
) -> tuple[tuple[Transform | None, ...], Array]:
    """Return the transform of each number, and the start in their coordinates.

    Parameters
    ----------
    parameters, theta : Parameters and ndarray
        Where the model starts.
    transforms : Mapping of str to Transform
        As of `nonlinear`.

    Raises
    ------
    RequestError
        For what is no transform, and a start outside of its range.
    """
    given = parameters.spread(transforms, "transforms")
    moved: list[Transform | None] = []
    start = theta.copy()
    for place, name in enumerate(parameters.names):
        one = given.get(place)
        moved.append(one)
        if one is None:
            continue
        if not isinstance(one, Transform):
            raise RequestError(
                f"the transform of {name} is {one!r}",
                fix="Give such as leastwise.transform.Log()",
            )
        start[place] = one.coordinate(float(theta[place]))
        if np.isnan(start[place]):
            raise RequestError(
                f"the start of {name} is {theta[place]:g}, and its transform takes "
                f"values {one.range}",
                fix="Start inside",
            )
    return tuple(moved), start
