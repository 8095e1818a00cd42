"""A loss and its rows -> a fit: the loop, then one weighted least squares fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from leastwise._kit.status import Status
from leastwise.engine.plan import TARGET_DIGITS, Solved, fit_rows
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.predict import basis_of
from leastwise.loops.bent import minimise
from leastwise.loops.newton import Newton, is_small, newton
from leastwise.loops.working import Look, Point, Problem
from leastwise.loss.family.base import Family
from leastwise.moments.double import Array
from leastwise.solve.digits import relative_to_digits

# Fold exactly more digits than the weights of the rows have: there is no use in it.
MOST_TARGET = 12.0
# Where Fisher's scoring gives over to Newton's steps, in standard errors.
NEAR = 0.01
# Steps that shrink by less have no bound: they would be of use to nobody.
SLOWEST = 0.95


@dataclass(frozen=True, eq=False)
class LossSolved:
    """A fit of a loss.

    Attributes
    ----------
    problem : Problem
        The rows and their loss.
    newton : Newton
        How the loop ended.
    solved : Solved
        The fit of its working rows: coefficients, aliases, the inverse of the
        curvature.
    estimates : ndarray, shape (m,)
        Coefficients; NaN for aliased ones.
    unscaled : ndarray, shape (m, m)
        Inverse of the curvature: the covariance, for a dispersion of 1.
    certified : ndarray, shape (m,)
        Digits of the estimates.
    errors : ndarray, shape (m,)
        Roots of the diagonal of `unscaled`, where that itself leaves the range of
        float64 too.
    """

    problem: Problem
    newton: Newton
    solved: Solved
    estimates: Array
    unscaled: Array
    certified: Array
    errors: Array

    @property
    def look(self) -> Look:
        """The loss of the rows at the end of the loop."""
        return self.newton.look


def solve_loss(
    problem: Problem, *, target: float = TARGET_DIGITS, start: Point | None = None
) -> LossSolved:
    """Minimise a loss, and make a fit of its working rows.

    The certificate has three parts: that of the least squares fit; what the loop
    leaves; and what the rounding of predictors and scores does, at most
    ``sqrt(diag H^-1)`` times its length (Cauchy and Schwarz).

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    target : float
        Digits to certify in the least squares fit.
    start : Point, optional
        Where to start.
    """
    return finish(problem, arrive(problem, start=start), target=target)


def arrive(problem: Problem, *, start: Point | None = None) -> Newton:
    """Minimise a loss, by the loop that suits it.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    start : Point, optional
        Where to start.
    """
    if not isinstance(problem.loss, Family):
        return newton(problem, start=start)
    if not is_small(problem):
        found = newton(problem, start=start)
        if found.status is not Status.STEPS_EXHAUSTED:
            return found if problem.loss.is_canonical else _wary(found)
        start = found.at
    # Weighted fits come near, steps in coordinates of their own arrive.
    return minimise(problem, start=start, near=NEAR)


def _wary(found: Newton) -> Newton:
    """Allow for curvatures that are only expected: Fisher's scoring is slow by them.

    A step that is shorter than the one before by q leaves the part 1 - q of the
    curvature of the loss in the curvature that it was found with, and rounding does
    more by as much.
    """
    steps = [v for v in found.decrements if np.isfinite(v) and v > 0]
    ratios = [b / a for a, b in pairwise(steps) if b < a]
    slow = 1.0 - min(max(ratios, default=0.0), SLOWEST)
    return replace(found, left=found.left / slow)


def finish(
    problem: Problem, found: Newton, *, target: float = TARGET_DIGITS
) -> LossSolved:
    """Make a fit of the working rows where a loop ended.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    found : Newton
        How the loop ended; usable.
    target : float
        Digits to certify in the least squares fit.
    """
    solved = fit_rows(
        found.working,
        intercept=problem.intercept,
        observations=problem.observations,
        target=min(target, MOST_TARGET),
        folded=found.moments,
    )
    fit = solved.fit
    estimates = fit.coefficients[:, 0].copy()
    m = len(estimates)
    combined = combine_coefficients(
        basis_of(fit, 0), 1.0, np.eye(m), intercept=fit.intercept
    )
    unscaled = combined.covariance
    gone = np.isnan(estimates)
    unscaled[gone, :] = unscaled[:, gone] = np.nan
    errors = np.where(gone, np.nan, combined.standard_errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = errors * (found.left / np.abs(estimates))
        digits = relative_to_digits(relative + 10.0 ** -fit.digits[:, 0])
    # Digits are relative: an estimate of 0 has no number of them.
    digits = np.where(estimates == 0, np.nan, digits)
    if found.status is not Status.CONVERGED:
        digits = np.where(np.isnan(digits), np.nan, 0.0)
    return LossSolved(problem, found, solved, estimates, unscaled, digits, errors)


def without_inputs(problem: Problem) -> Problem:
    """Return the problem of a level alone.

    Parameters
    ----------
    problem : Problem
        Whose inputs are left out.
    """
    return with_inputs(problem, ())


def with_inputs(problem: Problem, inputs: Sequence[int]) -> Problem:
    """Return the problem of some of the inputs.

    Parameters
    ----------
    problem : Problem
        Whose other inputs are left out.
    inputs : sequence of int
        Which stay.
    """
    rows, chosen = problem.rows, np.asarray(inputs, dtype=int)
    both = np.append(chosen, rows.X.shape[1])

    def of(values: Any, which: Array) -> Any:
        return None if values is None else np.asarray(values)[which]

    fewer = replace(
        rows,
        X=rows.X[:, chosen],
        X_low=None if rows.X_low is None else rows.X_low[:, chosen],
        origin=of(rows.origin, both),
        origin_low=of(rows.origin_low, both),
        roundoff=of(rows.roundoff, both),
    )
    return replace(problem, rows=fewer)
