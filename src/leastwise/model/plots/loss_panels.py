"""Plots of a fit of a loss: the curve over its one input, residuals, what rows do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import LeastwiseError
from leastwise.infer.order import normal_scores, order_band, quartile_line
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.loss_influence import LossInfluence
from leastwise.model.plots.points import (
    MOST_POINTS,
    NAMED,
    cloud_of,
    even_rows,
    level_line,
    smoother,
)
from leastwise.moments.double import Array
from leastwise.record.panel import Cloud, Curve, Panel, Ribbon

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

STEPS = 161


def panels(
    model: LossModel, found: InfluenceOfRows | None, level: float, missing: list[str]
) -> list[Panel]:
    """Return the plots that a fit has; why others are missing goes to `missing`.

    Parameters
    ----------
    model : LossModel
        The fit, with its rows.
    found : InfluenceOfRows or None
        What its rows do.
    level : float
        Coverage of bands.
    missing : list of str
        Reasons are added.
    """
    made: list[Panel] = []
    ways: list[Callable[[], list[Panel]]] = [lambda: _curve(model, level)]
    if isinstance(found, LossInfluence):
        residuals = found
        ways += [
            lambda: _residuals(model, residuals),
            lambda: _normal(model, level),
        ]
    if found is not None:
        pulls = found
        ways.append(lambda: _pulls(pulls))
    for way in ways:
        try:
            made += way()
        except LeastwiseError as error:
            missing.append(f"A plot: {error}")
    return made


def _curve(model: LossModel, level: float) -> list[Panel]:
    """Return the fit over its one column of numbers, with its band."""
    name = _one_input(model)
    kept = model.sample
    if name is None or kept is None or kept.sample.source is None:
        return []
    column = kept.sample.column(name)
    if column.levels is not None or np.asarray(column.values).dtype.kind not in "fiu":
        return []
    x = np.asarray(column.values, np.float64)
    design = kept.sample.design
    y = design.Y[:, 0] + design.origin[design.X.shape[1]]
    grid = np.linspace(np.nanmin(x), np.nanmax(x), STEPS)
    at = model.predict({name: grid}, interval="confidence", level=level)
    cloud, cells = cloud_of(x, y, kept.sample.used + 1, np.abs(y - y.mean()))
    first, last = float(at.fit[0]), float(at.fit[-1])
    word = "rises" if last > first else "falls"
    return [
        Panel(
            kind="fit",
            title="The data and the fit",
            x_name=name,
            y_name=model.target,
            words=f"From {grid[0]:.4g} to {grid[-1]:.4g} of {name} the fit {word} from "
            f"{first:.4g} to {last:.4g}.",
            clouds=(cloud,),
            cells=cells,
            curves=(Curve(grid, np.asarray(at.fit), "fit", "the fit"),),
            ribbons=(
                Ribbon(
                    grid,
                    np.asarray(at.low),
                    np.asarray(at.high),
                    "mean",
                    f"{100 * level:g}% for the fit",
                ),
            ),
        )
    ]


def _one_input(model: LossModel) -> str | None:
    predictor: Any = model.predictor
    columns = getattr(predictor, "columns", None)
    if columns is None:
        recipe = getattr(predictor, "recipe", None)
        if recipe is None or getattr(recipe, "offset", None) is not None:
            return None
        columns = recipe.inputs
    return columns[0] if len(columns) == 1 else None


def _residuals(model: LossModel, found: LossInfluence) -> list[Panel]:
    """Return deviance residuals over left-out means: a trend says the form is off."""
    x, y = found.left_out, found.standardized
    cloud, cells = cloud_of(x, y, found.row, np.abs(y))
    smooth = smoother(x, y)
    return [
        Panel(
            kind="residuals",
            title="Is the form right?",
            x_name=f"{model.target}, from all other rows",
            y_name="standardized deviance residual",
            words="The smooth stays near 0 where link and form are right.",
            clouds=(cloud,),
            cells=cells,
            curves=(level_line(x, 0.0), smooth),
        )
    ]


def _normal(model: LossModel, level: float) -> list[Panel]:
    """Return quantile residuals against normal ones: the family as a whole."""
    values = np.asarray(model.quantile_residuals())
    rows = np.arange(1, len(values) + 1)
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    if len(order) < NAMED:
        return []
    sample = model.sample
    if sample is not None:
        rows = np.asarray(sample.sample.used) + 1
    ordered, n = values[order], len(order)
    scores = normal_scores(n)
    centre, slope = quartile_line(ordered)
    chosen = even_rows(scores, MOST_POINTS)
    low, high = order_band(n, chosen, level)
    beyond = _outside(ordered[chosen], low, high)
    far = np.argsort(-np.abs(ordered[chosen]), kind="stable")[:NAMED]
    ends = scores[[0, -1]]
    return [
        Panel(
            kind="qq",
            title="Does the family describe the spread?",
            x_name="normal quantile",
            y_name="quantile residual",
            words=f"{100 * beyond:.0f}% of the points are outside of their "
            f"{100 * level:g}% envelopes.",
            clouds=(
                Cloud(
                    scores[chosen],
                    ordered[chosen],
                    rows[order][chosen],
                    len(values),
                    named=tuple(int(k) for k in far),
                ),
            ),
            curves=(Curve(ends, centre + slope * ends, "reference"),),
            ribbons=(
                Ribbon(
                    scores[chosen],
                    low,
                    high,
                    "envelope",
                    f"{100 * level:g}% of a normal sample, point by point",
                ),
            ),
        )
    ]


def _outside(values: Array, low: Array, high: Array) -> float:
    return float(np.mean((values < low) | (values > high)))


def _pulls(found: InfluenceOfRows) -> list[Panel]:
    """Return Cook's distance over leverage."""
    x, y = found.leverage, found.cook
    if not (np.isfinite(x) & np.isfinite(y)).any():
        return []
    cloud, cells = cloud_of(x, y, found.row, np.nan_to_num(y))
    top = found.most(1)
    words = f"Row {int(found.row[top[0]])} moves the coefficients most." if top else ""
    return [
        Panel(
            kind="influence",
            title="Which rows move the fit?",
            x_name="leverage",
            y_name="Cook's distance",
            words=words,
            clouds=(cloud,),
            cells=cells,
        )
    ]
