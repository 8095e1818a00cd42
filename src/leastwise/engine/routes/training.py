"""What the routes that train share: the article's standardising and restoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.engine.routes.base import Answer, Problem
from leastwise.moments.affine import Affine, restore

Array = np.ndarray[Any, Any]

RATE = 0.1
STEPS = 5000
# A gradient that is more than this part of the first has not converged.
STILL_MOVING = 1e-8


@dataclass(frozen=True)
class Standardised:
    """Standardised rows and the change of units that made them.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        Inputs with mean 0 (with an intercept) and standard deviation 1.
    y : ndarray, shape (n,)
        The target likewise.
    inputs, targets : Affine
        The changes of units.
    intercept : bool
        Whether there is an intercept to train.
    """

    X: Array
    y: Array
    inputs: Affine
    targets: Affine
    intercept: bool


def standardise_rows(problem: Problem) -> Standardised:
    """Standardise as the article does, with NumPy's mean and standard deviation.

    Without an intercept columns are divided by their root mean square only.
    """
    inputs = _units(problem.X, problem.intercept)
    targets = _units(problem.y[:, None], problem.intercept)
    X, y = inputs.apply(problem.X), targets.apply(problem.y[:, None])[:, 0]
    return Standardised(X, y, inputs, targets, problem.intercept)


def _units(values: Array, intercept: bool) -> Affine:
    if intercept:
        mean, scale = values.mean(axis=0), values.std(axis=0)
    else:
        mean, scale = np.zeros(values.shape[1]), np.sqrt(np.mean(values**2, axis=0))
    if np.any(scale == 0):
        raise ZeroDivisionError(
            "a column does not vary, so it cannot be divided by its standard deviation"
        )
    return Affine(mean, scale)


def trained(rows: Standardised, weights: Array, bias: float) -> Answer:
    """Restore trained weights to original units and say how training ended."""
    a = np.concatenate([[bias], weights]) if rows.intercept else weights
    coefficients = restore(
        a[:, None], rows.inputs, rows.targets, intercept=rows.intercept
    )[:, 0]
    return Answer(coefficients, steps=STEPS, note=_ending(rows, weights, bias))


def _ending(rows: Standardised, weights: Array, bias: float) -> str:
    n = len(rows.y)
    if not (np.all(np.isfinite(rows.X)) and np.all(np.isfinite(rows.y))):
        return "standardising left the range of float64"
    with np.errstate(over="ignore", invalid="ignore"):
        error = rows.X @ weights + bias - rows.y
        left = float(np.linalg.norm(2.0 * rows.X.T @ error / n))
    first = float(np.linalg.norm(2.0 * rows.X.T @ rows.y / n))
    if not left <= first:
        top = float(np.linalg.eigvalsh(rows.X.T @ rows.X / n)[-1])
        return (
            f"diverged: rate {RATE:g} overshoots on these data, rates below "
            f"{1 / max(top, 1.0):.3g} converge"
        )
    if left > STILL_MOVING * first:
        return (
            f"not converged: after {STEPS} steps the gradient is still "
            f"{left / first:.1e} of the first"
        )
    return ""
