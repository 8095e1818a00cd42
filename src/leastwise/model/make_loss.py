"""A solved loss -> `LossModel`: numbers get their names."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise._kit.errors import AccuracyWarning, DataError
from leastwise._kit.status import Status
from leastwise.design.layout import Design
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights
from leastwise.engine.loss_descent import solve_by
from leastwise.engine.loss_fit import LossSolved, solve_loss, without_inputs
from leastwise.infer.deviance import Measures, Rating, measures
from leastwise.infer.predict import basis_of
from leastwise.loops.descend_rows import WentOnRows
from leastwise.loops.newton import newton
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.working import Problem
from leastwise.loss.base import Loss
from leastwise.loss.family.base import Family
from leastwise.model.convergence import Convergence
from leastwise.model.describe import aliased_rows
from leastwise.model.loss_covariance import scaled, with_covariance
from leastwise.model.loss_model import LossModel, LossSample
from leastwise.model.make import INTERCEPT, rows_record
from leastwise.model.named import read_only
from leastwise.model.predictor import LinearPredictor
from leastwise.model.provenance import provenance_of
from leastwise.model.sample import Sample
from leastwise.model.separated import separation_error
from leastwise.model.weighing import covariance_for, weighing_of
from leastwise.moments.double import Array

FEW_DIGITS = 6.0


@dataclass(frozen=True, eq=False)
class Request:
    """What a fit of a loss was asked for, beside its rows.

    Attributes
    ----------
    formula : str
        As the user wrote it.
    kind : str
        What is fitted, for the reader.
    recipe, design : Recipe, Design
        How the rows were made, and the rows.
    source : object
        The data as given, where they have columns with names.
    weights : Weights or None
        What the weights of the design mean.
    cov : Covariance or str or None
        Another covariance than the classical one.
    digits : float
        To certify.
    solver : Optimiser or None
        A first-order solver in place of Newton's steps.
    """

    formula: str
    kind: str
    recipe: Recipe
    design: Design
    source: Any = None
    weights: Weights | None = None
    cov: Any = None
    digits: float = 8.0
    solver: Any = None


def make_loss_model(request: Request, problem: Problem) -> LossModel:
    """Fit a loss, and name the answer.

    Parameters
    ----------
    request : Request
        What was asked.
    problem : Problem
        The rows and their loss.

    Raises
    ------
    DataError
        When the loss has no minimum, because the targets are separated.
    """
    if request.solver is not None:
        solved, went = solve_by(problem, request.solver, target=request.digits, above=2)
        return walked(named(request, solved), request.solver, went)
    solved = solve_loss(problem, target=request.digits)
    if solved.newton.status is Status.SEPARATED:
        raise separation_error(solved.newton, request.design, problem.y)
    if solved.newton.status is Status.NOT_FINITE:
        raise DataError(
            f"{request.kind} has no finite loss anywhere on the way",
            fix="Take another link, whose means are all in range, or another unit",
        )
    if not solved.newton.status.is_success:
        told = f"The loop has not arrived. {solved.newton.status.advice}"
        # The line that called the verb.
        warnings.warn(told.strip(), AccuracyWarning, stacklevel=3)
    return named(request, solved)


def walked(model: LossModel, solver: Optimiser, went: WentOnRows) -> LossModel:
    """Say what a first-order solver did.

    Parameters
    ----------
    model : LossModel
        Where it came to.
    solver : Optimiser
        The solver.
    went : WentOnRows
        How it went.
    """
    told = replace(model.convergence, method=solver.name, trace=went.trace)
    notes = (*model.notes, went.note)
    return replace(model, convergence=told, notes=notes, trace=went.trace)


def named(
    request: Request, solved: LossSolved, rating: Measures | None = None
) -> LossModel:
    """Name a solved loss.

    Parameters
    ----------
    request : Request
        What was asked.
    solved : LossSolved
        What was found.
    rating : Measures, optional
        How well it is fitted, where that is known already.
    """
    design, fit = request.design, solved.solved.fit
    names = ((INTERCEPT,) if fit.intercept else ()) + design.names
    rating = _measures(solved) if rating is None else rating
    covariance, errors = scaled(solved.unscaled, solved.errors, rating.dispersion)
    sample = Sample(
        design, solved.solved, 0, request.source, weighing_of(request.weights),
        solved.newton.working,
    )  # fmt: skip
    found = solved.newton
    # Of an exact fit there are no standard errors to measure with.
    unit = np.sqrt(rating.dispersion) if rating.dispersion > 0 else 1.0
    model = LossModel(
        formula=request.formula,
        target=request.recipe.targets[0],
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
        rows=rows_record(design),
        aliased=aliased_rows(fit, design.names),
        notes=(*design.notes, *_notes(solved, names)),
        convergence=Convergence(
            status=found.status,
            steps=found.steps,
            decrement=float(found.decrements[-1] / unit) if found.decrements else 0.0,
            left=float(found.left / unit),
        ),
        loss=solved.problem.loss,
        predictor=LinearPredictor(request.recipe, basis_of(fit, 0)),
        weighing=sample.weighing,
        sample=LossSample(sample, solved.problem, solved.look),
        provenance=provenance_of(request.source),
    )
    cov = covariance_for(request.weights, request.cov)
    return model if cov is None else with_covariance(model, cov)


def _notes(solved: LossSolved, names: tuple[str, ...]) -> list[str]:
    notes = []
    if solved.newton.status is not Status.CONVERGED:
        notes.append(f"The loop has not arrived. {solved.newton.status.advice}".strip())
    few = [
        name
        for name, digits in zip(names, solved.certified, strict=True)
        if digits < FEW_DIGITS
    ]
    if few and solved.newton.status is Status.CONVERGED:
        notes.append(f"Few digits are certain of {', '.join(few[:12])}.")
    return notes


def _measures(solved: LossSolved) -> Measures:
    problem, look, fit = solved.problem, solved.look, solved.solved.fit
    w = look.weights
    r = look.there.score / w
    pearson = float(np.sum(look.case_weights * w * r * r))
    return measures(
        Rating(
            loss=problem.loss,
            y=problem.y,
            weights=look.case_weights,
            deviance=2.0 * look.total,
            null_deviance=2.0 * _null_loss(problem),
            pearson=pearson,
            observations=fit.observations,
            dof=fit.dof,
            rank=fit.rank,
            has_level=problem.intercept,
        )
    )


def _null_loss(problem: Problem) -> float:
    """Return the loss of a level alone, with the offset."""
    n, loss = len(problem.rows.Y), problem.loss
    if not problem.intercept:
        offset = np.zeros(n) if problem.offset is None else problem.offset
        return problem.look(offset).total
    if isinstance(loss, Family) and problem.offset is None:
        mean = float(np.average(problem.y, weights=problem.rows.weights))
        with np.errstate(all="ignore"):
            level = float(loss.how.predictor(np.float64(mean)))
            return problem.look(np.full(n, level)).total
    return newton(without_inputs(problem)).look.total


def checked(loss: Loss, y: Array, design: Design, target: str) -> None:
    """Refuse a target that the loss cannot take, with its row.

    Parameters
    ----------
    loss : Loss
        What a row costs.
    y : ndarray, shape (n,)
        The target.
    design : Design
        The rows.
    target : str
        Its name.

    Raises
    ------
    DataError
        With the row and its value.
    """
    found = loss.complaint(y)
    if found is None:
        return
    kept = design.kept
    row = found.row if kept is None else int(kept[found.row])
    raise DataError(f"row {row + 1} of {target}: {found.what}", fix=found.fix)
