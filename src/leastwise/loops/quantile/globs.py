"""A vertex of many rows, by way of few.

A sample says about where the plane lies. Rows far from it will not change sides: those
above and those below become one row each, and what is left is a small problem. Its
solution is that of all rows if none of them has changed sides, which is looked at;
those that have join the small problem.

Portnoy and Koenker (1997), doi:10.1214/ss/1030037960.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.quantile.ground import FEW, Ground
from leastwise.loops.quantile.interior import interior
from leastwise.loops.quantile.vertex import Edges, Vertex, to_vertex
from leastwise.moments.double import Array

# Rows of the sample, beside sqrt(k) n^(2/3), and of the middle beside the sample.
SAMPLE, MIDDLE = 1.25, 1.0
# The middle is widened so often before another sample is taken.
WIDER = (1, 2, 4)
# More wrong sides than this part of the middle: the sample was too small.
MOST_WRONG = 0.1
# What the interior point leaves of a sample, beside what sampling does.
ROUGHLY = 1e-5
# Residuals below this, beside the largest numbers, are on the plane.
ON = 1e-13
MOST_ROUNDS = 40
# Residuals below this, beside the targets, are solved for anew.
NEARLY_EXACT = 1e-6
# Rows nearer than this, beside the mean, lie on the plane of a sample.
TIE = 1e-4
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
    """A small problem: rows of the middle, and two sides; the sum of the lower one."""

    middle: Array
    low: Array
    high: Array
    basis: Array | None
    near: Array
    below: Array


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
    size = int(SAMPLE * np.sqrt(k) * n ** (2.0 / 3.0))
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


def refine(ground: Ground, q: float, found: Found, residuals: Array) -> Found | None:
    """Find a vertex that is better by less than the rounding of targets.

    The residuals of a plane, known to their own digits, take the place of the targets:
    what is small beside those is not beside these.

    Parameters
    ----------
    ground : Ground
        The rows.
    q : float
        The quantile.
    found : Found
        A vertex.
    residuals : ndarray, shape (n,)
        Of its plane.
    """
    largest = float(np.abs(residuals).max())
    ours = replace(ground, y=residuals, base=0.0)
    if largest <= NEARLY_EXACT * float(np.abs(ground.y).max()):
        size = np.ldexp(1.0, -int(np.frexp(largest)[1]))
        again = find_vertex(replace(ours, y=residuals * size), q)
    else:
        Z, y = ours.some(slice(None))
        edges = Edges(Z, y, q, np.zeros(ground.k))
        vertex = to_vertex(edges, y, basis=found.basis)
        again = None if vertex is None else Found(
            vertex.basis, vertex.coefficients, vertex.residuals, vertex.above,
            0, vertex.pivots, 1, vertex.arrived,
        )  # fmt: skip
    if again is None:
        return None
    return replace(
        again,
        steps=found.steps + again.steps,
        pivots=found.pivots + again.pivots,
        rounds=found.rounds + again.rounds,
    )


def _around_sample(ground: Ground, q: float, size: int) -> Found | None:
    """Find a vertex by way of a sample; None where it was too small."""
    chosen = np.random.default_rng(SEED).choice(ground.n, size, replace=False)
    first = interior(*ground.some(chosen), q, gap=ROUGHLY)
    r = ground.residuals(ground.point(first.coefficients))
    away = r / np.maximum(ground.sizes, np.finfo(float).tiny)
    away = _apart(away, chosen, first.multipliers)
    steps = first.steps
    for wider in WIDER:
        width = int(wider * MIDDLE * size)
        if width > ground.n // 2:
            break
        small = _split(ground, away, r, width)
        near, taken = _from_inside(ground, q, small, first.coefficients)
        steps += taken
        found = _fix(ground, q, replace(small, near=near), int(MOST_WRONG * width))
        if found is not None:
            return replace(found, steps=steps)
    return None


def _fix(ground: Ground, q: float, small: _Small, most: int) -> Found | None:
    """Solve a small problem until no row of a side has changed sides."""
    pivots = 0
    for rounds in range(1, MOST_ROUNDS):
        vertex = _vertex_of(ground, q, small)
        if vertex is None:
            return None
        pivots += vertex.pivots
        r = ground.residuals(ground.point(vertex.coefficients))
        # A row on the plane may stay on the side it was taken to be.
        noise = ON * (float(np.abs(ground.y).max()) + float(np.abs(r).max()))
        wrong = (small.low & (r > noise)) | (small.high & (r < -noise))
        count = int(np.count_nonzero(wrong))
        if not count:
            above = small.high.copy()
            above[small.middle] = vertex.above
            return Found(
                small.middle[vertex.basis], vertex.coefficients, r, above,
                0, pivots, rounds, vertex.arrived,
            )  # fmt: skip
        if count > most:
            return None
        small = _Small(
            np.concatenate([small.middle, np.flatnonzero(wrong)]),
            small.low & ~wrong,
            small.high & ~wrong,
            vertex.basis,
            vertex.residuals,
            small.below - ground.summed_of(np.flatnonzero(small.low & wrong)),
        )
    return None


def _apart(away: Array, chosen: Array, multipliers: Array) -> Array:
    """Give rows on the plane a side, as often above as the sample has them.

    Of whole numbers a third can lie on the plane. They need not all be in the middle:
    any side will do for most.
    """
    there = np.abs(away)
    tie = TIE * float(there.mean())
    ties = np.flatnonzero(there <= tie)
    if len(ties) < FEW:
        return away
    share = float(multipliers[there[chosen] <= tie].mean())
    lots = np.random.default_rng(SEED).uniform(-share, 1.0 - share, len(ties))
    away = away.copy()
    away[ties] = -tie * lots
    return away


def _split(ground: Ground, away: Array, r: Array, width: int) -> _Small:
    """Take rows near the plane, beside what a sample can be wrong by there."""
    # Where the plane is, by how many rows are below: near q of them.
    at = int(np.count_nonzero(away < 0))
    low, high = max(at - width // 2, 0), min(at + width // 2, len(away) - 1)
    edges = np.partition(away, (low, high))[[low, high]]
    below, above = away < edges[0], away > edges[1]
    middle = np.flatnonzero(~(below | above))
    return _Small(middle, below, above, None, r[middle], ground.summed(below))


def _pulls(ground: Ground, small: _Small, Z: Array) -> tuple[Array, Array]:
    """Return the sums of the rows of both sides."""
    below = ground.turn.T @ small.below
    return below, ground.turn.T @ ground.total - below - Z.sum(axis=1)


def _vertex_of(ground: Ground, q: float, small: _Small) -> Vertex | None:
    Z, y = ground.some(small.middle)
    below, above = _pulls(ground, small, Z)
    edges = Edges(Z, y, q, q * above + (q - 1.0) * below)
    return to_vertex(edges, small.near, basis=small.basis)


def _from_inside(
    ground: Ground, q: float, small: _Small, start: Array
) -> tuple[Array, int]:
    """Return residuals of the middle at the interior point, and its steps."""
    Z, y = ground.some(small.middle)
    # A row on each side, with a residual of the right sign about the start.
    sides, targets = [], []
    for rows, sign in zip(_pulls(ground, small, Z), (-1.0, 1.0), strict=True):
        if rows.any():
            sides.append(rows)
            targets.append(float(start @ rows) + sign * _far(ground, small, sign))
    with_sides = np.column_stack([Z, *sides])
    near = interior(with_sides, np.append(y, targets), q, start=start)
    return near.residuals[: len(y)], near.steps


def _far(ground: Ground, small: _Small, sign: float) -> float:
    """Return how far the rows of a side are from the plane, together, about."""
    count = np.count_nonzero(small.low if sign < 0 else small.high)
    weight = 1.0 if ground.weights is None else float(ground.weights.mean())
    return float(np.abs(small.near).max(initial=0.0)) * float(count) * weight
