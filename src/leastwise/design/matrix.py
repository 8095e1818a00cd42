"""The array door: X and y side by side, to the same recipe and design as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.assemble import Term
from leastwise.design.columns import matrix_columns
from leastwise.design.formula.nodes import Name
from leastwise.design.layout import Array, Design, low_columns
from leastwise.design.numeric import (
    PAIR_UNIT,
    UNIT,
    UNIT_OF_SIZE,
    Rows,
    as_float,
    first_not_finite,
    low_of_column,
)
from leastwise.design.recipe import Recipe
from leastwise.design.select import check_policy, select, weight_values
from leastwise.rows.arrays import Matrix, as_matrix, as_targets, check_same_rows
from leastwise.rows.mapping import check_index
from leastwise.rows.table import Column, make_table

SOURCE = "the arrays"
# Numbers that are looked at for missing ones in less than a tenth of a millisecond.
UNSEEN_SIZE = 100_000


@dataclass(frozen=True)
class Taken:
    """How values are taken.

    Attributes
    ----------
    missing : {"drop", "error"}
        Leave out rows with a missing value and count them, or refuse them.
    decimal : bool
        Whether numbers stand for the decimals they are written as.
    """

    missing: Literal["drop", "error"] = "drop"
    decimal: bool = False


PLAIN = Taken()


def design_from_arrays(
    X: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    weights: Any = None,
    offset: Any = None,
    taken: Taken = PLAIN,
    intercept: bool = True,
) -> tuple[Recipe, Design]:
    """Make the arrays of a fit from arrays, and a recipe for new ones.

    Parameters
    ----------
    X, y : array_like, data frame or Matrix
        Inputs and one or several targets, one row an observation. A float64 `X`
        is not copied unless rows are left out.
    names, targets : sequence of str, optional
        Names of the columns; those of a data frame, else ``x1``, ``x2``, ... and
        ``y``, or ``y1``, ``y2``, ...
    weights, offset : array_like, optional
        One value for each row. Neither is part of the recipe.
    taken : Taken
        What a missing value does, and whether numbers are decimals.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    Recipe, Design

    Examples
    --------
    >>> recipe, design = design_from_arrays([[1.0], [2.0], [4.0]], [1, 2, 3])
    >>> design.names, design.targets
    (('x1',), ('y',))
    >>> recipe.replay(np.array([[5.0]])).X
    array([[5.]])
    """
    check_policy(taken.missing, ("drop", "error"))
    inputs = X if isinstance(X, Matrix) else as_matrix(X, "X")
    outputs = y if isinstance(y, Matrix) else as_targets(y, "y")
    check_same_rows(inputs, outputs)
    recipe = _recipe(
        _names(inputs, names, "names", "x"),
        _names(outputs, targets, "targets", "y"),
        intercept=intercept,
        decimal=taken.decimal,
    )
    known = {*recipe.names, *recipe.targets}
    columns = [
        *matrix_columns(inputs, recipe.names),
        *matrix_columns(outputs, recipe.targets),
    ]
    extra: dict[str, str] = {}
    for role, given in (("weights", weights), ("offset", offset)):
        if given is not None:
            extra[role] = role if role not in known else f"{role} (the argument)"
            matrix = given if isinstance(given, Matrix) else as_matrix(given, role)
            columns.append(_one_column(matrix, outputs, extra[role]))
            if outputs.index is not None and matrix.index is not None:
                check_index((outputs.label, outputs.index), (role, matrix.index))
    table = make_table(columns, source=SOURCE, n_rows=inputs.values.shape[0])
    needed = [*recipe.targets, *recipe.names, *(c for c in [extra.get("offset")] if c)]
    weighted = extra.get("weights")
    selection = select(table, needed, weights=weighted, missing=taken.missing)
    rows = replace(selection.rows, decimal=taken.decimal)
    if rows.kept is None and _is_float64(inputs, decimal=rows.decimal):
        # Shapes and names as usual, but the user's own X.
        design = replace(recipe, terms=(), names=()).design(selection, targets=True)
        if inputs.scanned:
            _refuse_infinite(inputs.values, recipe.names, rows)
        design = _with_inputs(design, inputs.values, recipe.names, rows)
    else:
        design = recipe.design(selection, targets=True)
    if "weights" in extra:
        design = replace(design, weights=weight_values(extra["weights"], rows))
    if "offset" in extra:
        (offset, low), _ = as_float(extra["offset"], rows)
        design = replace(design, offset=offset, offset_low=low)
    if rows.decimal:
        return recipe, design
    given_roundoff = (*_own_roundoff(inputs), *_own_roundoff(outputs))
    roundoff = [
        made if given is None else given
        for made, given in zip(design.roundoff.tolist(), given_roundoff, strict=True)
    ]
    return recipe, replace(design, roundoff=np.array(roundoff, np.float64))


def _recipe(
    names: tuple[str, ...],
    targets: tuple[str, ...],
    *,
    intercept: bool,
    decimal: bool,
) -> Recipe:
    if not names and not intercept:
        raise DataError("X has no column and there is no intercept", where=SOURCE)
    if not targets:
        raise DataError("y has no column", where=SOURCE, fix="Give one target or more")
    _refuse_twice((*names, *targets))
    if intercept and "Intercept" in names:
        raise RequestError(
            'a column of X is called "Intercept" and the model has one already',
            fix="Leave the column out, or ask for intercept=False",
        )
    return Recipe(
        kind="arrays",
        formula="",
        intercept=intercept,
        terms=tuple(Term((Name(name),), (False,)) for name in names),
        encodings=(),
        names=names,
        targets=targets,
        left=tuple(Name(name) for name in targets),
        decimal=decimal,
    )


def _names(
    matrix: Matrix, given: Sequence[str] | None, argument: str, letter: str
) -> tuple[str, ...]:
    width = matrix.values.shape[1]
    if given is not None:
        names = (given,) if isinstance(given, str) else tuple(map(str, given))
        if len(names) != width:
            raise RequestError(
                f"{len(names)} {argument} for {width} columns of {matrix.label}",
                fix="Give one name for each column",
            )
        return names
    if matrix.names is not None:
        return matrix.names
    if letter == "y" and width == 1:
        return ("y",)
    return tuple(f"{letter}{j + 1}" for j in range(width))


def _refuse_twice(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RequestError(
                f'two columns of X and y are called "{name}"',
                fix="Give other names by names= or targets=",
            )
        seen.add(name)


def _one_column(matrix: Matrix, outputs: Matrix, name: str) -> Column:
    shape = matrix.values.shape
    if shape != (outputs.values.shape[0], 1):
        raise DataError(
            f"{matrix.label} has shape {shape}, y has {outputs.values.shape[0]} rows",
            fix="Give one value for each row",
        )
    return matrix_columns(matrix, [name])[0]


def _with_inputs(
    design: Design, values: Array, names: tuple[str, ...], rows: Rows
) -> Design:
    """Put the user's X beside targets that are made already."""
    zeros = np.zeros(len(names))
    roundoff, low = UNIT, None
    if rows.decimal:
        roundoff = PAIR_UNIT
        given = [rows.table.column(name).low for name in names]
        lows = [low_of_column(values[:, j], g) for j, g in enumerate(given)]
        low = low_columns(lows, len(values))
    return replace(
        design,
        X=values,
        names=names,
        origin=np.concatenate([zeros, design.origin]),
        origin_low=np.concatenate([zeros, design.origin_low]),
        roundoff=np.concatenate([zeros + roundoff, design.roundoff]),
        X_low=low,
    )


