"""First-order solvers for any pointwise loss: standardise, descend, restore.

Inputs are standardised and the predictor is measured in units of what it spreads over
at the start, so that rates and tolerances have no units. At the end one fold says where
Newton's step would lead from there: that is how far, in standard errors, it is from the
optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.loops.first_order import Walked, walk
from leastwise.loops.minibatch import walk_batches
from leastwise.loops.newton import Newton
from leastwise.loops.objective import Cases, OfRows
from leastwise.loops.on_moments import note_of
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.trace import Trace
from leastwise.loops.working import (
    Point,
    Problem,
    decrement,
    level_point,
    point_of,
    rounding_of,
)
from leastwise.loss.base import Loss
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.solve.fit import solve

# So near, in standard errors, nobody sees the difference.
ARRIVED = 1e-3
# A spread below this part of a level is rounding.
ROUNDING = 2.0**-40
# A Newton step says how far it is to first order: twice that.
FIRST_ORDER = 2.0


@dataclass(frozen=True, eq=False)
class WentOnRows:
    """Where a solver came to on rows.

    Attributes
    ----------
    newton : Newton
        The loss there, with the step that Newton's method would take, not taken.
    trace : Trace
        The way there.
    note : str
        What happened, in words.
    status : Status
        How the loop itself ended.
    """

    newton: Newton
    trace: Trace
    note: str
    status: Status


@dataclass(frozen=True, eq=False)
class Units:
    """How rows are standardised, and how parameters become points.

    Attributes
    ----------
    mean, scale : ndarray, shape (p,)
        Of the inputs; a scale of 0 leaves a column out.
    first : ndarray, shape (p,)
        The row that points are about.
    level, unit : float
        Predictor at parameters of zero, and what predictors are measured in.
    lead : int
        1 with an intercept, else 0.
    """

    mean: Array
    scale: Array
    first: Array
    level: float
    unit: float
    lead: int

    def point(self, theta: Array) -> Point:
        """Return standardised parameters as a point about the first row."""
        slopes = np.where(self.scale > 0, self.unit / self._safe, 0.0)
        slopes = slopes * theta[self.lead :]
        away = float((self.first - self.mean) @ slopes)
        start = self.unit * float(theta[0]) if self.lead else 0.0
        return Point(self.level + start + away, slopes)

    @property
    def _safe(self) -> Array:
        return np.where(self.scale > 0, self.scale, 1.0)

    def columns(self, X: Array) -> Array:
        """Return standardised columns."""
        made = X - self.mean
        made /= self._safe
        made[:, self.scale == 0] = 0.0
        return np.asarray(made)


def descend_on_rows(problem: Problem, optimiser: Optimiser) -> WentOnRows:
    """Minimise the loss of rows by a first-order solver.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    optimiser : Optimiser
        The solver; checked.
    """
    units = _units(problem)
    cases = _cases(problem, units)
    m = units.lead + problem.rows.X.shape[1]
    objective = OfRows(problem.loss, problem.intercept)
    start = start_of(optimiser, m)
    about = f"{problem.loss.call}, intercept={problem.intercept}"
    go = walk if optimiser.run.batch is None else walk_batches
    found = go(objective, start, cases, optimiser, about=about)
    there = units.point(np.asarray(found.params))
    return _measured(problem, optimiser, units, found, there)


def start_of(optimiser: Optimiser, m: int) -> Array:
    """Return the standardised coefficients that a solver starts from.

    Parameters
    ----------
    optimiser : Optimiser
        The solver.
    m : int
        How many there are.
    """
    if optimiser.start is None:
        return np.zeros(m)
    start = np.asarray(optimiser.start, np.float64)
    if start.size != m or not np.isfinite(start).all():
        raise RequestError(
            f"start has shape {start.shape}, or is not finite",
            fix=f"Give {m} finite standardised coefficients",
        )
    return start.reshape(m)


def _units(problem: Problem) -> Units:
    X, w = problem.rows.X, problem.case_weights
    p = X.shape[1]
    mean, level = np.zeros(p), 0.0
    share = w / w.sum()
    first = np.asarray(X[0], np.float64)
    if problem.intercept:
        # From the first row, and once more: the rounding of large offsets goes.
        mean = first + share @ (X - first)
        mean = mean + share @ (X - mean)
        level = level_point(problem).level
    scale = np.sqrt(share @ np.square(X - mean)) if p else np.zeros(0)
    # What is left of a column that does not vary is rounding.
    scale = np.where(scale > 2.0**-45 * np.abs(mean), scale, 0.0)
    scale = np.where(_kept(problem), scale, 0.0)
    each = problem.loss.start(problem.y, problem.rows.weights)
    spread = float(np.sqrt(share @ np.square(each - share @ each)))
    of_target = float(np.sqrt(share @ np.square(problem.y - share @ problem.y)))
    unit = unit_of(problem.loss, level, spread, of_target)
    if problem.intercept and _total(problem, 0.0) < _total(problem, level):
        # A loss that takes eta for something else than the target.
        level, unit = 0.0, 1.0
    return Units(mean, scale, first, level, unit, int(problem.intercept))


def unit_of(loss: Loss, level: float, spread: float, of_target: float) -> float:
    """Return what predictors are measured in.

    Parameters
    ----------
    loss : Loss
        What a row costs.
    level, spread : float
        Mean and standard deviation of the predictors that it would start from.
    of_target : float
        Standard deviation of the target.
    """
    if np.isfinite(spread) and spread > ROUNDING * abs(level):
        return spread
    # One start for all rows: what is left is rounding.
    if loss.in_target_units and np.isfinite(of_target) and of_target > 0:
        return of_target
    return 1.0


def _total(problem: Problem, level: float) -> float:
    """Return the loss of all rows at the same predictor."""
    return problem.look(
        problem.predictors(Point(level, np.zeros(problem.rows.X.shape[1])))
    ).total


def _kept(problem: Problem) -> Array:
    """Find the columns that are no combination of those before them."""
    m = fold_rows(problem.rows)
    return np.asarray(solve(m, intercept=problem.intercept).kept)


def _cases(problem: Problem, units: Units) -> Cases:
    n = len(problem.rows.Y)
    base = np.full(n, units.level)
    if problem.offset is not None:
        base = base + problem.offset
    X = units.columns(np.asarray(problem.rows.X, np.float64))
    return Cases(X, problem.y, problem.case_weights, base, np.float64(units.unit))


def _measured(
    problem: Problem, optimiser: Optimiser, units: Units, found: Walked, at: Point
) -> WentOnRows:
    look = problem.look(problem.predictors(at))
    note = note_of(found, optimiser)
    working = look.working(problem)
    m = fold_rows(working, slices=1)
    fit = solve(m, intercept=problem.intercept, observations=problem.observations)
    to = point_of(m, fit)
    length = decrement(m, at, to)
    noise = look.noise() + rounding_of(m, to)
    status = found.status
    near = length <= ARRIVED * look.unit or length <= noise
    if status in (Status.CONVERGED, Status.STEPS_EXHAUSTED):
        status = Status.CONVERGED if near else Status.STEPS_EXHAUSTED
    newton = Newton(
        status, look, to, working, m, found.steps, (length,),
        FIRST_ORDER * length + noise if near else np.inf, at=at,
    )  # fmt: skip
    return WentOnRows(newton, trace_of(units, found), note, found.status)


def trace_of(units: Units, found: Walked) -> Trace:
    """Return the way of a solver in original units.

    Parameters
    ----------
    units : Units
        How rows were standardised.
    found : Walked
        Where it came to, and how.
    """
    kept = found.records
    theta = kept.params[:, :, None]
    points = [units.point(row) for row in kept.params]
    coefficients = np.stack(
        [
            np.append(
                [point.level - float(units.first @ point.slopes)] * units.lead,
                point.slopes,
            )
            for point in points
        ]
    )
    last = kept.params[-1]
    return Trace(
        step=kept.step,
        loss=kept.value,
        gradient_norm=kept.gradient_norm,
        distance=np.linalg.norm(kept.params - last, axis=1),
        standardised=theta,
        coefficients=coefficients[:, :, None],
    )
