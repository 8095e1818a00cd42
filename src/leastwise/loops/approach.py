"""Plain Newton steps, in float64 and without a certificate: a start for the loop.

Of small data all rows are taken, of large data a sample: the start is then some
standard errors off, and one step over all rows brings it to where the next is the
last but one. Whatever goes wrong here, there is no start, and the loop finds its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise.loops.working import Look, Point, Problem
from leastwise.moments.blocks import Rows, first_row
from leastwise.moments.double import Array

# Numbers in the rows that plain steps are taken with.
MOST = 1_500_000
# Rows of a sample for each column, at least.
PER_COLUMN = 50
STEPS = 12
# A step this short, in standard errors, is near enough.
NEAR = 1e-3
# Parts of a step that are tried while it does not lower the loss.
PARTS = (1.0, 0.5, 0.25, 0.125)


def approach(problem: Problem) -> Point | None:
    """Return a point near the optimum, or None.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    """
    rows = problem.rows
    n, p = rows.X.shape
    stride = -(-n * (p + 1) // MOST)
    if n // stride < PER_COLUMN * (p + 1):
        return None
    first = first_row(rows)[:p]
    some = problem if stride == 1 else _thinned(problem, stride)
    if problem.intercept:
        Z = np.empty((len(some.rows.Y), p + 1))
        Z[:, 0] = 1.0
        np.subtract(some.rows.X, first, out=Z[:, 1:])
    else:
        Z = np.array(some.rows.X, np.float64)
    size = np.abs(Z).max(axis=0, initial=0.0)
    if not (size > 0).all() or not np.isfinite(size).all():
        return None
    Z /= size
    b = _descend(some, Z)
    if b is None:
        return None
    b = b / size
    if not problem.intercept:
        return Point(float(first @ b), b)
    return Point(float(b[0]), b[1:])


def _thinned(problem: Problem, stride: int) -> Problem:
    def thin(a: Array | None) -> Array | None:
        return None if a is None else np.ascontiguousarray(a[::stride])

    rows, nothing = problem.rows, np.empty((0, 0))
    some = Rows(
        X=nothing if (x := thin(rows.X)) is None else x,
        Y=nothing if (y := thin(rows.Y)) is None else y,
        weights=thin(rows.weights),
    )
    return replace(problem, rows=some, offset=thin(problem.offset), observations=None)


def _descend(problem: Problem, Z: Array) -> Array | None:
    """Take Newton steps on columns of one size, while they lower the loss."""
    offset = 0.0 if problem.offset is None else problem.offset
    y, w = problem.y, problem.case_weights

    def look_at(eta: Array) -> Look:
        return Look(eta, problem.loss.local(eta, y), w, problem.counted)

    look = look_at(problem.loss.start(y, problem.rows.weights))
    if not look.is_finite:
        return None
    # The first step is from where every row would be alone.
    weights = look.weights
    alone = look.eta - look.there.score / weights - offset
    b = _solved(Z, weights * w, Z.T @ (weights * w * alone))
    if b is None:
        return None
    look = look_at(Z @ b + offset)
    for _ in range(STEPS):
        if not look.is_finite:
            return None
        gradient = Z.T @ (look.there.score * w)
        step = _solved(Z, look.weights * w, gradient)
        if step is None:
            return None
        length = float(np.sqrt(max(float(gradient @ step), 0.0)))
        found = None
        for part in PARTS:
            there = look_at(Z @ (b - part * step) + offset)
            if there.total <= look.total:
                found = part
                break
        if found is None:
            return b if length <= NEAR * look.unit else None
        b, look = b - found * step, there
        if length <= NEAR * look.unit:
            return np.asarray(b)
    return None


def _solved(Z: Array, weights: Array, gradient: Array) -> Array | None:
    hessian = Z.T @ (weights[:, None] * Z)
    size = np.sqrt(np.diagonal(hessian))
    try:
        root = np.linalg.cholesky(hessian / np.outer(size, size))
    except np.linalg.LinAlgError:
        return None
    # Columns that nearly agree are for the loop, which knows what to do with them.
    if np.diagonal(root).min() < 1e-5:
        return None
    return np.asarray(np.linalg.solve(hessian, gradient))
