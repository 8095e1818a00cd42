"""Time of quantile regression beside the peers, interleaved, medians.

Run: python -m benchmarks.quantile [--rounds 5] [--rows 100000] [--columns 10] [--all]
Peers that are not installed are left out; so is scikit-learn with more than 20,000
rows, where it takes minutes, unless --all is given. How much more loss each answer has
than the least is printed beside its time. "se nid" are the standard errors of
`lw.quantile` unasked, for which two more quantiles are fitted; "coefficients" are those
with their proof alone.
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
from leastwise.loops.quantile.fit import fit_quantile
from leastwise.loops.working import Problem
from leastwise.loss.quantile import Quantile
from leastwise.moments.blocks import Rows

Array = np.ndarray[Any, Any]
HIGHS = "scikit-learn, highs"
MOST_ROWS_OF_HIGHS = 20_000


def coefficients(X: Array, y: Array, q: float) -> Array:
    """Fit with leastwise: coefficients and their proof alone."""
    found = fit_quantile(Problem(Quantile(q), Rows(X, y[:, None])), q)
    if not found.proven:
        raise ArithmeticError("no proof")
    return found.coefficients


def leastwise(X: Array, y: Array, q: float) -> Array:
    """Fit with leastwise and read the p-values."""
    model: lw.LossModel = lw.quantile(y=y, X=X, q=q)
    if not np.isfinite(model.p.array).all():
        raise ArithmeticError("no p-values")
    return model.estimates


def leastwise_iid(X: Array, y: Array, q: float) -> Array:
    """Fit with leastwise, standard errors from one density for all rows."""
    model: lw.LossModel = lw.quantile(y=y, X=X, q=q, se="iid")
    if not np.isfinite(model.p.array).all():
        raise ArithmeticError("no p-values")
    return model.estimates


def statsmodels(X: Array, y: Array, q: float) -> Array:
    """Fit with statsmodels, which has standard errors."""
    import statsmodels.api as sm

    return np.asarray(sm.QuantReg(y, sm.add_constant(X)).fit(q=q).params)


def scikit_learn(X: Array, y: Array, q: float) -> Array:
    """Fit with scikit-learn by HiGHS, without a penalty."""
    from sklearn.linear_model import QuantileRegressor

    made = QuantileRegressor(quantile=q, alpha=0.0, solver="highs").fit(X, y)
    return np.append(made.intercept_, made.coef_)


PEERS: dict[str, Callable[[Array, Array, float], Array]] = {
    "leastwise, coefficients": coefficients,
    "leastwise, se iid": leastwise_iid,
    "leastwise, se nid": leastwise,
    "statsmodels, se": statsmodels,
    HIGHS: scikit_learn,
}
OURS = ("leastwise, coefficients", "leastwise, se iid", "leastwise, se nid")


def data(n: int, p: int) -> tuple[Array, Array]:
    """Return inputs and a target whose spread depends on them."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, p))
    e = generator.standard_t(4, n) * (1.0 + 0.3 * np.abs(X[:, 0]))
    return X, X.sum(axis=1) + e


def loss(X: Array, y: Array, q: float, b: Array) -> float:
    """Return the loss of coefficients."""
    r = y - b[0] - X @ b[1:]
    return float(np.sum(r * np.where(r < 0, q - 1.0, q)))


def run(n: int, p: int, q: float, rounds: int, names: tuple[str, ...]) -> None:
    """Time every peer in turn and print medians."""
    X, y = data(n, p)
    times: dict[str, list[float]] = {}
    answers: dict[str, Array] = {}
    for turn in range(rounds + 1):
        for name in names:
            # Who takes seconds is asked twice.
            slow = name in times and len(times[name]) > 1 and times[name][0] > 3.0
            if slow or (turn and name not in times):
                continue
            start = time.perf_counter()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    answers[name] = PEERS[name](X, y, q)
            except ImportError:
                continue
            spent = time.perf_counter() - start
            # The first turn warms up and says who is there.
            times.setdefault(name, []).extend([spent] if turn else [])
    least = min(loss(X, y, q, b) for b in answers.values())
    told = f"q = {q:g}, {n:,} x {p}: median of {rounds}, ms; loss above the least"
    print(told, flush=True)
    for name, each in times.items():
        above = loss(X, y, q, answers[name]) / least - 1.0
        print(
            f"  {name:<26}{1000 * statistics.median(each):>10,.0f}  {above:.0e}",
            flush=True,
        )


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--all", action="store_true")
    asked = parser.parse_args()
    quick = asked.all or asked.rows <= MOST_ROWS_OF_HIGHS
    names = tuple(n for n in PEERS if quick or n != HIGHS)
    for q in (0.5, 0.9):
        run(asked.rows, asked.columns, q, asked.rounds, names)
    for q in (0.5, 0.9):
        run(10 * asked.rows, asked.columns, q, asked.rounds, OURS)


if __name__ == "__main__":
    main()
