"""Means at levels and effects of columns, of a fit of a family.

On the scale of the link they are those of least squares. On that of the mean each
predictor goes through the link before anything is averaged, and standard errors are by
the delta method: with ``mu = g(x'b)`` the gradient of an average is that of ``mu' x``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.recipe import Recipe
from leastwise.infer.combine import Combined, combine
from leastwise.infer.predict import Basis, about_means
from leastwise.loss.family.base import Family
from leastwise.model import slopes as plain
from leastwise.model.estimates import Estimates, tabulate
from leastwise.model.grid import make_grid, reference_values
from leastwise.model.kept_rows import rows_of
from leastwise.model.means import Means, asked_means, label_of
from leastwise.model.named import check_level
from leastwise.model.predictor import LinearPredictor
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.rows.table import Table

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel
    from leastwise.model.model import Model


@dataclass(frozen=True, eq=False)
class _View:
    """What grids and slopes read of a model."""

    recipe: Recipe
    basis: Basis
    sigma: float
    t_dof: Any
    sample: Sample


def _view(model: LossModel) -> Any:
    predictor = model.predictor
    if not isinstance(predictor, LinearPredictor):
        raise RequestError(
            f"{model.kind} has no linear predictor", fix="Use m.delta(...)"
        )
    kept = rows_of(model)
    return _View(
        predictor.recipe, predictor.basis, model.sigma, model.t_dof, kept.sample
    )


def family_with_link(model: LossModel, kind: str) -> Family | None:
    """Return the family whose means are averaged; None on the scale of the link.

    Parameters
    ----------
    model : LossModel
        The fit.
    kind : {"mean", "link"}
        On which scale.
    """
    if kind == "link":
        return None
    if kind != "mean":
        raise RequestError(f"kind={kind!r} is unknown", fix='Use "mean" or "link"')
    if not isinstance(model.loss, Family):
        return None
    return model.loss


def means_of_loss(
    model: LossModel,
    names: tuple[str, ...],
    *,
    at: Mapping[str, Any],
    weights: str,
    kind: str,
    level: float,
) -> Means:
    """Average what a fit predicts over a grid; see `LossModel.means`."""
    check_level(level)
    family = family_with_link(model, kind)
    view = _view(model)
    as_model, sample = cast("Model", view), view.sample
    full, found, average = asked_means(as_model, sample, names, at, weights)
    grid = make_grid(as_model, sample, full)
    lead = np.full(len(grid.rows), float(view.recipe.intercept))
    eta = combine_estimates(view, grid.rows, lead) + grid.offset
    untold = ~average.any(axis=1) | ((average > 0) & ~grid.estimable).any(axis=1)
    if family is None:
        estimates, turned = average @ eta, average
    else:
        estimates = average @ family.mean(eta)
        turned = average * family.mean_slope(eta)
    combined = combine(view.basis, view.sigma, turned @ grid.rows, turned @ lead)
    covariance = combined.covariance.copy()
    estimates[untold] = covariance[untold, :] = covariance[:, untold] = np.nan
    whole = Combined(estimates, covariance)
    table = tabulate([label_of(key) for key in found], whole, _dof(model), level)
    return Means(names, tuple(found), table, whole)


def combine_estimates(view: Any, rows: Array, lead: Array) -> Array:
    """Return predictors of rows about the means.

    Parameters
    ----------
    view : object
        With the basis of a fit.
    rows : ndarray, shape (n, p)
        Less the means, in the basis of the slopes.
    lead : ndarray, shape (n,)
        How often the level counts.
    """
    return np.asarray(lead * view.basis.target_mean + rows @ view.basis.slopes)


def _dof(model: LossModel) -> float:
    dof = model.t_dof
    return float(np.nanmin(dof)) if isinstance(dof, np.ndarray) else float(dof)


def slopes_of_loss(
    model: LossModel,
    names: tuple[str, ...],
    *,
    at: Mapping[str, Any],
    by: str | None,
    kind: str,
    level: float,
) -> Estimates:
    """Average the slopes of a fit over its rows; see `LossModel.slopes`."""
    check_level(level)
    family = family_with_link(model, kind)
    view = _view(model)
    as_model, sample = cast("Model", view), view.sample
    names = plain.chosen(as_model, names)
    given = reference_values(as_model, sample, at)
    table, weights = plain.rows_table(as_model, sample), plain.row_weights(sample)
    labels: list[str] = []
    lines: list[Array] = []
    leads: list[float] = []
    values: list[float] = []
    for name in names:
        for where, rows in plain.cases(table, {n: given[n] for n in at}):
            each, by_level, by_slopes = _of_rows(view, rows, name, family)
            for which, share in plain.groups(sample, by, len(each), weights):
                labels.append(", ".join([name, *where, *which]))
                values.append(float(share @ each))
                leads.append(float(share @ by_level))
                lines.append(share @ by_slopes)
    found = combine(view.basis, view.sigma, np.array(lines), np.array(leads))
    combined = Combined(np.array(values), found.covariance)
    return tabulate(labels, combined, _dof(model), level)


def _of_rows(
    view: Any, table: Table, name: str, family: Family | None
) -> tuple[Array, Array, Array]:
    """Return the slope of each row, and its gradient by level and slopes."""
    made, beside = plain.slopes_of_rows(cast("Model", view), table, name)
    if view.basis.change is not None:
        made = made @ view.basis.change
    each = made @ view.basis.slopes + beside
    if family is None:
        return each, np.zeros(len(each)), made
    design = view.recipe.replay(table, missing="error")
    rows = about_means(
        view.basis, design.X, design.origin, design.origin_low, design.X_low
    )
    lead = np.full(len(rows), float(view.recipe.intercept))
    eta = combine_estimates(view, rows, lead)
    if design.offset is not None:
        eta = eta + design.offset
    slope = family.mean_slope(eta)
    bent = slope * family.how.bend(eta) * each
    return slope * each, bent * lead, bent[:, None] * rows + slope[:, None] * made
