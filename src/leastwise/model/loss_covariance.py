"""A fit of a loss with another covariance: nothing is fitted again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.base import Bent, Covariance
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.huber import Huber
from leastwise.infer.cov.read import read_cov
from leastwise.infer.cov.sandwich import Sandwich
from leastwise.infer.cov.spread import spread_of
from leastwise.infer.predict import basis_of
from leastwise.model.covariance import alone_notes
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.kept_rows import rows_of
from leastwise.model.many_covariance import many_covariance
from leastwise.model.many_sample import ManySample
from leastwise.model.named import read_only
from leastwise.model.predictor import LinearPredictor
from leastwise.moments.double import Array
from leastwise.record.fit import CLASSICAL, CovarianceRecord

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel, LossSample


def with_covariance(model: LossModel, cov: Any) -> LossModel:
    """Return a model with the covariance that an estimator finds in its rows.

    Parameters
    ----------
    model : LossModel
        The fit.
    cov : Covariance or str
        How its covariance is estimated.
    """
    if isinstance(model.sample, ManySample):
        return many_covariance(model, model.sample, cov)
    estimator = read_cov(cov)
    kept = rows_of(model)
    sample = kept.sample
    if isinstance(estimator, Classical):
        if kept.usual is None:
            return _classical(model, kept)
        estimator = kept.usual
    columns = {name: sample.values(name) for name in estimator.columns}
    ground = stand_on(replace(sample.seen(columns), bent=_bent(model, kept, estimator)))
    found = _between(estimator, kept).estimate(ground)
    spread = spread_of(ground, found)
    fit = sample.solved.fit
    own = found.own_dof
    if own is None and found.dof != fit.dof:
        own = np.full(len(spread.standard_errors), found.dof)
    notes = (*found.notes, *alone_notes(model.names, spread, estimator.name))
    covariance = model.predictor.placed(spread.covariance)
    errors = spread.standard_errors
    if len(errors) != len(model.names):
        errors = np.sqrt(np.diagonal(covariance))
    return replace(
        model,
        covariance=read_only(covariance),
        standard_errors=read_only(errors),
        predictor=model.predictor.under(spread, basis_of(fit, 0)),
        own_dof=None if own is None else read_only(own),
        cov=CovarianceRecord(
            estimator.name,
            found.text,
            None if found.dof == fit.dof else float(found.dof),
            notes,
            estimator.call,
            estimator.word,
        ),
    )


def _bent(model: LossModel, kept: LossSample, estimator: Covariance) -> Bent:
    look, problem = kept.look, kept.problem
    return Bent(
        loss=problem.loss,
        eta=look.eta,
        y=problem.y,
        score=look.there.score,
        case_weights=look.case_weights,
        names=model.names,
        dispersion=model.measures.dispersion,
        bend=_bend(model, kept, estimator),
    )


def _bend(model: LossModel, kept: LossSample, estimator: Covariance) -> Array | None:
    """Return the second derivatives of a model that is a function, where asked."""
    predictor = model.predictor
    if kept.curve is None or not isinstance(predictor, FunctionPredictor):
        return None
    if not isinstance(estimator, (Hessian, Sandwich)):
        return None
    bend = kept.curve.bend(predictor.theta)
    if bend is None:
        raise RequestError(
            f"cov={estimator.name} takes the second derivatives of all pairs of "
            f"{len(predictor.theta)} parameters",
            fix='Use "HC0" or "HC1", whose bread is that of the Jacobian',
        )
    return np.asarray(bend[np.ix_(predictor.free, predictor.free)])


def _between(estimator: Covariance, kept: LossSample) -> Covariance:
    """Put a meat between Hessians, where the working weights are none."""
    own = isinstance(estimator, (Hessian, Huber, Sandwich))
    if own or kept.problem.loss.weighs_by_curvature:
        return estimator
    return Sandwich(estimator)


def scaled(unscaled: Array, errors: Array, dispersion: float) -> tuple[Array, Array]:
    """Return the covariance of a dispersion, and the standard errors.

    Parameters
    ----------
    unscaled : ndarray, shape (m, m)
        Inverse of the curvature.
    errors : ndarray, shape (m,)
        Roots of its diagonal.
    dispersion : float
        What it is multiplied by.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return unscaled * dispersion, np.asarray(errors * np.sqrt(dispersion))


def _classical(model: LossModel, kept: LossSample) -> LossModel:
    from leastwise.infer.combine import combine_coefficients

    fit = kept.sample.solved.fit
    gone = np.isnan(fit.coefficients[:, 0])
    combined = combine_coefficients(
        basis_of(fit, 0), 1.0, np.eye(len(gone)), intercept=fit.intercept
    )
    unscaled = combined.covariance
    unscaled[gone, :] = unscaled[:, gone] = np.nan
    unscaled = model.predictor.placed(unscaled)
    roots = np.where(gone, np.nan, combined.standard_errors)
    if len(roots) != len(unscaled):
        roots = np.sqrt(np.diagonal(unscaled))
    covariance, errors = scaled(unscaled, roots, model.measures.dispersion)
    predictor = model.predictor
    if isinstance(predictor, LinearPredictor):
        predictor = LinearPredictor(predictor.recipe, basis_of(fit, 0))
    elif isinstance(predictor, FunctionPredictor):
        predictor = replace(predictor, covariance=read_only(covariance))
    return replace(
        model,
        covariance=read_only(covariance),
        standard_errors=read_only(errors),
        predictor=predictor,
        own_dof=None,
        cov=CLASSICAL,
    )
