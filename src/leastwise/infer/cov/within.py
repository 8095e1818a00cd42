"""Sums over the rows of each group, and what of them a group alone decides.

With orthonormal coordinates, rows Z of a group times the roots of their weights and
``S = Z'Z = V L V'``, the n_g x n_g matrices of clusters come down to functions of S:
``Z'(I - ZZ')^a = (I - S)^a Z'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Alone
from leastwise.infer.cov.ground import MOST_TAKEN, Ground
from leastwise.infer.cov.groups import Groups, sums_within
from leastwise.infer.dist import Array

# Bytes of S that are held at a time.
MOST_HELD = 2**26
# Numbers in the squares of rows that are made at once.
MOST_AT_ONCE = 2**20
# Coordinates above which a group of fewer rows is taken by its rows.
MANY = 64
# Coefficients up to which degrees of freedom of their own are found.
MOST_DOF = 200
# Multiplications that are spent on a note.
CHEAP = 1e9
# What is left of 1 - eigenvalue by rounding.
NOTHING_LEFT = 1e-11
# By kind: the power of I - S.
POWER = {"CR2": -0.5, "CR3": -1.0}


@dataclass(frozen=True, eq=False)
class Within:
    """Scores of groups, added up.

    Attributes
    ----------
    core : ndarray, shape (q, q)
        ``sum_g s_g s_g'``, with s_g corrected as the kind says.
    total : ndarray, shape (q,)
        ``sum_g s_g``.
    alone : tuple of Alone
        What one group alone decides.
    dof : ndarray, shape (m,), or None
        Satterthwaite's degrees of freedom, where they were asked for.
    """

    core: Array
    total: Array
    alone: tuple[Alone, ...] = ()
    dof: Array | None = None


@dataclass(frozen=True, eq=False)
class Parts:
    """Some groups: which, and S of each as V (r columns) and its eigenvalues."""

    which: Array
    vectors: Array
    values: Array


def within(
    ground: Ground, groups: Groups, kind: str, *, dof_of: Array | None = None
) -> Within:
    """Add up the scores of groups.

    Parameters
    ----------
    ground : Ground
        The rows.
    groups : Groups
        Their groups.
    kind : {"CR0", "CR1", "CR2", "CR3"}
        How residuals are corrected for what a group has fitted of itself.
    dof_of : ndarray, shape (m, q), optional
        Combinations of coordinates whose degrees of freedom are wanted, for CR2.
    """
    residual, q = ground.residuals(), ground.size
    sums, levers = np.zeros((groups.count, q)), np.zeros(groups.count)
    for part, z, w in ground.walk():
        sums_within(groups, (w * residual[part])[:, None] * z, sums, part)
        np.add.at(levers, groups.codes[part], w * (z**2).sum(axis=1))
    if kind not in POWER:
        return Within(
            sums.T @ sums, sums.sum(axis=0), _deciding(ground, groups, levers)
        )
    core, total = np.zeros((q, q)), np.zeros(q)
    alone: list[Alone] = []
    counted = None if dof_of is None else Satterthwaite.empty(len(dof_of), q)
    for parts in parts_of(ground, groups, np.arange(groups.count)):
        nothing = 1.0 - parts.values < NOTHING_LEFT
        alone += _alone(groups, parts)
        left = np.where(nothing, 1.0, 1.0 - parts.values)
        power = np.where(nothing, 0.0, left ** POWER[kind])
        scores = sums[parts.which]
        turned = np.einsum("gjr,gj->gr", parts.vectors, scores)
        # Outside of V nothing is corrected.
        scores = scores + np.einsum("gjr,gr->gj", parts.vectors, (power - 1) * turned)
        core += scores.T @ scores
        total += scores.sum(axis=0)
        if counted is not None and dof_of is not None:
            inner = np.where(nothing, 0.0, parts.values / left)
            counted.add(parts.vectors, inner, parts.values * power, dof_of)
    return Within(core, total, tuple(alone), None if counted is None else counted.dof)


@dataclass(frozen=True, eq=False)
class Satterthwaite:
    """Degrees of freedom of combinations of coordinates, group by group.

    The variance estimate is ``sum_g u_g^2``, whose u have the covariance ``P = diag(d)
    - K K'`` where variances are equal, with ``d = t'S (I - S)^-1 t`` and rows ``S (I -
    S)^(-1/2) t`` of K; it is taken for a multiple of a chi-squared variable with
    ``tr(P)^2 / tr(P^2)`` degrees of freedom.

    Attributes
    ----------
    trace, squares : ndarray, shape (m,)
        ``tr(P)``, and ``tr(P^2)`` without its last part.
    products : ndarray, shape (m, q, q)
        ``K'K``, whose squares are that part.
    """

    trace: Array
    squares: Array
    products: Array

    @classmethod
    def empty(cls, m: int, q: int) -> Satterthwaite:
        """Return the sums of no group."""
        return cls(np.zeros(m), np.zeros(m), np.zeros((m, q, q)))

    def add(self, vectors: Array, inner: Array, outer: Array, rows: Array) -> None:
        """Add groups, in place."""
        for j, t in enumerate(rows):
            turned = np.einsum("gjr,j->gr", vectors, t)
            d = (inner * turned**2).sum(axis=1)
            k = np.einsum("gjr,gr->gj", vectors, outer * turned)
            square = (k**2).sum(axis=1)
            self.trace[j] += (d - square).sum()
            self.squares[j] += (d**2 - 2.0 * d * square).sum()
            self.products[j] += k.T @ k

    @property
    def dof(self) -> Array:
        """Degrees of freedom of each combination."""
        again = self.squares + (self.products**2).sum(axis=(1, 2))
        safe = np.where(again > 0, again, np.nan)
        return np.asarray(self.trace**2 / safe)


def parts_of(ground: Ground, groups: Groups, which: Array) -> Iterator[Parts]:
    """Yield S of some groups, a few at a time; their rows are looked at once.

    Parameters
    ----------
    ground : Ground
        The rows.
    groups : Groups
        Their groups.
    which : ndarray of int
        Those wanted, in order.
    """
    q = ground.size
    order = np.argsort(groups.codes, kind="stable")
    count = np.bincount(groups.codes, minlength=groups.count)
    end = np.cumsum(count)
    few = (count[which] < q) & (q > MANY)
    for g in which[few].tolist():
        z = _rooted(ground, order[end[g] - count[g] : end[g]])
        _, s, turned = np.linalg.svd(z, full_matrices=False)
        yield Parts(np.array([g]), turned.T[None], (s**2)[None])
    rest = which[~few]
    step = max(1, MOST_HELD // (8 * q * q))
    for start in range(0, len(rest), step):
        some = rest[start : start + step]
        squares = np.zeros((len(some), q, q))
        index = np.concatenate([order[end[g] - count[g] : end[g]] for g in some])
        own = np.repeat(np.arange(len(some)), count[some])
        for at in range(0, len(index), MOST_TAKEN):
            piece = slice(at, at + MOST_TAKEN)
            _add(squares, own[piece], _rooted(ground, index[piece]))
        values, vectors = np.linalg.eigh(squares)
        yield Parts(some, vectors, values)


def _rooted(ground: Ground, index: Array) -> Array:
    z, w = ground.take(index)
    return np.asarray(np.sqrt(w)[:, None] * z)


def _add(squares: Array, codes: Array, z: Array) -> None:
    """Add the squares of rows that are in the order of their groups."""
    ends = np.flatnonzero(np.diff(codes, append=-1)) + 1
    q = squares.shape[1]
    if q * len(ends) < len(z):
        for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
            squares[codes[start]] += z[start:end].T @ z[start:end]
        return
    step = max(1, MOST_AT_ONCE // (q * q))
    for start in range(0, len(z), step):
        some = z[start : start + step]
        np.add.at(
            squares, codes[start : start + step], some[:, :, None] * some[:, None, :]
        )


def _alone(groups: Groups, parts: Parts) -> list[Alone]:
    nothing = np.nonzero(1.0 - parts.values < NOTHING_LEFT)
    return [
        Alone(groups.name(int(parts.which[g])), parts.vectors[g, :, i])
        for g, i in zip(*nothing, strict=True)
    ]


def _deciding(ground: Ground, groups: Groups, levers: Array) -> tuple[Alone, ...]:
    """Find what groups alone decide, where that is cheap: by sums of leverages."""
    which = np.flatnonzero(levers > 1.0 - NOTHING_LEFT)
    few = np.minimum(np.bincount(groups.codes)[which], ground.size)
    if float((few.astype(float) ** 2).sum()) * ground.size > CHEAP:
        return ()
    found = (_alone(groups, parts) for parts in parts_of(ground, groups, which))
    return tuple(one for some in found for one in some)
