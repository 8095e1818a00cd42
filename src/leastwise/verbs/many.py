"""Fits of several predictors: what `glm` does for families that have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import build, columns_needed
from leastwise.design.formula.nodes import Name
from leastwise.design.formula.parse import Formula, parse
from leastwise.design.layout import Array, Design
from leastwise.design.levels import read_policy
from leastwise.design.weights import Weights, analytic, with_weights
from leastwise.loss.many import Multinomial, Ordered
from leastwise.loss.many.base import ManyLoss
from leastwise.loss.many.survival import Survival
from leastwise.model.loss_model import LossModel
from leastwise.model.make_loss import Request
from leastwise.model.make_many import make_many_model
from leastwise.rows.read import read_table
from leastwise.verbs.classes import with_codes, with_levels
from leastwise.verbs.rows import Asked, Given


def fit_many(loss: ManyLoss, asked: Asked, cov: Any) -> LossModel:
    """Fit a family of several predictors.

    Parameters
    ----------
    loss : ManyLoss
        The family.
    asked : Asked
        Which rows.
    cov : Covariance, str or None
        Another covariance than that of the observed information.
    """
    if asked.y is not None or asked.X is not None:
        raise RequestError(
            f"{loss.name} takes a formula and data",
            fix='Give the arrays as a mapping: glm("y ~ a + b", {"y": y, "a": a, ...})',
        )
    if not isinstance(asked.formula, str):
        raise RequestError(
            "a fit takes a formula and data", fix='Call it as ("y ~ x", data)'
        )
    parsed = parse(asked.formula)
    if len(parsed.targets) != 1:
        raise RequestError(
            f"{loss.name} takes one target, the formula has {len(parsed.targets)}",
            fix="Fit one target at a time",
        )
    if loss.column is not None:
        parsed = replace(parsed, targets=(*parsed.targets, Name(loss.column)))
    loss, given = _read(loss, asked, parsed)
    design = given.design
    if design.offset is not None and not any(p.has_offset for p in loss.parts):
        raise RequestError(
            f"{loss.name} takes no offset", fix="Leave the offset out of the model"
        )
    if isinstance(loss, Ordered) and not design.intercept:
        raise RequestError(
            "the thresholds of an ordered model are its intercept",
            fix="Leave - 1 out of the formula",
        )
    _check(loss, design, given.recipe.targets[0])
    request = Request(
        formula=asked.formula,
        kind=loss.title,
        recipe=given.recipe,
        design=design,
        source=asked.data,
        weights=given.weights,
        cov=cov,
    )
    return make_many_model(request, loss)


def _read(loss: ManyLoss, asked: Asked, parsed: Formula) -> tuple[ManyLoss, Given]:
    """Make the arrays, the classes of a target as codes, the events beside times."""
    given = asked.weights
    weights = given if isinstance(given, Weights) or given is None else analytic(given)
    data, column, beside = asked.data, None, None
    if weights is not None:
        data, column = with_weights(data, weights.values)
    if asked.offset is not None:
        data, beside = with_weights(data, asked.offset, role="offset")
    table = read_table(data, columns_needed(parsed, weights=column, offset=beside))
    levels: tuple[str, ...] = ()
    if isinstance(loss, (Multinomial, Ordered)):
        table, levels = with_codes(table, parsed, loss)
    recipe, design = build(
        parsed,
        table,
        weights=column,
        offset=beside,
        missing=asked.missing,
        levels=read_policy(asked.levels),
    )
    if isinstance(loss, (Multinomial, Ordered)):
        y = _targets(design)[:, 0]
        loss = with_levels(loss, levels, y, design.weights, recipe.targets[0])
    elif isinstance(loss, Survival) and loss.column is None:
        design = _all_seen(design)
    return loss, Given(parsed.text, recipe, design, weights, asked.data)


def _targets(design: Design) -> Array:
    p = design.X.shape[1]
    return np.asarray(design.Y + (design.origin + design.origin_low)[p:])


def _all_seen(design: Design) -> Design:
    """Add events that were all seen."""
    ones, zero = np.ones((len(design.Y), 1)), np.zeros(1)
    low = design.Y_low
    return replace(
        design,
        Y=np.hstack([design.Y, ones]),
        Y_low=None if low is None else np.hstack([low, 0.0 * ones]),
        origin=np.append(design.origin, zero),
        origin_low=np.append(design.origin_low, zero),
        roundoff=np.append(design.roundoff, zero),
    )


def _check(loss: ManyLoss, design: Design, target: str) -> None:
    found = loss.complaint(_targets(design))
    if found is not None and found.row < 0:
        raise DataError(f"{target}: {found.what}", fix=found.fix)
    if found is not None:
        kept = design.kept
        row = found.row if kept is None else int(kept[found.row])
        raise DataError(f"row {row + 1} of {target}: {found.what}", fix=found.fix)
