"""A solved model that is a function -> `LossModel`: numbers get their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise.design.function_rows import FunctionRows
from leastwise.design.layout import Design, RowCount
from leastwise.design.weights import Weights, whole_sum
from leastwise.engine.nonlinear import NonlinearSolved
from leastwise.engine.options import Options
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.deviance import Measures, Rating, measures
from leastwise.infer.predict import basis_of
from leastwise.loops.descend_function import WentOnFunction
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.parameters import Parameters
from leastwise.loops.working import Problem
from leastwise.loss.family.gaussian import Gaussian, likelihood_of
from leastwise.model.convergence import Convergence
from leastwise.model.describe import aliased_rows
from leastwise.model.function_covariance import with_summed_covariance
from leastwise.model.function_predictor import FunctionPredictor
from leastwise.model.loss_covariance import with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make import count_record
from leastwise.model.make_stream import NO_ROWS
from leastwise.model.named import read_only
from leastwise.model.provenance import provenance_of
from leastwise.model.sample import Sample
from leastwise.model.weighing import covariance_for, weighing_of
from leastwise.record.loss import Measure

# Curvature of the model, in standard errors, above which Wald's intervals are poor.
BENT = 0.3
# A standard error so many times its estimate, where the loop has not arrived.
UNTOLD = 1e3


@dataclass(frozen=True, eq=False)
class AboutRows:
    """What is to be known of rows beside the fit.

    Attributes
    ----------
    columns, targets : tuple of str
        What the model reads, and what it is to give.
    count : RowCount
        Rows read, used and dropped.
    residuals : int
        Rows times targets.
    null : float
        Weighted sum of squares of the targets about their means.
    logs : float
        Sum of the logarithms of the weights of all residuals.
    design : Design or None
        The rows; None where they have passed.
    """

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    count: RowCount
    residuals: int
    null: float
    logs: float
    design: Design | None = None

    @classmethod
    def of(cls, rows: FunctionRows) -> AboutRows:
        """Look at rows in memory."""
        n, k = rows.target.shape
        w = np.ones(n) if rows.weights is None else rows.weights
        level = np.average(rows.target, axis=0, weights=w)
        return cls(
            tuple(rows.columns),
            rows.design.targets,
            rows.design.rows,
            n * k,
            float(np.sum(w[:, None] * (rows.target - level) ** 2)),
            k * float(np.log(w).sum()),
            rows.design,
        )


@dataclass(frozen=True, eq=False)
class Asked:
    """What a fit of a model was asked for.

    Attributes
    ----------
    formula : str
        For the reader.
    parameters : Parameters
        What the numbers are called.
    rows : AboutRows
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
    rows: AboutRows
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
    fit = solved.fit
    rating = _rating(asked, solved)
    unscaled = combine_coefficients(
        basis_of(fit, 0), 1.0, np.eye(int(free.sum())), intercept=False
    ).covariance
    gone = np.isnan(fit.coefficients[:, 0])
    unscaled[gone, :] = unscaled[:, gone] = np.nan
    predictor = FunctionPredictor(
        mapping=solved.curve.mapping,
        columns=asked.rows.columns,
        targets=asked.rows.targets,
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
        target=", ".join(asked.rows.targets),
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
        rows=count_record(asked.rows.count),
        aliased=aliased_rows(fit, own_names),
        notes=(*_notes(solved, names, asked.how.digits), *_passed(solved)),
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
    if cov is None:
        return model
    if model.sample is None:
        return with_summed_covariance(model, cov, solved)
    return with_covariance(model, cov)


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
    """Return the observations that frequency weights count, else None.

    Parameters
    ----------
    rows : FunctionRows
        The rows.
    weights : Weights or None
        What their weights mean.
    """
    if weights is None or weights.kind != "frequency":
        return None
    return float(whole_sum(rows.design) * rows.target.shape[1])


def _sample(asked: Asked, solved: NonlinearSolved) -> LossSample | None:
    kept, curve, design = solved.kept, solved.curve, asked.rows.design
    if kept is None or design is None or not isinstance(curve, MappedRows):
        return None
    if len(asked.rows.targets) != 1:
        # A row of the data is several of least squares.
        return None
    sample = Sample(
        design,
        kept.solved,
        0,
        asked.source,
        weighing_of(asked.weights),
        kept.working,
    )
    problem = Problem(Gaussian(), kept.working, intercept=False)
    look = problem.look(np.zeros(len(problem.y)))
    return LossSample(sample, problem, look, curve=curve, box=asked.box)


def _rating(asked: Asked, solved: NonlinearSolved) -> Measures:
    fit, rows = solved.fit, asked.rows
    rss, nothing = solved.found.point.rss, np.zeros(0)
    own, null = (likelihood_of(rows.residuals, rows.logs, d) for d in (rss, rows.null))
    return measures(
        Rating(
            loss=Gaussian(),
            y=nothing,
            weights=nothing,
            deviance=rss,
            null_deviance=rows.null,
            pearson=rss,
            observations=fit.observations,
            dof=fit.dof,
            rank=fit.rank,
            has_level=True,
            likelihoods=(own, null),
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


def _passed(solved: NonlinearSolved) -> tuple[str, ...]:
    return (NO_ROWS,) if solved.kept is None else ()


def _untold(solved: NonlinearSolved, names: tuple[str, ...]) -> list[str]:
    """Name the parameters that ran away: nothing tells where they are."""
    point = solved.found.point
    own = [n for n, is_free in zip(names, point.free, strict=True) if is_free]
    with np.errstate(invalid="ignore"):
        far = solved.fit.standard_errors[:, 0] > UNTOLD * np.abs(
            solved.theta[point.free]
        )
    return [name for name, is_far in zip(own, far, strict=True) if is_far]


def _notes(solved: NonlinearSolved, names: tuple[str, ...], digits: float) -> list[str]:
    found, notes = solved.found, []
    if not found.status.is_success:
        notes.append(f"The loop has not arrived. {found.status.advice}".strip())
        untold = _untold(solved, names)
        if untold:
            one = len(untold) == 1
            notes.append(
                f"{', '.join(untold)} {'has a' if one else 'have'} standard "
                f"error{'s' * (not one)} many times {'its' if one else 'their'} size: "
                "the data do not tell "
                f"{'it' if one else 'them'}. Hold one with bounds, or write the model "
                "with fewer parameters."
            )
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
    fewest = np.nanmin(solved.certified, initial=99)
    if solved.kept is None and fewest < digits and digits > TARGET_DIGITS:
        notes.append(
            f"{digits:g} digits were asked for, and rows in blocks are fitted in "
            "float64: those of each estimate stand beside it."
        )
    if solved.without and digits > TARGET_DIGITS:
        notes.append(
            f"{digits:g} digits were asked for, and float64 is where it ends: the "
            f"model uses {solved.without}, which has no form in pairs."
        )
    return notes
