"""Time of one fit in memory beside the peers, interleaved, medians.

Run: python benchmarks/speed.py [--rounds 7]
Coefficients alone where the peer gives no more; "inference" is with standard
errors, t and p-values.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import leastwise as lw

Array = np.ndarray[Any, Any]
SIZES = ((400, 1), (10_000, 10), (1_000_000, 10), (1_000_000, 50), (100_000, 200))
MOST_SECONDS = 60.0


def leastwise_model(X: Array, y: Array) -> Any:
    """Fit with leastwise and read the p-values."""
    return lw.ols(y=y, X=X).p.array


def leastwise_arrays(X: Array, y: Array) -> Any:
    """Fit arrays without names and read the p-values."""
    return lw.fit_arrays(X, y).p


def numpy_lstsq(X: Array, y: Array) -> Any:
    """Solve with numpy.linalg.lstsq."""
    return np.linalg.lstsq(np.column_stack([np.ones(len(X)), X]), y, rcond=None)[0]


def scikit_learn(X: Array, y: Array) -> Any:
    """Fit with scikit-learn."""
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(X, y).coef_


def statsmodels(X: Array, y: Array) -> Any:
    """Fit with statsmodels and read the p-values."""
    import statsmodels.api as sm

    return sm.OLS(y, sm.add_constant(X)).fit().pvalues


PEERS: dict[str, Callable[[Array, Array], Any]] = {
    "leastwise, inference": leastwise_model,
    "leastwise, fit_arrays": leastwise_arrays,
    "numpy lstsq": numpy_lstsq,
    "scikit-learn": scikit_learn,
    "statsmodels, inference": statsmodels,
}


def medians(n: int, p: int, rounds: int) -> dict[str, str]:
    """Time every peer in turn, several rounds, and return medians in ms."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, p)) + 3.0
    y = X @ np.ones(p) + generator.normal(size=n)
    times: dict[str, list[float]] = {name: [] for name in PEERS}
    missing = set()
    begin = time.perf_counter()
    for turn in range(rounds + 1):
        for name, peer in PEERS.items():
            if name in missing:
                continue
            start = time.perf_counter()
            try:
                peer(X, y)
            except ImportError:
                missing.add(name)
                continue
            # The first round imports and warms up.
            if turn:
                times[name].append(1e3 * (time.perf_counter() - start))
        if time.perf_counter() - begin > MOST_SECONDS and turn >= 2:
            break
    return {
        name: f"{statistics.median(values):.3g}" if values else "-"
        for name, values in times.items()
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| rows x inputs, ms | " + " | ".join(PEERS) + " |")
    print("|---" + "|--:" * len(PEERS) + "|")
    for n, p in SIZES:
        row = medians(n, p, options.rounds)
        print(f"| {n:,} x {p} | " + " | ".join(row[name] for name in PEERS) + " |")


if __name__ == "__main__":
    main()
