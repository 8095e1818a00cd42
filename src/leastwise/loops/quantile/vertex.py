"""From near the optimum to a vertex of it, by pivots.

Some solution of a quantile regression passes through as many rows as it has
coefficients. Where their multipliers are between q - 1 and q it is optimal; where one
is not, leaving its row lowers the loss, and the row at which the loss is lowest along
that edge takes its place (Barrodale and Roberts 1973, doi:10.1137/0710069).

Several rows can be met at once. Then each target is thought of as moved by an
infinitesimal amount of its own, so that ties have an order and no circle can form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array

# Residuals below this, beside the largest numbers they come from, count as 0.
ZERO = 1e-12
# Multipliers beyond their bounds by no more than this, beside the rows, are within.
WITHIN = 1e-10
# Rates of change below this, beside what they are the sum of, are none.
ALONG = 1e-11
# A row is independent of those taken when this part of it is left.
LEFT = 1e-7
# Crossings that are looked at before all are.
FEW = 128
MOST_PIVOTS, PIVOTS_A_COLUMN = 2000, 100
SEED = 1997


@dataclass(frozen=True, eq=False)
class Vertex:
    """Rows that a solution passes through.

    Attributes
    ----------
    basis : ndarray of int, shape (k,)
        The rows.
    coefficients : ndarray, shape (k,)
        Of the plane through them.
    residuals : ndarray, shape (m,)
        Of all rows; exactly 0 for those of the basis, and where no sign is seen.
    above : ndarray of bool, shape (m,)
        Whether a row is above the plane; for residuals of 0 the side that the proof
        takes.
    pivots : int
        Rows exchanged.
    arrived : bool
        Whether all multipliers are within their bounds, to rounding.
    """

    basis: Array
    coefficients: Array
    residuals: Array
    above: Array
    pivots: int
    arrived: bool


@dataclass(frozen=True, eq=False)
class Edges:
    """A small problem.

    Attributes
    ----------
    Z : ndarray, shape (k, m)
        Rows, each a column, times their weights.
    y : ndarray, shape (m,)
        Targets, times the weights.
    q : float
        The quantile.
    beside : ndarray, shape (k,)
        Sum of multipliers times rows that are far from the plane, and stay there.
    """

    Z: Array
    y: Array
    q: float
    beside: Array


@dataclass(frozen=True, eq=False)
class _Plane:
    """The plane through a basis, and where rows are beside it."""

    basis: Array
    inverse: Array
    b: Array
    r: Array
    apart: Array

    @property
    def above(self) -> Array:
        side: Array = (self.r > 0) | ((self.r == 0) & (self.apart > 0))
        return side


def to_vertex(
    problem: Edges, near: Array, *, basis: Array | None = None
) -> Vertex | None:
    """Exchange rows until the plane through them is optimal.

    Parameters
    ----------
    problem : Edges
        The rows.
    near : ndarray, shape (m,)
        Residuals about the plane to begin at: rows near it come first.
    basis : ndarray of int, shape (k,), optional
        Rows to begin with.

    Returns
    -------
    Vertex or None
        None when the rows do not span the coefficients.
    """
    Z, q = problem.Z, problem.q
    k, m = Z.shape
    if basis is None:
        basis = independent(Z, np.argsort(np.abs(near), kind="stable"))
        if basis is None:
            return None
    apart = np.random.default_rng(SEED).uniform(1.0, 2.0, m)
    plane = _through(problem, basis, apart)
    pivots, arrived = 0, False
    while pivots < MOST_PIVOTS + PIVOTS_A_COLUMN * k:
        if plane is None:
            return None
        psi = np.where(plane.above, q, q - 1.0)
        psi[plane.basis] = 0.0
        a = -((Z @ psi + problem.beside) @ plane.inverse)
        size = np.abs(plane.inverse).max(axis=0) * WITHIN
        beyond = np.maximum(a - q, (q - 1.0) - a)
        worst = int(np.argmax(beyond))
        if not (beyond > size + WITHIN).any():
            arrived = True
            break
        new = _entering(problem, plane, worst, float(a[worst]))
        if new is None:
            break
        basis = plane.basis.copy()
        basis[worst] = new
        pivots += 1
        plane = _through(problem, basis, apart)
    if plane is None:
        return None
    return Vertex(plane.basis, plane.b, plane.r, plane.above, pivots, arrived)


def independent(Z: Array, order: Array) -> Array | None:
    """Take the first rows of an order that are independent of each other.

    Parameters
    ----------
    Z : ndarray, shape (k, m)
        Rows, each a column.
    order : ndarray of int, shape (m,)
        Which come first.

    Returns
    -------
    ndarray of int, shape (k,), or None
        None when there are not enough.
    """
    k = len(Z)
    frame, taken = np.zeros((k, k)), 0
    out = np.empty(k, int)
    for i in order:
        row = Z[:, i]
        length = float(np.sqrt(row @ row))
        if length == 0.0:
            continue
        rest = row / length
        for _ in range(2):
            rest = rest - frame[:taken].T @ (frame[:taken] @ rest)
        left = float(np.sqrt(rest @ rest))
        if left > LEFT:
            frame[taken] = rest / left
            out[taken] = i
            taken += 1
            if taken == k:
                return out
    return None


def _through(problem: Edges, basis: Array, apart: Array) -> _Plane | None:
    """Return the plane through rows, its residuals, and those of the moved targets."""
    Z, y = problem.Z, problem.y
    try:
        # Columns of Z are rows: Z_h' b = y_h.
        inverse = np.linalg.inv(Z[:, basis].T)
    except np.linalg.LinAlgError:
        return None
    b = inverse @ y[basis]
    b += inverse @ (y[basis] - b @ Z[:, basis])
    r = y - b @ Z
    # What rounding makes of b is beside the targets it is made of.
    size = np.abs(b) + np.abs(inverse) @ np.abs(y[basis])
    zero = np.abs(r) <= ZERO * (np.abs(y) + size @ np.abs(Z))
    zero[basis] = True
    r[zero] = 0.0
    moved = apart - (inverse @ apart[basis]) @ Z
    moved[basis] = 0.0
    return _Plane(basis, inverse, b, r, moved)


def _entering(problem: Edges, plane: _Plane, j: int, a: float) -> int | None:
    """Return the row at which the loss is lowest along an edge."""
    q, up = problem.q, a > problem.q
    d = -plane.inverse[:, j] if up else plane.inverse[:, j]
    rate = d @ problem.Z
    # Rounding must not let in a row along which the edge runs.
    rate[np.abs(rate) <= ALONG * (np.abs(d) @ np.abs(problem.Z))] = 0.0
    rate[plane.basis] = 0.0
    # Rows towards which the plane moves: those above it when it rises there.
    ahead = np.flatnonzero(np.where(plane.above, rate > 0, rate < 0))
    if not len(ahead):
        return None
    speed = rate[ahead]
    when, tie = plane.r[ahead] / speed, plane.apart[ahead] / speed
    need = (a - q) if up else (q - 1.0 - a)
    some = np.arange(len(ahead))
    if len(ahead) > FEW:
        some = np.argpartition(when, FEW)[:FEW]
        # Ties at the end of the part have to be in it whole.
        some = np.flatnonzero(when <= when[some].max())
    for chosen in (some, np.arange(len(ahead))):
        order = chosen[np.lexsort((tie[chosen], when[chosen]))]
        passed = np.cumsum(np.abs(speed[order]))
        stop = int(np.searchsorted(passed, need * (1.0 - WITHIN)))
        if stop < len(order):
            return int(ahead[order[stop]])
    return None
