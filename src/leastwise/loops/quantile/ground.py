"""Rows in coordinates in which they are orthonormal, a few or block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.working import Point, Problem
from leastwise.moments.blocks import BLOCK, Rows, first_low, first_row
from leastwise.moments.double import Array, Double
from leastwise.moments.fold import fold_rows

# Powers of two within these are one float64.
PLAIN_EXPONENT = 1000
# Below this part of a column being left, float64 moments do not make rows orthonormal.
NEARLY_AGREE = 1e-5
# Below this many rows all of them are taken.
FEW = 4000


@dataclass(frozen=True, eq=False)
class Ground:
    """The rows of a quantile regression.

    A row is ``v = (1, (x - first) / 2**exponent)``, without the 1 where there is no
    intercept and then not measured from the first; ``v @ turn`` has unit moments, so
    that neither units nor offsets nor correlation cost digits on the way.

    Attributes
    ----------
    problem : Problem
        Inputs of full rank, target, offset, case weights.
    y : ndarray, shape (n,)
        The target less its offset and its first value.
    base : float
        That first value; 0 without an intercept.
    first, first_low : ndarray, shape (p,)
        The point that inputs are measured from.
    exponent : ndarray of int, shape (p,)
        Powers of two that inputs are divided by.
    turn : ndarray, shape (k, k)
        To orthonormal coordinates.
    total : ndarray, shape (k,)
        Sum of all rows v, times their weights.
    sizes : ndarray, shape (n,)
        Length of every row in orthonormal coordinates; empty for few rows.
    """

    problem: Problem
    y: Array
    base: float
    first: Array
    first_low: Array
    exponent: Array
    turn: Array
    total: Array
    sizes: Array

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.y)

    @property
    def k(self) -> int:
        """Number of coefficients."""
        return len(self.total)

    @property
    def weights(self) -> Array | None:
        """Case weights, None where all are 1."""
        return self.problem.rows.weights

    def plain(self, which: Array | slice) -> Array:
        """Return some rows v, as rows, without weights."""
        rows = self.problem.rows
        given = rows.X[which]
        v = np.empty((len(given), self.k))
        x = v[:, self.k - given.shape[1] :]
        np.subtract(given, self.first, out=x)
        if rows.X_low is not None:
            x += rows.X_low[which] - self.first_low
        # Two factors: one power of two alone can leave the range of float64.
        half = self.exponent // 2
        if np.abs(self.exponent).max(initial=0) < PLAIN_EXPONENT:
            x *= np.ldexp(1.0, -self.exponent)
        else:
            x *= np.ldexp(1.0, -half)
            x *= np.ldexp(1.0, half - self.exponent)
        if self.problem.intercept:
            v[:, 0] = 1.0
        return v

    def some(self, which: Array | slice) -> tuple[Array, Array]:
        """Return some rows in orthonormal coordinates, each a column, and targets.

        Both times their weights: the loss of a row is as large as its weight.
        """
        Z, y = self.turn.T @ self.plain(which).T, self.y[which]
        if self.weights is None:
            return Z, y
        w = self.weights[which]
        return Z * w, y * w

    def blocks(self) -> Iterator[slice]:
        """Yield parts of the rows."""
        for start in range(0, self.n, BLOCK):
            yield slice(start, min(start + BLOCK, self.n))

    def point(self, b: Array) -> Point:
        """Return coefficients of orthonormal coordinates as a point."""
        c = self.turn @ b
        if not self.problem.intercept:
            slopes = np.ldexp(c, -self.exponent)
            first = first_row(self.problem.rows)[: len(slopes)]
            return Point(float(first @ slopes), slopes)
        return Point(float(c[0]), np.ldexp(c[1:], -self.exponent))

    def residuals(self, point: Point) -> Array:
        """Return the residuals of all rows, without weights."""
        plain = replace(self.problem, offset=None)
        eta = plain.predictors(point)
        np.subtract(self.y, eta, out=eta)
        return eta

    def summed(self, chosen: Array) -> Array:
        """Return the sum of chosen rows v, times their weights.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,)
            Which rows.
        """
        parts = []
        for here in self.blocks():
            factor = chosen[here].astype(np.float64)
            if self.weights is not None:
                factor *= self.weights[here]
            parts.append(factor @ self.plain(here))
        return np.asarray(np.sum(parts, axis=0))

    def summed_of(self, few: Array) -> Array:
        """Return the sum of some rows v, times their weights, by their places."""
        factor = np.ones(len(few)) if self.weights is None else self.weights[few]
        return np.asarray(factor @ self.plain(few))


def ground_of(problem: Problem) -> Ground:
    """Prepare the rows of a quantile regression.

    Parameters
    ----------
    problem : Problem
        With inputs of full rank.
    """
    rows = problem.rows
    p = rows.X.shape[1]
    y = problem.y if problem.offset is None else problem.y - problem.offset
    base = float(y[0]) if problem.intercept else 0.0
    m = fold_rows(
        Rows(rows.X, rows.Y, weights=rows.weights, X_low=rows.X_low), slices=1
    )
    exponent = m.exponent[:p]
    gram, total = m.gram[: p + 1, : p + 1], m.gram[0, : p + 1]
    first, low = first_row(rows)[:p], first_low(rows)[:p]
    if not problem.intercept:
        # About 0, not about the first row.
        away = Double.of(first, low).scaled(-exponent)
        moved = gram[1:, 1:] + away[:, None] * total[None, 1:]
        moved = moved + total[1:, None] * away[None, :]
        gram = moved + away[:, None] * away[None, :] * total[None, :1]
        total = total[1:] + away * total[:1]
        first, low = np.zeros(p), np.zeros(p)
    scale = 2.0**m.weight_exponent
    turn = _turn(gram.hi / float(m.gram.hi[0, 0]))
    made = Ground(
        problem, y - base, base, first, low, exponent,
        np.empty((0, 0)) if turn is None else turn, total.rounded() * scale,
        np.empty(0),
    )  # fmt: skip
    made = made if turn is not None else replace(made, turn=_turn_of_rows(made))
    return made if made.n <= FEW else replace(made, sizes=_sizes(made))


def _sizes(ground: Ground) -> Array:
    out = np.empty(ground.n)
    for here in ground.blocks():
        z = ground.plain(here) @ ground.turn
        out[here] = np.einsum("ij,ij->i", z, z)
    return np.sqrt(out)


def _turn(gram: Array) -> Array | None:
    """Return a matrix that makes rows orthonormal; None where they nearly agree."""
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(gram), np.finfo(float).tiny))
    try:
        lower = np.linalg.cholesky(gram * scale * scale[:, None])
    except np.linalg.LinAlgError:
        return None
    if float(np.diagonal(lower).min(initial=1.0)) < NEARLY_AGREE:
        return None
    turn: Array = np.linalg.inv(lower).T * scale[:, None]
    return turn


def _turn_of_rows(ground: Ground) -> Array:
    """Return such a matrix from the rows themselves, which know twice the digits."""
    v = ground.plain(slice(None))
    if ground.weights is not None:
        v *= np.sqrt(ground.weights / ground.weights.mean())[:, None]
    upper = np.linalg.qr(v / np.sqrt(ground.n), mode="r")
    size = np.sqrt(np.square(upper).sum(axis=0))
    try:
        turn: Array = np.linalg.inv(upper / size) / size[:, None]
    except np.linalg.LinAlgError:
        return np.diag(1.0 / size)
    return turn
