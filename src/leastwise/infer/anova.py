"""Sums of squares of terms, from moments alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array
from leastwise.infer.subsets import Group, Pool
from leastwise.moments.state import select
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit


@dataclass(frozen=True)
class SumOfSquares:
    """What a term explains.

    Attributes
    ----------
    name : str
        Of the term.
    df : int
        Coefficients of it that the data tell.
    squares : float
        In squared units of the target.
    """

    name: str
    df: int
    squares: float


def sequential(pool: Pool) -> list[SumOfSquares]:
    """Each term after those before it (type I)."""
    return [
        _partial(pool, pool.groups[: i + 1], group)
        for i, group in enumerate(pool.groups)
    ]


def hierarchical(pool: Pool) -> list[SumOfSquares]:
    """Each term after all others that do not contain it (type II)."""
    return [
        _partial(pool, [g for g in pool.groups if g.name not in group.above], group)
        for group in pool.groups
    ]


def partial(pool: Pool) -> list[SumOfSquares]:
    """Each term after all others (type III)."""
    return [_partial(pool, pool.groups, group) for group in pool.groups]


def _partial(pool: Pool, groups: Sequence[Group], of: Group) -> SumOfSquares:
    """What a term explains after the others of a model: ``b' (V_bb)^-1 b``.

    No difference of sums of squares is taken: a small one keeps its digits.
    """
    # Last: what is a combination of the others is left out of this one.
    last = [*(g for g in groups if g is not of), of]
    columns = [j for group in last for j in group.columns]
    fit = solve(
        select(pool.moments, columns, [0]),
        intercept=pool.intercept,
        observations=pool.observations,
    )
    own = np.arange(len(columns) - len(of.columns), len(columns))
    own = own[fit.kept[own]]
    return SumOfSquares(of.name, len(own), _explained(fit, own))


def _explained(fit: Fit, own: Array) -> float:
    if not len(own):
        return 0.0
    b = fit.coefficients[int(fit.intercept) :, 0][own]
    v = (fit.root.T @ fit.root)[np.ix_(own, own)]
    size = np.sqrt(np.diagonal(v))
    z = np.linalg.solve(np.linalg.cholesky(v / size[:, None] / size), b / size)
    return float(z @ z)
