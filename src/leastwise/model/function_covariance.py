"""Covariances of a model that is a function, from sums over its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.nonlinear import NonlinearSolved
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.passed import core_of, is_sum, known
from leastwise.infer.cov.passed_function import inward_of, sum_jacobian
from leastwise.infer.cov.read import read_cov
from leastwise.infer.cov.sandwich import Sandwich
from leastwise.infer.predict import basis_of
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.loss_model import LossModel
from leastwise.model.named import read_only
from leastwise.record.fit import CovarianceRecord


def with_summed_covariance(
    model: LossModel, cov: Any, solved: NonlinearSolved
) -> LossModel:
    """Return a model with a covariance for which its rows pass once more.

    Parameters
    ----------
    model : LossModel
        A fit whose rows it does not keep: they are in blocks, or have several targets.
    cov : Covariance or str
        How its covariance is estimated.
    solved : NonlinearSolved
        What was found.

    Raises
    ------
    RequestError
        For a covariance that is no sum over rows.
    """
    estimator, predictor = read_cov(cov), model.predictor
    if solved.kept is None:
        known(estimator)
    elif not is_sum(estimator):
        raise RequestError(
            f"cov={estimator.name} is not answered for a model with several targets: "
            "a row of the data is several of least squares",
            fix='Use "HC0", "HC1" or leastwise.cov.Hessian(), or fit one target',
        )
    if isinstance(estimator, Classical) or not isinstance(predictor, FunctionPredictor):
        return model
    inward = inward_of(basis_of(solved.fit, 0))
    bent = isinstance(estimator, (Hessian, Sandwich))
    sums = sum_jacobian(
        solved.curve,
        predictor.theta,
        predictor.free,
        inward,
        targets=len(predictor.targets),
        frequency=model.weighing is not None and model.weighing.kind == "frequency",
        bend=bent,
    )
    if not np.isfinite(sums.hessian).all():
        raise RequestError(
            f"cov={estimator.name} takes the second derivatives of all pairs of "
            f"{len(predictor.theta)} parameters",
            fix='Use "HC0" or "HC1", whose bread is that of the Jacobian',
        )
    core = core_of(estimator, sums, dof=model.dof, curved=True)
    if isinstance(estimator, Hessian):
        core = core * model.measures.dispersion
    covariance = inward.T @ core @ inward
    gone = np.isnan(model.estimates[predictor.free])
    covariance[gone, :] = covariance[:, gone] = np.nan
    covariance = read_only(predictor.placed(covariance))
    return replace(
        model,
        covariance=covariance,
        standard_errors=read_only(np.sqrt(np.diagonal(covariance))),
        predictor=replace(predictor, covariance=covariance),
        cov=CovarianceRecord(
            estimator.name, estimator.name, call=estimator.call, word=estimator.word
        ),
    )
