"""A fit of a loss -> the expression of its prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.predict import Basis
from leastwise.loss.many.base import Part
from leastwise.model.export.expression import (
    Column,
    Const,
    Expression,
    Named,
    Product,
    Score,
    Sum,
)
from leastwise.model.export.mean import mean_of, several_of
from leastwise.model.export.score import finished, linear_parts, names_that_show
from leastwise.model.export.traced import traced
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.many_predictor import ManyPredictor
from leastwise.model.predictor import LinearPredictor
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel
    from leastwise.model.quantiles import Quantiles


def loss_score_of(model: LossModel) -> Score:
    """Write a fit of a loss as an expression of its columns.

    Parameters
    ----------
    model : LossModel
        The fit.

    Raises
    ------
    RequestError
        For a model that is a Python function, or whose mean is one.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> loss_score_of(lw.glm("y ~ x", data, family="poisson")).inputs
    (('x', 'number'),)
    """
    predictor, words = model.predictor, (model.formula, model.target)
    if isinstance(predictor, ManyPredictor):
        return _of_many(predictor, words)
    if isinstance(predictor, FunctionPredictor):
        return _of_function(model, predictor)
    if not isinstance(predictor, LinearPredictor):
        raise RequestError(
            "the model was saved without its function", fix="Fit again to export"
        )
    made = linear_parts(predictor.recipe, predictor.basis)
    score = finished(predictor.recipe, made, words)
    return replace(score, value=mean_of(model.loss, _held("eta", score.value)))


def quantiles_score_of(models: Quantiles) -> Score:
    """Write several quantiles of one target, a column each.

    Parameters
    ----------
    models : Quantiles
        The fits.
    """
    scores = [loss_score_of(model) for model in models.models]
    named = [(f"q={q!r}", s.value) for q, s in zip(models.q, scores, strict=True)]
    return replace(_together(scores), value=named[0][1], several=tuple(named))


def _of_function(model: LossModel, predictor: FunctionPredictor) -> Score:
    columns, function = predictor.columns, predictor.mapping.function
    values = tuple(
        mean_of(model.loss, e) for e in traced(function, predictor.theta, columns)
    )
    named = tuple(zip(predictor.targets, map(_marked(columns), values), strict=True))
    return Score(
        formula=model.formula,
        target=model.target,
        value=named[0][1],
        inputs=tuple((name, "number") for name in columns),
        several=named if len(named) > 1 else (),
    )


def _marked(columns: Sequence[str]) -> Callable[[Expression], Expression]:
    """Make a prediction missing where any column is."""

    def mark(value: Expression) -> Expression:
        shown = names_that_show(value)
        gaps = [Product((Const(0.0), Column(n))) for n in columns if n not in shown]
        return Sum((value, *gaps)) if gaps else value

    return mark


def _held(name: str, value: Expression) -> Expression:
    return value if isinstance(value, Const) else Named(name, value)


def _of_many(predictor: ManyPredictor, words: tuple[str, str]) -> Score:
    recipe, loss = predictor.recipe, predictor.loss
    scores: list[Score] = []
    etas: list[Expression] = []
    at = 0
    for part in loss.parts:
        basis, at, has_one = _basis_of(predictor, part, at)
        if part.kind == "level":
            etas.append(Const(basis.target_mean))
            continue
        made = linear_parts(recipe, basis, intercept=has_one, offset=part.has_offset)
        scores.append(finished(recipe, made, words))
        etas.append(_held("eta", scores[-1].value))
    if not scores:
        scores = [finished(recipe, [], words)]
    values, ranks = several_of(loss, tuple(etas))
    score = _together(scores)
    if not loss.classes:
        return replace(score, value=values[0])
    several = tuple(zip(loss.classes, values, strict=True))
    return replace(score, value=values[0], several=several, ranks=ranks)


def _basis_of(predictor: ManyPredictor, part: Part, at: int) -> tuple[Basis, int, bool]:
    """Give coefficients of one predictor, the place after them, and the intercept."""
    p = len(predictor.recipe.names)
    if part.kind == "level":
        level = float(predictor.estimates[at])
        return _basis(level, np.zeros(p), np.zeros(p)), at + 1, True
    has_one = part.kind == "all" and predictor.recipe.intercept
    own = slice(at, at + p + int(has_one))
    b = np.nan_to_num((predictor.about if has_one else predictor.estimates)[own])
    if has_one:
        return _basis(float(b[0]), b[1:], predictor.center), own.stop, True
    return _basis(0.0, b, np.zeros(p)), own.stop, False


def _basis(level: float, slopes: Array, center: Array) -> Basis:
    p = len(slopes)
    return Basis(center, np.zeros(p), level, slopes, np.zeros((p, p)), 1.0)


def _together(scores: Sequence[Score]) -> Score:
    """Take together what each of several expressions reads."""
    kinds: dict[str, str] = {}
    for score in scores:
        for name, kind in score.inputs:
            if kinds.get(name, "number") == "number":
                kinds[name] = kind
    watched = [name for score in scores for name in score.watched]
    categories = [c for score in scores for c in score.categories]
    return replace(
        scores[0],
        inputs=tuple(kinds.items()),
        watched=tuple(dict.fromkeys(watched)),
        categories=tuple(dict.fromkeys(categories)),
    )
