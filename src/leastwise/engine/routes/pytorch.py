"""Route: PyTorch training the same standardised line."""

from __future__ import annotations

import numpy as np

from leastwise._kit.optional import need
from leastwise.engine.routes.base import Answer, Problem, Solver
from leastwise.engine.routes.training import RATE, STEPS, standardise_rows, trained


def load() -> Solver:
    """Import PyTorch, one thread, and return the solver."""
    torch = need("torch", "this route")
    # On rows this short a second thread costs more than it brings.
    torch.set_num_threads(1)

    def solve(problem: Problem) -> Answer:
        rows = standardise_rows(problem)
        x = torch.tensor(rows.X, dtype=torch.float64)
        y = torch.tensor(rows.y, dtype=torch.float64)
        w = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
        b = torch.zeros((), dtype=torch.float64, requires_grad=problem.intercept)
        optimizer = torch.optim.SGD([w, b] if problem.intercept else [w], lr=RATE)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = torch.mean((x @ w + b - y) ** 2)
            loss.backward()
            optimizer.step()
        weights = np.asarray(w.detach().numpy(), np.float64)
        return trained(rows, weights, float(b.detach()))

    return solve
