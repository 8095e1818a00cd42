"""Negative binomial regression: theta by maximum likelihood, with the coefficients.

For each theta the coefficients are those of a generalized linear model; along them the
derivative of the likelihood by theta is the partial one,

    sum_i w_i [psi(y + t) - psi(t) + log t + 1 - log(m + t) - (y + t) / (m + t)],

and its root is found in log t. Coefficients and theta are orthogonal: the expected
information has no cross term (Lawless 1987, doi:10.2307/3314912), so the standard
errors of either are those with the other known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from leastwise.engine.loss_fit import LossSolved, solve_loss
from leastwise.infer.count_theta import information, score
from leastwise.loops.working import Point, Problem
from leastwise.loss.family.negative_binomial import NegativeBinomial
from leastwise.loss.family.poisson import Poisson

# Beyond this theta a target cannot be told from Poisson's.
LARGEST = 1e8
MOST_STEPS = 100
# A step of log theta that is rounding.
SMALLEST = 4.0 * 2.0**-52


@dataclass(frozen=True, eq=False)
class ThetaSolved:
    """A fit with its theta.

    Attributes
    ----------
    solved : LossSolved
        The coefficients at that theta.
    theta, std_error : float
        The estimate, infinite where the target varies no more than Poisson's, and its
        standard error from the observed information (as MASS's ``glm.nb``).
    """

    solved: LossSolved
    theta: float
    std_error: float


def solve_theta(problem: Problem, *, target: float) -> ThetaSolved:
    """Maximise the likelihood over coefficients and theta.

    Parameters
    ----------
    problem : Problem
        The rows, with a negative binomial loss of any theta.
    target : float
        Digits to certify in the least squares fit of the working rows.
    """
    link = getattr(problem.loss, "link", "log")
    poisson = solve_loss(replace(problem, loss=Poisson(link)), target=target)
    y, w = problem.y, problem.case_weights
    mean = problem.loss.mean(poisson.look.eta)
    spread = float(np.sum(w * ((y - mean) ** 2 - y)))
    if not poisson.newton.status.is_success:
        return ThetaSolved(poisson, math.nan, math.nan)
    if not spread > 0:
        # For large theta the derivative is spread / (2 theta^2): it rises to the end.
        return ThetaSolved(poisson, math.inf, math.nan)
    # By moments: the variance beyond Poisson's is mean^2 / theta.
    guess = float(np.sum(w * mean**2)) / spread
    log_theta, point = math.log(min(max(guess, 1e-6), 1e6)), poisson.newton.point
    low, high = -math.inf, math.inf
    solved, slope = _at(problem, log_theta, point, target)
    for _ in range(MOST_STEPS):
        if slope > 0:
            low = log_theta
        else:
            high = log_theta
        step = _newton_step(solved, log_theta, slope)
        following = log_theta + step
        if not low < following < high:
            following = _between(low, high, log_theta)
        if following > math.log(LARGEST):
            return ThetaSolved(poisson, math.inf, math.nan)
        if abs(following - log_theta) <= SMALLEST * max(1.0, abs(log_theta)):
            break
        log_theta = following
        solved, slope = _at(problem, log_theta, solved.newton.point, target)
        if slope == 0.0:
            break
    theta = math.exp(log_theta)
    known = information(solved.problem.y, problem.loss.mean(solved.look.eta), w, theta)
    error = 1.0 / math.sqrt(known) if known > 0 else math.nan
    return ThetaSolved(solved, theta, error)


def _at(
    problem: Problem, log_theta: float, start: Point, target: float
) -> tuple[LossSolved, float]:
    """Fit the coefficients at a theta; return the slope of the likelihood in log t."""
    theta = math.exp(log_theta)
    link = getattr(problem.loss, "link", "log")
    here = replace(problem, loss=NegativeBinomial(link, theta))
    solved = solve_loss(here, target=target, start=start)
    mean = here.loss.mean(solved.look.eta)
    return solved, theta * score(problem.y, mean, problem.case_weights, theta)


def _newton_step(solved: LossSolved, log_theta: float, slope: float) -> float:
    theta = math.exp(log_theta)
    y, w = solved.problem.y, solved.problem.case_weights
    mean = solved.problem.loss.mean(solved.look.eta)
    # In log theta: t^2 l'' + t l', where l'' is minus the information.
    bend = theta**2 * information(y, mean, w, theta) - slope
    if not bend > 0:
        return math.copysign(1.0, slope)
    return max(-2.0, min(2.0, slope / bend))


def _between(low: float, high: float, here: float) -> float:
    if math.isinf(low):
        return here - 2.0
    if math.isinf(high):
        return here + 2.0
    return 0.5 * (low + high)
