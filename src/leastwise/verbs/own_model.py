"""A model of the user's own, looked at before it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.design.function_rows import FunctionRows
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.parameters import Parameters
from leastwise.loops.transform import Transform
from leastwise.moments.double import Array
from leastwise.rows.table import Table

# Rows that a model is asked of at first, and of part of which it is asked again.
FEW = 7
# Derivatives of this size are squared, and summed over rows.
LARGEST = 1e140


class _Recorder(Mapping[str, Any]):
    """Columns of a table, and which of them were asked for."""

    def __init__(self, table: Table) -> None:
        self.table, self.asked = table, dict[str, None]()

    def __getitem__(self, name: str) -> Any:
        column = self.table.column(name)
        self.asked[name] = None
        if column.kind in ("text", "date"):
            raise DataError(
                f'column "{name}" is {column.kind}, and a model reads numbers',
                self.table.source,
                "Give a column of numbers, such as codes",
            )
        return jax_module().numpy.asarray(np.asarray(column.values[:FEW], np.float64))

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.columns)

    def __len__(self) -> int:
        return len(self.table.columns)


def columns_read(
    function: Callable[[Any, Any], Any],
    parameters: Parameters,
    theta: Array,
    table: Table,
) -> tuple[str, ...]:
    """Return the columns that a model reads, in the order in which it does.

    Parameters
    ----------
    function : callable
        The model.
    parameters, theta : Parameters and ndarray
        Where it starts.
    table : Table
        The data.
    """
    recorder = _Recorder(table)
    with float64_scope():
        _call(function, parameters, theta, recorder)
    return tuple(recorder.asked)


def _call(
    function: Callable[[Any, Any], Any],
    parameters: Parameters,
    theta: Any,
    columns: Mapping[str, Any],
) -> Any:
    jax = jax_module()
    try:
        # Traced, so that what cannot be is found here, with its reason.
        return jax.eval_shape(
            lambda t: function(parameters.tree_of(t), columns),
            jax.numpy.asarray(theta),
        )
    except (
        jax.errors.TracerArrayConversionError,
        jax.errors.ConcretizationTypeError,
        jax.errors.TracerBoolConversionError,
        jax.errors.TracerIntegerConversionError,
    ) as error:
        raise RequestError(
            "the model cannot be traced by JAX: it asks for the value of a parameter "
            f"({type(error).__name__})",
            fix="Write it with jax.numpy in place of numpy and math, and jnp.where in "
            "place of if",
        ) from error
    except (KeyError, IndexError, AttributeError, TypeError) as error:
        names = ", ".join(parameters.names)
        raise RequestError(
            f"the model ends in {type(error).__name__}: {error}. It is called with the "
            f"parameters of start= ({names}) and the columns of the data",
            fix="Give a start for each parameter that it reads, and read columns by "
            'name, as in d["x"]',
        ) from error


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


def check_start(
    curve: MappedRows, rows: FunctionRows, theta: Array, names: tuple[str, ...]
) -> None:
    """See that a model has values and derivatives at the start.

    Parameters
    ----------
    curve : MappedRows
        The model with its rows.
    rows : FunctionRows
        The rows.
    theta : ndarray, shape (p,)
        The start.
    names : tuple of str, length p
        What the numbers are called.

    Raises
    ------
    DataError
        With the first row, and the parameter.
    """
    _refuse(curve.values(theta), rows, "the model")
    k = rows.target.shape[1]
    jacobian = np.concatenate([part.X for part in curve.rows(theta)])
    for j, name in enumerate(names):
        slopes = jacobian[:, j].reshape(-1, k)
        _refuse(slopes, rows, f"the derivative of the model by {name}")
        size = float(np.abs(slopes).max(initial=0.0))
        if size > LARGEST or 0.0 < size < 1.0 / LARGEST:
            raise DataError(
                f"the derivative of the model by {name} is {size:.0e} at most at the "
                "start, and its square leaves float64",
                fix=f"Start elsewhere, or write the model with {name} in another unit",
            )


def _refuse(values: Array, rows: FunctionRows, what: str) -> None:
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if not len(bad):
        return
    kept = rows.design.kept
    row = int(bad[0] if kept is None else kept[bad[0]])
    shown = ", ".join(
        f"{name} = {column[bad[0]]:g}" for name, column in rows.columns.items()
    )
    value = values[bad[0]][~np.isfinite(values[bad[0]])][0]
    raise DataError(
        f"{what} is {value} in row {row + 1} at the start"
        + (f" ({shown})" if shown else ""),
        fix="Start elsewhere, or leave such rows out",
    )


def is_by_row(model: VectorModel, rows: FunctionRows, theta: Array) -> bool:
    """Say whether a row of the output depends on that row of the columns alone.

    Asked of all rows but the first, in another order, such a model gives the same.

    Parameters
    ----------
    model : VectorModel
        The model.
    rows : FunctionRows
        The rows.
    theta : ndarray, shape (p,)
        Where to ask.
    """
    n = len(rows.target)
    if n < 3 or not rows.columns:
        return False
    order = np.arange(n - 1, 0, -1)
    mapping = Mapped(model)
    other = {name: values[order] for name, values in rows.columns.items()}
    # Of one size when padded: compiled once, and for the fit.
    whole = MappedRows(mapping, rows.columns, rows.target).values(theta)
    part = MappedRows(mapping, other, rows.target[order]).values(theta)
    good = np.isfinite(whole[order]) & np.isfinite(part)
    size = np.abs(whole[order][good]).max(initial=0.0)
    off = np.abs(whole[order][good] - part[good]).max(initial=0.0)
    same = np.array_equal(np.isfinite(whole[order]), np.isfinite(part))
    return bool(same and off <= 1e-9 * size)
