"""A loss minimised by a first-order solver: where it came to, with inference there."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from leastwise._kit.errors import LeastwiseWarning, RequestError
from leastwise._kit.status import Status
from leastwise.engine.loss_fit import LossSolved, finish
from leastwise.engine.options import check_solver
from leastwise.engine.plan import TARGET_DIGITS
from leastwise.loops.descend_rows import WentOnRows, descend_on_rows
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.working import Problem
from leastwise.moments.double import Array


def solve_by(
    problem: Problem,
    solver: Optimiser,
    *,
    target: float = TARGET_DIGITS,
    above: int = 1,
) -> tuple[LossSolved, WentOnRows]:
    """Minimise a loss by a first-order solver.

    The estimates are those of the place it came to, and so is the covariance. How far
    that is from the optimum is the length of Newton's step from there, in standard
    errors; a solver that stays away from it has no certified digits.

    Parameters
    ----------
    problem : Problem
        The rows and their loss.
    solver : Optimiser
        The solver.
    target : float
        Digits to certify in the least squares fit.
    above : int
        Functions between this one and the user's line, to which a warning points.

    Raises
    ------
    RequestError
        When it diverged or met numbers that are not finite.
    """
    check_solver(solver)
    went = descend_on_rows(problem, solver)
    if went.status in (Status.DIVERGED, Status.NOT_FINITE):
        raise RequestError(went.note, fix=went.status.advice)
    solved = finish(problem, went.newton, target=target)
    if went.newton.status is not Status.CONVERGED:
        far = went.newton.decrements[-1] / went.newton.look.unit
        warnings.warn(
            f"{went.note}: about {far:.2g} standard errors from the optimum",
            LeastwiseWarning,
            stacklevel=2 + above,
        )
    return _moved(problem, solved, went), went


def _moved(problem: Problem, solved: LossSolved, went: WentOnRows) -> LossSolved:
    """Take the estimates back from where Newton's step leads to where it begins."""
    fit, newton = solved.solved.fit, went.newton
    at, to = newton.at, newton.point
    if at is None:
        return solved
    slopes = np.where(fit.kept, at.slopes - to.slopes, 0.0)
    first = _first(problem)
    level = at.level - to.level
    change = slopes
    if fit.intercept:
        change = np.append(level - first @ slopes, slopes)
    estimates = solved.estimates + change
    center = float(level + (fit.center - first) @ slopes) if fit.intercept else 0.0
    moved = replace(
        fit,
        coefficients=estimates[:, None],
        target_mean=fit.target_mean + center,
        carried=None,
    )
    return replace(
        solved, solved=replace(solved.solved, fit=moved), estimates=estimates
    )


def _first(problem: Problem) -> Array:
    """Return the first row in original units."""
    rows = problem.rows
    p = rows.X.shape[1]
    first = np.asarray(rows.X[0], np.float64)
    for more in (rows.origin, rows.origin_low):
        if more is not None:
            first = first + more[:p]
    return first
