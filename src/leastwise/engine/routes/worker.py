"""The process a route runs in: data from one file, the answer into another.

    python -m leastwise.engine.routes.worker MODULE DATA.npz ANSWER.json

The answer goes to a file and not to standard output, which belongs to whatever
the route's library prints.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

import numpy as np

from leastwise._kit.errors import MissingDependency
from leastwise.engine.routes.base import Problem
from leastwise.engine.routes.measure import median_seconds, peak_mib

LONGEST_NOTE = 300


def main(arguments: list[str]) -> int:
    """Run one route; return 0 when an answer was written, whatever it says."""
    module, data, target = arguments
    try:
        answer = run_route(module, data)
    except MissingDependency as error:
        answer = {"missing": str(error)}
    except Exception as error:  # a route may raise anything: it becomes its row
        text = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        answer = {"failed": text[:LONGEST_NOTE]}
    with open(target + ".part", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    # Renamed when complete, so that half an answer is never read.
    os.replace(target + ".part", target)
    return 0


def run_route(module: str, data: str) -> dict[str, Any]:
    """Load the data, run the route of `module`, and measure it."""
    with np.load(data, allow_pickle=False) as file:
        problem = Problem(file["X"], file["y"], bool(file["intercept"]))
    begin = time.perf_counter()
    solve = importlib.import_module(module).load()
    answer = solve(problem)
    setup = time.perf_counter() - begin
    peak = peak_mib(lambda: solve(problem))
    return {
        "coefficients": [float(b) for b in answer.coefficients],
        "steps": answer.steps,
        "note": answer.note,
        "setup_seconds": setup,
        "seconds": median_seconds(lambda: solve(problem)),
        "peak_memory_mib": peak,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
