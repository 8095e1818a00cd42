"""Newton's method and Fisher scoring, as a loop of folds.

Each step is the weighted least squares fit of the working rows (Green 1984,
doi:10.1111/j.2517-6161.1984.tb01288.x). A step that does not lower the loss is
halved. Where it stands is said in standard errors: the step ``d`` is ``sqrt(d'Hd)``
of them long, whatever the units, and what is left after it is at most
``q / (1 - q)`` times as much, q being how much shorter it was than the one before.

The last step is not taken by the loop: its fold is the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.approach import approach
from leastwise.loops.working import (
    Look,
    Point,
    Problem,
    decrement,
    level_point,
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
MOST_HALVINGS = 80
# So far from the optimum, in standard errors, nobody would see anything; and so far
# the point may be that weights are taken from, before the last step.
NOTHING_LEFT = 1e-8
NEARLY_THERE = 1e-4
# Below this many numbers, steps cost nothing: go on to the rounding.
FEW = 4_000_000
# Up to this many products, n q^2, a fold at the finest tier costs nothing: where
# columns nearly agree the steps then keep their digits.
FINE = 1_000_000
# A step this short that shrinks no more is rounding; one of this length always is.
IS_ROUNDING, NO_MORE = 1e-9, 1e-13
# Predictors that go on by this much, and by this part of the step before, while the
# step is short in standard errors and shrinks by no more than this: they run away.
RUNAWAY, ON_AND_ON, SHORT, SLOWLY = 0.05, 0.8, 0.1, 0.3
# A row or a coefficient moves when it does by this part of what moves most.
MOVES = 1e-3
# A loop that cannot lower the loss has arrived if its step would be this short.
NEARLY_NONE = 1e-6


@dataclass(frozen=True, eq=False)
class Newton:
    """Where the loop came to.

    Attributes
    ----------
    status : Status
        How it ended.
    look : Look
        The loss where the last step begins.
    point : Point
        Where it leads.
    working : Rows
        The rows of least squares that the last step is the fit of.
    moments : Moments
        What they fold into, at the first tier.
    steps : int
        Steps taken, the last included.
    decrements : tuple of float
        Length of each step, in standard errors of a dispersion of 1.
    left : float
        What is left between the end of the last step and the optimum, at most, in the
        same unit: of the loop, and of rounding.
    direction : ndarray of bool, shape (1 + p,), or None
        Where the loss falls for ever: which coefficients run away.
    rising : ndarray, shape (n,), or None
        By how much each predictor runs.
    at : Point or None
        Where the last step begins; None where rows still have predictors of their own.
    """

    status: Status
    look: Look
    point: Point
    working: Rows
    moments: Moments
    steps: int
    decrements: tuple[float, ...]
    left: float
    direction: Array | None = None
    rising: Array | None = None
    at: Point | None = None


@dataclass(frozen=True, eq=False)
class _State:
    """Between two steps. Where no point has been reached yet, rows have their own."""

    point: Point | None
    look: Look
    decrements: tuple[float, ...] = ()
    noise: float = np.inf
    rises: tuple[float, ...] = ()
    rising: Array | None = None


@dataclass(frozen=True, eq=False)
class _Step:
    """A step that could be taken."""

    working: Rows
    moments: Moments
    to: Point


def newton(
    problem: Problem,
    *,
    steps: int = MOST_STEPS,
    start: Point | None = None,
    near: float = 0.0,
) -> Newton:
    """Minimise the loss of rows.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    steps : int
        Most steps to take.
    start : Point, optional
        Where to start; where the loss says for single rows, or from a few plain steps,
        when None.
    near : float
        A step this short, in standard errors, is the last: somebody else goes on.

    Returns
    -------
    Newton
    """
    state = _begin(problem, start)
    few = problem.rows.X.size <= FEW
    step = _step(problem, state.look)
    if not state.look.is_finite:
        return _end(Status.NOT_FINITE, state, step)
    for _ in range(steps):
        state = _measured(state, step)
        if not step.to.is_finite:
            return _end(Status.NOT_FINITE, state, step)
        goal = 0.0 if few else NOTHING_LEFT * state.look.unit
        if _is_done(state, goal) or _is_near(state, near):
            return _end(Status.CONVERGED, state, step)
        found, last = _go(problem, state, step), state.decrements[-1]
        if found is None:
            # Rounding: nowhere near is the loss lower.
            return _end(stuck(problem, state.look, last, step.to), state, step)
        gone = _runaway(state, found, step)
        if gone is not None:
            return gone
        state, step = found, _step(problem, found.look)
    return _end(Status.STEPS_EXHAUSTED, _measured(state, step), step)


def fold_and_solve(problem: Problem, working: Rows) -> tuple[Moments, Fit]:
    """Fold working rows, few of them at the finest tier, and solve them.

    Parameters
    ----------
    problem : Problem
        Whose rows they are.
    working : Rows
        Of least squares.
    """
    m = fold_rows(working, slices=3 if is_small(problem) else 1)
    fit = solve(m, intercept=problem.intercept, observations=problem.observations)
    return m, fit


def _step(problem: Problem, look: Look) -> _Step:
    working = look.working(problem)
    m, fit = fold_and_solve(problem, working)
    return _Step(working, m, point_of(m, fit))


def is_small(problem: Problem) -> bool:
    """Say whether the rows are so few that a fold at the finest tier costs nothing."""
    n, p = problem.rows.X.shape
    return bool(n * (p + 2) ** 2 <= FINE)


def _measured(state: _State, step: _Step) -> _State:
    """Add the length of a step, and what rounding makes of it."""
    length = np.inf
    if state.point is not None:
        length = decrement(step.moments, state.point, step.to)
    noise = state.look.noise() + rounding_of(step.moments, step.to)
    return replace(state, decrements=(*state.decrements, length), noise=noise)


def _begin(problem: Problem, start: Point | None) -> _State:
    """Find predictors to start from at which the loss is finite."""
    if start is None:
        start = approach(problem)
    if start is not None:
        look = problem.look(problem.predictors(start))
        if look.is_finite:
            return _State(start, look)
    look = problem.look(problem.loss.start(problem.y, problem.rows.weights))
    if look.is_finite:
        return _State(None, look)
    return _from_level(problem)


def _from_level(problem: Problem) -> _State:
    """Begin at a predictor that is the same for all rows."""
    point = level_point(problem)
    return _State(point, problem.look(problem.predictors(point)))


def _go(problem: Problem, state: _State, step: _Step) -> _State | None:
    """Take a step, or the part of it that lowers the loss."""
    old = state.look.total
    slack = state.look.slack
    part, there = 1.0, step.to
    for _ in range(MOST_HALVINGS):
        look = problem.look(problem.predictors(there))
        if look.is_finite and look.total <= old + slack:
            rising = look.eta - state.look.eta
            rises = (*state.rises, float(np.abs(rising).max()))
            return _State(there, look, state.decrements, state.noise, rises, rising)
        if state.point is None:
            # The start was no point, and the loss of its rows is no measure: a step
            # from there is taken as it is, if it can be.
            if look.is_finite:
                return _State(there, look, state.decrements, state.noise)
            level = _from_level(problem)
            return replace(level, decrements=state.decrements)
        part /= 2.0
        there = state.point.toward(step.to, part)
    return None


def _shrink(state: _State) -> float:
    """Return how much shorter a step is than the one before."""
    if len(state.decrements) < 2:
        return 1.0
    before, last = state.decrements[-2:]
    if not np.isfinite(before) or before == 0:
        return 1.0 if last else 0.0
    return min(last / before, 1.0)


def _left(state: _State) -> float:
    """Bound what the last step leaves."""
    q, last = _shrink(state), state.decrements[-1]
    if q >= 1.0 or not np.isfinite(last):
        return np.inf
    return last * q / (1.0 - q)


def _is_done(state: _State, goal: float) -> bool:
    last = state.decrements[-1]
    unit = state.look.unit
    settled = goal > 0 or last <= NO_MORE * unit or _shrink(state) > 0.5
    if settled and last <= max(state.noise, IS_ROUNDING * unit):
        return True
    return bool(last <= NEARLY_THERE * unit and _left(state) <= goal)


def _is_near(state: _State, near: float) -> bool:
    """Say whether it came near, and no row is still on its way to infinity."""
    calm = bool(state.rises) and state.rises[-1] < RUNAWAY
    return calm and state.decrements[-1] <= near * state.look.unit


def stuck(problem: Problem, look: Look, length: float, to: Point) -> Status:
    """Say whether a loop that cannot go down has arrived, and if not, what is there.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    look : Look
        Where it is.
    length : float
        Of the step it would take, in standard errors of a dispersion of 1.
    to : Point
        Where that leads.
    """
    if not problem.look(problem.predictors(to)).is_finite:
        return Status.EDGE
    arrived = length <= NEARLY_NONE * max(look.unit, np.sqrt(abs(look.total)))
    return Status.CONVERGED if arrived else Status.STEPS_EXHAUSTED


def _end(status: Status, state: _State, step: _Step) -> Newton:
    left = np.inf
    if state.decrements:
        left = state.decrements[-1] if status is Status.CONVERGED else np.inf
        left = min(left, _left(state)) + state.noise
    return Newton(
        status,
        state.look,
        step.to,
        step.working,
        step.moments,
        len(state.decrements),
        state.decrements,
        left,
        at=state.point,
    )


def _runaway(before: _State, state: _State, step: _Step) -> Newton | None:
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
    if not (on and length <= SHORT * state.look.unit and length >= SLOWLY * last):
        return None
    rising = state.rising
    moving = np.abs(rising) > MOVES * two
    score = state.look.there.score
    if (score * rising > 0)[moving & (state.look.case_weights > 0)].any():
        return None
    m = step.moments
    p = m.n_inputs
    d = np.append(
        state.point.level - before.point.level, state.point.slopes - before.point.slopes
    )
    d[1:] = np.ldexp(d[1:], m.exponent[:p])
    reach = np.abs(d) * m.extent[: p + 1] / m.extent[0]
    found = _end(Status.SEPARATED, state, step)
    return replace(
        found, left=np.inf, direction=reach > MOVES * reach.max(), rising=rising
    )
