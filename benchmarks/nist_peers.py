"""Correct digits of leastwise and its peers on the NIST linear problems.

Run: python benchmarks/nist_peers.py
Fewest correct digits of a coefficient / of a standard error against 40-digit
truth, float64 data for everybody. Peers that are not installed are left out.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from importlib import resources
from typing import Any

import numpy as np

from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows
from leastwise.witness.nist import PROBLEMS, fewest_digits

Array = np.ndarray[Any, Any]
Answer = tuple[Array, Array | None]


def leastwise_direct(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve with leastwise."""
    inputs = design[:, 1:] if intercept else design
    fit = fit_rows(Rows(inputs, y[:, None]), intercept=intercept).fit
    return fit.coefficients[:, 0], fit.standard_errors[:, 0]


def numpy_lstsq(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve with numpy.linalg.lstsq."""
    return np.linalg.lstsq(design, y, rcond=None)[0], None


def scipy_qr(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve with Householder QR, the best of the float64 methods."""
    from scipy import linalg

    q, r = linalg.qr(design, mode="economic")
    b = linalg.solve_triangular(r, q.T @ y)
    inverse = linalg.solve_triangular(r, np.eye(len(r)))
    n, p = design.shape
    residual = y - design @ b
    se = np.sqrt((inverse**2).sum(axis=1) * (residual @ residual) / (n - p))
    return b, se


def normal_equations(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve the normal equations in float64."""
    gram = design.T @ design
    b = np.linalg.solve(gram, design.T @ y)
    n, p = design.shape
    residual = y - design @ b
    inverse = np.linalg.inv(gram)
    variance = (residual @ residual) / (n - p)
    return b, np.sqrt(np.maximum(np.diagonal(inverse) * variance, 0.0))


def scikit_learn(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve with scikit-learn's LinearRegression."""
    from sklearn.linear_model import LinearRegression

    inputs = design[:, 1:] if intercept else design
    model = LinearRegression(fit_intercept=intercept).fit(inputs, y)
    first = [model.intercept_] if intercept else []
    return np.array([*first, *model.coef_]), None


def statsmodels(design: Array, y: Array, intercept: bool) -> Answer:
    """Solve with statsmodels OLS as it comes."""
    import statsmodels.api as sm

    result = sm.OLS(y, design).fit()
    return result.params, result.bse


PEERS: dict[str, Callable[[Array, Array, bool], Answer]] = {
    "leastwise": leastwise_direct,
    "QR (scipy)": scipy_qr,
    "numpy lstsq": numpy_lstsq,
    "normal equations": normal_equations,
    "scikit-learn": scikit_learn,
    "statsmodels": statsmodels,
}


def problem(name: str) -> tuple[Array, Array, dict[str, Any]]:
    """Return the design with its column of ones, the target and the record."""
    source = resources.files("leastwise.witness").joinpath("nist", f"{name}.json")
    record = json.loads(source.read_text(encoding="utf-8"))
    table = np.array([[float(v) for v in row] for row in record["data"]])
    inputs = table[:, 1:]
    if record["poly_degree"]:
        powers = range(1, record["poly_degree"] + 1)
        inputs = np.column_stack([inputs[:, 0] ** k for k in powers])
    ones = [np.ones(len(table))] if record["intercept"] else []
    return np.column_stack([*ones, *inputs.T]), table[:, 0], record


def cell(peer: Callable[[Array, Array, bool], Answer], name: str) -> str:
    """Run one peer on one problem and score it."""
    design, y, record = problem(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            b, se = peer(design, y, record["intercept"])
    except ImportError:
        return "not installed"
    except Exception as error:  # a peer's failure is a result
        return type(error).__name__
    truth = record["truth"]
    first = max(0.0, fewest_digits(b, truth["coefficients"]))
    if se is None:
        return f"{first:.1f}"
    second = max(0.0, fewest_digits(se, truth["standard_errors"]))
    return f"{first:.1f} / {second:.1f}"


def main() -> None:
    """Print the table."""
    print("| problem | " + " | ".join(PEERS) + " |")
    print("|---" + "|--:" * len(PEERS) + "|")
    for name in PROBLEMS:
        print(f"| {name} | " + " | ".join(cell(p, name) for p in PEERS.values()) + " |")


if __name__ == "__main__":
    main()
