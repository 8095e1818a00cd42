"""A fit of a file in blocks and in memory: seconds, and how much is held.

    python -m benchmarks.stream [--rows 5000000] [--inputs 10] [--batch 4096] [--curve]

A logistic regression; with --curve least squares of a function of its own, a logistic
curve whose height is a parameter.

Every way runs in a process of its own; what is held is its highest resident size, less
that of a process that has imported leastwise and JAX.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw
from benchmarks.memory import largest
from leastwise._kit.precision import jax_module

AT_A_TIME = 200_000
WAYS = ("nothing", "passes", "batches", "memory")


def write(path: Path, rows: int, inputs: int) -> None:
    """Write a Parquet file, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    slopes = 0.3 * rng.normal(size=inputs)
    out = None
    for start in range(0, rows, AT_A_TIME):
        X = rng.normal(size=(min(AT_A_TIME, rows - start), inputs))
        chance = 1.0 / (1.0 + np.exp(-0.5 - X @ slopes))
        y = (rng.uniform(size=len(X)) < chance).astype(np.int8)
        names = {f"x{j}": X[:, j] for j in range(inputs)}
        table = pa.table({**names, "y": y})
        out = out or pq.ParquetWriter(path, table.schema)
        out.write_table(table)
    if out is not None:
        out.close()


def fit(path: Path, way: str, ask: argparse.Namespace) -> dict[str, Any]:
    """Fit one way; seconds, peak and distance to the optimum."""
    jax_module()
    formula = "y ~ " + " + ".join(f"x{j}" for j in range(ask.inputs))
    begun, far = time.perf_counter(), 0.0
    if way != "nothing":
        data: Any = path if way == "memory" else lw.Stream(path)
        solver = None
        if way == "batches":
            steps = 2 * -(-ask.rows // ask.batch)
            solver = lw.Adam(steps=steps, run=lw.Run(batch=ask.batch))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lw.LeastwiseWarning)
            if ask.curve:
                m = curve(data, ask.inputs, solver)
            else:
                m = lw.glm(formula, data, family="binomial", solver=solver)
        far = m.convergence.decrement if solver else m.convergence.left
    took = time.perf_counter() - begun
    return {"seconds": took, "peak": largest(), "far": far}


def curve(data: Any, inputs: int, solver: Any) -> Any:
    """Fit a logistic curve of any height."""
    jnp = jax_module().numpy

    def model(p: Any, d: Any) -> Any:
        eta = p["level"] + sum(p["s"][j] * d[f"x{j}"] for j in range(inputs))
        return p["top"] / (1.0 + jnp.exp(-eta))

    start = {"top": 0.9, "level": 0.0, "s": np.zeros(inputs)}
    return lw.nonlinear(model, data, y="y", start=start, solver=solver)


def main() -> None:
    """Run all ways and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--inputs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--way", nargs=2, help=argparse.SUPPRESS)
    ask = parser.parse_args()
    if ask.way:
        print(json.dumps(fit(Path(ask.way[1]), ask.way[0], ask)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.parquet")
        write(path, ask.rows, ask.inputs)
        size = path.stat().st_size / 1e6
        print(f"{ask.rows:,} rows of {ask.inputs} inputs, {size:.0f} MB of Parquet\n")
        print("| way | s | MB held | standard errors from the optimum |")
        print("|:--|--:|--:|--:|")
        found = {}
        for way in WAYS:
            call = [sys.executable, "-m", "benchmarks.stream", *sys.argv[1:]]
            done = subprocess.run(
                [*call, "--way", way, str(path)],
                capture_output=True,
                text=True,
                check=True,
            )
            found[way] = json.loads(done.stdout.splitlines()[-1])
            if way != "nothing":
                one = found[way]
                held = (one["peak"] - found["nothing"]["peak"]) * 1.048576
                print(
                    f"| {way} | {one['seconds']:.1f} | {held:.0f} | {one['far']:.2g} |"
                )


if __name__ == "__main__":
    main()
