"""Route: the article's own, in JAX: standardise, train over the rows, restore."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.engine.routes.base import Answer, Problem, Solver
from leastwise.engine.routes.training import RATE, STEPS, standardise_rows, trained


def load() -> Solver:
    """Import JAX, write model, loss and update, and return the solver."""
    jax = jax_module()
    jnp = jax.numpy

    def model(params: Any, x: Any) -> Any:
        return x @ params["w"] + params["b"]

    def loss(params: Any, x: Any, y: Any) -> Any:
        return jnp.mean((model(params, x) - y) ** 2)

    def train(x: Any, y: Any, learn: Any) -> Any:
        def update(_: Any, params: Any) -> Any:
            gradient = jax.grad(loss)(params, x, y)
            return jax.tree.map(lambda v, g, r: v - r * g, params, gradient, learn)

        start = {"w": jnp.zeros(x.shape[1], x.dtype), "b": jnp.zeros((), x.dtype)}
        return jax.lax.fori_loop(0, STEPS, update, start)

    train = jax.jit(train)

    def solve(problem: Problem) -> Answer:
        rows = standardise_rows(problem)
        # Without an intercept b stays at zero.
        learn = {"w": RATE, "b": RATE * float(problem.intercept)}
        with float64_scope():
            params = train(rows.X, rows.y, learn)
            w, b = to_host(params["w"]), to_host(params["b"])
        return trained(rows, np.asarray(w, np.float64), float(b))

    return solve
