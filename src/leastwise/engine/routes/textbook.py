"""Route: the formulas of a statistics textbook, in plain NumPy."""

from __future__ import annotations

import numpy as np

from leastwise.engine.routes.base import Answer, Problem, Solver


def load() -> Solver:
    """Return the solver; nothing to prepare."""
    return solve


def solve(problem: Problem) -> Answer:
    """Solve for one input by Sxy/Sxx, for more by the normal equations.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])
    >>> solve(Problem(x, y, True)).coefficients.tolist()
    [1.0, 2.0]
    """
    X, y = problem.X, problem.y
    xbar = X.mean(axis=0) if problem.intercept else np.zeros(X.shape[1])
    ybar = y.mean() if problem.intercept else 0.0
    dx, dy = X - xbar, y - ybar
    if X.shape[1] == 1:
        slopes = np.atleast_1d(np.sum(dx[:, 0] * dy) / np.sum(dx[:, 0] ** 2))
    else:
        slopes = np.linalg.solve(dx.T @ dx, dx.T @ dy)
    if not problem.intercept:
        return Answer(slopes)
    return Answer(np.concatenate([[ybar - xbar @ slopes], slopes]))
