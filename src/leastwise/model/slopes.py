"""Marginal effects: how much the prediction changes by unit of a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.derivative import design_slopes, slope
from leastwise.design.numeric import Rows
from leastwise.infer.combine import Combined, combine
from leastwise.model.covariance import sample_of
from leastwise.model.estimates import Estimates, dof_of, tabulate
from leastwise.model.grid import crossed, levels_of, reference_values
from leastwise.model.named import check_level
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.rows.read import read_table
from leastwise.rows.table import Table, did_you_mean, make_table, shown

if TYPE_CHECKING:
    from leastwise.model.model import Model


def slopes(
    model: Model,
    names: tuple[str, ...],
    *,
    at: Mapping[str, Any],
    by: str | None,
    over: str,
    level: float,
    data: Any,
) -> Estimates:
    """Average the slopes of a model; see `Model.slopes`."""
    check_level(level)
    if over not in ("rows", "means"):
        raise RequestError(f"over={over!r} is unknown", fix='Use "rows" or "means"')
    sample = sample_of(model, data)
    names = chosen(model, names)
    given = reference_values(model, sample, at)
    weights: Array | None = None
    table: Table | None
    if over == "rows":
        table, weights = rows_table(model, sample), row_weights(sample)
    else:
        free = {name: v for name, v in given.items() if name not in at}
        table = read_table(crossed(free)) if free else None
    labels, lines, more = [], [], []
    for name in names:
        for where, rows in cases(table, {n: given[n] for n in at}):
            made, beside = slopes_of_rows(model, rows, name)
            for which, share in groups(sample, by, len(made), weights):
                labels.append(", ".join([name, *where, *which]))
                lines.append(share @ made)
                more.append(float(share @ beside))
    combined = _combined(model, np.array(lines), np.array(more))
    return tabulate(labels, combined, dof_of(model), level)


def _combined(model: Model, lines: Array, more: Array) -> Combined:
    if model.basis.change is not None:
        lines = lines @ model.basis.change
    found = combine(model.basis, model.sigma, lines, np.zeros(len(lines)))
    return Combined(found.estimates + more, found.covariance)


def chosen(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that slopes are asked of: all numbers when none is named.

    Parameters
    ----------
    model : Model
        The fit.
    names : tuple of str
        Columns.
    """
    levels = levels_of(model)
    numbers = [name for name in model.recipe.inputs if name not in levels]
    for name in names:
        if name not in model.recipe.inputs:
            raise RequestError(
                f'the model does not use "{name}"',
                fix=f"{did_you_mean(name, numbers)}It has slopes by {shown(numbers)}",
            )
    if not numbers:
        raise RequestError(
            "the model has no column of numbers", fix="Compare levels with m.means()"
        )
    return names or tuple(numbers)


def row_weights(sample: Sample) -> Array | None:
    """Return how often each row counts; None where all count once.

    Parameters
    ----------
    sample : Sample
        The rows.
    """
    return sample.design.weights if sample.frequency else None


def rows_table(model: Model, sample: Sample) -> Table:
    """Return the columns of the rows of the fit.

    Parameters
    ----------
    model, sample : Model, Sample
        The fit and its rows.
    """
    columns = [sample.column(name) for name in model.recipe.inputs]
    return make_table(columns, source="the rows of the fit")


def cases(
    table: Table | None, at: Mapping[str, tuple[Any, ...]]
) -> list[tuple[list[str], Table]]:
    """Return the rows with each combination of what is fixed, and labels.

    Parameters
    ----------
    table : Table or None
        The rows.
    at : Mapping of str to tuple
        Values of the columns that are fixed.
    """
    if not at:
        return [([], table)] if table is not None else []
    full = crossed(at)
    made = []
    for i in range(len(next(iter(full.values())))):
        fixed = {name: values[i] for name, values in full.items()}
        count = 1 if table is None else table.n_rows
        added = read_table({name: [value] * count for name, value in fixed.items()})
        columns = {} if table is None else dict(table.columns)
        columns |= added.columns
        label = [f"{name} = {_word(value)}" for name, value in fixed.items()]
        made.append((label, make_table(columns.values(), source="the rows of at=")))
    return made


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def slopes_of_rows(model: Model, rows: Table, name: str) -> tuple[Array, Array]:
    """Return slopes of the design by row, and of the offsets.

    Parameters
    ----------
    model : Model
        The fit.
    rows : Table
        Where.
    name : str
        By which column.
    """
    recipe = model.recipe
    made = design_slopes(recipe, rows, name)
    of_rows = Rows(rows, None, recipe.decimal, dict(recipe.learnt))
    more = np.zeros(len(made))
    for node in recipe.offsets:
        more = more + slope(node, of_rows, name)
    return made, more + float(recipe.offset == name)


def groups(
    sample: Sample, by: str | None, count: int, weights: Array | None
) -> list[tuple[list[str], Array]]:
    """Return shares of the rows in each average, and labels.

    Parameters
    ----------
    sample : Sample
        The rows of the fit.
    by : str or None
        A column whose values have averages of their own.
    count : int
        Rows that slopes were made of.
    weights : ndarray, shape (n,), or None
        How often each counts.
    """
    w = np.ones(count) if weights is None else weights
    if by is None:
        return [([], w / w.sum())]
    column = sample.column(by)
    if len(column.values) != count:
        raise RequestError(
            "by= is for the rows of the fit", fix='Leave out by=, or over="means"'
        )
    levels = column.levels if column.kind == "text" else None
    found = []
    for value in np.unique(column.values):
        share = np.where(column.values == value, w, 0.0)
        word = levels[value] if levels is not None else _word(value.item())
        found.append(([f"{by} = {word}"], share / share.sum()))
    return found
