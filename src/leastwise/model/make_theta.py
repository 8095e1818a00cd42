"""A negative binomial fit whose theta was estimated -> `LossModel`."""

from __future__ import annotations

import math
from dataclasses import replace

from leastwise._kit.errors import DataError
from leastwise._kit.status import Status
from leastwise.engine.theta import solve_theta
from leastwise.loops.working import Problem
from leastwise.model.loss_model import LossModel
from leastwise.model.loss_words import measures_of
from leastwise.model.make_loss import Request, named
from leastwise.model.separated import separation_error
from leastwise.record.loss import Measure
from leastwise.report.number import number


def make_theta_model(request: Request, problem: Problem) -> LossModel:
    """Fit counts with their theta, and name the answer.

    Parameters
    ----------
    request : Request
        What was asked.
    problem : Problem
        The rows, with a negative binomial loss.

    Raises
    ------
    DataError
        When the counts vary no more than Poisson's, or are separated.
    """
    found = solve_theta(problem, target=request.digits)
    if found.solved.newton.status is Status.SEPARATED:
        raise separation_error(found.solved.newton, request.design, problem.y)
    if math.isinf(found.theta):
        raise DataError(
            "the counts vary no more than Poisson's: theta has no maximum and runs to "
            "infinity",
            fix="Use lw.family.Poisson(), or give theta=",
        )
    model = named(request, found.solved)
    # Theta is a parameter too.
    rating = replace(
        model.measures,
        aic=model.measures.aic + 2.0,
        bic=model.measures.bic + math.log(model.n),
    )
    model = replace(model, measures=rating)
    theta = Measure(
        "theta", found.theta, f"(standard error {number(found.std_error, 4)})"
    )
    return replace(model, told=(*measures_of(model), theta))
