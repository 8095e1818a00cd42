"""What all verbs do first: a formula and data, or arrays, become a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import build, columns_needed
from leastwise.design.layout import Design
from leastwise.design.levels import ERROR, read_policy
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights, analytic, whole_sum, with_weights
from leastwise.engine.rows import rows_of
from leastwise.loops.working import Problem
from leastwise.loss.base import Loss
from leastwise.moments.blocks import Rows
from leastwise.rows.read import read_table


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


def read(
    formula: str,
    data: Any,
    *,
    weights: Any = None,
    offset: Any = None,
    missing: Any = "drop",
    levels: Any = ERROR,
) -> Given:
    """Make the arrays of a fit.

    Parameters
    ----------
    formula : str
        As in `leastwise.ols`.
    data : data frame, mapping or path
        As in `leastwise.ols`.
    weights : str, Weights or array_like, optional
        As in `leastwise.ols`.
    offset : str or array_like, optional
        A column or one number a row that the predictor has beside the coefficients.
    missing : {"drop", "error"}
        What a missing value does.
    levels : str or policy
        As in `leastwise.ols`.
    """
    if not isinstance(formula, str):
        raise RequestError(
            f"the formula is {type(formula).__name__}, not text",
            fix='The formula comes first: "y ~ x", then the data',
        )
    given = (
        weights
        if isinstance(weights, Weights) or weights is None
        else analytic(weights)
    )
    source = data
    column: str | None = None
    beside: str | None = None
    if given is not None:
        data, column = with_weights(data, given.values)
    if offset is not None:
        data, beside = with_weights(data, offset)
    needed = columns_needed(formula, weights=column, offset=beside)
    table = read_table(data, needed)
    recipe, design = build(
        formula,
        table,
        weights=column,
        offset=beside,
        missing=missing,
        levels=read_policy(levels),
    )
    return Given(formula, recipe, design, given, source)


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
