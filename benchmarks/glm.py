"""Time of generalized linear models beside the peers, interleaved, medians.

Run: python benchmarks/glm.py [--rounds 5] [--rows 1000000] [--columns 30]
Peers that are not installed are left out. Each is asked for the maximum likelihood
estimate without a penalty; "inference" is with standard errors and p-values. How far
each answer is from the maximum is printed beside its time, in standard errors.
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
FEWEST = 400


def leastwise(X: Array, y: Array, family: str) -> Array:
    """Fit with leastwise and read the p-values."""
    model = lw.glm(y=y, X=X, family=family)
    if not np.isfinite(model.p.array).all():
        raise ArithmeticError("no p-values")
    return model.estimates


def scikit_learn(X: Array, y: Array, family: str, **how: Any) -> Array:
    """Fit with scikit-learn without a penalty; lbfgs, as it comes, unless said."""
    from sklearn.linear_model import LogisticRegression, PoissonRegressor

    if family == "binomial":
        made = LogisticRegression(C=np.inf, max_iter=1000, **how).fit(X, y)
        return np.append(made.intercept_, made.coef_[0])
    made = PoissonRegressor(alpha=0.0, max_iter=1000, **how).fit(X, y)
    return np.append(made.intercept_, made.coef_)


def scikit_learn_on(X: Array, y: Array, family: str) -> Array:
    """Go on until the answer is near the maximum."""
    return scikit_learn(X, y, family, tol=1e-8)


def scikit_learn_newton(X: Array, y: Array, family: str) -> Array:
    """Fit with scikit-learn's Newton steps."""
    return scikit_learn(X, y, family, solver="newton-cholesky")


def glum(X: Array, y: Array, family: str) -> Array:
    """Fit with glum, without a penalty."""
    from glum import GeneralizedLinearRegressor

    made = GeneralizedLinearRegressor(family=family, alpha=0.0).fit(X, y)
    return np.append(made.intercept_, made.coef_)


def statsmodels(X: Array, y: Array, family: str) -> Array:
    """Fit with statsmodels and read the p-values."""
    import statsmodels.api as sm

    kind = sm.families.Binomial() if family == "binomial" else sm.families.Poisson()
    found = sm.GLM(y, sm.add_constant(X), family=kind).fit()
    found.pvalues  # noqa: B018
    return np.asarray(found.params)


PEERS: dict[str, Callable[[Array, Array, str], Array]] = {
    "leastwise, inference": leastwise,
    "scikit-learn, lbfgs": scikit_learn,
    "the same, tol=1e-8": scikit_learn_on,
    "the same, newton": scikit_learn_newton,
    "glum": glum,
    "statsmodels, inference": statsmodels,
}


def data(n: int, p: int, family: str) -> tuple[Array, Array]:
    """Return inputs and a target of a family."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(n, p))
    eta = 0.3 + X @ generator.normal(size=p) / np.sqrt(p)
    if family == "binomial":
        return X, (generator.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    return X, generator.poisson(np.exp(eta)).astype(float)


def run(n: int, p: int, family: str, rounds: int) -> None:
    """Time every peer in turn and print medians."""
    X, y = data(n, p, family)
    times: dict[str, list[float]] = {}
    answers: dict[str, Array] = {}
    for turn in range(rounds + 1):
        for name, peer in PEERS.items():
            if turn and name not in times:
                continue
            start = time.perf_counter()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    answers[name] = peer(X, y, family)
            except ImportError:
                continue
            spent = time.perf_counter() - start
            # The first turn warms up and says who is there.
            times.setdefault(name, []).extend([spent] if turn else [])
    best, errors = _best(X, y, family)
    print(f"{family}, {n:,} x {p}: median of {rounds}, ms; standard errors off")
    for name, each in times.items():
        off = float(np.max(np.abs(answers[name] - best) / errors))
        print(f"  {name:<24}{1000 * statistics.median(each):>10,.0f}  {off:.0e}")


def _best(X: Array, y: Array, family: str) -> tuple[Array, Array]:
    """Return the maximum by Newton steps in plain NumPy, and the standard errors."""
    Z = np.column_stack([np.ones(len(X)), X])
    b = np.zeros(Z.shape[1])
    hessian = np.eye(len(b))
    for _ in range(30):
        eta = Z @ b
        mean = 1 / (1 + np.exp(-eta)) if family == "binomial" else np.exp(eta)
        w = mean * (1 - mean) if family == "binomial" else mean
        hessian = Z.T @ (w[:, None] * Z)
        b = b + np.linalg.solve(hessian, Z.T @ (y - mean))
    return b, np.sqrt(np.diagonal(np.linalg.inv(hessian)))


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    asked = parser.parse_args()
    for family in ("binomial", "poisson"):
        run(FEWEST, 2, family, asked.rounds)
        run(asked.rows, asked.columns, family, asked.rounds)


if __name__ == "__main__":
    main()
