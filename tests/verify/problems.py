"""Hard regression problems, generated: the same kind and number make the same one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

KINDS = {
    "plain": "normal columns",
    "graded": "condition numbers up to 1e14",
    "powers": "Vandermonde columns",
    "near": "a column that nearly repeats another",
    "scales": "units from 1e-12 to 1e12",
    "offset": "offsets up to 1e12, all of 1e9 in one problem of three",
    "exactish": "noise of 1e-14 to 1e-6 of the signal",
    "coarse": "small whole numbers, hundredths, ties of roundings",
    "giant": "one row up to 1e10 times as large as the others",
    "spike": "columns constant but for a row or a few",
    "indicators": "columns of zeros and ones, sorted and not, and a trend",
    "tails": "heavy tails, in inputs and targets",
    "wide": "20 to 56 columns, alike or from a coarse grid",
}
WEIGHTS = ("none", "light", "wild", "constant", "counts")


@dataclass(frozen=True)
class Problem:
    kind: str
    X: Array
    Y: Array
    weights: Array | None
    weighting: str
    intercept: bool


def problem(kind: str, number: int, *, n: int | None = None) -> Problem:
    """Make one problem, of n rows when that is given."""
    rng = np.random.default_rng([number, *kind.encode()])
    p = int(rng.integers(20, 57)) if kind == "wide" else int(rng.integers(1, 7))
    intercept = bool(rng.random() < 0.8)
    drawn = max(_rows(rng), p + 1 + int(intercept))
    n = drawn if n is None else n
    X = _inputs(kind, n, p, rng)
    signal = X @ (rng.normal(size=p) * 10.0 ** rng.uniform(-2, 2, size=p))
    low, high = (-14.0, -6.0) if kind == "exactish" else (-8.0, 1.0)
    k = 1 if rng.random() < 0.8 else int(rng.integers(2, 4))
    noise = 10.0 ** rng.uniform(low, high, size=k) * max(float(np.std(signal)), 1e-300)
    errors = rng.standard_t(2, size=(n, k)) if kind == "tails" else None
    errors = rng.normal(size=(n, k)) if errors is None else errors
    Y = signal[:, None] * rng.choice([1.0, 1.0, -0.7], size=k) + noise * errors
    if kind == "coarse":
        unit = max(float(np.std(signal)), 1e-9) / 10.0 ** rng.uniform(1, 6)
        Y = np.round(Y / unit) * (2.0 ** np.round(np.log2(unit)))
    weighting = str(rng.choice(WEIGHTS, p=[0.6, 0.12, 0.12, 0.08, 0.08]))
    if kind == "wide" and weighting == "wild":
        weighting = "none"  # exact elimination would take minutes
    weights = _weights(weighting, n, rng)
    return Problem(kind, X, Y, weights, weighting, intercept)


def _rows(rng: np.random.Generator) -> int:
    """Draw a number of rows: from the fewest there can be to some thousands."""
    kind = rng.random()
    if kind < 0.1:
        return 0  # as few as the coefficients allow
    if kind < 0.9:
        return int(10.0 ** rng.uniform(0.8, 2.3))
    return int(10.0 ** rng.uniform(2.3, 3.4))


def _weights(kind: str, n: int, rng: np.random.Generator) -> Array | None:
    if kind == "light":
        return 10.0 ** rng.uniform(-1.5, 0, size=n)
    if kind == "wild":
        return 10.0 ** rng.uniform(-rng.uniform(4, 30), 0, size=n)
    if kind == "constant":
        return np.full(n, rng.uniform(0.1, 10))
    if kind == "counts":
        return rng.integers(1, 20, size=n).astype(np.float64)
    return None


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
        return X * 10.0 ** rng.uniform(-12, 12, size=p)
    if kind == "offset":
        offset = 10.0 ** rng.uniform(0, 12, size=p)
        return X + (1e9 if rng.random() < 1 / 3 else offset)
    if kind in ("wide", "coarse", "giant", "spike", "indicators", "tails"):
        return _ODD[kind](X, rng)
    return X


def _coarse(X: Array, rng: np.random.Generator) -> Array:
    for j, column in enumerate(X.T):
        X[:, j] = _COARSE[int(rng.integers(len(_COARSE)))](column, rng)
    return X


def _counts_and_halves(x: Array, rng: np.random.Generator) -> Array:
    n = len(x)
    return rng.integers(1, 1000, size=n) + rng.integers(0, 2, size=n) * 0.5


def _just_above_one(x: Array, rng: np.random.Generator) -> Array:
    # Squares that end in half a unit of what the sum is rounded to.
    step = 2.0 ** -int(rng.integers(20, 28))
    return 1.0 + rng.integers(0, 3, size=len(x)) * step


_COARSE = (
    lambda x, rng: rng.integers(0, 10, size=len(x)),
    lambda x, rng: np.round(x * 100.0 + 500.0) / 100.0,
    _counts_and_halves,
    _just_above_one,
    lambda x, rng: x.astype(np.float32),
)


def _giant(X: Array, rng: np.random.Generator) -> Array:
    n, p = X.shape
    if rng.random() < 0.5:
        X = rng.integers(1, 4, size=(n, p)).astype(np.float64)
    row = int(rng.integers(0, min(n, 4)))
    size = 10.0 ** rng.uniform(2, 10)
    if rng.random() < 0.5:
        X[row, rng.integers(p)] *= size
    else:
        X[row] *= size
    return X


def _spike(X: Array, rng: np.random.Generator) -> Array:
    n, p = X.shape
    for j in range(p):
        if rng.random() < 0.7:
            value = rng.choice([0.1, 9.99, 1 / 3, rng.normal(), 1 + rng.random()])
            few = int(rng.choice([1, 1, 2, 3]))
            where = rng.choice(n, size=min(few, n - 1), replace=False)
            if rng.random() < 0.5:
                where[0] = 0
            rest = rng.normal(size=len(where))
            X[:, j] = value
            X[where, j] = rest
    return X


def _indicators(X: Array, rng: np.random.Generator) -> Array:
    n, p = X.shape
    levels = rng.integers(0, p + 1, size=n)
    if rng.random() < 0.5:
        levels = np.sort(levels)
    X = (levels[:, None] == np.arange(p)).astype(np.float64)
    if rng.random() < 0.3:
        X = X * rng.uniform(0.5, 2, size=p)
    X[:, int(rng.integers(p))] = np.arange(n) * rng.choice([1.0, 0.1, 1e-3])
    return X


def _tails(X: Array, rng: np.random.Generator) -> Array:
    return rng.standard_t(rng.uniform(0.6, 3), size=X.shape)


def _wide(X: Array, rng: np.random.Generator) -> Array:
    """Columns whose roundings could go together: of one sign, on a grid, alike."""
    n, p = X.shape
    choice = int(rng.integers(4))
    if choice == 0:
        return X + 3.0
    if choice == 1:
        return rng.integers(1, 1000, size=(n, p)) / 1000.0
    if choice == 2:
        X = rng.integers(1, 4, size=(n, p)) + 0.1
        X[min(1, n - 1)] *= 10.0 ** rng.uniform(2, 6)
        return X
    return X[:, :1] + 10.0 ** -rng.uniform(0, 5) * X


_ODD = {
    "wide": _wide,
    "coarse": _coarse,
    "giant": _giant,
    "spike": _spike,
    "indicators": _indicators,
    "tails": _tails,
}
