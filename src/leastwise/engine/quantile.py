"""A quantile of rows -> a fit: the exact plane, densities, and its working rows.

With f_i the density of the target at the quantile and psi_i the pull of a row, the rows
``(x_i, eta_i + psi_i / f_i)`` of weights f_i are working rows like those of any loss:
their least squares fit is the quantile, and every sandwich is one of theirs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leastwise._kit.status import Status
from leastwise.engine.loss_fit import MOST_TARGET, LossSolved
from leastwise.engine.plan import Solved, fit_rows
from leastwise.infer.density import (
    LEAST_DENSITY,
    between_planes,
    hall_sheather,
    kernel_density,
    near_rows,
    within,
)
from leastwise.loops.newton import Newton
from leastwise.loops.quantile.fit import QuantileFit, fit_quantile
from leastwise.loops.quantile.globs import Found, find_vertex
from leastwise.loops.quantile.ground import Ground, ground_of
from leastwise.loops.working import Look, Point, Problem
from leastwise.loss.base import ROUNDOFF, Pointwise
from leastwise.loss.quantile import Quantile
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.fold_numpy import one_blas_thread
from leastwise.moments.kernel import threads
from leastwise.solve.digits import relative_to_digits

Kind = Literal["nid", "iid", "ker"]
TEXTS = {
    "nid": "densities from the quantiles above and below (Hendricks and Koenker)",
    "iid": "one density for all rows",
    "ker": "densities by a normal kernel (Powell)",
}


@dataclass(frozen=True, eq=False)
class QuantileSolved:
    """A fit of a quantile.

    Attributes
    ----------
    fit : QuantileFit
        The plane, and what is known of it.
    solved : LossSolved
        The fit of its working rows.
    null : float
        The loss of a level alone; NaN where there is none.
    crossing : int
        Rows at which the quantiles above and below cross, so that they have no
        density.
    has_density : bool
        Whether any row has one.
    """

    fit: QuantileFit
    solved: LossSolved
    null: float
    crossing: int
    has_density: bool


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows for several quantiles.

    Attributes
    ----------
    problem : Problem
        As given, but for the loss.
    kept : ndarray of bool, shape (p,)
        Inputs that are no combination of those before them.
    ground : Ground
        The rows of those inputs.
    frequency : bool
        Whether weights count rows.
    """

    problem: Problem
    kept: Array
    ground: Ground
    frequency: bool


def prepare(problem: Problem, *, frequency: bool = False) -> Prepared:
    """Find the rank of the inputs, and coordinates in which they are orthonormal.

    Parameters
    ----------
    problem : Problem
        The rows.
    frequency : bool
        Whether weights count rows.
    """
    first = fit_rows(
        problem.rows,
        intercept=problem.intercept,
        observations=problem.observations,
        target=0.0,
    )
    kept = first.fit.kept
    return Prepared(problem, kept, ground_of(_of_full_rank(problem, kept)), frequency)


def _of_full_rank(problem: Problem, kept: Array) -> Problem:
    if kept.all():
        return problem
    rows = problem.rows
    with_target = np.append(kept, True)

    def some(a: Array | None) -> Array | None:
        return None if a is None else a[with_target]

    fewer = replace(
        rows,
        X=np.ascontiguousarray(rows.X[:, kept]),
        X_low=None if rows.X_low is None else rows.X_low[:, kept],
        origin=some(rows.origin),
        origin_low=some(rows.origin_low),
        roundoff=some(rows.roundoff),
    )
    return replace(problem, rows=fewer)


def solve_quantile(rows: Prepared, q: float, *, se: Kind = "nid") -> QuantileSolved:
    """Fit a quantile, and make working rows of it.

    Parameters
    ----------
    rows : Prepared
        The rows.
    q : float
        The quantile.
    se : {"nid", "iid", "ker"}
        How densities are estimated.
    """
    fit, beside = _found(rows, q, se)
    density, crossing = _density(rows, fit, se, beside)
    largest = float(density.max(initial=0.0))
    has = bool(np.isfinite(largest) and largest > 0)
    density = (
        np.maximum(density, LEAST_DENSITY * largest) if has else np.ones_like(density)
    )
    problem = replace(rows.problem, loss=Quantile(q))
    look = _look(rows, fit, density)
    working = _working(problem, look)
    solved = fit_rows(
        working,
        intercept=problem.intercept,
        observations=problem.observations,
        target=MOST_TARGET,
    )
    newton = _as_loop(rows, fit, look, working, solved)
    return QuantileSolved(
        fit,
        _named(rows, fit, newton, solved),
        _null(rows, q),
        crossing,
        has,
    )


def _found(rows: Prepared, q: float, se: Kind) -> tuple[QuantileFit, list[Found]]:
    """Fit a quantile, and those beside it where densities come from them.

    They know nothing of each other: each has a thread.
    """
    ground = rows.ground
    beside: list[float] = []
    if se == "nid":
        h = within(q, hall_sheather(q, float(_counts(rows).sum())))
        beside = [q - h, q + h]
    # The limit of BLAS is that of the process: set once, about all of them.
    with one_blas_thread(), ThreadPoolExecutor(threads()) as pool:
        others = [pool.submit(find_vertex, ground, share) for share in beside]
        fit = fit_quantile(ground.problem, q, ground=ground)
        found = [other.result() for other in others]
    return fit, [one for one in found if one is not None]


