"""Newton's method for a loss of several predictors.

A step that does not lower the loss is halved; where the Hessian is not positive
definite, its eigenvalues are taken by their size. It ends by the Newton decrement,
``sqrt(g' H^-1 g)``: how far the optimum is, in standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.many import ManyProblem, There, look
from leastwise.loss.base import Array

MOST_STEPS = 200
MOST_HALVINGS = 50
# A decrement that is rounding, of any problem; one that is small; one that is near.
IS_ROUNDING, IS_SMALL, IS_CLOSE, IS_NEAR = 1e-13, 1e-6, 1e-2, 0.5
# A logarithm moves by this much in a step at most, and by that much in all.
LONGEST_LOG, FARTHEST_LOG = 2.0, 30.0
# Least eigenvalue of a scaled Hessian that is taken as one.
LEAST_CURVED = 1e-10
# A predictor that goes on by this much, step after step, runs away; a row moves when
# its predictor moves by this part of the most.
RUNAWAY, IN_A_ROW, MOVES = 0.4, 4, 1e-3
SLOWLY = 0.3
# Part of what rows gain by what runs away that others may lose by it.
LOSES = 1e-3
# Score of a row that is fitted already.
NO_SCORE = 0.1


@dataclass(frozen=True, eq=False)
class NewtonMany:
    """How the loop ended.

    Attributes
    ----------
    status : Status
        Whether it arrived.
    there : There
        The loss at the end.
    steps : int
        Steps taken.
    decrement, left : float
        Length of the last step, and a bound on what is left, in standard errors.
    running : ndarray of bool, shape (P,), or None
        Coefficients that run away.
    rows : ndarray of bool, shape (n,), or None
        Rows that are told apart by them.
    part : int or None
        The constant that runs away.
    """

    status: Status
    there: There
    steps: int
    decrement: float
    left: float
    running: Array | None = None
    rows: Array | None = None
    part: int | None = None


@dataclass(frozen=True, eq=False)
class Way:
    """A step, and how long it is.

    Attributes
    ----------
    step : ndarray, shape (P,)
        Where it leads, from here.
    length, noise : float
        Of the step, and of what rounding does to it, in standard errors.
    is_curved : bool
        Whether the Hessian is positive definite.
    """

    step: Array
    length: float
    noise: float
    is_curved: bool


def way_from(there: There) -> Way:
    """Return Newton's step, or one that goes down where there is none.

    Parameters
    ----------
    there : There
        The loss at a point.
    """
    scale = np.sqrt(np.abs(np.diagonal(there.hessian)))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(there.hessian / np.outer(scale, scale))
    least = LEAST_CURVED * max(float(np.abs(values).max(initial=0.0)), 1e-300)
    is_curved = bool(values.min(initial=np.inf) > least)
    root = np.sqrt(np.maximum(np.abs(values), least))
    inner = vectors.T @ (there.gradient / scale) / root
    step = -(vectors @ (inner / root)) / scale
    noise = np.abs(vectors.T) @ (there.noise / scale) / root
    return Way(
        step,
        float(np.sqrt(inner @ inner)),
        float(np.sqrt(noise @ noise)),
        is_curved,
    )


def newton_many(problem: ManyProblem) -> NewtonMany:
    """Minimise a loss of several predictors.

    Parameters
    ----------
    problem : ManyProblem
        The rows and their loss.
    """
    there = look(problem, problem.start())
    if not there.is_finite:
        return NewtonMany(Status.NOT_FINITE, there, 0, np.inf, np.inf)
    begun, lengths = there.theta, [np.inf]
    rises: list[float] = []
    for steps in range(MOST_STEPS):
        way = way_from(there)
        arrived = way.length <= max(way.noise, IS_ROUNDING)
        calm = not rises or rises[-1] < RUNAWAY
        stays = calm and way.length <= IS_SMALL and way.length >= 0.5 * lengths[-1]
        if way.is_curved and (arrived or stays):
            left = way.length + way.noise
            return NewtonMany(Status.CONVERGED, there, steps, way.length, left)
        lengths.append(way.length)
        following = _go(problem, there, way)
        if following is None:
            if way.is_curved and way.length <= IS_SMALL:
                left = way.length + way.noise
                return NewtonMany(Status.CONVERGED, there, steps, way.length, left)
            return _stopped(Status.STEPS_EXHAUSTED, there, lengths)
        part = _far(problem, begun, following.theta)
        if part is not None:
            found = _stopped(Status.EDGE, following, lengths)
            return NewtonMany(*_four(found), left=np.inf, part=part)
        moved = problem.predictors(following.theta - there.theta)
        if problem.offset is not None:
            moved = moved - problem.predictors(np.zeros(problem.size))
        rises.append(float(np.abs(moved).max(initial=0.0)))
        there = following
        if _runs(lengths, rises):
            apart = _separated(problem, there, moved, lengths)
            if apart is not None:
                return apart
    return _stopped(Status.STEPS_EXHAUSTED, there, lengths)


def _four(found: NewtonMany) -> tuple[Status, There, int, float]:
    return found.status, found.there, found.steps, found.decrement


def _stopped(status: Status, there: There, lengths: list[float]) -> NewtonMany:
    return NewtonMany(status, there, len(lengths) - 1, lengths[-1], np.inf)


def _go(problem: ManyProblem, there: There, way: Way) -> There | None:
    """Take a step, or the part of it that lowers the loss."""
    part = 1.0
    for of, place in zip(problem.loss.parts, problem.places, strict=True):
        if of.natural:
            most = float(np.abs(way.step[place]).max())
            part = min(part, LONGEST_LOG / most) if most > 0 else part
    for _ in range(MOST_HALVINGS):
        found = look(problem, there.theta + part * way.step)
        if found.is_finite and found.total <= there.total + there.slack:
            return found
        # Near the optimum the loss has fewer digits than its slope.
        near = found.is_finite and way.is_curved and way.length <= IS_CLOSE
        if near and way_from(found).length <= 0.5 * way.length:
            return found
        part /= 2.0
    return None


def _far(problem: ManyProblem, begun: Array, theta: Array) -> int | None:
    """Find the logarithm that went farther than any data say."""
    for c, (of, place) in enumerate(
        zip(problem.loss.parts, problem.places, strict=True)
    ):
        if of.natural and abs(float((theta - begun)[place][0])) > FARTHEST_LOG:
            return c
    return None


def _runs(lengths: list[float], rises: list[float]) -> bool:
    """Say whether predictors go on and on though the loss gains next to nothing."""
    if len(rises) < IN_A_ROW:
        return False
    slowly = lengths[-1] >= SLOWLY * lengths[-2]
    return lengths[-1] <= IS_NEAR and slowly and min(rises[-IN_A_ROW:]) >= RUNAWAY


def _separated(
    problem: ManyProblem, there: There, moved: Array, lengths: list[float]
) -> NewtonMany | None:
    """Make sure that no row loses by what runs away, and say what does."""
    largest = np.abs(moved).max(axis=0)
    rows = largest > MOVES * float(largest.max())
    change = np.einsum("cn,cn->n", there.score, moved)
    # Where there is an optimum, what some rows lose is what others gain.
    if change[change > 0].sum() > -LOSES * change[change < 0].sum():
        return None
    steps = way_from(there).step
    running = np.zeros(problem.size, bool)
    for c, place in enumerate(problem.places):
        reach = np.abs(steps[place])
        running[place] = reach > MOVES * float(np.abs(steps).max())
        if not np.abs(moved[c]).max() > MOVES * float(largest.max()):
            running[place] = False
    # A row that is told apart has next to no score left.
    weights = 1.0 if problem.weights is None else problem.weights
    rows &= np.abs(there.score).max(axis=0) <= NO_SCORE * weights
    found = _stopped(Status.SEPARATED, there, lengths)
    return NewtonMany(*_four(found), left=np.inf, running=running, rows=rows)
