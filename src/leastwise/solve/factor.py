"""Factor the scatter of the inputs: S = L D L', column by column, in pairs.

Columns are taken in the order of the formula, as R does, so that of two equal
columns the later one is dropped. Row j of L^-1 says how column j differs from
the best combination of the ones before it, which is what the rank rule asks for
and what a dropped column is described by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double, matvec
from leastwise.solve.rank import Scale, Verdict, judge


@dataclass(frozen=True)
class Factor:
    """The inverse factor of a scatter matrix, with dropped columns left out.

    Attributes
    ----------
    inverse : Double, shape (p, p)
        L^-1, unit lower triangular; rows of dropped columns hold their residual
        combination and are used only to describe them.
    pivots : Double, shape (p,)
        D; zero for dropped columns.
    kept : ndarray of bool, shape (p,)
        False where a column is a combination of the ones before it.
    doubtful : ndarray of bool, shape (p,)
        Columns that are not kept, though more is left of them than the rounding of
        the data: the error of the Gram hides what.
    beyond : ndarray of bool, shape (p,)
        Columns that are not kept because the rows allow no higher rank.
    """

    inverse: Double
    pivots: Double
    kept: Array
    doubtful: Array
    beyond: Array

    @property
    def rank(self) -> int:
        """Number of columns kept."""
        return int(self.kept.sum())


def factor(scatter: Double, scale: Scale, limit: int) -> Factor:
    """Factor a scatter matrix and decide its rank on the way.

    Parameters
    ----------
    scatter : Double, shape (p, p)
        Centred cross-products of the inputs (or raw ones, without intercept).
    scale : Scale
        What the rank rule measures against.
    limit : int
        The largest rank the number of rows allows.

    Returns
    -------
    Factor
    """
    p = len(scatter)
    inv_hi, inv_lo = np.eye(p), np.zeros((p, p))
    d_hi, d_lo = np.zeros(p), np.zeros(p)
    recip = Double.zeros(p)
    kept, doubtful, beyond = (np.zeros(p, dtype=bool) for _ in range(3))
    for j in range(p):
        used = np.flatnonzero(kept[:j])
        inverse = Double(inv_hi[np.ix_(used, used)], inv_lo[np.ix_(used, used)])
        a = scatter[used, j]
        u = matvec(inverse, a)
        coupling = u * recip[used]
        row = -matvec(inverse.T, coupling)
        pivot = scatter[j, j] - (u * coupling).sum()
        inv_hi[j, used], inv_lo[j, used] = row.hi, row.lo
        combination = np.zeros(j)
        combination[used] = row.hi
        beyond[j] = len(used) >= limit
        if beyond[j]:
            continue
        verdict = judge(float(pivot.hi), combination, j, scale)
        if verdict is not Verdict.KEPT:
            doubtful[j] = verdict is Verdict.DOUBTFUL
            continue
        kept[j], d_hi[j], d_lo[j] = True, float(pivot.hi), float(pivot.lo)
        recip = Double.of(np.where(kept, 1.0, 0.0)) / Double(
            np.where(kept, d_hi, 1.0), d_lo
        )
    return Factor(Double(inv_hi, inv_lo), Double(d_hi, d_lo), kept, doubtful, beyond)
