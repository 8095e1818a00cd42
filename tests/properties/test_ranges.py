"""Columns and weights from one end of float64 to the other, against exact rationals."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import digits_of

Array = np.ndarray[Any, Any]
MOST, LEAST = np.finfo(np.float64).max, 5e-324


def column(kind: str, rng: np.random.Generator, n: int) -> Array:
    z = rng.normal(size=n)
    if kind == "huge":
        return z * 10.0 ** rng.uniform(290, 307.5)
    if kind == "tiny":
        return z * 10.0 ** rng.uniform(-307, -290)
    if kind == "subnormal":
        return z * 10.0 ** rng.uniform(-322, -309)
    if kind == "every size":
        return z * 10.0 ** rng.uniform(-300, 300, n)
    if kind == "half of it subnormal":
        return np.where(rng.random(n) < 0.5, z * 1e-315, z)
    if kind == "the largest":
        return np.where(rng.random(n) < 0.5, MOST, -MOST)
    if kind == "the least":
        return rng.integers(0, 4, n) * LEAST
    if kind == "mostly zero":
        return np.where(rng.random(n) < 0.8, 0.0, z * 10.0 ** rng.uniform(-300, 300))
    if kind == "one huge":
        z = z * 1e-300
        z[rng.integers(n)] = 1e300
    return z


KINDS = (
    "huge", "tiny", "subnormal", "every size", "half of it subnormal", "the largest",
    "the least", "mostly zero", "one huge", "plain",
)  # fmt: skip


def nearest(value: Fraction | None) -> float:
    """Round, to infinity too; None is a coefficient that there is not."""
    if value is None:
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def problem(seed: int) -> tuple[str, Array, Array, Array | None, bool]:
    rng = np.random.default_rng([9, seed])
    n, p = int(rng.choice([6, 12, 30])), int(rng.integers(1, 4))
    kinds = [str(rng.choice(KINDS)) for _ in range(p)]
    target = str(rng.choice(KINDS))
    X = np.column_stack([column(kind, rng, n) for kind in kinds])
    y = column(target, rng, n)
    w = None
    if rng.random() < 0.4:
        w = 10.0 ** rng.uniform(-rng.choice([3, 30, 300]), 0, n)
    intercept = bool(rng.random() < 0.8)
    name = f"{seed}: {target} ~ {' + '.join(kinds)}, n = {n}, {intercept=}"
    return (
        name + ("" if w is None else f", weights from {w.min():.0e}"),
        X,
        y,
        w,
        intercept,
    )


def complaints(seed: int, **options: Any) -> list[str]:
    name, X, y, w, intercept = problem(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lw.AccuracyWarning)
        m = lw.ols(y=y, X=X, weights=w, intercept=intercept, **options)
        # Nothing else warns, whatever is made of the model.
        assert str(m) and m.record().to_json()
        m.predict(X, interval="prediction")
    right = exact_least_squares(X, y, weights=w, intercept=intercept)
    if m.rank != right.rank:
        gone = [int(row.name[1:]) - 1 for row in m.aliased]
        kept = [j for j in range(X.shape[1]) if j not in gone]
        if all(is_rounding(X, j, [i for i in kept if i < j], intercept) for j in gone):
            return []
        return [f"{name}: rank {m.rank}, {right.rank} is right"]
    said = []
    b = np.array([nearest(row[0]) for row in right.coefficients])
    reached = digits_of(m.coef.array, b)
    # Half a digit for the last rounding of a float64.
    if (np.nan_to_num(m.digits.array) > reached + 0.5).any():
        said.append(f"{name}: claims too many digits")
    if not np.array_equal(np.isinf(b), np.isinf(m.coef.array)):
        said.append(f"{name}: {m.coef.array} is infinite in other places than {b}")
    # Small data are left with nothing that cannot be certified, but for estimates far
    # below their standard errors.
    off = np.array(
        [
            far(v, row[0])
            for v, row in zip(m.coef.array, right.coefficients, strict=True)
        ]
    )
    size = np.fmax(np.abs(b), m.se.array)
    inside = np.isfinite(b) & (np.abs(b) > 1e-300)
    if (off[inside] > 1e-8 * size[inside]).any():
        said.append(f"{name}: {reached.min():.1f} digits are right")
    if not any("exact to the rounding" in note for note in m.notes):
        errors = [right.inverse_diagonal[i] for i in range(len(b))]
        if m.dof > 0 and all(error is not None for error in errors):
            sigma2 = right.rss[0] / right.dof
            se = np.array([root(error * sigma2) for error in errors])
            reached = digits_of(m.se.array, se)
            if (np.nan_to_num(m.se_digits.array) > reached + 0.5).any():
                said.append(f"{name}: claims too many digits of a standard error")
    return said


def far(value: float, right: Fraction | None) -> float:
    """Distance of a number from what is right."""
    if right is None or not np.isfinite(value):
        return np.inf
    return abs(nearest(Fraction(float(value)) - right))


def is_rounding(X: Array, j: int, others: list[int], intercept: bool) -> bool:
    """Whether a column is what others make, to 8 roundings of its largest value."""
    least = exact_least_squares(X[:, others], X[:, j], intercept=intercept)
    b = [row[0] or Fraction(0) for row in least.coefficients]
    lead = int(intercept)
    left = [
        Fraction(row[j]) - (b[0] if intercept else 0)
        - sum(b[lead + i] * Fraction(row[c]) for i, c in enumerate(others))
        for row in X.tolist()
    ]  # fmt: skip
    most = [Fraction(float(v)) for v in np.abs(X).max(axis=0)]
    size = most[j] + sum(abs(b[lead + i]) * most[c] for i, c in enumerate(others))
    return max(map(abs, left)) <= 16 * size / 2**53


def root(square: Fraction) -> float:
    """Root of a rational of any size; float64 itself has no room for its square."""
    up = 4 * ((square.denominator.bit_length() - square.numerator.bit_length()) // 4)
    half = Fraction(2) ** (up // 2)
    return nearest(Fraction(float(square * Fraction(2) ** up) ** 0.5) / half)


@pytest.mark.parametrize("options", [{}, {"exact": True}], ids=["ladder", "exact"])
def test_numbers_of_every_size(options: dict[str, Any]) -> None:
    seeds = range(250 if not options else 80)
    found = [said for seed in seeds for said in complaints(seed, **options)]
    assert found == []


PATTERNS = {
    "one heavy row": lambda n, rng: np.arange(n) < 1,
    "two heavy rows": lambda n, rng: np.arange(n) < 2,
    "as many heavy rows as coefficients": lambda n, rng: np.arange(n) < 4,
    "half of the rows": lambda n, rng: rng.random(n) < 0.5,
    "all but two rows": lambda n, rng: np.arange(n) >= 2,
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("light", [1e-15, 1e-29, 1e-31, 1e-60, 1e-300])
def test_a_column_that_varies_in_light_rows_only_is_kept(
    pattern: str, light: float
) -> None:
    """What is left of it weighs 1e-31 of the rest; in its rows it is no rounding."""
    rng = np.random.default_rng(4)
    n = 24
    heavy = PATTERNS[pattern](n, rng)
    X = rng.integers(-9, 10, (n, 3)).astype(float)
    # The last column is the sum of the others where rows are heavy.
    X[:, 2] = X[:, 0] + X[:, 1] + np.where(heavy, 0.0, rng.integers(1, 5, n))
    y = X @ [1.0, -2.0, 3.0] + rng.normal(size=n)
    w = np.where(heavy, 1.0, light)
    right = exact_least_squares(X, y, weights=w)
    for data in (
        {"y": y, "X": X, "weights": w},
        {"y": y, "X": X, "weights": w, "exact": True},
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lw.AccuracyWarning)
            m = lw.ols(**data)
        assert (m.rank, m.aliased) == (right.rank, ()) == (4, ())
        reached = digits_of(m.coef.array, right.rounded()[:, 0])
        assert (reached >= 8).all()
        assert (m.digits.array <= reached + 0.5).all()


def test_a_column_that_light_rows_confirm_is_left_out() -> None:
    rng = np.random.default_rng(4)
    X = rng.integers(-9, 10, (24, 3)).astype(float)
    X[:, 2] = X[:, 0] + X[:, 1]
    w = np.where(np.arange(24) < 5, 1.0, 1e-60)
    m = lw.ols(y=X[:, 0] + rng.normal(size=24), X=X, weights=w)
    assert [(row.name, row.reason) for row in m.aliased] == [("x3", "x3 = x1 + x2")]
