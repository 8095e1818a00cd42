"""The 27 NIST nonlinear problems, both starts: digits and time beside SciPy and lmfit.

    python -m benchmarks.nonlinear_peers [--rounds 3] [--problem NAME ...]

Fewest correct digits of estimates and of standard errors, and the median time of a
call (what compiles, compiles in a call before). Peers have their defaults: differences
for the Jacobian. A peer that is not installed is left out; `fails` is an exception.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import leastwise as lw
from benchmarks.turns import Task, Turns, take_turns
from leastwise._kit.optional import installed
from leastwise._kit.precision import float64_scope
from tests.witness.nist_nonlinear_models import MODELS, Problem, digits, load

Answer = tuple[Any, Any]
Fit = Callable[[Problem, dict[str, float]], Answer]
ESTIMATES, ERRORS = 10.0, 6.0


def ours(problem: Problem, start: dict[str, float]) -> Answer:
    """Fit at the public door."""
    m = lw.nonlinear(problem.model, problem.data, y="y", start=start)
    return m.estimates, m.standard_errors


def _plain(problem: Problem, names: Sequence[str]) -> Callable[..., Any]:
    columns = {key: a for key, a in problem.data.items() if key != "y"}

    def function(_: Any, *values: float) -> Any:
        with float64_scope():
            found = problem.model(dict(zip(names, values, strict=True)), columns)
            return np.asarray(found, np.float64)

    return function


def scipy_curve_fit(problem: Problem, start: dict[str, float]) -> Answer:
    """Fit with scipy.optimize.curve_fit."""
    from scipy.optimize import curve_fit

    f, y = _plain(problem, list(start)), problem.data["y"]
    found, cov = curve_fit(f, np.arange(len(y)), y, p0=list(start.values()))
    return found, np.sqrt(np.diagonal(cov))


def lmfit_minimize(problem: Problem, start: dict[str, float]) -> Answer:
    """Fit with lmfit.minimize."""
    import lmfit

    f, y = _plain(problem, list(start)), problem.data["y"]
    given = lmfit.Parameters()
    for name, value in start.items():
        given.add(name, value)
    found = lmfit.minimize(lambda p: f(None, *p.valuesdict().values()) - y, given)
    pairs = [found.params[name] for name in start]
    return [p.value for p in pairs], [p.stderr or np.nan for p in pairs]


def people() -> dict[str, Fit]:
    """Return who is here."""
    found: dict[str, Fit] = {"leastwise": ours}
    if installed("scipy"):
        found["scipy"] = scipy_curve_fit
    if installed("lmfit"):
        found["lmfit"] = lmfit_minimize
    return found


def score(problem: Problem, answer: Answer) -> tuple[float, float]:
    """Return the fewest correct digits of estimates and of standard errors."""
    return digits(answer[0], problem.estimates), digits(answer[1], problem.errors)


def main() -> None:
    """Print a line for each start, and how many each of them solves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--problem", nargs="*", default=list(MODELS), choices=MODELS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    everybody = people()
    solved = dict.fromkeys(everybody, 0)
    for name in given.problem:
        problem = load(name)
        for number, start in enumerate(problem.starts, 1):
            tasks, said = {}, {}
            for who, fit in everybody.items():
                try:
                    b, se = score(problem, fit(problem, start))
                except Exception as error:
                    said[who] = f"fails ({type(error).__name__})"
                    continue
                solved[who] += b >= ESTIMATES and se >= ERRORS
                said[who] = f"{b:4.1f} {se:4.1f}"
                tasks[who] = Task(partial(fit, problem, start))
            times = take_turns(tasks, Turns(rounds=given.rounds, rest=0.0))
            cells = (
                f"{who} {text}"
                + (f" {times[who].median:7.1f} ms" if who in times else "")
                for who, text in said.items()
            )
            print(f"{name:9s} {number}  " + "  |  ".join(cells), flush=True)
    every = 2 * len(given.problem)
    for who, count in solved.items():
        print(f"{who}: {count} of {every} with {ESTIMATES:g} and {ERRORS:g} digits")


if __name__ == "__main__":
    main()
