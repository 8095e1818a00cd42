"""Rows with several predictors: their loss, its gradient and its Hessian.

Predictor c of a row is ``eta_c = Z_c theta_c`` (and an offset), with Z the rows in
coordinates of their own (columns of mean 0, orthogonal) and Z_c all of its columns, all
but the constant, or the constant alone. Score and Hessian are sums over rows,

    g_c = Z_c' (w s_c),    H_cd = Z_c' diag(w h_cd) Z_d,

block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loss.base import ROUNDOFF, Array
from leastwise.loss.many.base import ManyLoss, rounding_of_scores

# Rows whose products are added one after the other.
RUN = 256
# Rows that stay in the cache.
NEAR_BY = 4096


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
        whole = np.zeros((len(self.loss.parts), self.Z.shape[1]))
        for c, columns in enumerate(self.columns):
            whole[c, columns] = theta[self.places[c]]
        eta = whole @ self.Z[part].T
        for c, of in enumerate(self.loss.parts):
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
        for start in range(0, len(Z), NEAR_BY):
            near = Z[start : start + NEAR_BY]
            for c in range(len(columns)):
                for d in range(c, len(columns)):
                    weights = bent[c, d, start : start + NEAR_BY]
                    weighed = weights[:, None] * near[:, columns[d]]
                    into[places[c], places[d]] += near[:, columns[c]].T @ weighed
    for c in range(len(columns)):
        for d in range(c):
            into[places[c], places[d]] = into[places[d], places[c]].T
