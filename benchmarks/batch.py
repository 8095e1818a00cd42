"""Thousands of small fits at once: `vmap` of `leastwise.pure` beside a loop of peers.

    python -m benchmarks.batch [--fits 2000] [--rows 40] [--rounds 5] [--write]

One compilation does for all fits of a shape, whatever their values; it is counted and
timed on its own. Peers fit a part of the batch in a loop; all times are those of a fit.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.document import give
from benchmarks.machine import busy, facts
from benchmarks.turns import Task, Turns, take_turns
from leastwise import family, pure
from leastwise._kit.optional import installed
from leastwise._kit.precision import float64_scope, jax_module

Array = np.ndarray[Any, Any]
POISSON, GRADIENT, DECAY = "Poisson, 3 inputs", "its gradient", "decay, 3 parameters"
# As many of a batch as a peer fits in a loop.
PART = 100


def draw(fits: int, rows: int) -> tuple[Array, Array, Array, Array]:
    """Make the rows of all fits: inputs, counts, times and decays."""
    random = np.random.default_rng(0)
    X = random.normal(size=(fits, rows, 3))
    counts = random.poisson(np.exp(0.5 + X @ [0.4, -0.3, 0.2])).astype(np.float64)
    x = np.linspace(0.0, 5.0, rows)
    scale = random.uniform(0.8, 2.0, (fits, 1))
    decays = 2.0 * np.exp(-x / scale) + 0.1 + 0.05 * random.normal(size=(fits, rows))
    return X, counts, x, decays


def model(p: Any, x: Any) -> Any:
    """A decay to a floor."""
    return p[0] * jax_module().numpy.exp(-x / p[1]) + p[2]


class Ours:
    """Compiled batches, and how often they were traced."""

    def __init__(self) -> None:
        jax = jax_module()
        self.traces = 0
        start = np.array([1.0, 1.0, 0.0])

        def poisson(X: Any, y: Any) -> Any:
            self.traces += 1
            return pure.glm(X, y, family=family.Poisson()).coefficients

        def slope(X: Any, y: Any) -> Any:
            return poisson(X, y)[0]

        def decay(x: Any, y: Any) -> Any:
            self.traces += 1
            return pure.nonlinear(model, start, x, y).parameters

        self.poisson = jax.jit(jax.vmap(poisson))
        self.gradient = jax.jit(jax.vmap(jax.grad(slope, 1)))
        self.decay = jax.jit(jax.vmap(decay, (None, 0)))


def peers(data: tuple[Array, Array, Array, Array]) -> dict[str, Any]:
    """Return what else is installed, on the first fits of the batch."""
    X, counts, x, decays = data
    part = min(PART, len(X))
    found: dict[str, Any] = {}
    if installed("statsmodels"):
        import statsmodels.api as sm

        def poisson() -> None:
            for rows, y in zip(X[:part], counts[:part], strict=True):
                sm.GLM(y, sm.add_constant(rows), family=sm.families.Poisson()).fit()

        found[f"{POISSON} | statsmodels, a loop"] = poisson
    if installed("scipy"):
        from scipy.optimize import curve_fit

        def decay() -> None:
            for y in decays[:part]:
                curve_fit(
                    lambda t, a, tau, c: a * np.exp(-t / tau) + c, x, y, [1, 1, 0]
                )

        found[f"{DECAY} | scipy curve_fit, a loop"] = decay
    return found


def measure(fits: int, rows: int, turns: Turns) -> list[tuple[str, float, float]]:
    """Return problem and who, microseconds a fit, and seconds of the first call."""
    data = draw(fits, rows)
    X, counts, x, decays = data
    with float64_scope(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = Ours()
        on_device = jax_module().device_put
        calls: dict[str, Callable[[], Any]] = {
            f"{POISSON} | pure.glm, vmap": partial(
                ours.poisson, *map(on_device, data[:2])
            ),
            f"{GRADIENT} | pure.glm, vmap of grad": partial(
                ours.gradient, *map(on_device, data[:2])
            ),
            f"{DECAY} | pure.nonlinear, vmap": partial(
                ours.decay, *map(on_device, data[2:])
            ),
        }
        first = {key: _seconds(run) for key, run in calls.items()}
        once = ours.traces
        # Other values of the same shapes compile nothing.
        ours.poisson(X[::-1].copy(), counts[::-1].copy())
        ours.decay(x, decays[::-1].copy())
        if ours.traces != once or once != len(calls):
            raise RuntimeError(f"{ours.traces} traces of {len(calls)} batches")
        tasks = {key: Task(partial(_done, run)) for key, run in calls.items()}
        others = peers(data)
        tasks |= {key: Task(run) for key, run in others.items()}
        times = take_turns(tasks, turns)
    found = []
    for key, timed in times.items():
        of = min(PART, fits) if key in others else fits
        found.append((key, 1e3 * timed.median / of, first.get(key, 0.0)))
    return found


def _seconds(run: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    _done(run)
    return time.perf_counter() - begin


def _done(run: Callable[[], Any]) -> None:
    jax_module().block_until_ready(run())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and give the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    before = busy()
    found = measure(options.fits, options.rows, Turns(rounds=options.rounds))
    lines = [*(f"- {fact}" for fact in (*facts(), before)), ""]
    lines += [
        f"{options.fits:,} fits of {options.rows} rows; one compilation each.",
        "",
        "| problem | who | microseconds a fit | first call, s |",
        "|---|---|--:|--:|",
    ]
    for who, each, start in sorted(found):
        begun = f"{start:.2f}" if start else ""
        lines.append(f"| {who} | {each:,.1f} | {begun} |")
    give("batch", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
