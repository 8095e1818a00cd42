"""Time of regressions with several predictors beside statsmodels, in turn, medians.

Run: python benchmarks/many.py [--rounds 5] [--rows 100000] [--columns 10]
Both are asked for the maximum likelihood estimate with standard errors. How far the two
answers are from each other is printed, in standard errors. Without statsmodels
leastwise runs alone.
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
Answer = tuple[Array, Array]


def multinomial(X: Array, y: Array) -> Answer:
    """Fit four classes with leastwise."""
    m = lw.glm(*_table(X, y), family=lw.family.Multinomial())
    return m.estimates, m.standard_errors


def ordered(X: Array, y: Array) -> Answer:
    """Fit four ordered classes with leastwise."""
    m = lw.glm(*_table(X, y), family=lw.family.Ordered())
    return m.estimates[: X.shape[1]], m.standard_errors[: X.shape[1]]


def _table(X: Array, y: Array) -> tuple[str, dict[str, Array]]:
    columns = {f"x{j}": X[:, j] for j in range(X.shape[1])}
    return "y ~ " + " + ".join(columns), {"y": y, **columns}


def statsmodels_multinomial(X: Array, y: Array) -> Answer:
    """Fit four classes with statsmodels."""
    import statsmodels.api as sm

    found = sm.MNLogit(y, sm.add_constant(X)).fit(disp=0)
    return found.params.T.ravel(), found.bse.T.ravel()


def statsmodels_ordered(X: Array, y: Array) -> Answer:
    """Fit four ordered classes with statsmodels."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    made = OrderedModel(y, X, distr="logit").fit(method="bfgs", disp=0)
    return made.params[: X.shape[1]], made.bse[: X.shape[1]]


PEERS: dict[str, dict[str, Callable[[Array, Array], Answer]]] = {
    "multinomial": {
        "leastwise": multinomial,
        "statsmodels MNLogit": statsmodels_multinomial,
    },
    "ordered": {
        "leastwise": ordered,
        "statsmodels OrderedModel": statsmodels_ordered,
    },
}


def data(n: int, p: int, kind: str) -> tuple[Array, Array]:
    """Return inputs, and four classes that hang on them."""
    make = np.random.default_rng(0)
    X = make.normal(size=(n, p))
    B = 0.4 * make.normal(size=(p, 4))
    B[:, 0] = 0.0
    if kind == "multinomial":
        return X, np.argmax(X @ B + make.gumbel(size=(n, 4)), axis=1)
    return X, np.digitize(X @ B[:, 1] + make.logistic(size=n), [-1.0, 0.0, 1.0])


def run(kind: str, n: int, p: int, rounds: int) -> None:
    """Time all peers in turn and print medians."""
    X, y = data(n, p, kind)
    times: dict[str, list[float]] = {}
    answers: dict[str, Answer] = {}
    for turn in range(rounds + 1):
        for name, peer in PEERS[kind].items():
            if turn and name not in answers:
                continue
            start = time.perf_counter()
            try:
                answers[name] = peer(X, y)
            except ImportError:
                continue
            if turn:
                # The first round compiles, and is not counted.
                times.setdefault(name, []).append(time.perf_counter() - start)
    print(f"{kind}, {n:,} rows x {p}, 4 classes")
    right, errors = answers["leastwise"]
    for name, taken in times.items():
        off = float(np.abs((answers[name][0] - right) / errors).max())
        median = 1e3 * statistics.median(taken)
        print(f"  {name:<26} {median:9.0f} ms   {off:.1e} standard errors apart")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=10)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for kind in PEERS:
        run(kind, given.rows, given.columns, given.rounds)


if __name__ == "__main__":
    main()
