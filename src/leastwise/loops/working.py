"""Working rows: a loss at a point, as rows of weighted least squares.

About a point b the loss is ``l + s (x'd) + w (x'd)^2 / 2``, summed over rows, with s
the score and w the curvature of a row. Its minimum over d is that of weighted least
squares of ``-s/w`` on x with weights w; with ``z = eta - s/w`` in place of ``-s/w`` the
coefficients come out as they are. So a step of Newton's method is one fold and one
solve, and a converged fit of any loss *is* a weighted least squares fit: whatever reads
such a fit reads this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np

from leastwise.loss.base import ROUNDOFF, Loss, Pointwise
from leastwise.moments.blocks import BLOCK, Rows, first_low, first_row
from leastwise.moments.double import Array
from leastwise.moments.kernel import threads
from leastwise.moments.state import Moments
from leastwise.solve.result import Fit

# Rows at a time: blocks that stay in the cache between shift and product.
PART = 4 * BLOCK
# Rows that a loss is asked of at a time: what is made on the way stays in the cache.
LOOKED_AT = 16_384
PARTS = tuple(field.name for field in fields(Pointwise))
# First row beside the spread from which the shift must come before the product.
FAR = 2.0**10
# A working weight below this part of the largest is raised to it: rows that far out
# have nothing to say, and 1/w would have too much.
LEAST_WEIGHT = 2.0**-60
# A total is allowed to rise by so many roundings of what it is made of.
LOSS_ROUNDINGS = 64.0


@dataclass(frozen=True, eq=False)
class Point:
    """Coefficients about the first row: ``eta = offset + level + (x - first)'slopes``.

    Attributes
    ----------
    level : float
        The predictor of the first row, offset aside.
    slopes : ndarray, shape (p,)
        In units of the arrays; 0 for columns that were left out.
    """

    level: float
    slopes: Array

    def toward(self, other: Point, part: float) -> Point:
        """Return the point some part of the way to another."""
        return Point(
            self.level + part * (other.level - self.level),
            self.slopes + part * (other.slopes - self.slopes),
        )

    @property
    def is_finite(self) -> bool:
        """Whether all its numbers are."""
        return bool(np.isfinite(self.level) and np.isfinite(self.slopes).all())


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows with a loss.

    Attributes
    ----------
    loss : Loss
        What a row costs.
    rows : Rows
        Inputs, and the target in the one column of Y; case weights.
    offset : ndarray, shape (n,), or None
        What the predictor has beside the coefficients.
    intercept : bool
        Whether there is one.
    observations : float or None
        Observations to count, when that is not the number of rows.
    """

    loss: Loss
    rows: Rows
    offset: Array | None = None
    intercept: bool = True
    observations: float | None = None

    @property
    def y(self) -> Array:
        """The target."""
        return np.ascontiguousarray(self.rows.Y[:, 0], np.float64)

    @property
    def counted(self) -> float | None:
        """Observations the dispersion is found from; None where it is known."""
        if self.loss.has_known_dispersion:
            return None
        if self.observations is not None:
            return self.observations
        w = self.rows.weights
        return float(len(self.rows.Y) if w is None else np.count_nonzero(w))

    @property
    def case_weights(self) -> Array:
        """One weight a row, 1 where none are given."""
        w = self.rows.weights
        return np.ones(len(self.rows.Y)) if w is None else w

    def predictors(self, point: Point) -> Array:
        """Return eta of all rows."""
        rows, slopes = self.rows, point.slopes
        first = first_row(rows)[: rows.X.shape[1]]
        eta = np.empty(len(rows.Y))
        if rows.X_low is None and not _is_far(rows, first):
            np.matmul(rows.X, slopes, out=eta)
            eta += point.level - float(first @ slopes)
        else:
            for here, shifted in self.shifted():
                eta[here] = point.level + shifted @ slopes
        if self.offset is not None:
            eta += self.offset
        return eta

    def shifted(self) -> Iterator[tuple[slice, Array]]:
        """Yield blocks of rows: which they are, and their inputs less the first's."""
        rows, p = self.rows, self.rows.X.shape[1]
        first, low = first_row(rows)[:p], first_low(rows)[:p]
        for start in range(0, len(rows.Y), PART):
            here = slice(start, start + PART)
            block = rows.X[here] - first
            if rows.X_low is not None:
                block = block + (rows.X_low[here] - low)
            yield here, block

    def look(self, eta: Array) -> Look:
        """Return loss and working rows at some predictors."""
        there = _local(self.loss, eta, self.y)
        return Look(eta, there, self.case_weights, self.counted)


def _local(loss: Loss, eta: Array, y: Array) -> Pointwise:
    """Ask the loss of rows, those of a part at a time, on all cores."""
    n = len(eta)
    if n <= 2 * LOOKED_AT or not loss.in_numpy:
        return loss.local(eta, y)
    made = np.empty((4, n))

    def look(part: int) -> None:
        begin, end = n * part // cores, n * (part + 1) // cores
        for start in range(begin, end, LOOKED_AT):
            here = slice(start, min(start + LOOKED_AT, end))
            found = loss.local(eta[here], y[here])
            for row, name in zip(made, PARTS, strict=True):
                row[here] = getattr(found, name)

    cores = threads()
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(look, range(cores)))
    return Pointwise(*made)


