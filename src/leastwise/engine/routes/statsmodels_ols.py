"""Route: statsmodels OLS."""

from __future__ import annotations

import numpy as np

from leastwise._kit.optional import need
from leastwise.engine.routes.base import Answer, Problem, Solver

# The limit above which statsmodels warns of its condition number in a summary.
WARNED_CONDITION = 1000.0


def load() -> Solver:
    """Import statsmodels and return the solver."""
    sm = need("statsmodels.api", "this route")

    def solve(problem: Problem) -> Answer:
        design = problem.X
        if problem.intercept:
            design = sm.add_constant(design, has_constant="add")
        results = sm.OLS(problem.y, design).fit()
        condition = float(results.condition_number)
        note = ""
        if condition > WARNED_CONDITION:
            note = f"warns: condition number {condition:.3g}"
        return Answer(np.asarray(results.params), note=note)

    return solve