def _counts(rows: Prepared) -> Array:
    w = rows.ground.weights
    return w if rows.frequency and w is not None else np.ones(rows.ground.n)


def _density(
    rows: Prepared, fit: QuantileFit, se: Kind, beside: list[Found]
) -> tuple[Array, int]:
    """Return the densities of rows, and at how many there is none."""
    ground, q = rows.ground, fit.q
    n, w = ground.n, ground.weights
    counts = _counts(rows)
    # With other weights it is the target times the weight that is looked at.
    unit = np.ones(n) if rows.frequency or w is None else w
    total = float(counts.sum())
    if se == "iid":
        r = np.repeat(unit * fit.residuals, counts.astype(int))
        on = int(counts[fit.residuals == 0].sum())
        return unit * _one_density(r, q, ground.k, on), 0
    h = within(q, hall_sheather(q, total))
    if se == "ker":
        return unit * kernel_density(unit * fit.residuals, q, h, counts), 0
    if len(beside) < 2:
        return np.zeros(n), n
    below, above = (ground.point(found.coefficients) for found in beside)
    distance = ground.residuals(below) - ground.residuals(above)
    density = between_planes(distance, h)
    return density, int((density == 0).sum())


def _one_density(residuals: Array, q: float, rank: int, on: int) -> float:
    """Return one over the sparsity; 0 where residuals do not say."""
    if len(residuals) <= rank + 1 or on >= len(residuals) - 1:
        return 0.0
    near, places = near_rows(residuals, q, rank, on)
    line = Problem(Quantile(0.5), Rows(places[:, None], near[:, None]))
    slope = fit_quantile(line, 0.5).coefficients[1]
    return 1.0 / float(slope) if slope > 0 else 0.0


def _look(rows: Prepared, fit: QuantileFit, density: Array) -> Look:
    problem, r, q = rows.problem, fit.residuals, fit.q
    score = np.where(r < 0, 1.0 - q, -q)
    # On the plane the pull is what the proof found: scores times rows sum to 0.
    score[r == 0] = 0.0
    score[fit.basis] = -fit.multipliers
    value = -r * np.where(r < 0, 1.0 - q, -q)
    rounding = ROUNDOFF * np.abs(score)
    there = Pointwise(value, score, density, rounding)
    return Look(problem.y - r, there, problem.case_weights)


def _working(problem: Problem, look: Look) -> Rows:
    return look.working(problem)


def _as_loop(
    rows: Prepared, fit: QuantileFit, look: Look, working: Rows, solved: Solved
) -> Newton:
    slopes = np.zeros(len(rows.kept))
    lead = int(rows.problem.intercept)
    slopes[rows.kept] = fit.coefficients[lead:]
    level = float(look.eta[0])
    if rows.problem.offset is not None:
        level -= float(rows.problem.offset[0])
    return Newton(
        fit.status, look, Point(level, slopes), working, solved.moments,
        fit.steps + fit.pivots, (), 0.0 if fit.proven else np.nan,
    )  # fmt: skip


def _named(
    rows: Prepared, fit: QuantileFit, newton: Newton, solved: Solved
) -> LossSolved:
    lead = int(rows.problem.intercept)
    m = lead + len(rows.kept)
    where = np.concatenate([np.ones(lead, bool), rows.kept])
    estimates, digits = np.full(m, np.nan), np.full(m, np.nan)
    estimates[where] = fit.coefficients
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = fit.bounds / np.abs(fit.coefficients)
    # Exactly 0 is right to the last digit, as far as there are any.
    relative[(fit.bounds == 0) & (fit.coefficients == 0)] = 0.0
    digits[where] = relative_to_digits(relative)
    if fit.status is not Status.CONVERGED:
        digits[where] = 0.0
    nothing = np.full((m, m), np.nan)
    return LossSolved(
        replace(rows.problem, loss=Quantile(fit.q)),
        newton, solved, estimates, nothing, digits, nothing[0],
    )  # fmt: skip


def _null(rows: Prepared, q: float) -> float:
    """Return the loss of a level alone: at a weighted quantile of the target."""
    problem = rows.problem
    if not problem.intercept:
        return float("nan")
    y = problem.y if problem.offset is None else problem.y - problem.offset
    w = problem.case_weights
    if problem.rows.weights is None:
        at = max(int(np.ceil(q * len(y))) - 1, 0)
        r = y - np.partition(y, at)[at]
        return float(np.sum(r * np.where(r < 0, q - 1.0, q)))
    order = np.argsort(y, kind="stable")
    passed = np.cumsum(w[order])
    at = int(np.searchsorted(passed, q * passed[-1]))
    r = y - y[order[min(at, len(y) - 1)]]
    return float(np.sum(w * r * np.where(r < 0, q - 1.0, q)))
