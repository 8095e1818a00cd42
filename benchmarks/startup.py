"""How long a person waits for a first answer: whole processes, from start to exit.

    python benchmarks/startup.py [REPEATS]

Fits one line to a CSV of 400 rows with `leastwise fit`, beside a statsmodels script on
the same file and beside the bare import of scikit-learn's linear models. The processes
take turns, so that a slow moment of the machine falls on all of them; the median of
each is printed as a Markdown table.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 11
ROWS = 400

STATSMODELS = """
import pandas, statsmodels.formula.api as smf
print(smf.ols("fahrenheit ~ celsius", pandas.read_csv("celsius.csv")).fit().summary())
"""
NUMPY = """
import numpy as np
data = np.loadtxt("celsius.csv", delimiter=",", skiprows=1)
print(np.polynomial.polynomial.polyfit(data[:, 0], data[:, 1], 1))
"""

# What the table calls it, the library it needs, the arguments to Python.
CONTESTANTS = (
    ("python -c pass", "sys", ["-c", "pass"]),
    (
        "leastwise fit",
        "leastwise",
        ["-m", "leastwise", "fit", "fahrenheit ~ celsius", "celsius.csv"],
    ),
    ("numpy polyfit, estimates only", "numpy", ["-c", NUMPY]),
    (
        "import sklearn.linear_model, no fit",
        "sklearn",
        ["-c", "import sklearn.linear_model"],
    ),
    ("statsmodels ols and summary", "statsmodels", ["-c", STATSMODELS]),
    ("import jax, no fit", "jax", ["-c", "import jax"]),
)


def write_data(folder: Path) -> None:
    """Write the article's grid with a disturbance that needs no generator."""
    lines = ["celsius,fahrenheit"]
    for i in range(ROWS):
        celsius = -5 + i / 20
        # -6..6 in no visible order: 7919 is a prime, 13 divides nothing here.
        lines.append(f"{celsius:.2f},{32 + 1.8 * celsius + i * 7919 % 13 - 6:.4f}")
    (folder / "celsius.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def seconds(arguments: list[str], folder: Path) -> float:
    """Run Python once and time it from outside."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - begin
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return took


def main(repeats: int) -> None:
    """Run every contestant in turn, `repeats` times, and print the table."""
    present = [
        (name, arguments)
        for name, library, arguments in CONTESTANTS
        if importlib.util.find_spec(library) is not None
    ]
    times: dict[str, list[float]] = {name: [] for name, _ in present}
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        # Once unmeasured: compiled files and the disk's cache are then warm for all.
        for round_number in range(repeats + 1):
            for name, arguments in present:
                took = seconds(arguments, Path(folder))
                if round_number:
                    times[name].append(took)
    ours = statistics.median(times["leastwise fit"])
    print(f"Whole process, {ROWS} rows of CSV, median of {repeats} runs taken in turn:")
    print()
    print("| process | seconds | fastest | times leastwise |")
    print("| --- | ---: | ---: | ---: |")
    for name, measured in times.items():
        median = statistics.median(measured)
        print(f"| {name} | {median:.2f} | {min(measured):.2f} | {median / ours:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS)
