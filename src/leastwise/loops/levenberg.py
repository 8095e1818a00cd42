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
from leastwise.loops.curve import Curve
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments, merge, select
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit
from leastwise.solve.scatter import scatter_of


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
        Converged when it is below this, and no step makes it smaller.
    """

    steps: int = 1000
    damping: float = 1e-3
    slices: int = 3
    near: float = 1e-2
    goal: float = 1e-11
    enough: float = 1e-4


@dataclass(frozen=True)
class Box:
    """Bounds of parameters; a parameter whose two bounds agree is held."""

    low: Array
    high: Array

    def clip(self, theta: Array) -> Array:
        """Return the nearest point inside."""
        return np.clip(theta, self.low, self.high)

    def free(self, theta: Array, score: Array) -> Array:
        """Say which parameters can move downhill, along their score."""
        held = self.low == self.high
        down = (theta <= self.low) & (score < 0)
        up = (theta >= self.high) & (score > 0)
        return ~(held | down | up)


@dataclass(frozen=True)
class Point:
    """A point and what was found there.

    Attributes
    ----------
    theta : ndarray, shape (p,)
        The parameters.
    moments : Moments
        Of the rows (J, r).
    gram, score : ndarray, shapes (p, p) and (p,)
        J'WJ and J'W r, rounded.
    rss : float
        ``sum w r^2``.
    free : ndarray of bool, shape (p,)
        Parameters that no bound holds.
    """

    theta: Array
    moments: Moments
    gram: Array
    score: Array
    rss: float
    free: Array

    @property
    def dof(self) -> int:
        """Residual degrees of freedom; at least 1, for a scale."""
        return max(self.moments.count - int(self.free.sum()), 1)


@dataclass(frozen=True)
class Near:
    """The steps of Gauss and Newton, and of Newton, at a point.

    Attributes
    ----------
    fit : Fit
        The linear model at the point, of the free parameters.
    step : ndarray, shape (p,)
        Newton's where the sum of squares is convex, else Gauss and Newton's.
    decrement : float
        ``sqrt(d' H d)/sigma`` of that step: how far the end is, in standard errors.
    curvature : ndarray, shape (q,)
        Eigenvalues of K, rising; empty where there are no second derivatives.
    out : ndarray, shape (p,), or None
        The direction in which the point is not a minimum.
    """

    fit: Fit
    step: Array
    decrement: float
    curvature: Array
    out: Array | None = None


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


def look(curve: Curve, theta: Array, box: Box, slices: int) -> Point | None:
    """Fold the rows of a point; None where a derivative is not finite."""
    try:
        moments = _folded(curve.rows(theta), slices)
    except NotFiniteError:
        return None
    p, s = len(theta), scatter_of(moments, intercept=False)
    e, we = moments.exponent, moments.weight_exponent
    with np.errstate(over="ignore"):
        gram = np.ldexp(s.xx.hi, e[:p, None] + e[None, :p] + we)
        score = np.ldexp(s.xy.hi[:, 0], e[:p] + e[p] + we)
        rss = float(np.ldexp(s.yy.hi[0], 2 * e[p] + we))
    if not (np.isfinite(gram).all() and np.isfinite(score).all()):
        return None
    return Point(theta, moments, gram, score, rss, box.free(theta, score))


def _folded(blocks: object, slices: int) -> Moments:
    total: Moments | None = None
    for rows in blocks:  # type: ignore[attr-defined]
        one = fold_rows(rows, slices=slices)
        total = one if total is None else merge(total, one)
    return total  # type: ignore[return-value]


def levenberg(curve: Curve, start: Array, box: Box, how: Levenberg) -> Found:
    """Go downhill from a start to a minimum of ``sum w r^2``."""
    at = look(curve, box.clip(start), box, how.slices)
    if at is None:
        raise NotFiniteError
    scale = np.sqrt(np.diagonal(at.gram))
    damping, grow = how.damping, 2.0
    taken = 1
    while taken < how.steps:
        near = newton(curve, at, bend=False)
        if near.decrement < how.near:
            at, near, more = _polish(curve, at, box, how)
            taken += more
            if near.decrement < how.enough:
                if near.out is None:
                    return Found(at, near, Status.CONVERGED, taken)
                left = _leave(curve, at, near, box, how)
                if left is None:
                    return Found(at, near, Status.CONVERGED, taken)
                at = left
                continue
        scale = np.maximum(scale, np.sqrt(np.diagonal(at.gram)))
        step, predicted = _damped(curve, at, scale, damping)
        to = box.clip(at.theta + step)
        new = None
        trial = curve.sum_of_squares(to)
        gain = (at.rss - trial) / predicted if predicted > 0 else -1.0
        if np.isfinite(trial) and gain > 1e-4:
            new = look(curve, to, box, how.slices)
        if new is None:
            damping *= grow
            grow *= 2.0
            if damping > 1e60:
                return Found(at, newton(curve, at), Status.DIVERGED, taken)
            continue
        taken += 1
        at = new
        damping *= max(1 / 3, 1 - (2 * gain - 1) ** 3)
        grow = 2.0
    return Found(at, newton(curve, at), Status.STEPS_EXHAUSTED, taken)


def _damped(
    curve: Curve, at: Point, scale: Array, damping: float
) -> tuple[Array, float]:
    """Return the damped step and the fall of the sum of squares it predicts."""
    chosen = np.flatnonzero(at.free)
    m = merge(at.moments, _damping_rows(at, scale, damping))
    step = _placed(solve(select(m, chosen, [0]), intercept=False), at.free)
    predicted = float(2 * at.score @ step - step @ at.gram @ step)
    return step, predicted


def _damping_rows(at: Point, scale: Array, damping: float) -> Moments:
    p = len(scale)
    weights = None if at.moments.weight_exponent == 0 else np.ones(p)
    rows = Rows(np.diag(np.sqrt(damping) * scale), np.zeros((p, 1)), weights)
    return fold_rows(rows, slices=3)


def _placed(fit: Fit, free: Array) -> Array:
    """Return coefficients at their places; 0 for what is held or has no influence."""
    step = np.zeros(len(free))
    step[free] = np.nan_to_num(fit.coefficients[:, 0], posinf=0.0, neginf=0.0)
    return step


def newton(curve: Curve, at: Point, *, bend: bool = True) -> Near:
    """Return the undamped steps at a point, and how far from the end they say it is."""
    chosen = np.flatnonzero(at.free)
    m = select(at.moments, chosen, [0])
    fit = solve(m, intercept=False)
    step = _placed(fit, at.free)
    explained = np.ldexp(fit.explained[0], 2 * fit.target_exponent[0] + fit.weight_exponent)
    sigma = np.sqrt(at.rss / at.dof)
    flat = np.zeros(0)
    size = float(np.sqrt(max(explained, 0.0)))
    near = Near(fit, step, size / sigma if sigma > 0 else 0.0, flat)
    second = curve.bend(at.theta) if bend and fit.kept.all() else None
    if second is None or not np.isfinite(second).all() or not len(chosen):
        return near
    return _bent(near, second[np.ix_(chosen, chosen)], at, sigma)


def _bent(near: Near, second: Array, at: Point, sigma: float) -> Near:
    """Correct the step by the second derivatives of the model."""
    root = near.fit.root
    k = root @ second @ root.T
    values, vectors = np.linalg.eigh((k + k.T) / 2)
    z = root @ at.score[at.free]
    # Along each eigenvector: how much longer Newton's step is.
    along = vectors.T @ z
    out = np.zeros(len(at.free))
    if values[-1] >= 1.0:
        out[at.free] = root.T @ vectors[:, -1] * sigma
        return replace(near, curvature=values, out=out)
    out[at.free] = root.T @ (vectors @ (along * values / (1 - values)))
    size = float(np.sqrt(np.sum(along**2 / (1 - values))))
    return replace(
        near,
        step=near.step + out,
        curvature=values,
        decrement=max(size / sigma if sigma > 0 else 0.0, 0.0),
    )


def _polish(
    curve: Curve, at: Point, box: Box, how: Levenberg
) -> tuple[Point, Near, int]:
    """Make Newton's steps for as long as each halves the decrement."""
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
    curve: Curve, at: Point, near: Near, box: Box, how: Levenberg
) -> Point | None:
    """Leave a saddle along the direction in which the sum of squares falls."""
    best, place = at.rss * (1 - 1e-12), None
    for size in 10.0 ** np.arange(-2, 5):
        for sign in (-1.0, 1.0):
            to = box.clip(at.theta + sign * size * near.out)
            trial = curve.sum_of_squares(to)
            if trial < best:
                best, place = trial, to
    return None if place is None else look(curve, place, box, how.slices)
