"""Sums over the rows of each group, and what of them a group alone decides.

With orthonormal coordinates, rows Z of a group times the roots of their weights and
``S = Z'Z``, the n_g x n_g matrices of clusters come down to functions of S:
``Z'(I - ZZ')^a = (I - S)^a Z'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Alone
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.groups import Groups, sums_within
from leastwise.infer.dist import Array

# Bytes of S that are held at a time.
MOST_HELD = 2**26
# Numbers in the squares of rows that are made at once.
MOST_AT_ONCE = 2**20
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
    inner, outer : ndarray, shapes (G, q, q)
        For CR2: ``S (I - S)^-1`` and ``S (I - S)^(-1/2)`` of each group.
    """

    core: Array
    total: Array
    alone: tuple[Alone, ...] = ()
    inner: Array | None = None
    outer: Array | None = None

    def dof_of(self, rows: Array) -> Array | None:
        """Return Satterthwaite's degrees of freedom of combinations of coordinates.

        The variance estimate is ``sum_g u_g^2``, whose u have the covariance
        ``P = diag(d) - K K'`` where variances are equal; it is taken for a multiple of
        a chi-squared variable with ``tr(P)^2 / tr(P^2)`` degrees of freedom.

        Parameters
        ----------
        rows : ndarray, shape (m, q)
            The combinations.
        """
        if self.inner is None or self.outer is None:
            return None
        found = np.empty(len(rows))
        for j, t in enumerate(rows):
            d = np.einsum("i,gij,j->g", t, self.inner, t, optimize=True)
            k = self.outer @ t
            square = (k**2).sum(axis=1)
            trace = float((d - square).sum())
            again = float((d**2 - 2.0 * d * square).sum() + ((k.T @ k) ** 2).sum())
            found[j] = trace**2 / again if again > 0 else np.nan
        return found


def within(ground: Ground, groups: Groups, kind: str, *, dof: bool = False) -> Within:
    """Add up the scores of groups.

    Parameters
    ----------
    ground : Ground
        The rows.
    groups : Groups
        Their groups.
    kind : {"CR0", "CR1", "CR2", "CR3"}
        How residuals are corrected for what a group has fitted of itself.
    dof : bool
        Whether the degrees of freedom of CR2 will be asked for.
    """
    residual, q = ground.residuals(), ground.size
    sums = np.zeros((groups.count, q))
    for part, z, w in ground.walk():
        sums_within(groups, (w * residual[part])[:, None] * z, sums, part)
    if kind not in POWER:
        return Within(sums.T @ sums, sums.sum(axis=0))
    core, total, alone = np.zeros((q, q)), np.zeros(q), []
    inner, outer = [], []
    for some, squares in squares_of(ground, groups):
        values, vectors = np.linalg.eigh(squares)
        left = 1.0 - values
        nothing = left < NOTHING_LEFT
        for g, i in zip(*np.nonzero(nothing), strict=True):
            name = groups.name(int(some.start + g))
            alone.append(Alone(name, vectors[g, :, i]))
        safe = np.where(nothing, 1.0, left)
        power = np.where(nothing, 0.0, safe ** POWER[kind])
        turned = np.einsum("gji,gj->gi", vectors, sums[some])
        corrected = np.einsum("gij,gj->gi", vectors, power * turned)
        core += corrected.T @ corrected
        total += corrected.sum(axis=0)
        if dof and kind == "CR2":
            inner.append(_of(vectors, np.where(nothing, 0.0, values / safe)))
            outer.append(_of(vectors, values * power))
    if not inner:
        return Within(core, total, tuple(alone))
    both = np.concatenate(inner), np.concatenate(outer)
    return Within(core, total, tuple(alone), *both)


def squares_of(ground: Ground, groups: Groups) -> Iterator[tuple[slice, Array]]:
    """Yield S of every group, some groups at a time: one pass over the rows each."""
    q = ground.size
    step = max(1, MOST_HELD // (8 * q * q))
    for start in range(0, groups.count, step):
        some = slice(start, min(start + step, groups.count))
        squares = np.zeros((some.stop - start, q, q))
        for part, z, w in ground.walk():
            codes = groups.codes[part] - start
            here = np.flatnonzero((codes >= 0) & (codes < len(squares)))
            here = here[np.argsort(codes[here], kind="stable")]
            _add(squares, codes[here], np.sqrt(w[here])[:, None] * z[here])
        yield some, squares


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


def _of(vectors: Array, values: Array) -> Array:
    return np.asarray(np.einsum("gij,gj,gkj->gik", vectors, values, vectors))
