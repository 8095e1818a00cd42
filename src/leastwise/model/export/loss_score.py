"""A fit of a loss -> the expression of its prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.predict import Basis
from leastwise.loss.many.base import Part
from leastwise.model.export.expression import Const, Expression, Named, Score
from leastwise.model.export.mean import mean_of, several_of
from leastwise.model.export.score import finished, linear_parts
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
    if not isinstance(predictor, LinearPredictor):
        raise RequestError(
            "a model that is a Python function has no form as an expression",
            fix="Predict with leastwise",
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
