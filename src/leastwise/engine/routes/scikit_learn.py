"""Route: scikit-learn's LinearRegression."""

from __future__ import annotations

import numpy as np

from leastwise._kit.optional import need
from leastwise.engine.routes.base import Answer, Problem, Solver, rank_note


def load() -> Solver:
    """Import scikit-learn and return the solver."""
    linear_model = need("sklearn.linear_model", "this route")

    def solve(problem: Problem) -> Answer:
        model = linear_model.LinearRegression(fit_intercept=problem.intercept)
        model.fit(problem.X, problem.y)
        lead = [model.intercept_] if problem.intercept else []
        # rank_ is of the centred inputs: the intercept is not counted.
        note = rank_note(int(model.rank_), problem.X.shape[1])
        return Answer(np.concatenate([lead, model.coef_]), note=note)

    return solve