def _is_far(rows: Rows, first: Array) -> bool:
    """Say whether the first row is large beside how far rows are from it."""
    some = rows.X[:: max(1, len(rows.X) // 64)]
    spread = np.abs(some - first).max(axis=0, initial=0.0)
    return bool((np.abs(first) > FAR * spread)[spread > 0].any())


@dataclass(frozen=True, eq=False)
class Look:
    """A loss at a point.

    Attributes
    ----------
    eta : ndarray, shape (n,)
        Predictors, offset included.
    there : Pointwise
        What each row costs.
    case_weights : ndarray, shape (n,)
        How much it counts.
    counted : float or None
        Observations that a dispersion is found from; None where it is 1.
    """

    eta: Array
    there: Pointwise
    case_weights: Array
    counted: float | None = None

    @property
    def unit(self) -> float:
        """Root of the dispersion: standard errors are in units of it."""
        if self.counted is None:
            return 1.0
        r, w = self.there.score, self.weights
        with np.errstate(all="ignore"):
            pearson = float(np.sum(self.case_weights * r * r / w))
            found = np.sqrt(pearson / self.counted)
        return float(found) if np.isfinite(found) else 1.0

    @property
    def total(self) -> float:
        """The loss of all rows; infinite where one has none."""
        with np.errstate(invalid="ignore", over="ignore"):
            total = float(np.sum(self.case_weights * self.there.value))
        return total if np.isfinite(total) else np.inf

    @property
    def slack(self) -> float:
        """By how much the total may rise for rounding alone."""
        there = self.there
        with np.errstate(invalid="ignore", over="ignore"):
            rows = np.abs(there.value) + np.abs(there.score) * (1.0 + np.abs(self.eta))
            return LOSS_ROUNDINGS * ROUNDOFF * float(np.sum(self.case_weights * rows))

    @property
    def weights(self) -> Array:
        """Curvatures of the rows, none too small to divide by."""
        w = self.there.curvature
        return np.asarray(np.maximum(w, LEAST_WEIGHT * float(w.max())))

    @property
    def is_finite(self) -> bool:
        """Whether a step can be taken: finite losses, and some curvature."""
        there = self.there
        # A sum is finite where its terms are, unless it is beyond float64 itself.
        with np.errstate(invalid="ignore", over="ignore"):
            sums = (self.total, float(there.score.sum()), float(there.curvature.sum()))
        return bool(np.isfinite(sums).all() and there.curvature.max(initial=0.0) > 0)

    def working(self, problem: Problem) -> Rows:
        """Return the rows of least squares whose solution is the next point."""
        w = self.weights
        z = self.eta - self.there.score / w
        if problem.offset is not None:
            z = z - problem.offset
        p = problem.rows.X.shape[1]
        roundoff = problem.rows.roundoff
        if roundoff is not None:
            roundoff = np.append(roundoff[:p], 2.0 * ROUNDOFF)
        origin, low = (
            None if a is None else np.append(a[:p], 0.0)
            for a in (problem.rows.origin, problem.rows.origin_low)
        )
        return replace(
            problem.rows,
            Y=z[:, None],
            Y_low=None,
            weights=w * self.case_weights,
            roundoff=roundoff,
            origin=origin,
            origin_low=low,
        )

    def noise(self) -> float:
        """Return what the rounding of scores does to coefficients, at most.

        ``H^-1 X'e`` is at most ``sqrt(diag H^-1)`` times this, by Cauchy and Schwarz:
        it is in standard errors of a dispersion of 1.
        """
        e, w = self.there.rounding, self.weights
        return float(np.sqrt(np.sum(self.case_weights * e * e / w)))


def level_point(problem: Problem) -> Point:
    """Return the point at which all rows have the predictor of the average row.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    """
    w = problem.rows.weights
    level = float(np.average(problem.loss.start(problem.y, w), weights=w))
    if problem.offset is not None and problem.intercept:
        level -= float(np.average(problem.offset, weights=w))
    return Point(level, np.zeros(problem.rows.X.shape[1]))


def point_of(m: Moments, fit: Fit) -> Point:
    """Return the solution of working rows as a point.

    Parameters
    ----------
    m : Moments
        Of the working rows.
    fit : Fit
        Their solution.
    """
    p = m.n_inputs
    e = m.exponent
    slopes = np.nan_to_num(fit.slopes.rounded()[:, 0])
    target = float(m.shift.rounded()[p])
    level = target + float(np.ldexp(fit.level.rounded()[0], e[p]))
    return Point(level, np.ldexp(slopes, e[p] - e[:p]))


def decrement(m: Moments, old: Point, new: Point) -> float:
    """Return the length of a step, in standard errors of a dispersion of 1.

    ``sqrt(d' H d)``, with H the curvature that the step was found with.

    Parameters
    ----------
    m : Moments
        Of the working rows.
    old, new : Point
        Where it leads.
    """
    p = m.n_inputs
    d = np.concatenate([[new.level - old.level], new.slopes - old.slopes])
    d[1:] = np.ldexp(d[1:], m.exponent[:p])
    gram = m.gram.hi[: p + 1, : p + 1]
    square = max(float(d @ gram @ d), 0.0)
    return float(np.sqrt(np.ldexp(square, m.weight_exponent)))


def rounding_of(m: Moments, point: Point) -> float:
    """Return what the rounding of predictors does to coefficients, at most.

    In standard errors of a dispersion of 1: a predictor is a sum of p + 2 terms, whose
    weighted squares are on the diagonal of the Gram.

    Parameters
    ----------
    m : Moments
        Of the working rows.
    point : Point
        Where the predictors were computed.
    """
    p = m.n_inputs
    d = np.abs(np.concatenate([[point.level], point.slopes]))
    d[1:] = np.ldexp(d[1:], m.exponent[:p])
    size = float(d @ m.extent[: p + 1]) * 2.0 ** (m.weight_exponent / 2.0)
    return float((p + 2) * ROUNDOFF * size)
