"""Hard regression problems, generated, for tests of claims about digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

KINDS = ("graded", "powers", "near", "scales", "offset", "exactish", "plain")


@dataclass(frozen=True)
class Problem:
    kind: str
    X: Array
    y: Array
    weights: Array | None
    intercept: bool


def problem(kind: str, seed: int) -> Problem:
    """Make one problem; the same kind and seed make the same one."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    p = int(rng.integers(1, 6))
    n = max(int(rng.choice([6, 8, 12, 20, 40, 80])), p + 3)
    X = _inputs(kind, n, p, rng)
    signal = X @ (rng.normal(size=p) * 10.0 ** rng.uniform(-2, 2, size=p))
    low, high = (-14, -6) if kind == "exactish" else (-8, 1)
    noise = 10.0 ** rng.uniform(low, high) * np.std(signal)
    y = signal + noise * rng.normal(size=n)
    weights = None
    if rng.random() < 0.3:
        weights = 10.0 ** rng.uniform(-rng.uniform(0, 6), 0, size=n)
    return Problem(kind, X, y, weights, bool(rng.random() < 0.8))


def _inputs(kind: str, n: int, p: int, rng: np.random.Generator) -> Array:
    X = rng.normal(size=(n, p))
    if kind == "graded":
        left, _ = np.linalg.qr(X)
        right, _ = np.linalg.qr(rng.normal(size=(p, p)))
        return left @ np.diag(np.logspace(0, -rng.uniform(0, 14), p)) @ right.T
    if kind == "powers":
        x = rng.uniform(rng.uniform(-5, 5), rng.uniform(5, 10), size=n)
        return np.column_stack([x**k for k in range(1, p + 1)])
    if kind == "near" and p > 1:
        X[:, -1] = X[:, 0] + 10.0 ** -rng.uniform(1, 13) * rng.normal(size=n)
    if kind == "scales":
        X = X * 10.0 ** rng.uniform(-12, 12, size=p)
    if kind == "offset":
        X = X + 10.0 ** rng.uniform(0, 12, size=p)
    return X
