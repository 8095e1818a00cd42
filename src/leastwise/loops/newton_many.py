"""Newton's method for a loss of several predictors.

Predictor c of a row is ``eta_c = Z_c theta_c`` (and an offset), with Z the rows in
coordinates of their own (columns of mean 0, orthogonal) and Z_c all of its columns, all
but the constant, or the constant alone. Score and Hessian are sums over rows,

    g_c = Z_c' (w s_c),    H_cd = Z_c' diag(w h_cd) Z_d,

block by block. A step that does not lower the loss is halved; where H is not positive
definite, its eigenvalues are taken by their size. It ends by the Newton decrement,
``sqrt(g' H^-1 g)``: how far the optimum is, in standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.status import Status
from leastwise.loss.base import ROUNDOFF, Array
from leastwise.loss.many.base import ManyLoss, rounding_of_scores

MOST_STEPS = 200
MOST_HALVINGS = 50
# Rows whose products are added one after the other.
RUN = 256
# A decrement that is rounding, of any problem; one that is small; one that is near.
IS_ROUNDING, IS_SMALL, IS_NEAR = 1e-13, 1e-6, 0.5
# A logarithm moves by this much in a step at most, and by that much in all.
LONGEST_LOG, FARTHEST_LOG = 2.0, 30.0
# Least eigenvalue of a scaled Hessian that is taken as one.
LEAST_CURVED = 1e-10
# A predictor that goes on by this much, step after step, runs away; a row moves when
# its predictor moves by this part of the most.
RUNAWAY, IN_A_ROW, MOVES = 0.4, 4, 1e-3
SLOWLY = 0.3


@dataclass(frozen=True, eq=False)
class ManyProblem:
    """Rows and their loss.

    Attributes
    ----------
    loss : ManyLoss
        What a row costs.
    Z : ndarray, shape (n, 1 + q)
        A column of ones, and the inputs in coordinates.
    y : ndarray, shape (n, d)
        Targets.
    weights, offset : ndarray, shape (n,), or None
        Case weights, and what is added to the predictors that take it.
    intercept : bool
        Whether the parts with inputs have a constant where they allow one.
    """

    loss: ManyLoss
    Z: Array
    y: Array
    weights: Array | None = None
    offset: Array | None = None
    intercept: bool = True

    @property
    def columns(self) -> tuple[slice, ...]:
        """Which columns each predictor is made of."""
        kinds = {
            "all": slice(0 if self.intercept else 1, None),
            "inputs": slice(1, None),
            "level": slice(0, 1),
        }
        return tuple(kinds[part.kind] for part in self.loss.parts)

    @property
    def places(self) -> tuple[slice, ...]:
        """Where the coefficients of each predictor stand."""
        width, found, at = self.Z.shape[1], [], 0
        for columns in self.columns:
            size = len(range(*columns.indices(width)))
            found.append(slice(at, at + size))
            at += size
        return tuple(found)

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.places[-1].stop)

    def start(self) -> Array:
        """Return coefficients to start from: constants alone."""
        levels = self.loss.levels_of(self.y, self.weights)
        theta = np.zeros(self.size)
        for level, columns, place in zip(
            levels, self.columns, self.places, strict=True
        ):
            if columns.start == 0:
                theta[place.start] = level
        return theta

    def predictors(self, theta: Array, part: slice = slice(None)) -> Array:
        """Return the predictors of rows, shape (k, n).

        Parameters
        ----------
        theta : ndarray, shape (P,)
            Coefficients.
        part : slice
            Which rows.
        """
        Z = self.Z[part]
        eta = np.empty((len(self.loss.parts), len(Z)))
        for c, of in enumerate(self.loss.parts):
            eta[c] = Z[:, self.columns[c]] @ theta[self.places[c]]
            if of.has_offset and self.offset is not None:
                eta[c] += self.offset[part]
        return eta

    def scores(self, score: Array) -> Array:
        """Return derivatives by the coefficients, a row for each, shape (n, P).

        Parameters
        ----------
        score : ndarray, shape (k, n)
            Derivatives by the predictors.
        """
        return np.hstack(
            [
                score[c][:, None] * self.Z[:, columns]
                for c, columns in enumerate(self.columns)
            ]
        )


@dataclass(frozen=True, eq=False)
class There:
    """The loss at a point.

    Attributes
    ----------
    theta : ndarray, shape (P,)
        The point.
    total : float
        The loss of all rows.
    slack : float
        What rounding can make of it.
    gradient, noise : ndarray, shape (P,)
        Its derivative, and what that is off by.
    hessian : ndarray, shape (P, P)
        Its second derivative.
    score : ndarray, shape (k, n)
        Derivatives of the rows, times their weights.
    """

    theta: Array
    total: float
    slack: float
    gradient: Array
    noise: Array
    hessian: Array
    score: Array

    @property
    def is_finite(self) -> bool:
        """Whether a step can be taken from here."""
        parts = (self.gradient, self.hessian)
        return np.isfinite(self.total) and all(np.isfinite(a).all() for a in parts)


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


def look(problem: ManyProblem, theta: Array, size: Array | None = None) -> There:
    """Add up the loss and its derivatives, block by block.

    Parameters
    ----------
    problem : ManyProblem
        The rows.
    theta : ndarray, shape (P,)
        Where.
    size : ndarray, shape (k, n), optional
        How large the terms of each predictor are; the predictors themselves if None.
    """
    n, step = len(problem.Z), problem.loss.rows_at_once
    total = slack = 0.0
    gradient, noise = np.zeros(problem.size), np.zeros(problem.size)
    hessian = np.zeros((problem.size, problem.size))
    score = np.empty((len(problem.loss.parts), n))
    for start in range(0, n, step):
        part = slice(start, min(n, start + step))
        eta = problem.predictors(theta, part)
        jet = problem.loss.jet(eta, np.ascontiguousarray(problem.y[part].T))
        terms = np.abs(eta) if size is None else size[:, part]
        off = rounding_of_scores(jet, terms, problem.Z.shape[1])
        w = 1.0 if problem.weights is None else problem.weights[part]
        score[:, part], bent = w * jet.score, w * jet.curvature
        total += float(np.sum(w * jet.value))
        slack += float(np.sum(w * np.abs(jet.value)))
        off = w * off + ROUNDOFF * (RUN + n // RUN) * np.abs(score[:, part])
        _add(problem, problem.Z[part], score[:, part], gradient)
        _add(problem, np.abs(problem.Z[part]), off, noise)
        _bend(problem, problem.Z[part], bent, hessian)
    slack = 16.0 * ROUNDOFF * max(slack, 1.0) * np.sqrt(n)
    return There(theta, total, slack, gradient, noise, hessian, score)


def _add(problem: ManyProblem, Z: Array, score: Array, into: Array) -> None:
    n = len(Z)
    even = n - n % RUN
    with np.errstate(invalid="ignore", over="ignore"):
        for columns, place, s in zip(
            problem.columns, problem.places, score, strict=True
        ):
            if place.stop == place.start:
                continue
            runs = Z[:even, columns].reshape(even // RUN, RUN, place.stop - place.start)
            summed = np.matmul(s[:even].reshape(even // RUN, 1, RUN), runs)
            into[place] += summed.sum(axis=0)[0]
            into[place] += s[even:] @ Z[even:, columns]


def _bend(problem: ManyProblem, Z: Array, bent: Array, into: Array) -> None:
    columns, places = problem.columns, problem.places
    with np.errstate(invalid="ignore", over="ignore"):
        for c in range(len(columns)):
            for d in range(c, len(columns)):
                weighed = bent[c, d][:, None] * Z[:, columns[d]]
                found = Z[:, columns[c]].T @ weighed
                into[places[c], places[d]] += found
                if c != d:
                    into[places[d], places[c]] += found.T


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
    begun, lengths, rises = there.theta, [np.inf], []
    for steps in range(MOST_STEPS):
        way = way_from(there)
        arrived = way.length <= max(way.noise, IS_ROUNDING)
        stays = way.length <= IS_SMALL and way.length >= 0.5 * lengths[-1]
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
    gains = np.einsum("cn,cn->n", there.score, moved)
    if (gains > 0)[rows].any():
        return None
    steps = way_from(there).step
    running = np.zeros(problem.size, bool)
    for c, place in enumerate(problem.places):
        reach = np.abs(steps[place])
        running[place] = reach > MOVES * float(np.abs(steps).max())
        if not np.abs(moved[c]).max() > MOVES * float(largest.max()):
            running[place] = False
    found = _stopped(Status.SEPARATED, there, lengths)
    return NewtonMany(*_four(found), left=np.inf, running=running, rows=rows)
