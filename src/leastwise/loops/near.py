"""A point of a nonlinear model, and the linear model there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.curve import SteppedModel
from leastwise.moments.blocks import NotFiniteError, Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments, merge, select
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit
from leastwise.solve.scatter import scatter_of


@dataclass(frozen=True)
class Box:
    """Bounds of parameters; a parameter whose two bounds agree is held."""

    low: Array
    high: Array

    def clip(self, theta: Array) -> Array:
        """Return the nearest point inside."""
        return np.clip(theta, self.low, self.high)

    def is_inside(self, theta: Array) -> bool:
        """Say whether a point is in the box."""
        return bool(((theta >= self.low) & (theta <= self.high)).all())

    def free(self, theta: Array, score: Array) -> Array:
        """Say which parameters can move downhill, along their score."""
        held = self.low == self.high
        down = (theta <= self.low) & (score < 0)
        up = (theta >= self.high) & (score > 0)
        return np.asarray(~(held | down | up))


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


def look(curve: SteppedModel, theta: Array, box: Box, slices: int) -> Point | None:
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


def _folded(blocks: Iterator[Rows], slices: int) -> Moments:
    total = fold_rows(next(blocks), slices=slices)
    for rows in blocks:
        total = merge(total, fold_rows(rows, slices=slices))
    return total


def placed(fit: Fit, free: Array) -> Array:
    """Return coefficients at their places; 0 for what is held or has no influence."""
    step = np.zeros(len(free))
    step[free] = np.nan_to_num(fit.coefficients[:, 0], posinf=0.0, neginf=0.0)
    return step


def newton(curve: SteppedModel, at: Point, *, bend: bool = True) -> Near:
    """Return the undamped steps at a point, and how far from the end they say it is."""
    chosen = np.flatnonzero(at.free)
    m = select(at.moments, chosen, [0])
    fit = solve(m, intercept=False)
    step = placed(fit, at.free)
    explained = np.ldexp(
        fit.explained[0], 2 * fit.target_exponent[0] + fit.weight_exponent
    )
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
