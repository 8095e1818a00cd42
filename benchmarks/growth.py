"""How the time of a fit grows with rows and inputs: leastwise, on its own timings.

    python -m benchmarks.growth [--rounds 3] [--megabytes 1000] [--write]

The exponents are slopes of log(time) on log(rows) or log(inputs), fitted by leastwise
and shown with their standard errors. At each size all take turns on the same arrays.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

import leastwise as lw
from benchmarks.candidates import (
    engine_coefficients,
    fold_alone,
    gram_cholesky,
    ols_p_values,
)
from benchmarks.document import give
from benchmarks.machine import busy, facts
from benchmarks.moments import digits3, make_data
from benchmarks.turns import Task, Times, Turns, take_turns

Array = np.ndarray[Any, Any]
ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
INPUTS = (1, 3, 10, 30, 100, 300, 1000)
SMALL_ROWS = (10, 100, 1000)
SMALL_INPUTS = (1, 2, 3, 5, 8, 13, 20)
# Above this the time is the rows' and not that of the call.
LARGE_WORK = 20_000_000
# A size that takes so many times longer than its work explains is a cliff.
STEP = 1.5

WHO: dict[str, Callable[[Array, Array], Any]] = {
    "lw.ols": ols_p_values,
    "fit_rows": engine_coefficients,
    "fold alone, tier 1": partial(fold_alone, 1),
    "normal equations, float64": gram_cholesky,
}
Grid = dict[tuple[int, int], dict[str, Times]]


@dataclass(frozen=True)
class Exponent:
    """A slope on logarithms, its standard error, and how many sizes it stands on."""

    value: float
    error: float
    sizes: int

    def __str__(self) -> str:
        """Write it with its standard error."""
        return f"{self.value:.2f} ± {self.error:.2f}"


def exponent(sizes: Sequence[float], times: Sequence[float]) -> Exponent | None:
    """Fit log(time) on log(size); None from fewer than three sizes.

    Examples
    --------
    >>> str(exponent([10, 100, 1000], [1.0, 10.0, 100.0]))
    '1.00 ± 0.00'
    """
    if len(sizes) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = {"size": list(map(float, sizes)), "ms": list(times)}
        line = lw.ols("log(ms) ~ log(size)", data)
    return Exponent(line.coef["log(size)"], line.se["log(size)"], len(sizes))


def sweep(
    rows: Sequence[int], inputs: Sequence[int], most_bytes: float, turns: Turns
) -> Grid:
    """Time every size that fits the memory and has more rows than inputs."""
    grid: Grid = {}
    for n in rows:
        for p in inputs:
            if n * (p + 1) * 8 > most_bytes or n < 2 * p:
                continue
            X, y = make_data(n, p)
            tasks = {name: Task(partial(run, X, y)) for name, run in WHO.items()}
            grid[n, p] = take_turns(tasks, turns)
            del X, y, tasks
    return grid


def square(grid: Grid, who: str) -> list[str]:
    """Write the medians of one candidate, rows down and inputs across."""
    rows = sorted({n for n, _ in grid})
    inputs = sorted({p for _, p in grid})
    lines = [
        f"| {who}, ms | " + " | ".join(f"p = {p:,}" for p in inputs) + " |",
        "|--:|" + "--:|" * len(inputs),
    ]
    for n in rows:
        cells = [
            digits3(grid[n, p][who].median) if (n, p) in grid else "" for p in inputs
        ]
        lines.append(f"| n = {n:,} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def exponents(grid: Grid) -> list[str]:
    """Write how time grows with rows at each p, and with inputs at each n."""
    lines = [
        "| time grows as | " + " | ".join(WHO) + " |",
        "|---|" + "--:|" * len(WHO),
    ]
    for p in sorted({p for _, p in grid}):
        sizes = [n for n, q in sorted(grid) if q == p and _work((n, p)) > LARGE_WORK]
        cells = _cells(sizes, {n: grid[n, p] for n in sizes})
        if cells:
            span = f"{sizes[0]:,} to {sizes[-1]:,}"
            lines.append(f"| n^a at p = {p}, n = {span} | {cells} |")
    for n in sorted({n for n, _ in grid}):
        sizes = [p for m, p in sorted(grid) if m == n and _work((n, p)) > LARGE_WORK]
        for label, part in (
            ("n p memory bound", [p for p in sizes if p <= 100]),
            ("n p^2 work bound", [p for p in sizes if p >= 100]),
        ):
            cells = _cells(part, {p: grid[n, p] for p in part})
            if cells:
                span = f"{part[0]:,} to {part[-1]:,}"
                lines.append(f"| p^a at n = {n:,}, p = {span} ({label}) | {cells} |")
    return [*lines, ""]


def _cells(sizes: Sequence[int], times: Mapping[int, dict[str, Times]]) -> str:
    found = []
    for who in WHO:
        slope = exponent(sizes, [times[size][who].least for size in sizes])
        if slope is None:
            return ""
        found.append(str(slope))
    return " | ".join(found)


def steps(grid: Grid, who: str) -> list[str]:
    """Say where the time of the next size grows half as fast again as n p^2."""
    rows, inputs = sorted({n for n, _ in grid}), sorted({p for _, p in grid})
    pairs = [((n, p), (m, p)) for n, m in pairwise(rows) for p in inputs]
    pairs += [((n, p), (n, q)) for n in rows for p, q in pairwise(inputs)]
    found = []
    for small, large in pairs:
        if small in grid and large in grid:
            ratio = grid[large][who].least / grid[small][who].least
            if ratio > STEP * _work(large) / _work(small):
                at = f"{small[0]:,} x {small[1]} to {large[0]:,} x {large[1]}"
                found.append(f"{who}, {at}: {ratio:.1f} times")
    return found


def _work(size: tuple[int, int]) -> float:
    n, p = size
    return float(n * (p + 2) ** 2)


def report(large: Grid, small: Grid, before: str) -> str:
    """Write everything, how busy the machine was included."""
    cliffs = [step for who in WHO for step in steps(large, who) + steps(small, who)]
    lines = [*(f"- {fact}" for fact in (*facts(), before)), ""]
    for who in WHO:
        lines += square(large, who)
    lines += [
        "Exponents of the fastest rounds, with the standard error of the fit, from the "
        "sizes where n p^2 is above twenty million:",
        "",
        *exponents(large),
        "### The small end",
        "",
    ]
    for who in WHO:
        lines += square(small, who)
    lines += [f"Steps, where the fastest round grows {STEP:g} times as fast as n p^2:"]
    lines += ["", *(f"- {step}" for step in cliffs or ["none"])]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Sweep, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=1000.0)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args(arguments)
    before = busy()
    print(before, flush=True)
    large = Turns(rounds=options.rounds, rest=0.05)
    tiny = Turns(rounds=2 * options.rounds + 1, rest=0.02)
    found = sweep(ROWS, INPUTS, options.megabytes * 1e6, large)
    small = sweep(SMALL_ROWS, SMALL_INPUTS, options.megabytes * 1e6, tiny)
    give("growth", report(found, small, before), write=options.write)


if __name__ == "__main__":
    main()
