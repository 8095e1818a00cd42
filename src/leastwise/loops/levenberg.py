"""Levenberg and Marquardt's steps as a loop of folds.

At a point the model is its Jacobian J and its residual r. The damped step d solves

    (J'WJ + lambda D^2) d = J'W r,        D_j = the largest norm that column j had,

which is a least squares problem with p rows more, sqrt(lambda) D: moments of the rows
of the model, to which the moments of those are added. D takes the units of the
parameters along, so that they cannot change the path. A step is taken when the sum of
squares falls, and lambda follows how well the fall was predicted (Nielsen 1999). The
step is bent by the second derivative along itself (Transtrum and Sethna 2012), which
follows a curved valley.

Near the solution, in coordinates z in which J'WJ is the identity, the second
derivatives of the sum of squares are I - K, where K holds the curvature of the model
times the residuals. Gauss and Newton's step converges like the largest |eigenvalue| of
K, and Newton's, (I - K)^-1 z, quadratically. An eigenvalue of K above 1 says that the
point is a saddle: the loop leaves it along that direction.

K. Levenberg (1944), doi:10.1090/qam/10666. D. W. Marquardt (1963),
doi:10.1137/0111030. J. J. More (1978), doi:10.1007/BFb0067700. M. K. Transtrum and
J. P. Sethna (2012), arXiv:1201.5885. D. M. Bates and D. G. Watts (1980),
doi:10.1111/j.2517-6161.1980.tb01094.x.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.curve import SteppedModel
from leastwise.loops.near import Box, Near, Point, look, newton, placed
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments, merge, select
from leastwise.solve.fit import solve

# The column norms that scale the damping fall by this much a step at most: a column
# that has lost its influence keeps its brake for some steps.
FADE = 0.7
# A step bent by more than this part of itself leaves the valley: it is not made.
MOST_BENT = 0.75
# Of the predicted fall, what makes a step worth it.
LEAST_GAIN = 1e-4
# Damping beyond this makes no step that a float64 could show.
MOST_DAMPING = 1e40
# The sizes, in standard errors, that are tried on the way out of a saddle.
WAYS_OUT = 10.0 ** np.arange(-2, 5)


@dataclass(frozen=True)
class Levenberg:
    """How to go.

    Attributes
    ----------
    steps : int
        Most points at which the Jacobian is asked for.
    damping : float
        lambda of the first step.
    slices : {1, 2, 3}
        How finely the rows are cut.
    near : float
        Newton's steps begin when the decrement, in standard errors, is below this.
    goal : float
        No further step is made when it is below this.
    enough : float
        Converged when it is below this, or below what rounding makes of the
        residuals, and no step halves it.
    passing : bool
        Whether rows pass anew whenever they are looked at: where a step leads is then
        folded at once.
    """

    steps: int = 2000
    damping: float = 1e-3
    slices: int = 3
    near: float = 1e-2
    goal: float = 1e-11
    enough: float = 1e-4
    passing: bool = False


@dataclass(frozen=True)
class Found:
    """Where the loop ended.

    Attributes
    ----------
    point : Point
        The last point.
    near : Near
        The linear model there.
    status : Status
        How it ended.
    steps : int
        Points at which the Jacobian was asked for.
    """

    point: Point
    near: Near
    status: Status
    steps: int


@dataclass(frozen=True, eq=False)
class _Brake:
    """The damping, how fast it grows, and the norms that it is relative to."""

    damping: float
    scale: Array
    grow: float = 2.0

    def tighter(self) -> _Brake:
        return replace(self, damping=self.damping * self.grow, grow=2.0 * self.grow)

    def looser(self, gain: float, gram: Array) -> _Brake:
        """Follow how well the fall was predicted (Nielsen 1999)."""
        damping = self.damping * max(1 / 3, 1 - (2 * min(gain, 2.0) - 1) ** 3)
        scale = np.maximum(FADE * self.scale, np.sqrt(np.diagonal(gram)))
        return _Brake(damping, scale)


def levenberg(curve: SteppedModel, start: Array, box: Box, how: Levenberg) -> Found:
    """Go downhill from a start to a minimum of ``sum w r^2``.

    Parameters
    ----------
    curve : SteppedModel
        The model and its data.
    start : ndarray, shape (p,)
        Where to start: inside the box.
    box : Box
        Bounds of the parameters.
    how : Levenberg
        When to stop, and how finely to fold.

    Returns
    -------
    Found

    Raises
    ------
    NotFiniteError
        When the residuals or the derivatives at the start are not finite.
    """
    at = look(curve, start, box, how.slices)
    if at is None:
        raise NotFiniteError
    brake = _Brake(how.damping, np.sqrt(np.diagonal(at.gram)))
    taken = 1
    while taken < how.steps:
        near = newton(curve, at, bend=False)
        if near.decrement < how.near or _is_small(curve, at, near, how):
            at, near, more = polish(curve, at, box, how)
            taken += more + 1
            if _is_small(curve, at, near, how):
                left = _leave(curve, at, near, box, how)
                if left is None:
                    return Found(at, near, Status.CONVERGED, taken)
                at = left
                continue
        new, gain = _step(curve, at, box, brake, how)
        if new is not None:
            at = new
            taken += 1
            brake = brake.looser(gain, at.gram)
            continue
        brake = brake.tighter()
        if brake.damping > MOST_DAMPING:
            return Found(at, newton(curve, at), Status.STUCK, taken)
    return Found(at, newton(curve, at), Status.STEPS_EXHAUSTED, taken)


def _is_small(curve: SteppedModel, at: Point, near: Near, how: Levenberg) -> bool:
    """Say whether what is left to go is no more than the rounding of residuals."""
    if near.decrement <= how.enough:
        return True
    return bool(near.decrement * np.sqrt(at.rss / at.dof) <= curve.grain)


def _step(
    curve: SteppedModel, at: Point, box: Box, brake: _Brake, how: Levenberg
) -> tuple[Point | None, float]:
    """Try one step; None where the sum of squares does not fall as it should."""
    step = _damped(at, brake)
    bent = _acceleration(curve, at, brake, step)
    if bent is None:
        return None, 0.0
    to = box.clip(at.theta + step + bent)
    made = to - at.theta
    if not box.is_inside(at.theta + step + bent):
        # A bound has cut the step short: predicted for what is left of it.
        step = made
    predicted = float(2 * at.score @ step - step @ at.gram @ step)
    if not (predicted > 0 and made.any()):
        return None, 0.0
    there = look(curve, to, box, how.slices) if how.passing else None
    trial = there.rss if there is not None else np.inf
    if not how.passing:
        trial = curve.sum_of_squares(to)
    if not np.isfinite(trial):
        return None, 0.0
    gain = (at.rss - trial) / predicted
    if gain < LEAST_GAIN:
        return None, gain
    return there or look(curve, to, box, how.slices), gain


def _damped(at: Point, brake: _Brake) -> Array:
    """Solve the moments of the rows together with those of the damping."""
    chosen = np.flatnonzero(at.free)
    m = merge(at.moments, _damping_rows(brake))
    return placed(solve(select(m, chosen, [0]), intercept=False), at.free)


def _damping_rows(brake: _Brake) -> Moments:
    p = len(brake.scale)
    rows = Rows(np.diag(np.sqrt(brake.damping) * brake.scale), np.zeros((p, 1)))
    return fold_rows(rows, slices=3)


def _acceleration(
    curve: SteppedModel, at: Point, brake: _Brake, step: Array
) -> Array | None:
    """Return half the second derivative of the path; None where it is too bent.

    A few digits are enough: float64, in units of the damping.
    """
    bent = np.zeros(len(step))
    pulled = curve.pull_bend(at.theta, step)
    if not np.isfinite(pulled).all():
        return None
    free = at.free
    unit = np.where(brake.scale > 0, brake.scale, 1.0)[free]
    a = at.gram[np.ix_(free, free)] / unit[:, None] / unit
    try:
        found = np.linalg.solve(
            a + brake.damping * np.eye(len(a)), -pulled[free] / unit
        )
    except np.linalg.LinAlgError:
        return bent
    if 2 * np.linalg.norm(found) > MOST_BENT * np.linalg.norm(step[free] * unit):
        return None
    bent[free] = 0.5 * found / unit
    return bent


def polish(
    curve: SteppedModel, at: Point, box: Box, how: Levenberg
) -> tuple[Point, Near, int]:
    """Make Newton's steps for as long as each halves the decrement.

    Returns
    -------
    point, near, steps
        The last point, what is near it, and how many more points were looked at.
    """
    near = newton(curve, at)
    for taken in range(how.steps):
        if near.decrement < how.goal or near.out is not None:
            return at, near, taken
        to = look(curve, box.clip(at.theta + near.step), box, how.slices)
        if to is None:
            return at, near, taken
        then = newton(curve, to)
        if not then.decrement < 0.5 * near.decrement:
            return at, near, taken
        at, near = to, then
    return at, near, how.steps


def _leave(
    curve: SteppedModel, at: Point, near: Near, box: Box, how: Levenberg
) -> Point | None:
    """Leave a saddle along the direction in which the sum of squares falls."""
    if near.out is None:
        return None
    best, place = at.rss * (1 - 1e-12), None
    for size in WAYS_OUT:
        for sign in (-1.0, 1.0):
            to = box.clip(at.theta + sign * size * near.out)
            trial = curve.sum_of_squares(to)
            if trial < best:
                best, place = trial, to
    return None if place is None else look(curve, place, box, how.slices)
