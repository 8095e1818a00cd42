"""Newton's method and Fisher scoring, as a loop of folds.

Each step is the weighted least squares fit of the working rows (Green 1984,
doi:10.1111/j.2517-6161.1984.tb01288.x). A step that does not lower the loss is
halved. Where it stands is said in standard errors: the step ``d`` is ``sqrt(d'Hd)``
of them long, whatever the units, and what is left after it is at most
``q / (1 - q)`` times as much, q being how much shorter it was than the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.working import (
    Look,
    Point,
    Problem,
    decrement,
    point_of,
    rounding_of,
)
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit

MOST_STEPS = 100
MOST_HALVINGS = 40
# Steps this long, in standard errors, leave nothing that anybody would see.
NOTHING_LEFT = 1e-10
SMALL_STEP = 1e-6
# Below this many numbers, steps cost nothing: go on to the rounding.
FEW = 4_000_000
# Half of the loss is allowed to be rounding.
LOSS_ROUNDOFF = 2.0**-44
# Predictors that go on by this much, and by this part of the step before, while the
# step is short in standard errors and shrinks by no more than this: they run away.
RUNAWAY, ON_AND_ON, SHORT, SLOWLY = 0.05, 0.8, 0.1, 0.3
# A row or a coefficient moves when it does by this part of what moves most.
MOVES = 1e-3
# Rows of a sample to start from, and rows from which one is taken.
SAMPLE, MANY = 50_000, 250_000
# Folds of the loop are of the first tier: the rest is for the last.
TIER_OF_STEPS = 1
NEARLY_NONE = 1e-6


@dataclass(frozen=True, eq=False)
class Newton:
    """Where the loop came to.

    Attributes
    ----------
    status : Status
        How it ended.
    point : Point
        The coefficients.
    look : Look
        The loss at the point.
    steps : int
        Steps taken.
    decrements : tuple of float
        Length of each step, in standard errors of a dispersion of 1.
    left : float
        What is left between the next step and the optimum, at most, in the same unit:
        of the loop, and of rounding.
    direction : ndarray of bool, shape (1 + p,), or None
        Where the loss falls for ever: which coefficients run away.
    rising : ndarray, shape (n,), or None
        By how much each predictor runs.
    """

    status: Status
    point: Point
    look: Look
    steps: int
    decrements: tuple[float, ...]
    left: float
    direction: Array | None = None
    rising: Array | None = None


@dataclass(frozen=True, eq=False)
class _State:
    """Between two steps."""

    point: Point | None
    look: Look
    decrements: tuple[float, ...] = ()
    noise: float = 0.0
    rises: tuple[float, ...] = ()
    rising: Array | None = None


def newton(
    problem: Problem, *, steps: int = MOST_STEPS, start: Point | None = None
) -> Newton:
    """Minimise the loss of rows.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    steps : int
        Most steps to take.
    start : Point, optional
        Where to start; from what the loss says of single rows when None.

    Returns
    -------
    Newton
    """
    state = _begin(problem, start)
    if state is None:
        return _nowhere(problem)
    goal = 0.0 if problem.rows.X.size <= FEW else NOTHING_LEFT
    for step in range(1, steps + 1):
        m, fit = fold_and_solve(problem, state.look)
        new = point_of(m, fit)
        if not new.is_finite:
            return _end(Status.NOT_FINITE, state, step)
        before = state
        state, moved = _go(problem, before, m, new)
        if not moved:
            # Rounding: nowhere near is the loss lower.
            return _end(_stuck(state), state, step)
        gone = _runaway(before, state, m)
        if gone is not None:
            return gone
        if _is_done(state, goal):
            return _end(Status.CONVERGED, state, step)
    return _end(Status.STEPS_EXHAUSTED, state, steps)


def fold_and_solve(problem: Problem, look: Look) -> tuple[Moments, Fit]:
    """Fold working rows once, and solve them.

    Parameters
    ----------
    problem : Problem
        The rows.
    look : Look
        The loss at a point.
    """
    m = fold_rows(look.working(problem), slices=TIER_OF_STEPS)
    return m, solve(m, intercept=problem.intercept, observations=problem.observations)


def _begin(problem: Problem, start: Point | None) -> _State | None:
    """Find predictors to start from at which the loss is finite."""
    if start is None and len(problem.rows.Y) > MANY:
        start = _from_sample(problem)
    if start is not None:
        look = problem.look(problem.predictors(start))
        if look.is_usable and np.isfinite(look.total):
            return _State(start, look)
    y, w = problem.y, problem.rows.weights
    each = problem.loss.start(y, w)
    level = np.full(len(y), float(np.average(each, weights=w)))
    for eta in (each, level):
        look = problem.look(eta)
        if look.is_usable and np.isfinite(look.total):
            return _State(None, look)
    return None


def _from_sample(problem: Problem) -> Point | None:
    """Fit some of the rows, evenly spaced: a start that is some errors off."""
    rows = problem.rows
    stride = len(rows.Y) // SAMPLE
    if rows.X.shape[1] * 20 > SAMPLE:
        return None
    some = _every(rows, stride)
    offset = problem.offset
    part = replace(
        problem,
        rows=some,
        offset=None if offset is None else offset[::stride],
        observations=None,
    )
    found = newton(part)
    if found.status is not Status.CONVERGED:
        return None
    return _moved(found.point, some, rows)


def _every(rows: Rows, stride: int) -> Rows:
    def thin(a: Array | None) -> Array | None:
        return None if a is None else np.ascontiguousarray(a[::stride])

    return replace(
        rows,
        X=np.ascontiguousarray(rows.X[::stride]),
        Y=np.ascontiguousarray(rows.Y[::stride]),
        weights=thin(rows.weights),
        X_low=thin(rows.X_low),
        Y_low=thin(rows.Y_low),
    )


def _moved(point: Point, old: Rows, new: Rows) -> Point:
    """Measure a point from another first row: they are the same here."""
    away = new.X[0].astype(np.float64) - old.X[0]
    return Point(point.level + float(away @ point.slopes), point.slopes)


def _go(problem: Problem, state: _State, m: Moments, new: Point) -> tuple[_State, bool]:
    """Take a step, or the part of it that lowers the loss."""
    old = state.look.total
    slack = LOSS_ROUNDOFF * abs(old)
    part, there = 1.0, new
    noise = state.look.noise() + rounding_of(m, new)
    for _ in range(MOST_HALVINGS):
        look = problem.look(problem.predictors(there))
        if look.is_usable and look.total <= old + slack:
            length = np.inf if state.point is None else decrement(m, state.point, new)
            rising = look.eta - state.look.eta
            rises = (*state.rises, float(np.abs(rising).max()))
            lengths = (*state.decrements, length)
            return _State(there, look, lengths, noise, rises, rising), True
        if state.point is None:
            # The start was no point: from a level one, every row the same.
            break
        part /= 2.0
        there = state.point.toward(new, part)
    if state.point is not None:
        length = decrement(m, state.point, new)
        return replace(
            state, decrements=(*state.decrements, length), noise=noise
        ), False
    return _from_level(problem, state, noise)


def _from_level(problem: Problem, state: _State, noise: float) -> tuple[_State, bool]:
    """Begin again at a predictor that is the same for all rows."""
    y, w = problem.y, problem.rows.weights
    each = problem.loss.start(y, w)
    level = float(np.average(each, weights=w))
    offset = 0.0 if problem.offset is None else problem.offset
    if not problem.intercept:
        offset = 0.0
    point = Point(level - float(np.average(offset + np.zeros(len(y)), weights=w)),
                  np.zeros(problem.rows.X.shape[1]))  # fmt: skip
    look = problem.look(problem.predictors(point))
    usable = look.is_usable and np.isfinite(look.total)
    return _State(point, look, (*state.decrements, np.inf), noise), usable


def _shrink(state: _State) -> float:
    """Return how much shorter a step was than the one before."""
    if len(state.decrements) < 2:
        return 1.0
    before, last = state.decrements[-2:]
    if not np.isfinite(before) or before == 0:
        return 1.0 if last else 0.0
    return min(last / before, 1.0)


def _left(state: _State) -> float:
    """Bound what the next step leaves: this one's length, twice shrunk."""
    q, last = _shrink(state), state.decrements[-1]
    if q >= 1.0 or not np.isfinite(last):
        return np.inf
    return last * q * q / (1.0 - q)


