"""A vertex of many rows, by way of few.

A sample says about where the plane lies. Rows far from it will not change sides: those
above and those below become one row each, and what is left is a small problem. Its
solution is that of all rows if none of them has changed sides, which is looked at;
those that have join the small problem.

Portnoy and Koenker (1997), doi:10.1214/ss/1030037960.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loops.quantile.ground import Ground
from leastwise.loops.quantile.interior import interior
from leastwise.loops.quantile.vertex import Edges, Vertex, to_vertex
from leastwise.loops.working import Point
from leastwise.moments.double import Array

# Below this many rows all of them are taken.
FEW = 4000
# Rows in the middle, beside those of the sample.
MIDDLE = 0.8
# More wrong sides than this part of the middle: the sample was too small.
MOST_WRONG = 0.1
ROUGHLY = 1e-4
# Residuals below this, beside the largest numbers, are on the plane.
ON = 1e-13
MOST_ROUNDS = 40
SEED = 1997


@dataclass(frozen=True, eq=False)
class Found:
    """A vertex of all rows.

    Attributes
    ----------
    basis : ndarray of int, shape (k,)
        Rows that the plane passes through.
    coefficients : ndarray, shape (k,)
        In orthonormal coordinates.
    residuals : ndarray, shape (n,)
        Of all rows, without weights.
    above : ndarray of bool, shape (n,)
        Which side each is on.
    steps, pivots, rounds : int
        Steps of the interior point, pivots, small problems.
    arrived : bool
        Whether all of it came to an end.
    """

    basis: Array
    coefficients: Array
    residuals: Array
    above: Array
    steps: int
    pivots: int
    rounds: int
    arrived: bool


@dataclass(frozen=True, eq=False)
class _Small:
    """A small problem: rows of the middle, and two sides."""

    middle: Array
    low: Array
    high: Array
    basis: Array | None
    near: Array


def find_vertex(ground: Ground, q: float) -> Found | None:
    """Find rows that an optimal plane passes through.

    Parameters
    ----------
    ground : Ground
        The rows.
    q : float
        The quantile.

    Returns
    -------
    Found or None
        None when the rows do not span the coefficients.
    """
    n, k = ground.n, ground.k
    size = int(np.sqrt(k) * n ** (2.0 / 3.0))
    steps = rounds = 0
    while n > FEW and size < n // 2:
        found = _around_sample(ground, q, size)
        if found is not None and found.arrived:
            return found
        rounds += 1
        size *= 2
    Z, y = ground.some(slice(None))
    near = interior(Z, y, q)
    vertex = to_vertex(Edges(Z, y, q, np.zeros(k)), near.residuals)
    if vertex is None:
        return None
    w = 1.0 if ground.weights is None else ground.weights
    return Found(
        vertex.basis, vertex.coefficients, vertex.residuals / w, vertex.above,
        steps + near.steps, vertex.pivots, rounds + 1, vertex.arrived,
    )  # fmt: skip


def _around_sample(ground: Ground, q: float, size: int) -> Found | None:
    chosen = np.random.default_rng(SEED).choice(ground.n, size, replace=False)
    first = interior(*ground.some(chosen), q, gap=ROUGHLY)
    point = ground.point(first.coefficients)
    small = _split(ground, q, ground.residuals(point), size)
    steps, pivots = first.steps, 0
    most = MOST_WRONG * MIDDLE * size
    for rounds in range(1, MOST_ROUNDS):
        vertex, taken = _solve(ground, q, small, first.coefficients)
        if vertex is None:
            return None
        steps, pivots = steps + taken, pivots + vertex.pivots
        r = ground.residuals(ground.point(vertex.coefficients))
        # A row on the plane may stay on the side it was taken to be.
        noise = ON * (float(np.abs(ground.y).max()) + float(np.abs(r).max()))
        wrong = (small.low & (r > noise)) | (small.high & (r < -noise))
        count = int(np.count_nonzero(wrong))
        if not count:
            r[small.middle] = _unweighted(ground, small.middle, vertex.residuals)
            above = small.high.copy()
            above[small.middle] = vertex.above
            basis = small.middle[vertex.basis]
            return Found(
                basis, vertex.coefficients, r, above,
                steps, pivots, rounds, vertex.arrived,
            )  # fmt: skip
        if count > most:
            return None
        small = _Small(
            np.concatenate([small.middle, np.flatnonzero(wrong)]),
            small.low & ~wrong,
            small.high & ~wrong,
            vertex.basis,
            vertex.residuals,
        )
    return None


def _unweighted(ground: Ground, which: Array, r: Array) -> Array:
    return r if ground.weights is None else r / ground.weights[which]


def _split(ground: Ground, q: float, r: Array, size: int) -> _Small:
    """Take rows near the plane, beside what a sample can be wrong by there."""
    away = r / np.maximum(ground.sizes(), np.finfo(float).tiny)
    n = ground.n
    half = int(MIDDLE * size / 2)
    # Where the plane is, by how many rows are below: near q of them.
    at = int(np.count_nonzero(away < 0))
    low, high = max(at - half, 0), min(at + half, n - 1)
    edges = np.partition(away, (low, high))[[low, high]]
    below, above = away < edges[0], away > edges[1]
    middle = np.flatnonzero(~(below | above))
    return _Small(middle, below, above, None, r[middle])


def _solve(
    ground: Ground, q: float, small: _Small, start: Array
) -> tuple[Vertex | None, int]:
    """Solve a small problem; from a vertex of a smaller one by pivots alone."""
    Z, y = ground.some(small.middle)
    below = ground.turn.T @ ground.summed(small.low)
    above = ground.turn.T @ ground.total - below - Z.sum(axis=1)
    edges = Edges(Z, y, q, q * above + (q - 1.0) * below)
    if small.basis is not None:
        return to_vertex(edges, small.near, basis=small.basis), 0
    # A row on each side, with a residual of the right sign about the start.
    sides, targets = [], []
    for rows, sign in ((below, -1.0), (above, 1.0)):
        if rows.any():
            sides.append(rows)
            targets.append(float(start @ rows) + sign * _far(ground, small, sign))
    with_sides = np.column_stack([Z, *sides])
    near = interior(with_sides, np.append(y, targets), q, start=start)
    return to_vertex(edges, near.residuals[: len(y)]), near.steps


def _far(ground: Ground, small: _Small, sign: float) -> float:
    """Return how far the rows of a side are from the plane, together, about."""
    count = np.count_nonzero(small.low if sign < 0 else small.high)
    weight = 1.0 if ground.weights is None else float(ground.weights.mean())
    return float(np.abs(small.near).max(initial=0.0)) * float(count) * weight
