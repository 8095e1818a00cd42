"""Factor the scatter of the inputs: S = L D L', column by column, in pairs.

Columns are taken in the order of the formula, as R does, so that of two equal
columns the later one is dropped. Row j of L^-1 says how column j differs from
the best combination of the ones before it, which is what the rank rule asks for
and what a dropped column is described by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import Array, Double
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
    left, inverse = scatter, Double.of(np.eye(p))
    pivots = np.zeros((2, p))
    kept, doubtful, beyond = (np.zeros(p, dtype=bool) for _ in range(3))
    for j in range(p):
        beyond[j] = int(kept.sum()) >= limit
        if beyond[j]:
            continue
        pivot = left[j, j]
        verdict = judge(float(pivot.hi), inverse.hi[j, :j], j, scale)
        if verdict is not Verdict.KEPT:
            doubtful[j] = verdict is Verdict.DOUBTFUL
            continue
        kept[j], pivots[:, j] = True, (float(pivot.hi), float(pivot.lo))
        # Take column j out of the ones after it. What is left of them is computed
        # from what was left before, not anew: pivots lose fewer digits that way.
        later, before = slice(j + 1, None), slice(0, j + 1)
        factors = (left[later, j] / pivot)[:, None]
        left = _less(left, (later, later), factors * left[j, later][None, :])
        inverse = _less(inverse, (later, before), factors * inverse[j, before][None, :])
    return Factor(inverse, Double(*pivots), kept, doubtful, beyond)


def _less(a: Double, where: tuple[slice, slice], b: Double) -> Double:
    hi, lo = a.hi.copy(), a.lo.copy()
    part = a[where] - b
    hi[where], lo[where] = part.hi, part.lo
    return Double(hi, lo)
