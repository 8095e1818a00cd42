"""The article's descent: 5,000 steps on 400 rows, from arrays to original units.

    python -m benchmarks.descent [--rounds 5] [--without-the-loop] [--write]

Everybody standardises the rows, takes every step and restores the units. The article's
own loop, a call of `jax.grad` a step, takes most of a minute.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import leastwise as lw
from benchmarks.document import give
from benchmarks.machine import facts
from benchmarks.turns import Task, Turns, take_turns
from leastwise._kit.precision import float64_scope, jax_module

Array = np.ndarray[Any, Any]
RATE, STEPS = 0.1, 5000
OURS, LOOP, JITTED, TORCH = (
    "leastwise, closed form",
    "JAX, the article's loop",
    "JAX, one jit over rows",
    "PyTorch",
)


def rows() -> tuple[Array, Array]:
    """Return the article's rows, with noise."""
    celsius = np.arange(-5.0, 15.0, 0.05)
    noise = np.random.default_rng(0).standard_normal(len(celsius))
    return celsius[:, None], 32.0 + 1.8 * celsius + 3.0 * noise


def ours(X: Array, y: Array) -> Array:
    """Return the coefficients of step 5,000 in closed form."""
    how = lw.GradientDescent(rate=RATE, steps=STEPS, tolerance=0)
    return lw.descend(X, y, how).coefficients


def restored(w: Any, b: Any, X: Array, y: Array) -> Array:
    """Bring trained numbers to the units of the rows."""
    slope = float(w) * y.std() / X.std()
    return np.array([y.mean() + y.std() * float(b) - slope * X.mean(), slope])


def standardised(X: Array, y: Array) -> tuple[Array, Array]:
    """Return the rows as the article standardises them."""
    return (X[:, 0] - X.mean()) / X.std(), (y - y.mean()) / y.std()


def in_jax(*, jitted: bool) -> Callable[[Array, Array], Array]:
    """Return the article's training in JAX: its loop, or one compiled function."""
    jax = jax_module()
    jnp = jax.numpy

    def loss(params: Any, x: Any, y: Any) -> Any:
        return jnp.mean((params[0] * x + params[1] - y) ** 2)

    def update(params: Any, x: Any, y: Any) -> Any:
        return params - RATE * jax.grad(loss)(params, x, y)

    def train(x: Any, y: Any) -> Any:
        def step(_: Any, params: Any) -> Any:
            return update(params, x, y)

        return jax.lax.fori_loop(0, STEPS, step, jnp.zeros(2))

    whole = jax.jit(train)

    def run(X: Array, y: Array) -> Array:
        x, t = standardised(X, y)
        with float64_scope():
            if jitted:
                params = np.asarray(whole(x, t))
            else:
                x, t, params = jnp.asarray(x), jnp.asarray(t), jnp.zeros(2)
                for _ in range(STEPS):
                    params = update(params, x, t)
                params = np.asarray(params)
        return restored(params[0], params[1], X, y)

    return run


def in_torch(X: Array, y: Array) -> Array:
    """Train with PyTorch on one thread."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, t = map(torch.from_numpy, standardised(X, y))
    params = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.SGD([params], lr=RATE)
    for _ in range(STEPS):
        descent.zero_grad()
        torch.mean((params[0] * x + params[1] - t) ** 2).backward()
        descent.step()
    w, b = params.detach().numpy()
    return restored(w, b, X, y)


def candidates(*, loop: bool) -> dict[str, Callable[[Array, Array], Array]]:
    """Return who takes part."""
    who: dict[str, Callable[[Array, Array], Array]] = {
        OURS: ours,
        JITTED: in_jax(jitted=True),
    }
    if importlib.util.find_spec("torch") is not None:
        who[TORCH] = in_torch
    if loop:
        who[LOOP] = in_jax(jitted=False)
    return who


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and give the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-the-loop", action="store_true")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    X, y = rows()
    who = candidates(loop=not options.without_the_loop)
    tasks = {name: Task(partial(run, X, y)) for name, run in who.items()}
    times = take_turns(tasks, Turns(rounds=options.rounds))
    lines = [*(f"- {fact}" for fact in facts()), ""]
    lines += ["| 5,000 steps on 400 rows | median, ms | least |", "|---|--:|--:|"]
    for name, took in times.items():
        lines.append(f"| {name} | {took.median:,.3g} | {took.least:,.3g} |")
    give("descent", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
