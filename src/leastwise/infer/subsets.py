"""Which terms to keep: steps and best subsets, from moments alone.

No row is looked at: a model with fewer columns is a part of the same moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leastwise.infer.criteria import Criterion
from leastwise.infer.dist import Array
from leastwise.infer.summary import Quality, quality
from leastwise.moments.state import Moments, select
from leastwise.solve.fit import solve
from leastwise.solve.scatter import scatter_of

# A step has to gain more than rounding does.
LEAST_GAIN = 1e-7


@dataclass(frozen=True)
class Group:
    """Columns that come and go together.

    Attributes
    ----------
    name : str
        Of the term.
    columns : tuple of int
        In the moments.
    above : frozenset of str
        Names of the terms that contain this one: it stays while one of them does.
    """

    name: str
    columns: tuple[int, ...]
    above: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Candidate:
    """A model with some of the terms.

    Attributes
    ----------
    terms : tuple of str
        Those it has.
    rank : int
        Coefficients, the intercept counted.
    rss, r_squared, adj_r_squared : float
        How well it fits.
    aic, aicc, bic : float
        As in `Criteria`.
    cp : float
        Mallows' ``rss / s^2 - n + 2 rank`` with the s^2 of the model of all terms
        (1973, doi:10.1080/00401706.1973.10489103).
    change : str
        What was done to the model before: ``- wt`` or ``+ wt``.
    """

    terms: tuple[str, ...]
    rank: int
    rss: float
    r_squared: float
    adj_r_squared: float
    aic: float
    aicc: float
    bic: float
    cp: float
    change: str = ""

    def value(self, criterion: Criterion) -> float:
        """Return what is made small: R-squared is taken with a minus."""
        found = float(getattr(self, criterion))
        return -found if criterion == "adj_r_squared" else found


@dataclass(frozen=True, eq=False)
class Pool:
    """Moments of one target, and the groups that models are made of."""

    moments: Moments
    groups: tuple[Group, ...]
    intercept: bool
    observations: float
    full: Quality

    def has(self, chosen: Sequence[Group]) -> bool:
        """Say whether some groups make a model: nothing at all is none."""
        some = bool(chosen) or self.intercept
        return some and is_closed(chosen, self.groups)

    def judge(self, chosen: Sequence[Group], change: str = "") -> Candidate:
        """Solve the model of some groups."""
        columns = [j for group in chosen for j in group.columns]
        fit = solve(
            select(self.moments, columns, [0]),
            intercept=self.intercept,
            observations=self.observations,
        )
        q = quality(fit, 0)
        k, n = fit.rank + 1, self.observations
        more = 2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf
        with np.errstate(divide="ignore", invalid="ignore"):
            cp = q.rss / np.float64(self.full.sigma) ** 2 - n + 2 * fit.rank
        return Candidate(
            terms=tuple(group.name for group in chosen),
            rank=fit.rank,
            rss=q.rss,
            r_squared=q.r_squared,
            adj_r_squared=q.adj_r_squared,
            aic=q.aic,
            aicc=q.aic + more,
            bic=q.bic,
            cp=float(cp),
            change=change,
        )


def is_closed(chosen: Sequence[Group], groups: Sequence[Group]) -> bool:
    """Say whether each term of a model has the terms that it contains."""
    names = {group.name for group in chosen}
    return not any(g.above & names for g in groups if g.name not in names)


def walk(
    pool: Pool,
    start: Sequence[Group],
    *,
    forward: bool,
    backward: bool,
    criterion: Criterion,
) -> tuple[Candidate, ...]:
    """Add or drop the term that helps most, until none does.

    Parameters
    ----------
    pool : Pool
        What models are made of.
    start : sequence of Group
        Terms of the first model.
    forward, backward : bool
        Whether terms may be added, and dropped.
    criterion : str
        What is made small.

    Returns
    -------
    tuple of Candidate
        The models on the way; the last one is the answer.
    """
    now = list(start)
    way = [pool.judge(now)]
    while True:
        options = [
            pool.judge(chosen, change)
            for chosen, change in _neighbours(pool, now, forward, backward)
            if pool.has(chosen)
        ]
        if not options:
            return tuple(way)
        best = min(options, key=lambda c: c.value(criterion))
        before = way[-1].value(criterion)
        if not best.value(criterion) < before - LEAST_GAIN * max(1.0, abs(before)):
            return tuple(way)
        way.append(best)
        now = [group for group in pool.groups if group.name in best.terms]


def _neighbours(
    pool: Pool, now: list[Group], forward: bool, backward: bool
) -> Iterator[tuple[list[Group], str]]:
    if backward:
        for group in now:
            yield [g for g in now if g is not group], f"- {group.name}"
    if forward:
        for group in pool.groups:
            if group not in now:
                yield (
                    [g for g in pool.groups if g in now or g is group],
                    f"+ {group.name}",
                )


def best_of_each_size(pool: Pool) -> tuple[Candidate, ...]:
    """Find the model of least RSS for each number of columns, by branch and bound.

    A model with fewer terms fits no better: what a set of terms leaves bounds all of
    its subsets (Furnival and Wilson 1974, doi:10.1080/00401706.1974.10489231).

    Parameters
    ----------
    pool : Pool
        What models are made of.
    """
    triangle = _triangle(pool)
    order = sorted(pool.groups, key=lambda g: -_loss(triangle, pool, g))
    best: dict[int, tuple[float, list[Group]]] = {}

    def rss(chosen: list[Group]) -> float:
        columns = [j for group in chosen for j in group.columns]
        return _left_over(triangle, columns)

    _branch(order, 0, rss, best, pool.has)
    return tuple(
        pool.judge(_in_order(pool, chosen)) for _, (_, chosen) in sorted(best.items())
    )


def _branch(
    chosen: list[Group],
    fixed: int,
    rss: Callable[[list[Group]], float],
    best: dict[int, tuple[float, list[Group]]],
    has: Callable[[Sequence[Group]], bool],
) -> None:
    left = rss(chosen)
    size = sum(len(g.columns) for g in chosen)
    if has(chosen) and left < best.get(size, (np.inf,))[0]:
        best[size] = (left, list(chosen))
    least = sum(len(g.columns) for g in chosen[:fixed])
    if all(best.get(s, (np.inf,))[0] <= left for s in range(least, size)):
        return
    # The strong first: without one of them nothing below is worth a look.
    for i in range(len(chosen) - 1, fixed - 1, -1):
        _branch(chosen[:i] + chosen[i + 1 :], i, rss, best, has)


def _in_order(pool: Pool, chosen: list[Group]) -> list[Group]:
    names = {group.name for group in chosen}
    return [group for group in pool.groups if group.name in names]


def _triangle(pool: Pool) -> Array:
    """A triangle R with ``R'R`` the scatter of inputs and target, in units of each.

    It only has to put models in order; those that win are solved in pairs.
    """
    s = scatter_of(pool.moments, intercept=pool.intercept)
    sides = s.xy.hi
    scatter = np.block([[s.xx.hi, sides], [sides.T, s.yy.hi[None, :]]])
    size = np.sqrt(np.maximum(np.diagonal(scatter), 0.0))
    safe = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(scatter / safe[:, None] / safe)
    root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return np.asarray(np.linalg.qr(root, mode="r"))


def _loss(triangle: Array, pool: Pool, group: Group) -> float:
    others = [j for g in pool.groups if g is not group for j in g.columns]
    return _left_over(triangle, others)


def _left_over(triangle: Array, inputs: list[int]) -> float:
    """Residual sum of squares of the last column on some of the others."""
    r = np.asarray(np.linalg.qr(triangle[:, [*inputs, -1]], mode="r"))
    return float(r[-1, -1] ** 2)
