"""Separation: the loop and a linear programme (exact in small whole numbers) agree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

import leastwise as lw

DESIGNS = 60


def is_separated(Z: np.ndarray, free: np.ndarray, sign: np.ndarray) -> bool:
    """Whether some direction gains in some row and loses in none.

    Rows where `free` is False must stay where they are.
    """
    n, p = Z.shape
    turned = sign[:, None] * Z
    ends = np.where(free, 1.0, 0.0)
    # Variables b and t, 0 <= t <= 1: t = turned b.
    found = linprog(
        np.concatenate([np.zeros(p), -np.ones(n)]),
        A_eq=np.hstack([turned, -np.eye(n)]),
        b_eq=np.zeros(n),
        bounds=[(None, None)] * p + [(0.0, end) for end in ends],
        method="highs",
    )
    return bool(-found.fun > 1e-6)


def design(seed: int, few: int) -> tuple[np.ndarray, np.random.Generator]:
    make = np.random.default_rng(seed)
    n, p = int(make.integers(6, few)), int(make.integers(1, 4))
    X = make.integers(-3, 4, size=(n, p)).astype(float)
    if make.random() < 0.4:
        X[:, 0] = make.random(n) < 0.3
    return X, make


def says_separated(X: np.ndarray, y: np.ndarray, family: lw.family.Family) -> bool:
    data = {f"x{j}": column for j, column in enumerate(X.T)}
    try:
        m = lw.glm("y ~ " + " + ".join(data), {**data, "y": y}, family=family)
    except lw.DataError as error:
        assert "separation" in str(error) or "one value" in str(error), error
        return True
    assert m.convergence.status.is_success
    return False


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_targets_of_two_values(link: str) -> None:
    seen = []
    for seed in range(DESIGNS):
        X, make = design(seed, 28)
        y = (X @ make.normal(size=X.shape[1]) + make.normal(size=len(X)) > 0).astype(
            float
        )
        if y.min() == y.max():
            continue
        Z = np.column_stack([np.ones(len(X)), X])
        every = np.ones(len(X), bool)
        wanted = is_separated(Z, every, 2 * y - 1)
        seen.append(wanted)
        assert says_separated(X, y, lw.family.Binomial(link)) == wanted, seed
    assert 10 < sum(seen) < len(seen) - 10


def test_counts() -> None:
    seen = []
    for seed in range(DESIGNS):
        X, make = design(seed + 1000, 20)
        y = make.poisson(np.exp(0.3 * X.sum(axis=1) - 1.5)).astype(float)
        if y.max() == 0:
            continue
        Z = np.column_stack([np.ones(len(X)), X])
        wanted = is_separated(Z, y == 0, -np.ones(len(X)))
        seen.append(wanted)
        assert says_separated(X, y, lw.family.Poisson()) == wanted, seed
    assert 5 < sum(seen) < len(seen) - 10


def test_nearly_separated_targets_have_a_fit() -> None:
    for seed in range(20):
        make = np.random.default_rng(seed)
        x = make.normal(size=60)
        y = (x > 0).astype(float)
        # The two rows nearest to 0 change sides: the fit is steep, and there.
        near = np.argsort(np.abs(x))
        y[near[0]], y[near[1]] = 1 - y[near[0]], 1 - y[near[1]]
        Z = np.column_stack([np.ones(60), x])
        wanted = is_separated(Z, np.ones(60, bool), 2 * y - 1)
        assert says_separated(x[:, None], y, lw.family.Binomial()) == wanted, seed
