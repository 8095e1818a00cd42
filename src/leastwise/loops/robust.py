"""M-estimates with a scale of their own: weighted least squares, then Newton on both.

Weights ``psi(u)/u`` and a new scale in turn find the way from far (Huber 1981, 7.8;
Holland and Welsch 1977, doi:10.1080/03610927708827533), slowly at the end. There, the
equations of the coefficients and of the scale are solved together by Newton's method,
with the curvature psi' of the rows; a step is kept where the next weighted fit says
that it is nearer. What is left at the end is Newton's step there, and what rounding of
predictors and scores can do to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.curved import Coordinates, coordinates, weighted_fit
from leastwise.loops.newton import Newton
from leastwise.loops.working import Look, Point, Problem, decrement, point_of
from leastwise.loss.base import ROUNDOFF, Pointwise
from leastwise.loss.robust.base import Robust
from leastwise.loss.robust.scaled import Scaled
from leastwise.loss.scale.base import Residuals, ResidualScale
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.state import Moments
from leastwise.solve.result import Fit

MOST_STEPS = 500
# A step this long, in standard errors, is near enough for Newton's method.
NEAR = 0.5
# A scale falls that is below this part of the lowest so far.
FALLS = 0.999
# It has to be this much nearer by the next weighted fit.
NEARER = 0.5
# A step below so many roundings is one; steps that stay below `SETTLED` without
# becoming shorter as often as `PATIENCE` are, too.
ROUNDINGS = 4.0
SETTLED, PATIENCE = 1e-6, 4
# Steps that have not become shorter so often are taken by this part, and again.
TURN, SLOWER, MOST_TURNS = 60, 0.5, 4
# Roundings in the equation of a scale.
SCALE_ROUNDINGS = 16.0
# What is left is Newton's step and rounding, to first order: twice that.
FIRST_ORDER = 2.0
# Residuals below this beside the target are rounding.
NO_RESIDUAL = 2.0**-44


@dataclass(frozen=True, eq=False)
class Sought:
    """An M-estimate that is asked for.

    Attributes
    ----------
    problem : Problem
        The rows; what its loss is does not matter.
    robust : Robust
        What a residual costs.
    scale : ResidualScale
        How the scale is estimated.
    beside : ndarray, shape (n,), or None
        ResidualScale of each row beside the common one.
    counts : ndarray, shape (n,), or None
        How many rows each stands for, to the scale.
    """

    problem: Problem
    robust: Robust
    scale: ResidualScale
    beside: Array | None = None
    counts: Array | None = None

    def at(self, scale: float) -> Problem:
        """Return the problem at a scale."""
        return replace(self.problem, loss=Scaled(self.robust, scale, self.beside))

    def seen(self, eta: Array, dof: float) -> Residuals:
        """Return what a scale is estimated from."""
        r = self.problem.y - eta
        if self.beside is not None:
            r = r / self.beside
        return Residuals(r, self.counts, dof, self.robust)


@dataclass(frozen=True, eq=False)
class Found:
    """An M-estimate.

    Attributes
    ----------
    newton : Newton
        How the loop ended.
    scale : float
        Of the residuals; 0 where half of them are.
    problem : Problem
        The rows with the loss at that scale.
    robust : Robust
        The loss without a scale.
    scale_left : float
        Bound on what the scale is off by, of itself.
    """

    newton: Newton
    scale: float
    problem: Problem
    robust: Robust
    scale_left: float


@dataclass(frozen=True, eq=False)
class _Stand:
    """A point of the loop, with the weighted fit of its rows."""

    point: Point
    scale: float
    look: Look
    working: Rows
    moments: Moments
    fit: Fit
    new: Point
    next_scale: float

    @property
    def length(self) -> float:
        """Length of the step to the next weighted fit, in standard errors."""
        step = decrement(self.moments, self.point, self.new) / self.scale
        # The square of the one is of the size of the sum of squares over s^2.
        return step + abs(self.next_scale / self.scale - 1.0)


def robust(sought: Sought, *, start: Point | None = None) -> Found:
    """Find an M-estimate.

    Parameters
    ----------
    sought : Sought
        What is asked for.
    start : Point, optional
        Where to start; from least squares when None.
    """
    begun = _begin(sought, start)
    if begun is None:
        return _without_scale(sought)
    lengths: list[float] = []
    stand, status = begun, Status.STEPS_EXHAUSTED
    best, waited, lowest = np.inf, 0, np.inf
    for _ in range(MOST_STEPS):
        length = stand.length
        lengths.append(length)
        # A scale that goes on falling is on its way to 0: that is no circle.
        falls = stand.scale < FALLS * lowest
        lowest = min(lowest, stand.scale)
        waited = 0 if length < best or falls else waited + 1
        best = min(best, length)
        noise = ROUNDINGS * _noise(sought, stand) / stand.scale
        if length <= noise or (best <= SETTLED and waited >= PATIENCE):
            status = Status.CONVERGED
            break
        # What goes round in a circle is slowed down.
        part = SLOWER ** min(waited // TURN, MOST_TURNS)
        following = _next(sought, stand, best, part)
        if following is None:
            return _without_scale(sought)
        stand = following
    return _end(sought, stand, status, tuple(lengths))


def least_squares(problem: Problem) -> tuple[Point, float]:
    """Return the weighted least squares fit of a problem, and its degrees of freedom.

    Parameters
    ----------
    problem : Problem
        The rows.
    """
    nothing = np.zeros(len(problem.rows.Y))
    flat = Pointwise(nothing, -problem.y, nothing + 1.0, nothing)
    if problem.offset is not None:
        flat = replace(flat, score=problem.offset - problem.y)
        look = Look(problem.offset, flat, problem.case_weights)
    else:
        look = Look(nothing, flat, problem.case_weights)
    _, m, fit = weighted_fit(problem, look)
    return point_of(m, fit), float(fit.dof)


def _begin(sought: Sought, start: Point | None) -> _Stand | None:
    first, dof = least_squares(sought.problem)
    point = first if start is None else start
    seen = sought.seen(sought.problem.predictors(point), dof)
    middle = float(np.median(np.abs(seen.residuals)))
    largest = float(np.abs(sought.problem.y).max(initial=0.0))
    scale = sought.scale.next(seen, middle or float(np.abs(seen.residuals).max()))
    if not scale > NO_RESIDUAL * largest:
        return None
    return _stand(sought, point, scale)


def _stand(sought: Sought, point: Point, scale: float) -> _Stand | None:
    """Make the weighted fit at a point, and the scale of its residuals."""
    problem = sought.at(scale)
    eta = problem.predictors(point)
    look = problem.look(eta)
    if not look.is_finite:
        return None
    working, m, fit = weighted_fit(problem, look)
    following = sought.scale.next(sought.seen(eta, float(fit.dof)), scale)
    largest = float(np.abs(problem.y).max(initial=0.0))
    if not following > NO_RESIDUAL * largest:
        return None
    return _Stand(point, scale, look, working, m, fit, point_of(m, fit), following)


def _next(sought: Sought, stand: _Stand, best: float, part: float) -> _Stand | None:
    """Take Newton's step where it leads nearer than any, else the weighted fit's."""
    if stand.length < NEAR:
        step = _newton_step(sought, stand)
        if step is not None:
            there = _stand(sought, *step)
            if there is not None and there.length <= NEARER * best:
                return there
    if part < 1.0:
        between = stand.scale * (stand.next_scale / stand.scale) ** part
        return _stand(sought, stand.point.toward(stand.new, part), between)
    scale = sought.scale.next(
        sought.seen(sought.problem.predictors(stand.new), float(stand.fit.dof)),
        stand.next_scale,
    )
    return _stand(sought, stand.new, scale) if scale > 0 else None


@dataclass(frozen=True, eq=False)
class _Joint:
    """The equations of coefficients and scale at a point, and their derivatives."""

    where: Coordinates
    matrix: Array
    off: Array
    by_residual: Array | None


def _joint(sought: Sought, stand: _Stand) -> _Joint:
    problem, look, s = sought.at(stand.scale), stand.look, stand.scale
    loss = problem.loss
    where = coordinates(stand.working, stand.moments, stand.fit)
    w = look.case_weights
    bend = loss.observed(look.eta, problem.y)
    gradient = w * look.there.score
    by_scale = gradient + w * bend * (problem.y - look.eta)
    vectors = [gradient, by_scale]
    equation = sought.scale.equation(sought.seen(look.eta, float(stand.fit.dof)), s)
    if equation is not None:
        beside = 1.0 if sought.beside is None else sought.beside
        vectors.append(-equation.by_residual / beside)
    bread, sums = where.sums(w * bend, np.array(vectors))
    if equation is None:
        return _Joint(where, bread, sums[0], None)
    q = len(bread)
    matrix = np.empty((q + 1, q + 1))
    # Both in units of the scale.
    matrix[:q, :q], matrix[:q, q] = bread, sums[1] / s
    matrix[q, :q], matrix[q, q] = sums[2] * s, equation.by_scale * s
    off = np.append(sums[0] / s, equation.off)
    return _Joint(where, matrix, off, equation.by_residual)


def _newton_step(sought: Sought, stand: _Stand) -> tuple[Point, float] | None:
    joint = _joint(sought, stand)
    try:
        step = np.linalg.solve(joint.matrix, -joint.off)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(step).all():
        return None
    scale = stand.scale
    if joint.by_residual is not None:
        if abs(step[-1]) > NEAR:
            return None
        step, scale = step[:-1] * scale, scale * (1.0 + float(step[-1]))
    return joint.where.moved(stand.point, step), scale


def reach(problem: Problem, point: Point) -> Array:
    """Return what the predictors of rows are rounded by, at most.

    Parameters
    ----------
    problem : Problem
        The rows.
    point : Point
        Where the predictors are computed.
    """
    size = np.abs(point.slopes)
    total = np.full(len(problem.rows.Y), abs(point.level))
    for here, shifted in problem.shifted():
        total[here] += np.abs(shifted) @ size
    if problem.offset is not None:
        total = total + np.abs(problem.offset)
    return np.asarray((len(size) + 3) * ROUNDOFF * total)


def _noise(sought: Sought, stand: _Stand) -> float:
    """Return what rounding does to a weighted fit, in units of the target."""
    look = stand.look
    e = look.there.rounding + look.weights * reach(sought.problem, stand.point)
    return float(np.sqrt(np.sum(look.case_weights * e * e / look.weights)))


def _end(
    sought: Sought, stand: _Stand, status: Status, lengths: tuple[float, ...]
) -> Found:
    """Bound what is left: Newton's step, and what rounding does to the equations."""
    problem, look, s = sought.at(stand.scale), stand.look, stand.scale
    joint = _joint(sought, stand)
    q = len(joint.where.alive)
    far = reach(problem, stand.point)
    bend = problem.loss.observed(look.eta, problem.y)
    e = look.there.rounding + np.maximum(np.abs(bend), look.weights) * far
    noise = float(np.sqrt(np.sum(look.case_weights * e * e / look.weights)))
    try:
        inverse = np.linalg.inv(joint.matrix)
    except np.linalg.LinAlgError:
        inverse = np.full(joint.matrix.shape, np.inf)
    with np.errstate(invalid="ignore"):
        step = inverse @ joint.off
        left = float(np.linalg.norm(step[:q]))
        left += (
            float(np.linalg.norm(inverse[:q, :q]))
            * noise
            / (1.0 if joint.by_residual is None else s)
        )
        of_scale = 0.0
        if joint.by_residual is not None:
            own = SCALE_ROUNDINGS * ROUNDOFF
            own += float(np.abs(joint.by_residual) @ far)
            left += float(np.linalg.norm(inverse[:q, q])) * own
            left *= s
            of_scale = abs(float(step[q])) + abs(float(inverse[q, q])) * own
            of_scale += float(np.linalg.norm(inverse[q, :q])) * noise / s
    left = FIRST_ORDER * left + ROUNDINGS * noise
    if not np.isfinite(left):
        left = np.inf
    decrements = tuple(length * s for length in lengths)
    found = Newton(
        status, look, stand.new, stand.working, stand.moments, len(lengths),
        decrements, left,
    )  # fmt: skip
    return Found(found, s, problem, sought.robust, FIRST_ORDER * of_scale)


def _without_scale(sought: Sought) -> Found:
    point, _ = least_squares(sought.problem)
    problem = sought.at(1.0)
    look = problem.look(problem.predictors(point))
    nothing = np.zeros(len(look.eta))
    flat = Look(look.eta, Pointwise(nothing, nothing, nothing + 1.0, nothing), nothing)
    working, m, _ = weighted_fit(problem, replace(flat, case_weights=nothing + 1.0))
    found = Newton(Status.NOT_FINITE, look, point, working, m, 0, (), np.inf)
    return Found(found, 0.0, problem, sought.robust, np.inf)