def _is_done(state: _State, goal: float) -> bool:
    last = state.decrements[-1]
    if last <= state.noise:
        return True
    small = last <= SMALL_STEP and _left(state) <= max(goal, state.noise)
    return bool(goal > 0 and small)


def _stuck(state: _State) -> Status:
    """Say whether a loop that cannot go down has arrived."""
    last = state.decrements[-1]
    arrived = last <= NEARLY_NONE * max(1.0, np.sqrt(state.look.total))
    return Status.CONVERGED if arrived else Status.STEPS_EXHAUSTED


def _end(status: Status, state: _State, steps: int) -> Newton:
    point = state.point or Point(np.nan, np.zeros(0))
    left = _left(state) if state.decrements else np.inf
    if state.decrements and state.decrements[-1] <= state.noise:
        left = min(left, state.noise)
    left += state.noise
    return Newton(status, point, state.look, steps, state.decrements, left)


def _nowhere(problem: Problem) -> Newton:
    look = problem.look(problem.loss.start(problem.y, problem.rows.weights))
    nothing = Point(np.nan, np.full(problem.rows.X.shape[1], np.nan))
    return Newton(Status.NOT_FINITE, nothing, look, 0, (), np.inf)


def _runaway(before: _State, state: _State, m: Moments) -> Newton | None:
    """Find a direction in which the loss falls for ever: it has no minimum there.

    Some predictors go on as far as in the step before though the loss gains next to
    nothing: their rows have been fitted already, and no end is in sight. That is taken
    for certain where no row loses by it.
    """
    if before.point is None or state.point is None or state.rising is None:
        return None
    if len(state.rises) < 3 or len(state.decrements) < 2:
        return None
    one, two = state.rises[-2:]
    last, length = state.decrements[-2:]
    on = two >= RUNAWAY and two >= ON_AND_ON * one
    if not (on and length <= SHORT and length >= SLOWLY * last):
        return None
    rising = state.rising
    moving = np.abs(rising) > MOVES * two
    score = state.look.there.score
    if (score * rising > 0)[moving & (state.look.case_weights > 0)].any():
        return None
    p = m.n_inputs
    d = np.concatenate(
        [[state.point.level - before.point.level],
         state.point.slopes - before.point.slopes]
    )  # fmt: skip
    d[1:] = np.ldexp(d[1:], m.exponent[:p])
    reach = np.abs(d) * m.extent[: p + 1] / m.extent[0]
    return Newton(
        Status.SEPARATED,
        state.point,
        state.look,
        len(state.decrements),
        state.decrements,
        np.inf,
        direction=reach > MOVES * reach.max(),
        rising=rising,
    )
