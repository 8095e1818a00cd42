"""Route: numpy.linalg.lstsq."""

from __future__ import annotations

import numpy as np

from leastwise.engine.routes.base import (
    Answer,
    Problem,
    Solver,
    rank_note,
    with_ones,
)


def load() -> Solver:
    """Return the solver; nothing to prepare."""
    return solve


def solve(problem: Problem) -> Answer:
    """Solve by the SVD of LAPACK, with NumPy's own rank rule.

    Examples
    --------
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0])
    >>> solve(Problem(x, y, True)).coefficients.round(9).tolist()
    [1.0, 2.0]
    """
    design = with_ones(problem)
    coefficients, _, rank, _ = np.linalg.lstsq(design, problem.y, rcond=None)
    return Answer(coefficients, note=rank_note(int(rank), design.shape[1]))
