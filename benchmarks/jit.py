"""The fold under jit: called by XLA, written in JAX, and beside them plain products.

    python -m benchmarks.jit [--rounds 5] [--write]

The arrays are JAX's own already, and every function is compiled before it is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.document import give
from benchmarks.machine import facts
from benchmarks.turns import Task, Times, Turns, take_turns
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.moments.fold_jax import fold
from leastwise.moments.fold_jax import sums_in_jax as pure
from leastwise.moments.kernel_jax import has_target

SIZES = ((1_000, 5), (1_000_000, 10), (100_000, 50), (100_000, 200))
OURS, IN_JAX, PLAIN = "fold, called by XLA", "fold, in JAX", "X'X in JAX, float64"


def tasks(n: int, p: int) -> dict[str, Callable[[], Any]]:
    """Return what is timed on rows of that size, compiled."""
    jax = jax_module()
    generator = np.random.default_rng(0)
    X = jax.device_put(generator.standard_normal((n, p)))
    Y = jax.device_put(generator.standard_normal((n, 1)))
    first = jax.numpy.concatenate([X[0], Y[0]])

    def plain(X: Any, Y: Any) -> Any:
        Z = jax.numpy.concatenate([jax.numpy.ones_like(Y), X, Y], axis=1)
        return Z.T @ Z

    whole, in_jax, products = jax.jit(fold), jax.jit(partial(pure, 3)), jax.jit(plain)
    runs: dict[str, Callable[[], Any]] = {
        OURS: partial(whole, X, Y),
        IN_JAX: partial(in_jax, X, Y, first),
        PLAIN: partial(products, X, Y),
    }
    if not has_target():
        del runs[OURS]
    return runs


def measure(n: int, p: int, turns: Turns) -> dict[str, Times]:
    """Time them in turn."""
    with float64_scope():
        timed = {name: Task(partial(_done, run)) for name, run in tasks(n, p).items()}
        return take_turns(timed, turns)


def _done(run: Callable[[], Any]) -> None:
    jax_module().block_until_ready(run())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and give the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    lines = [*(f"- {fact}" for fact in facts()), ""]
    lines += ["| rows | who | median, ms | least |", "|---|---|--:|--:|"]
    for n, p in SIZES:
        for name, times in measure(n, p, Turns(rounds=options.rounds)).items():
            cells = f"{times.median:.3g} | {times.least:.3g}"
            lines.append(f"| {n:,} x {p} | {name} | {cells} |")
    give("jit", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
