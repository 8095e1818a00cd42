"""A solved loss of several predictors -> `LossModel`."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import DataError
from leastwise._kit.status import Status
from leastwise.design.weights import whole_sum
from leastwise.engine.many_fit import ManySolved, solve_many
from leastwise.loss.many.base import ManyLoss
from leastwise.model.convergence import Convergence
from leastwise.model.describe import aliased_rows
from leastwise.model.loss_model import LossModel
from leastwise.model.make import INTERCEPT, rows_record
from leastwise.model.make_loss import FEW_DIGITS, Request
from leastwise.model.many_covariance import many_covariance
from leastwise.model.many_predictor import ManyPredictor
from leastwise.model.many_sample import ManySample
from leastwise.model.many_words import names_of, rating_of, separated
from leastwise.model.named import read_only
from leastwise.model.provenance import provenance_of
from leastwise.model.sample import Sample
from leastwise.model.weighing import covariance_for, weighing_of


def make_many_model(request: Request, loss: ManyLoss) -> LossModel:
    """Fit a loss of several predictors, and name the answer.

    Parameters
    ----------
    request : Request
        What was asked, with the rows.
    loss : ManyLoss
        What a row costs.

    Raises
    ------
    DataError
        When the likelihood has no maximum, or there are fewer rows than parameters.
    """
    design = request.design
    weighing = weighing_of(request.weights)
    observations = None
    if weighing is not None and weighing.kind == "frequency":
        observations = whole_sum(design)
    solved = solve_many(loss, design, observations)
    found = solved.newton
    names = names_of(loss, design.names, INTERCEPT if design.intercept else "")
    n = float(solved.least_squares.fit.observations)
    if n <= solved.problem.size and found.status is not Status.SEPARATED:
        raise DataError(
            f"{solved.problem.size} parameters and {n:g} rows",
            fix="Leave inputs out, or get more rows",
        )
    if found.status is Status.SEPARATED:
        raise separated(solved, design, names)
    if found.part is not None:
        part = loss.parts[found.part]
        up = bool(
            (found.there.theta - solved.problem.start())[
                solved.problem.places[found.part]
            ][0]
            > 0
        )
        what, fix = loss.runaway(part, up=up)
        raise DataError(what, fix=fix)
    if found.status is Status.NOT_FINITE:
        raise DataError(
            "the likelihood is not finite where the loop begins",
            fix="Change the unit of the target, or look for values far from the rest",
        )
    return _named(request, solved, names, loss)


def _named(
    request: Request, solved: ManySolved, names: tuple[str, ...], loss: ManyLoss
) -> LossModel:
    design, found = request.design, solved.newton
    least = solved.least_squares.fit
    weighing = weighing_of(request.weights)
    m = len(names)
    rating = rating_of(solved, float(least.observations))
    empty = np.full((m, m), np.nan)
    sample = Sample(design, solved.least_squares, 0, request.source, weighing)
    kept = ManySample(sample, solved)
    predictor = ManyPredictor(
        request.recipe,
        loss,
        read_only(solved.estimates),
        solved.back,
        np.zeros((solved.problem.size,) * 2),
        solved.center,
        read_only(solved.back_about @ found.there.theta),
        solved.back_about,
    )
    model = LossModel(
        formula=request.formula,
        target=request.recipe.targets[0],
        kind=request.kind,
        names=names,
        estimates=read_only(solved.estimates),
        standard_errors=np.full(m, np.nan),
        certified=read_only(solved.certified),
        covariance=empty,
        measures=rating,
        n=least.observations,
        dof=rating.dof,
        rank=solved.problem.size,
        rows=rows_record(design),
        aliased=aliased_rows(least, design.names),
        notes=(*design.notes, *_notes(solved, names)),
        convergence=Convergence(
            found.status, found.steps, float(found.decrement), float(found.left)
        ),
        loss=loss,
        predictor=predictor,
        weighing=weighing,
        sample=kept,
        provenance=provenance_of(request.source),
    )
    model = many_covariance(model, kept, "classical")
    cov = covariance_for(request.weights, request.cov)
    return model if cov is None else many_covariance(model, kept, cov)


def _notes(solved: ManySolved, names: tuple[str, ...]) -> list[str]:
    if solved.newton.status is not Status.CONVERGED:
        return [f"The loop has not arrived. {solved.newton.status.advice}".strip()]
    few = [
        name
        for name, digits in zip(names, solved.certified, strict=True)
        if digits < FEW_DIGITS
    ]
    return [f"Few digits are certain of {', '.join(few[:12])}."] if few else []
