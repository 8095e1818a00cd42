"""Newton's method for losses that do not bend upwards in every row.

Working rows with positive weights find the way, as in `newton`; the steps at the end
take the second derivatives as they are, in coordinates in which the working rows are
orthonormal. A direction that bends downwards is gone along as far as if it bent
upwards as much (Dauphin and others 2014, arXiv:1406.2572), so that a saddle is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.curved import Coordinates, coordinates, weighted_fit
from leastwise.loops.newton import MOVES, NO_MORE, RUNAWAY, Newton, newton, stuck
from leastwise.loops.robust import reach
from leastwise.loops.working import Look, Point, Problem, point_of
from leastwise.moments.double import Array

# Steps of weighted fits before the second derivatives are taken, and of those.
FIRST_STEPS, MOST_STEPS, MOST_HALVINGS = 30, 200, 30
# An eigenvalue of the Hessian below this, in units of the working rows, is taken as it.
LEAST_BEND = 1e-8
# A step below so many roundings is one.
ROUNDINGS = 4.0
# What is left, in standard errors, when nothing can be said: a mean is so near to the
# end of its range that the curvature of its row is all there is.
NOTHING_KNOWN = 0.01
# What is left is Newton's step and rounding, to first order: twice that.
FIRST_ORDER = 2.0
# Predictors beyond this have run away.
FAR_OFF = 1e12


@dataclass(frozen=True, eq=False)
class _Stand:
    """A point with the Hessian of the loss in coordinates of the working rows."""

    point: Point
    new: Point
    look: Look
    where: Coordinates
    values: Array
    vectors: Array
    gradient: Array
    noise: float

    @property
    def step(self) -> Array:
        """Newton's step, every direction taken as bending upwards."""
        bend = np.maximum(np.abs(self.values), LEAST_BEND)
        return np.asarray(-self.vectors @ ((self.vectors.T @ self.gradient) / bend))

    @property
    def length(self) -> float:
        """Of the step in the units of the working rows."""
        return float(np.linalg.norm(self.step))

    @property
    def rounding(self) -> float:
        """What rounding does to the step, at most."""
        least = float(np.abs(self.values).min(initial=1.0))
        return self.noise / max(least, LEAST_BEND)


def minimise(
    problem: Problem, *, start: Point | None = None, near: float = 0.0
) -> Newton:
    """Minimise any loss that can be differentiated twice.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    start : Point, optional
        Where to start.
    near : float
        How near weighted fits are to come, in standard errors, before the second
        derivatives are taken.
    """
    found = newton(problem, steps=FIRST_STEPS, start=start, near=near)
    if found.status in (Status.SEPARATED, Status.NOT_FINITE):
        return found
    observed = problem.loss.observed(found.look.eta, problem.y)
    weighed = np.array_equal(observed, found.look.there.curvature)
    if found.status is Status.CONVERGED and weighed and not near:
        return found
    stand = _stand(problem, found.point if found.at is None else found.at)
    if not stand.look.is_finite:
        return found
    gone = _falls(problem, stand) if found.status is Status.STEPS_EXHAUSTED else None
    lengths = list(found.decrements)
    status = Status.STEPS_EXHAUSTED
    for _ in range(MOST_STEPS):
        settled = (
            stand.length <= NO_MORE * stand.look.unit
            or stand.length > 0.5 * lengths[-1]
        )
        lengths.append(stand.length)
        if settled and stand.length <= ROUNDINGS * stand.rounding:
            status = Status.CONVERGED
            break
        following = _next(problem, stand)
        if following is None:
            to = stand.where.moved(stand.point, stand.step)
            status = stuck(problem, stand.look, stand.length, to)
            break
        if np.abs(following.look.eta).max(initial=0.0) > FAR_OFF:
            stand, status = following, Status.DIVERGED
            break
        stand = following
    # The last weighted fit is a step of its own, from where Newton's was short.
    missed = float(np.linalg.norm(stand.step + stand.gradient))
    left = FIRST_ORDER * (missed + stand.rounding)
    unit = max(stand.look.unit, stand.rounding)
    if status is Status.CONVERGED and not left <= NOTHING_KNOWN * unit:
        status = Status.EDGE
    if gone is not None and status is not Status.CONVERGED:
        return replace(
            found, status=Status.SEPARATED, direction=gone[0], rising=gone[1]
        )
    steps = len(lengths) - 1
    return replace(
        found, status=status, look=stand.look, point=stand.new, steps=steps,
        working=stand.where.rows, moments=stand.where.moments,
        decrements=tuple(lengths), left=left,
    )  # fmt: skip


def _falls(problem: Problem, stand: _Stand) -> tuple[Array, Array] | None:
    """Say which coefficients run, and by how much predictors do, if no row loses.

    After so many steps a minimum would have rows on either side of it.
    """
    to = stand.where.moved(stand.point, stand.step)
    rising = problem.predictors(to) - stand.look.eta
    most = float(np.abs(rising).max(initial=0.0))
    loses = stand.look.there.score * rising > 0
    if not most >= RUNAWAY or loses[np.abs(rising) > MOVES * most].any():
        return None
    slopes = np.abs(to.slopes - stand.point.slopes)
    spread = np.ptp(np.asarray(problem.rows.X, np.float64), axis=0)
    far = np.append(abs(to.level - stand.point.level), slopes * spread)
    return far > MOVES * far.max(), rising


def _stand(problem: Problem, point: Point) -> _Stand:
    look = problem.look(problem.predictors(point))
    working, m, fit = weighted_fit(problem, look)
    where = coordinates(working, m, fit)
    w = look.case_weights
    observed = problem.loss.observed(look.eta, problem.y)
    bread, (gradient,) = where.sums(w * observed, (w * look.there.score)[None])
    values, vectors = np.linalg.eigh(bread)
    size = np.maximum(np.abs(observed), look.weights)
    e = look.there.rounding + size * reach(problem, point)
    noise = float(np.sqrt(np.sum(w * e * e / look.weights)))
    return _Stand(
        point, point_of(m, fit), look, where, values, vectors, gradient, noise
    )


def _next(problem: Problem, stand: _Stand) -> _Stand | None:
    """Take the step, or the part of it that lowers the loss; None where none does."""
    old = stand.look.total
    look = stand.look
    wander = look.case_weights * np.abs(look.there.score)
    slack = look.slack + float(np.sum(wander * reach(problem, stand.point)))
    part = 1.0
    for _ in range(MOST_HALVINGS):
        point = stand.where.moved(stand.point, part * stand.step)
        look = problem.look(problem.predictors(point))
        if look.is_finite and look.total <= old + slack:
            there = _stand(problem, point)
            # Within the rounding of the loss, only a shorter step is nearer.
            if look.total < old - slack or there.length < stand.length:
                return there
        part /= 2.0
    return None
