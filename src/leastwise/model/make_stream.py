"""A fit of rows that passed -> `LossModel`: names for numbers, without rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise.design.layout import RowCount
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights
from leastwise.engine.stream_fit import StreamSolved
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.passed import core_of, spread_basis
from leastwise.infer.deviance import Measures, Rating, measures
from leastwise.loss.base import Loss
from leastwise.model.convergence import Convergence
from leastwise.model.describe import aliased_rows
from leastwise.model.loss_covariance import scaled
from leastwise.model.loss_model import LossModel
from leastwise.model.make import INTERCEPT, count_record
from leastwise.model.named import read_only
from leastwise.model.predictor import LinearPredictor
from leastwise.model.provenance import provenance_of
from leastwise.model.weighing import weighing_of
from leastwise.record.fit import CovarianceRecord

NO_ROWS = (
    "The rows passed in blocks and are not here: what asks each of them again "
    "(influence, other covariances) needs a fit in memory."
)


@dataclass(frozen=True, eq=False)
class StreamRequest:
    """What a fit of rows that pass was asked for.

    Attributes
    ----------
    kind : str
        What is fitted, for the reader.
    recipe : Recipe
        How columns become arrays.
    rows : RowCount
        Rows read, used and dropped.
    notes : tuple of str
        What was found out about levels.
    source : object
        The path.
    weights : Weights or None
        What the weights mean.
    loss : Loss
        What a row costs.
    cov : Covariance
        How the covariance is estimated.
    method : str
        What took the steps.
    """

    kind: str
    recipe: Recipe
    rows: RowCount
    notes: tuple[str, ...]
    source: Any
    weights: Weights | None
    loss: Loss
    cov: Covariance
    method: str = "Newton"


def make_stream_model(
    request: StreamRequest, solved: StreamSolved, rating: Measures | None = None
) -> LossModel:
    """Name a fit.

    Parameters
    ----------
    request : StreamRequest
        What was asked.
    solved : StreamSolved
        What was found.
    rating : Measures, optional
        How well it is fitted, where that is not what a family says.
    """
    fit, found, recipe = solved.fit, solved.found, request.recipe
    names = ((INTERCEPT,) if fit.intercept else ()) + recipe.names
    rating = family_measures(request.loss, solved) if rating is None else rating
    covariance, errors = scaled(solved.unscaled, solved.errors, rating.dispersion)
    unit = np.sqrt(rating.dispersion) if rating.dispersion > 0 else 1.0
    notes = [*request.notes]
    if not found.status.is_success:
        notes.append(f"The loop has not arrived. {found.status.advice}".strip())
    if solved.note:
        notes.append(solved.note)
    model = LossModel(
        formula=recipe.formula,
        target=recipe.targets[0],
        kind=request.kind,
        names=names,
        estimates=read_only(solved.estimates),
        standard_errors=read_only(errors),
        certified=read_only(solved.certified),
        covariance=read_only(covariance),
        measures=rating,
        n=fit.observations,
        dof=fit.dof,
        rank=fit.rank,
        rows=count_record(request.rows),
        aliased=aliased_rows(fit, recipe.names),
        notes=(*notes, NO_ROWS),
        convergence=Convergence(
            status=found.status,
            steps=found.passes,
            decrement=float(found.decrements[-1] / unit) if found.decrements else 0.0,
            left=float(found.left / unit),
            method=request.method,
            trace=solved.trace,
        ),
        loss=request.loss,
        predictor=LinearPredictor(recipe, solved.basis),
        weighing=weighing_of(request.weights),
        provenance=provenance_of(request.source),
        trace=solved.trace,
    )
    if isinstance(request.cov, Classical):
        return model
    return _with_cov(model, request.cov, solved, recipe)


def family_measures(loss: Loss, solved: StreamSolved) -> Measures:
    """Say how well a family is fitted.

    Parameters
    ----------
    loss : Loss
        The family.
    solved : StreamSolved
        What was found.
    """
    fit, passed = solved.fit, solved.found.passed
    nothing = np.zeros(0)
    return measures(
        Rating(
            loss=loss,
            y=nothing,
            weights=nothing,
            deviance=2.0 * passed.total,
            null_deviance=2.0 * solved.null_total,
            pearson=passed.pearson,
            observations=fit.observations,
            dof=fit.dof,
            rank=fit.rank,
            has_level=fit.intercept,
            likelihoods=(solved.sums.likelihood, solved.sums.null_likelihood),
        )
    )


def _with_cov(
    model: LossModel, cov: Covariance, solved: StreamSolved, recipe: Recipe
) -> LossModel:
    core = core_of(
        cov, solved.sums, dof=model.dof, curved=model.loss.weighs_by_curvature
    )
    if isinstance(cov, Hessian):
        core = core * model.measures.dispersion
    basis = spread_basis(solved.basis, core)
    m = len(model.names)
    covariance = combine_coefficients(
        basis, 1.0, np.eye(m), intercept=solved.fit.intercept
    ).covariance
    gone = np.isnan(model.estimates)
    covariance[gone, :] = covariance[:, gone] = np.nan
    return replace(
        model,
        covariance=read_only(covariance),
        standard_errors=read_only(np.sqrt(np.diagonal(covariance))),
        predictor=LinearPredictor(recipe, basis),
        cov=CovarianceRecord(
            cov.name, f"{cov.name}, of rows in blocks", call=cov.call, word=cov.word
        ),
    )
