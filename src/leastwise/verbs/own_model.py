"""A model of the user's own, looked at before it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.design.function_rows import FunctionRows
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.parameters import Parameters
from leastwise.moments.double import Array
from leastwise.rows.table import Table
from leastwise.verbs.model_ask import VectorModel

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
    refuse_sizes(checked_sizes(curve, rows, theta, names), names)


def checked_sizes(
    curve: MappedRows,
    rows: FunctionRows,
    theta: Array,
    names: tuple[str, ...],
    table: Table | None = None,
) -> Array:
    """Return the size of each derivative at the start; refuse what is not finite.

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
    table : Table, optional
        Where the rows come from, when they are not those of a whole table.

    Raises
    ------
    DataError
        With the first row, and the parameter.
    """
    _refuse(curve.values(theta), rows, "the model", table)
    k = rows.target.shape[1]
    jacobian = np.concatenate([part.X for part in curve.rows(theta)])
    sizes = np.zeros(len(names))
    # An infinite derivative makes others NaN, as 0 times infinity: it comes first.
    infinite = np.isinf(jacobian).any(axis=0)
    for j in np.argsort(~infinite, kind="stable").tolist():
        slopes = jacobian[:, j].reshape(-1, k)
        _refuse(slopes, rows, f"the derivative of the model by {names[j]}", table)
        sizes[j] = np.abs(slopes).max(initial=0.0)
    return sizes


def refuse_sizes(sizes: Array, names: tuple[str, ...]) -> None:
    """Refuse derivatives whose squares leave float64.

    Parameters
    ----------
    sizes : ndarray, shape (p,)
        The largest of each.
    names : tuple of str, length p
        What the numbers are called.

    Raises
    ------
    DataError
        With the parameter.
    """
    for size, name in zip(sizes.tolist(), names, strict=True):
        if size > LARGEST or 0.0 < size < 1.0 / LARGEST:
            raise DataError(
                f"the derivative of the model by {name} is {size:.0e} at most at the "
                "start, and its square leaves float64",
                fix=f"Start elsewhere, or write the model with {name} in another unit",
            )


def _refuse(values: Array, rows: FunctionRows, what: str, table: Table | None) -> None:
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if not len(bad):
        return
    kept = rows.design.kept
    row = int(bad[0] if kept is None else kept[bad[0]])
    label = f"row {row + 1}" if table is None else table.row_label(row)
    shown = ", ".join(
        f"{name} = {column[bad[0]]:g}" for name, column in rows.columns.items()
    )
    value = values[bad[0]][~np.isfinite(values[bad[0]])][0]
    raise DataError(
        f"{what} is {value} in {label} at the start" + (f" ({shown})" if shown else ""),
        None if table is None else table.source,
        "Start elsewhere, or leave such rows out",
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
