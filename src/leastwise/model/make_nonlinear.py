"""A solved model that is a function -> `LossModel`: numbers get their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise.design.function_rows import FunctionRows
from leastwise.design.weights import Weights, whole_sum
from leastwise.engine.nonlinear import NonlinearSolved
from leastwise.engine.options import Options
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.deviance import Measures, Rating, measures
from leastwise.infer.predict import basis_of
from leastwise.loops.descend_function import WentOnFunction
from leastwise.loops.near import Box
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.parameters import Parameters
from leastwise.loops.working import Problem
from leastwise.loss.family.gaussian import Gaussian
from leastwise.model.convergence import Convergence
from leastwise.model.describe import aliased_rows
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make import rows_record
from leastwise.model.named import read_only
from leastwise.model.provenance import provenance_of
from leastwise.model.sample import Sample
from leastwise.model.weighing import covariance_for, weighing_of
from leastwise.record.loss import Measure

# Curvature of the model, in standard errors, above which Wald's intervals are poor.
BENT = 0.3


@dataclass(frozen=True, eq=False)
class Asked:
    """What a fit of a model was asked for.

    Attributes
    ----------
    formula : str
        For the reader.
    parameters : Parameters
        What the numbers are called.
    rows : FunctionRows
        The rows.
    box : Box
        The bounds.
    source : object
        The data as given.
    weights : Weights or None
        What the weights mean.
    how : Options
        The choices.
    """

    formula: str
    parameters: Parameters
    rows: FunctionRows
    box: Box
    source: Any
    weights: Weights | None
    how: Options


def make_nonlinear_model(asked: Asked, solved: NonlinearSolved) -> LossModel:
    """Name a solved model.

    Parameters
    ----------
    asked : Asked
        What was asked.
    solved : NonlinearSolved
        What was found.
    """
    free, names = solved.found.point.free, asked.parameters.names
    fit = solved.solved.fit
    rating = _rating(asked, solved)
    unscaled = combine_coefficients(
        basis_of(fit, 0), 1.0, np.eye(int(free.sum())), intercept=False
    ).covariance
    gone = np.isnan(fit.coefficients[:, 0])
    unscaled[gone, :] = unscaled[:, gone] = np.nan
    predictor = FunctionPredictor(
        mapping=solved.curve.mapping,
        columns=tuple(solved.curve.columns),
        targets=asked.rows.design.targets,
        theta=read_only(solved.theta),
        covariance=np.zeros((len(names), len(names))),
        free=free,
    )
    covariance = read_only(predictor.placed(unscaled * rating.dispersion))
    found = solved.found
    own_names = tuple(n for n, is_free in zip(names, free, strict=True) if is_free)
    estimates = solved.theta.copy()
    estimates[np.flatnonzero(free)[gone]] = np.nan
    model = LossModel(
        formula=asked.formula,
        target=", ".join(asked.rows.design.targets),
        kind="Nonlinear least squares",
        names=names,
        estimates=read_only(estimates),
        standard_errors=read_only(np.sqrt(np.diagonal(covariance))),
        certified=read_only(solved.certified),
        covariance=covariance,
        measures=rating,
        n=fit.observations,
        dof=fit.dof,
        rank=fit.rank,
        rows=rows_record(asked.rows.design),
        aliased=aliased_rows(fit, own_names),
        notes=tuple(_notes(solved, names, asked.how.digits)),
        convergence=Convergence(
            found.status,
            found.steps,
            float(found.near.decrement),
            float(solved.left),
            "Levenberg-Marquardt" + ", in pairs at the end" * solved.in_pairs,
        ),
        loss=Gaussian(),
        predictor=replace(predictor, covariance=covariance),
        weighing=weighing_of(asked.weights),
        sample=_sample(asked, solved),
        provenance=provenance_of(asked.source),
        told=_told(asked, solved, rating),
    )
    cov = covariance_for(asked.weights, asked.how.cov)
    return model if cov is None else with_covariance(model, cov)


def walked_model(
    model: LossModel, solver: Optimiser, went: WentOnFunction
) -> LossModel:
    """Say what a first-order solver did.

    Parameters
    ----------
    model : LossModel
        Where it came to.
    solver : Optimiser
        The solver.
    went : WentOnFunction
        How it went.
    """
    told = replace(model.convergence, method=solver.name, trace=went.trace)
    notes = (*model.notes, went.note)
    return replace(model, convergence=told, notes=notes, trace=went.trace)


def observations_of(rows: FunctionRows, weights: Weights | None) -> float | None:
    """Return the observations that frequency weights count, else None."""
    if weights is None or weights.kind != "frequency":
        return None
    return float(whole_sum(rows.design) * rows.target.shape[1])


def _sample(asked: Asked, solved: NonlinearSolved) -> LossSample | None:
    if asked.rows.target.shape[1] != 1:
        # A row of the data is several of least squares.
        return None
    sample = Sample(
        asked.rows.design,
        solved.solved,
        0,
        asked.source,
        weighing_of(asked.weights),
        solved.working,
    )
    problem = Problem(Gaussian(), solved.working, intercept=False)
    look = problem.look(np.zeros(len(problem.y)))
    return LossSample(sample, problem, look, curve=solved.curve, box=asked.box)


def _rating(asked: Asked, solved: NonlinearSolved) -> Measures:
    fit, rows = solved.solved.fit, asked.rows
    w = np.ones(len(rows.target)) if rows.weights is None else rows.weights
    rss = solved.found.point.rss
    level = np.average(rows.target, axis=0, weights=w)
    null = float(np.sum(w[:, None] * (rows.target - level) ** 2))
    k = rows.target.shape[1]
    return measures(
        Rating(
            loss=Gaussian(),
            y=rows.target.ravel(),
            weights=np.repeat(w, k),
            deviance=rss,
            null_deviance=null,
            pearson=rss,
            observations=fit.observations,
            dof=fit.dof,
            rank=fit.rank,
            has_level=True,
        )
    )


def _told(
    asked: Asked, solved: NonlinearSolved, rating: Measures
) -> tuple[Measure, ...]:
    dof = rating.dof
    freedom = f"on {dof:g} degree{'s' * (dof != 1)} of freedom"
    told = [
        Measure("residual standard error", float(np.sqrt(rating.dispersion)), freedom),
        Measure("residual sum of squares", rating.deviance),
        # A model without a level can be worse than the mean: this is then below 0.
        Measure("share of the variation about the mean", rating.explained),
    ]
    if np.isfinite(rating.log_likelihood):
        told += [
            Measure("log-likelihood", rating.log_likelihood),
            Measure("AIC", rating.aic),
            Measure("BIC", rating.bic),
        ]
    if solved.starts > 1:
        minima = float(solved.minima)
        told.append(Measure("minima found", minima, f"from {solved.starts} starts"))
    return tuple(told)


def _notes(solved: NonlinearSolved, names: tuple[str, ...], digits: float) -> list[str]:
    found, notes = solved.found, []
    if not found.status.is_success:
        notes.append(f"The loop has not arrived. {found.status.advice}".strip())
    held = [n for n, free in zip(names, found.point.free, strict=True) if not free]
    if held:
        which = ", ".join(held)
        one = len(held) == 1
        notes.append(
            f"{which} {'lies on a bound' if one else 'lie on bounds'}, and "
            f"{'has' if one else 'have'} no standard error: those of the others take "
            f"{'it' if one else 'them'} as known."
        )
    curvature = found.near.curvature
    if len(curvature) and float(np.abs(curvature).max()) > BENT:
        notes.append(
            "The model bends within the standard errors: intervals of Wald are "
            "approximate, and profile() gives better ones."
        )
    if solved.without and digits > TARGET_DIGITS:
        notes.append(
            f"{digits:g} digits were asked for, and float64 is where it ends: the "
            f"model uses {solved.without}, which has no form in pairs."
        )
    return notes
