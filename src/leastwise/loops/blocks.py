"""Rows with a loss that pass in blocks: one pass is one fold.

What a pass brings is of the size of the coefficients, however many rows there are: the
moments of the working rows at a point, and sums.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.passing import Passing
from leastwise.loops.working import Point, Problem
from leastwise.loss.base import Loss
from leastwise.moments.blocks import NotFiniteError, Rows, first_row
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import Moments
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit

# The smallest normal float64.
TINY = 2.0**-1022


class Blocks(Passing[Problem], ABC):
    """Rows with a loss, in blocks of one or several pieces, as often as asked for."""

    loss: Loss
    intercept: bool

    @property
    @abstractmethod
    def observations(self) -> float | None:
        """Observations to count, when that is not the number of rows."""


@dataclass(frozen=True, eq=False)
class Survey:
    """What there is to know of rows before the first step.

    Attributes
    ----------
    first : ndarray, shape (p,)
        The first row: points are about it.
    mean, scale : ndarray, shape (p,)
        Weighted means and standard deviations of the inputs.
    kept : ndarray of bool, shape (p,)
        Columns that are no combination of those before them.
    level, spread : float
        Mean and standard deviation of the predictors that the loss would start from;
        the latter 0 where that is one for all rows of a block.
    target, target_spread : float
        Mean and standard deviation of the target.
    weight : float
        Sum of the case weights.
    counted : float or None
        Observations that a dispersion is found from; None where it is known.
    """

    first: Array
    mean: Array
    scale: Array
    kept: Array
    level: float
    spread: float
    target: float
    target_spread: float
    weight: float
    counted: float | None


def survey(blocks: Blocks) -> Survey:
    """Pass over the rows once.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    """
    total: Moments | None = None
    first, varies = np.zeros(0), False
    for problem in blocks.every():
        rows = problem.rows
        start = problem.loss.start(problem.y, rows.weights)
        # A loss that starts all rows at one predictor does so block by block.
        varies = varies or bool(np.ptp(start) > 0)
        if problem.offset is not None and problem.intercept:
            start = start - problem.offset
        both = replace(
            rows, Y=np.column_stack([start, problem.y]), roundoff=None, Y_low=None
        )
        here = fold_rows(both, slices=1)
        if total is None:
            total, first = here, first_row(rows)[: rows.X.shape[1]]
        else:
            total = total + here
    if total is None:
        raise ValueError("there are no rows")
    fit = solve(total, intercept=blocks.intercept)
    p, e = total.n_inputs, total.exponent
    gram = total.gram.hi
    shift = total.shift.hi
    away = gram[0, 1:] / gram[0, 0]
    mean = shift + np.ldexp(away, e)
    variance = np.maximum(np.diagonal(gram)[1:] / gram[0, 0] - away**2, 0.0)
    spread = np.ldexp(np.sqrt(variance), e)
    if not blocks.intercept:
        # About 0, as the coefficients are.
        spread = np.hypot(spread, mean)
    weight = float(total.weight_sum.hi)
    counted: float | None = None
    if not blocks.loss.has_known_dispersion:
        counted = float(blocks.observations or total.count)
    return Survey(
        first,
        mean[:p] if blocks.intercept else np.zeros(p),
        spread[:p],
        np.asarray(fit.kept),
        float(mean[p]),
        float(spread[p]) if varies else 0.0,
        float(mean[p + 1]),
        float(spread[p + 1]),
        weight,
        counted,
    )


@dataclass(frozen=True, eq=False)
class Passed:
    """What a pass at a point brings.

    Attributes
    ----------
    moments : Moments
        Of the working rows.
    fit : Fit
        Their least squares fit: where Newton's step leads.
    total, slack : float
        The loss of all rows, and what rounding can add to it.
    pearson : float
        Weighted sum of squares of scores over curvatures.
    noise : float
        What the rounding of scores does to coefficients, in standard errors of a
        dispersion of 1.
    rise : float
        By how much a predictor has moved since the pass before, at most.
    """

    moments: Moments
    fit: Fit
    total: float
    slack: float
    pearson: float
    noise: float
    rise: float = 0.0

    def unit(self, counted: float | None) -> float:
        """Return the root of the dispersion."""
        if counted is None:
            return 1.0
        found = np.sqrt(self.pearson / counted)
        return float(found) if np.isfinite(found) and found > 0 else 1.0


def pass_over(
    blocks: Blocks, at: Point | None, first: Array, *, before: Point | None = None
) -> Passed | None:
    """Fold the working rows at a point; None where the loss is not finite.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    at : Point or None
        The point; the predictors that the loss starts from when None.
    first : ndarray, shape (p,)
        The row that the point is about.
    before : Point, optional
        The point of the pass before, to say by how much predictors have moved.
    """
    moments: Moments | None = None
    total = slack = pearson = noise = rise = 0.0
    for problem in blocks.every():
        look = problem.look(predictors(problem, at, first))
        if before is not None:
            moved = look.eta - predictors(problem, before, first)
            rise = max(rise, float(np.abs(moved).max(initial=0.0)))
        if not np.isfinite(look.total):
            return None
        if not (look.there.score.any() or look.there.curvature.any()):
            # Rows that have no say, all of them.
            total += look.total
            continue
        # A weight below the smallest normal number is none to divide by.
        if not look.is_finite or not look.weights.min() >= TINY:
            return None
        try:
            folded = fold_rows(look.working(problem), slices=1)
        except NotFiniteError:
            return None
        moments = folded if moments is None else moments + folded
        r, w = look.there.score, look.weights
        total += look.total
        slack += look.slack
        pearson += float(np.sum(look.case_weights * r * r / w))
        noise = float(np.hypot(noise, look.noise()))
    if moments is None:
        return None
    fit = solve(moments, intercept=blocks.intercept, observations=blocks.observations)
    return Passed(moments, fit, total, slack, pearson, noise, rise)


def loses(
    blocks: Blocks, way: tuple[Point, Point | None], first: Array, moves: float
) -> bool:
    """Say whether a row that moves along a way would gain by going back.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    way : tuple of Point
        From where, and to where.
    first : ndarray, shape (p,)
        The row that points are about.
    moves : float
        By how much a predictor has to change.
    """
    before, at = way
    for problem in blocks.every():
        look = problem.look(predictors(problem, at, first))
        rising = look.eta - predictors(problem, before, first)
        counted = (np.abs(rising) > moves) & (look.case_weights > 0)
        if (look.there.score * rising > 0)[counted].any():
            return True
    return False


def predictors(problem: Problem, at: Point | None, first: Array) -> Array:
    """Return the predictors of some rows.

    Parameters
    ----------
    problem : Problem
        The rows.
    at : Point or None
        A point about another row than their first.
    first : ndarray, shape (p,)
        That row.
    """
    if at is None:
        return problem.loss.start(problem.y, problem.rows.weights)
    own = first_row(problem.rows)[: len(first)]
    level = at.level + float((own - first) @ at.slopes)
    return problem.predictors(Point(level, at.slopes))


def less_inputs(rows: Rows) -> Rows:
    """Return rows without inputs.

    Parameters
    ----------
    rows : Rows
        The rows.
    """
    return replace(rows, X=rows.X[:, :0], X_low=None, roundoff=None)


@dataclass(frozen=True, eq=False)
class LevelAlone(Blocks):
    """The same rows without their inputs.

    Attributes
    ----------
    whole : Blocks
        With them.
    """

    whole: Blocks

    @property
    def loss(self) -> Loss:  # type: ignore[override]
        """What a row costs."""
        return self.whole.loss

    @property
    def intercept(self) -> bool:  # type: ignore[override]
        """Whether there is one."""
        return self.whole.intercept

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Rows used of each piece of each block."""
        return self.whole.sizes

    @property
    def observations(self) -> float | None:
        """Observations to count."""
        return self.whole.observations

    @property
    def fingerprint(self) -> str:
        """What the rows are, as text."""
        return self.whole.fingerprint

    def pieces(self, block: int, skip: int = 0) -> Iterator[Problem]:
        """Yield the pieces of a block that have rows."""
        for problem in self.whole.pieces(block, skip):
            yield replace(problem, rows=less_inputs(problem.rows))
