"""The rows of a saved model, made again from data that are given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.layout import Design
from leastwise.design.weights import whole_sum
from leastwise.engine.plan import EXACT_TIER, Solved, fit_rows
from leastwise.engine.rows import rows_of
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.rows.read import read_table
from leastwise.solve.fit import Rank

if TYPE_CHECKING:
    from leastwise.model.model import Model

# Estimates of the same rows in another order, or by another kernel, agree at least to
# this, or to the digits that are certified if those are fewer.
SAME = 1e-9


def sample_again(model: Model, data: Any) -> Sample:
    """Make the rows of a model again, fit them, and see that they are its rows.

    Parameters
    ----------
    model : Model
        The fit, saved and loaded.
    data : data frame, mapping or path
        The rows it was fitted to, in any order.

    Returns
    -------
    Sample

    Raises
    ------
    RequestError
        When the weights were no column of the data.
    DataError
        When the data are not those it was fitted to.
    """
    recipe = model.recipe
    if model.weighing is not None and recipe.weights is None:
        raise RequestError(
            "the weights of the model were an array, which is not saved with it",
            fix="Fit again, or name a column of weights before the model is saved",
        )
    table = read_table(data, recipe.columns, decimal=recipe.decimal)
    design = recipe.replay(table, missing="drop", targets=True)
    if design.rows.used != model.rows.used:
        raise DataError(
            f"{design.rows.used} rows can be used, the model was fitted to "
            f"{model.rows.used}",
            table.source,
            "Give the rows the model was fitted to",
        )
    solved = _solved(model, design)
    target = recipe.targets.index(model.target)
    if not _is_same(model, solved, target):
        raise DataError(
            "other rows than the model was fitted to: they give other coefficients",
            table.source,
            "Give the same rows, or fit again",
        )
    return Sample(design, solved, target, data, model.weighing)


def _solved(model: Model, design: Design) -> Solved:
    counts = model.weighing is not None and model.weighing.kind == "frequency"
    shared = any(not row.left_out for row in model.aliased)
    rank: Rank = "minimum_norm" if shared else "drop"
    return fit_rows(
        rows_of(design),
        intercept=design.intercept,
        observations=whole_sum(design) if counts else None,
        target=model.plan.target,
        rank=rank,
        exact=model.plan.tier == EXACT_TIER,
    )


def _is_same(model: Model, solved: Solved, target: int) -> bool:
    fit = solved.fit
    found = fit.coefficients[:, target]
    gone = np.isnan(found)
    if (gone != np.isnan(model.estimates)).any() or fit.dof != model.dof:
        return False
    digits = np.fmin(np.nan_to_num(model.certified, nan=0.0), 9.0)
    # A coefficient near 0 is known beside its standard error.
    size = np.fmax(np.abs(model.estimates), fit.standard_errors[:, target])
    return bool(np.all(gone | _close(found, model.estimates, size, digits)))


def _close(one: Array, other: Array, size: Array, digits: Array) -> Array:
    allowed = np.fmax(SAME, 10.0**-digits) * np.fmax(size, np.abs(other))
    with np.errstate(invalid="ignore"):
        near: Array = (one == other) | (np.abs(one - other) <= allowed)
    return near
