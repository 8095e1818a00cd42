"""Route: gradient descent on moments: the rows are read once, before the first step."""

from __future__ import annotations

from leastwise.engine.routes.base import Answer, Problem, Solver


def load() -> Solver:
    """Import the fold and the descent and return the solver."""
    from leastwise._kit.precision import jax_module
    from leastwise.loops.descent import descend
    from leastwise.loops.from_moments import standardised
    from leastwise.moments.blocks import Rows
    from leastwise.moments.fold import fold_rows

    jax_module()

    def solve(problem: Problem) -> Answer:
        moments = fold_rows(Rows(problem.X, problem.y[:, None]))
        result = descend(standardised(moments, intercept=problem.intercept))
        note = f"{result.note}. {result.status.advice}".rstrip(". ")
        return Answer(result.coefficients[:, 0], steps=result.steps, note=note)

    return solve
