"""S-estimates: the coefficients for which a robust scale of residuals is least.

The scale has many local minima. Subsets of as many rows as coefficients are drawn at
random, refined by some weighted fits, and the best of them to the end (Salibian-Barrera
and Yohai 2006, doi:10.1198/106186006X113629). The draws are the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.robust import Found, Sought, robust
from leastwise.loops.working import Point
from leastwise.loss.robust.bisquare import Bisquare
from leastwise.loss.scale.s import S
from leastwise.moments.blocks import first_low, first_row
from leastwise.moments.double import Array

SEED = 20061
DRAWS, KEPT, REFINED = 500, 6, 2
# Rows that are searched at most; all are refined.
SEARCHED = 2_000
SCALE_STEPS = 60
SCALE_NEAR = 1e-10


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some rows as plain arrays, measured from the first."""

    X: Array
    y: Array
    counts: Array | None
    dof: float


def s_estimate(sought: Sought) -> Found:
    """Find the coefficients for which the scale is least, and the scale.

    Parameters
    ----------
    sought : Sought
        The rows; its scale is `S`, and its loss does not matter.
    """
    scale = sought.scale
    k = scale.k if isinstance(scale, S) else S().k
    asked = replace(sought, robust=Bisquare(k), scale=S(k))
    best: Found | None = None
    for start in _starts(asked, S(k)):
        found = robust(asked, start=start)
        if not found.scale > 0:
            return found
        done = found.newton.status.is_success
        if done and (best is None or found.scale < best.scale):
            best = found
    return robust(asked) if best is None else best


def _starts(sought: Sought, scale: S) -> list[Point]:
    """Draw subsets, refine each a little, and return the best."""
    rows = _searched(sought)
    n, q = rows.X.shape
    draw = np.random.default_rng(SEED)
    seen: list[tuple[float, Array]] = []
    for _ in range(DRAWS):
        some = draw.choice(n, q, replace=False)
        slopes, _, rank, _ = np.linalg.lstsq(rows.X[some], rows.y[some], rcond=None)
        if rank < q:
            continue
        size = 0.0
        for _ in range(REFINED):
            r = rows.y - rows.X @ slopes
            size = float(np.median(np.abs(r))) or float(np.abs(r).max()) or 1.0
            root = np.sqrt(Bisquare(scale.k).weight(r / size))
            slopes = np.linalg.lstsq(root[:, None] * rows.X, root * rows.y, rcond=None)[
                0
            ]
        seen.append((_scale_of(rows, slopes, scale, size), slopes))
    seen.sort(key=lambda one: one[0])
    return [_point(slopes, sought) for _, slopes in seen[:KEPT]]


def _scale_of(rows: _Rows, slopes: Array, scale: S, start: float) -> float:
    r = rows.y - rows.X @ slopes
    goal, s = 0.5 * rows.dof, start
    for _ in range(SCALE_STEPS):
        each = scale.chi(r / s, Bisquare(scale.k))
        total = float(each.sum() if rows.counts is None else rows.counts @ each)
        following = s * float(np.sqrt(total / goal))
        if abs(following / s - 1.0) <= SCALE_NEAR or not following > 0:
            return following
        s = following
    return s


def _searched(sought: Sought) -> _Rows:
    problem = sought.problem
    rows = problem.rows
    n, p = rows.X.shape
    some: Array = np.arange(n)
    if n > SEARCHED:
        some = np.sort(np.random.default_rng(SEED).choice(n, SEARCHED, replace=False))
    first, low = first_row(rows)[:p], first_low(rows)[:p]
    X = rows.X[some] - first
    if rows.X_low is not None:
        X = X + (rows.X_low[some] - low)
    if problem.intercept:
        X = np.column_stack([np.ones(len(X)), X])
    else:
        X = X + first
    y = problem.y[some]
    if problem.offset is not None:
        y = y - problem.offset[some]
    if sought.beside is not None:
        X, y = X / sought.beside[some, None], y / sought.beside[some]
    counts = None if sought.counts is None else sought.counts[some]
    total = float(len(some) if counts is None else counts.sum())
    return _Rows(X, y, counts, total - X.shape[1])


def _point(slopes: Array, sought: Sought) -> Point:
    if sought.problem.intercept:
        return Point(float(slopes[0]), slopes[1:])
    first = first_row(sought.problem.rows)[: len(slopes)]
    return Point(float(first @ slopes), slopes)
