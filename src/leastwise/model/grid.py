"""Rows at which a model is asked: all combinations of levels, the rest at means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.formula.functions import MOVED
from leastwise.design.formula.nodes import calls_in, names_in
from leastwise.design.formula.show import show
from leastwise.infer.predict import about_means
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.moments.state import select
from leastwise.rows.read import read_table
from leastwise.rows.table import did_you_mean, shown
from leastwise.solve.fit import solve

if TYPE_CHECKING:
    from leastwise.model.model import Model

# A grid of more rows is a slip, such as ten categories of ten levels.
MOST_ROWS = 1_000_000
# How far a row may be from what the columns of the fit are combinations of, in their
# standard deviations.
ESTIMABLE = 1e-8


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows made up for a question.

    Attributes
    ----------
    columns : Mapping of str to sequence
        Values of the columns that the model needs.
    rows : ndarray, shape (n, p)
        The design less the means of the fit, in the basis of its slopes.
    offset : ndarray, shape (n,)
        Sum of the offsets; 0 without any.
    estimable : ndarray of bool, shape (n,)
        False where columns that are combinations of others in the data are not here.
    """

    columns: Mapping[str, Sequence[Any]]
    rows: Array
    offset: Array
    estimable: Array


def levels_of(model: Model) -> dict[str, tuple[Any, ...]]:
    """Return the columns that are categories, with the levels of the fit."""
    found = {}
    for node, encoding in model.recipe.encodings:
        names = names_in(node)
        if encoding.kind != "interval" and len(names) == 1:
            other = () if encoding.other is None else (encoding.other,)
            found[names[0]] = (*encoding.levels, *other)
    return found


def reference_values(
    model: Model, sample: Sample, at: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]]:
    """Return the values of each column: levels, what is given, or the mean."""
    unknown = [name for name in at if name not in model.recipe.inputs]
    if unknown:
        hint = did_you_mean(unknown[0], model.recipe.inputs)
        raise RequestError(
            f'at= names "{unknown[0]}", which the model does not use',
            fix=f"{hint}Its columns are {shown(model.recipe.inputs)}",
        )
    _refuse_moved(model)
    levels = levels_of(model)
    values: dict[str, tuple[Any, ...]] = {}
    for name in model.recipe.inputs:
        if name in at:
            values[name] = _as_values(at[name])
        elif name in levels:
            values[name] = levels[name]
        else:
            values[name] = (mean_of(sample, name),)
    count = int(np.prod([len(v) for v in values.values()], dtype=float))
    if count > MOST_ROWS:
        raise RequestError(
            f"the grid has {count:,} rows",
            fix="Give fewer values with at=, or one level for some of the categories",
        )
    return values


def mean_of(sample: Sample, name: str) -> float:
    """Return the mean of a column over the rows used; rows that count, count."""
    column = sample.column(name)
    if column.kind not in ("number", "boolean"):
        raise RequestError(
            f'column "{name}" has no mean', fix=f"Give values: at={{'{name}': [...]}}"
        )
    values = column.values.astype(np.float64)
    weights = sample.design.weights if sample.frequency else None
    return float(np.average(values, weights=weights))


def make_grid(model: Model, sample: Sample, columns: Mapping[str, Any]) -> Grid:
    """Make the design of rows.

    Parameters
    ----------
    model, sample : Model, Sample
        The fit and the rows it stands on.
    columns : Mapping of str to sequence
        Values of the columns that the model needs, a row each.
    """
    recipe = model.recipe
    if not recipe.inputs:
        none = np.zeros((1, 0))
        return Grid({}, none, np.zeros(1), np.ones(1, bool))
    table = read_table(dict(columns), recipe.inputs)
    design = recipe.replay(table, missing="error")
    rows = about_means(
        model.basis, design.X, design.origin, design.origin_low, design.X_low
    )
    plain = design.X + (design.origin + design.origin_low)
    offset = np.zeros(len(rows)) if design.offset is None else design.offset
    return Grid(columns, rows, offset, _estimable(sample, plain))


def crossed(values: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return every combination, the first column changing slowest.

    Examples
    --------
    >>> crossed({"a": (1, 2), "b": ("x", "y")})
    {'a': [1, 1, 2, 2], 'b': ['x', 'y', 'x', 'y']}
    """
    made = list(product(*values.values()))
    return {name: [row[i] for row in made] for i, name in enumerate(values)}


def _as_values(given: Any) -> tuple[Any, ...]:
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        return (given,)
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in given)
    if not values:
        raise RequestError("at= has a column without values", fix="Give one or more")
    return values


def _refuse_moved(model: Model) -> None:
    nodes = [v for term in model.recipe.terms for v in term.variables]
    moved = calls_in(MOVED, *nodes, *model.recipe.offsets)
    if moved:
        raise RequestError(
            f"{show(moved[0])} depends on the row before, and a grid has no order",
            fix="Make such a column in the data, and name it in the formula",
        )


def _estimable(sample: Sample, X: Array) -> Array:
    """Find rows that keep to the combinations which the data have."""
    fit, m = sample.solved.fit, sample.solved.moments
    dropped = np.flatnonzero(~fit.kept)
    good = np.ones(len(X), bool)
    if not len(dropped) or fit.least_norm:
        return good
    kept = np.flatnonzero(fit.kept)
    for j in dropped:
        # Column j as a target: its place among inputs and targets.
        own = solve(select(m, kept, [j - m.n_inputs]), intercept=fit.intercept)
        lead = int(fit.intercept)
        slopes = np.nan_to_num(own.coefficients[lead:, 0])
        level = own.coefficients[0, 0] if lead else 0.0
        terms = X[:, kept] * slopes
        off = np.abs(X[:, j] - level - terms.sum(axis=1))
        size = np.abs(X[:, j]) + abs(level) + np.abs(terms).sum(axis=1)
        good &= off <= ESTIMABLE * np.maximum(size, np.finfo(float).tiny)
    return good