def _refuse_infinite(values: Array, names: tuple[str, ...], rows: Rows) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(np.add.reduce(values, axis=None))
    for j, name in enumerate(names):
        at = None if finite else first_not_finite(values[:, j])
        if at is not None:
            # The door of single columns words the error.
            as_float(name, rows)


def as_it_is(X: Any, taken: Taken) -> Any:
    """Take large plain arrays without a look at every value.

    Folding finds out by itself whether a number is not finite, which is rare; who
    catches that gives X as it was.

    Parameters
    ----------
    X : array_like
        As the user gave it.
    taken : Taken
        How it is to be taken.
    """
    plain = type(X) is np.ndarray and X.dtype == np.float64 and X.ndim == 2
    if plain and not taken.decimal and X.size > UNSEEN_SIZE:
        return as_matrix(X, "X", scan=False)
    return X


def _is_float64(inputs: Matrix, *, decimal: bool) -> bool:
    """Say whether the user's own X can be folded as it is."""
    # The shortest decimals of float32 columns are others than those of their float64.
    short = decimal and any(d.kind == "f" and d.itemsize < 8 for d in inputs.dtypes)
    return inputs.values.dtype == np.float64 and not short


def _own_roundoff(matrix: Matrix) -> list[float | None]:
    """Judge columns by the dtype they came in, before they were put together."""
    together = matrix.values.dtype.kind == "f"
    return [
        UNIT_OF_SIZE.get(dtype.itemsize, UNIT)
        if dtype.kind == "f"
        else (0.0 if together else None)
        for dtype in matrix.dtypes
    ]


def arrays_formula(design: Design) -> str:
    """Write what a fit of arrays would be as a formula, for the reader."""
    left = ", ".join(design.targets)
    left = f"cbind({left})" if len(design.targets) > 1 else left
    names = design.names
    shown = names if len(names) <= 8 else (*names[:3], "...", names[-1])
    right = " + ".join(shown) or "1"
    return f"{left} ~ {right}{'' if design.intercept else ' - 1'}"
