"""What all verbs do first: a formula and data, or arrays, become a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import build, columns_needed
from leastwise.design.formula.parse import parse
from leastwise.design.layout import Design
from leastwise.design.levels import ERROR, read_policy
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights, analytic, whole_sum, with_weights
from leastwise.engine.rows import rows_of
from leastwise.loops.working import Problem
from leastwise.loss.base import Loss
from leastwise.moments.blocks import Rows
from leastwise.rows.read import read_table
from leastwise.rows.table import did_you_mean
from leastwise.verbs.classes import two_classes


@dataclass(frozen=True, eq=False)
class Given:
    """A formula and data as arrays.

    Attributes
    ----------
    formula : str
        As the user wrote it.
    recipe, design : Recipe, Design
        How the rows were made, and the rows.
    weights : Weights or None
        What the weights mean.
    source : object
        The data as given.
    """

    formula: str
    recipe: Recipe
    design: Design
    weights: Weights | None
    source: Any


@dataclass(frozen=True, eq=False)
class Asked:
    """Which rows, as they were asked for; the arguments of `leastwise.ols`.

    Attributes
    ----------
    formula, data
        A formula and its data; or both None.
    y, X
        Arrays; or both None.
    intercept : bool
        For arrays.
    weights, offset : optional
        A column or one number a row.
    missing : {"drop", "error"}
        What a missing value does.
    levels : str or policy
        What becomes of levels that the fit has not seen.
    two_classes : bool
        Whether a target of text with two classes is 0 and 1.
    """

    formula: Any = None
    data: Any = None
    y: Any = None
    X: Any = None
    intercept: bool = True
    weights: Any = None
    offset: Any = None
    missing: Any = "drop"
    levels: Any = ERROR
    two_classes: bool = False


def with_arrays(asked: Asked, given: dict[str, Any]) -> Asked:
    """Add the keywords that a verb hands on: arrays, and what becomes of levels.

    Parameters
    ----------
    asked : Asked
        What the verb knows itself.
    given : dict
        Other keywords.

    Raises
    ------
    TypeError
        For a keyword that does not exist, as Python does.

    Examples
    --------
    >>> with_arrays(Asked(), {"y": [1.0], "X": [[2.0]]}).X
    [[2.0]]
    """
    known = ("y", "X", "intercept", "levels")
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            raise TypeError(f"unexpected keyword argument {name!r}. {hint}".rstrip())
    return replace(asked, **given)


def read(asked: Asked) -> Given:
    """Make the arrays of a fit.

    Parameters
    ----------
    asked : Asked
        Which rows.

    Raises
    ------
    RequestError
        When it is neither a formula with data nor two arrays.
    """
    formula, given = asked.formula, asked.weights
    if (asked.y is None) != (asked.X is None) or (formula is None) == (asked.y is None):
        raise RequestError(
            "a fit takes a formula and data, or y= and X=",
            fix='Call it as ("y ~ x", data), or with y=y, X=X',
        )
    weights = given if isinstance(given, Weights) or given is None else analytic(given)
    if formula is None:
        return _from_arrays(asked, weights)
    if not isinstance(formula, str):
        raise RequestError(
            f"the formula is {type(formula).__name__}, not text",
            fix='The formula comes first: "y ~ x", then the data',
        )
    if not asked.intercept:
        raise RequestError(
            "intercept=False is for arrays", fix="Write - 1 in the formula"
        )
    data, column, beside = asked.data, None, None
    if weights is not None:
        data, column = with_weights(data, weights.values)
    if asked.offset is not None:
        data, beside = with_weights(data, asked.offset, role="offset")
    table = read_table(data, columns_needed(formula, weights=column, offset=beside))
    note = None
    if asked.two_classes:
        table, note = two_classes(table, parse(formula))
    recipe, design = build(
        formula,
        table,
        weights=column,
        offset=beside,
        missing=asked.missing,
        levels=read_policy(asked.levels),
    )
    if note is not None:
        design = replace(design, notes=(note, *design.notes))
    return Given(formula, recipe, design, weights, asked.data)


def _from_arrays(asked: Asked, weights: Weights | None) -> Given:
    from leastwise.design.matrix import Taken, arrays_formula, design_from_arrays

    if asked.data is not None:
        raise RequestError("data= goes with a formula", fix="Give y= and X= alone")
    values = None if weights is None else weights.values
    for role, given in (("weights", values), ("offset", asked.offset)):
        if isinstance(given, str):
            raise RequestError(
                f'{role}="{given}" names a column, and arrays have none',
                fix=f"Give the {role} as an array",
            )
    recipe, design = design_from_arrays(
        asked.X,
        asked.y,
        weights=values,
        offset=asked.offset,
        taken=Taken(asked.missing),
        intercept=asked.intercept,
    )
    return Given(arrays_formula(design), recipe, design, weights, None)


def problem_of(given: Given, loss: Loss) -> Problem:
    """Return the rows with a loss.

    Parameters
    ----------
    given : Given
        The arrays; with two targets, numbers of successes and failures.
    loss : Loss
        What a row costs.
    """
    design = given.design
    rows = rows_of(design)
    p = design.X.shape[1]
    Y = design.Y
    if design.Y_low is not None:
        Y = Y + design.Y_low
    Y = Y + (design.origin + design.origin_low)[p:]
    weights, observations = rows.weights, None
    if given.weights is not None and given.weights.kind == "frequency":
        observations = whole_sum(design)
    if Y.shape[1] == 2:
        Y, weights = shares(Y, weights, given)
    made = Rows(
        X=rows.X,
        Y=np.ascontiguousarray(Y[:, :1], np.float64),
        weights=weights,
        origin=None if rows.origin is None else np.append(rows.origin[:p], 0.0),
        origin_low=None
        if rows.origin_low is None
        else np.append(rows.origin_low[:p], 0.0),
        roundoff=None
        if rows.roundoff is None
        else np.append(rows.roundoff[:p], 2.0**-53),
        X_low=rows.X_low,
    )
    return Problem(loss, made, design.offset, design.intercept, observations)


def shares(Y: Any, weights: Any, given: Given) -> tuple[Any, Any]:
    """Return shares of successes and the numbers of trials as weights.

    Parameters
    ----------
    Y : ndarray, shape (n, 2)
        Successes and failures.
    weights : ndarray, shape (n,), or None
        Case weights.
    given : Given
        Whose rows these are.
    """
    total = Y.sum(axis=1)
    bad = np.flatnonzero((Y < 0).any(axis=1) | (total <= 0))
    if len(bad):
        kept = given.design.kept
        row = int(bad[0] if kept is None else kept[bad[0]])
        raise DataError(
            "row {} has {:g} successes and {:g} failures".format(row + 1, *Y[bad[0]]),
            fix="Give counts of 0 or more, at least one of them above 0",
        )
    return (Y[:, :1] / total[:, None]), total if weights is None else weights * total
