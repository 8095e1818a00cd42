"""Route: leastwise itself, fold and solve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from leastwise.engine.routes.base import Answer, Problem, Solver


def load() -> Solver:
    """Import the fold and the solve and return the solver."""
    from leastwise.engine.plan import fit_rows
    from leastwise.moments.blocks import Rows

    def solve(problem: Problem) -> Answer:
        rows = Rows(problem.X, problem.y[:, None])
        fit = fit_rows(rows, intercept=problem.intercept).fit
        certified = fit.digits[np.isfinite(fit.digits)]
        note = f"certifies {_floor(certified):.1f} digits" if len(certified) else ""
        if not fit.kept.all():
            gone = int(np.sum(~fit.kept))
            note = f"left out {gone} collinear input{'s' * (gone > 1)}; {note}"
        return Answer(fit.coefficients[:, 0], note=note.rstrip("; "))

    return solve


def _floor(digits: np.ndarray[Any, Any]) -> float:
    # Down, not to nearest: a certificate must not claim more than it has.
    return math.floor(float(digits.min()) * 10) / 10
