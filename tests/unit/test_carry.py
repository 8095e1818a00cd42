"""Columns that nearly agree, solved in a basis of their own, against exact answers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import leastwise as lw
from leastwise.engine.plan import Solved, fit_rows
from leastwise.moments.blocks import Rows
from leastwise.solve.exact import exact_least_squares
from leastwise.solve.result import Fit
from tests.helpers.exactly import digits_of


def problem(seed: int) -> tuple[Rows, bool]:
    """Columns that agree to 2 to 12 digits, in any units, sometimes on an offset."""
    g = np.random.default_rng(seed)
    n, p, k = int(g.integers(12, 80)), int(g.integers(2, 6)), int(g.integers(1, 3))
    X = g.normal(size=(n, p))
    X[:, 1:] = X[:, :1] * g.normal(size=p - 1) + X[:, 1:] / 10.0 ** g.uniform(2, 12)
    X *= 10.0 ** g.integers(-6, 6, p)
    X += 10.0 ** g.integers(0, 4) * g.normal(size=p) * g.integers(0, 2)
    Y = X @ g.normal(size=(p, k))
    Y += g.normal(size=(n, k)) * np.abs(Y).max() * 10.0 ** g.integers(-6, 1)
    w = g.uniform(0.01, 3.0, n) if g.random() < 0.5 else None
    return Rows(X, Y, w), bool(g.random() < 0.6)


def check(rows: Rows, solved: Solved, intercept: bool) -> None:
    fit = solved.fit
    right = exact_least_squares(
        rows.X, rows.Y, weights=rows.weights, intercept=intercept
    )
    se = [[float(v or 0) for v in row] for row in right.standard_errors()]
    of_b = digits_of(fit.coefficients, right.rounded())
    of_se = digits_of(fit.standard_errors, se)
    # A claim is cut at what a float64 holds; the last rounding is on the other side.
    assert (np.nan_to_num(fit.digits) <= of_b + 0.5).all()
    assert (fit.se_digits <= of_se + 0.5).all()
    assert digits_of(fit.rss, _scaled(right.rss, fit)).min() >= 13
    if fit.carried is not None:
        assert of_b.min() >= 14 and of_se.min() >= 11


def _scaled(sums: tuple[Fraction, ...], fit: Fit) -> list[float]:
    units = 2 * fit.target_exponent + fit.weight_exponent
    return [float(v / Fraction(2) ** int(u)) for v, u in zip(sums, units, strict=True)]


@pytest.mark.parametrize("block", range(6))
def test_answers_are_right_and_claims_hold(block: int) -> None:
    carried = kept = 0
    for seed in range(20 * block, 20 * block + 20):
        rows, intercept = problem(seed)
        solved = fit_rows(rows, intercept=intercept)
        if not solved.fit.kept.all():
            continue
        kept += 1
        carried += solved.fit.carried is not None
        check(rows, solved, intercept)
    # Most are hard, and few so hard that a column is lost.
    assert carried >= 4 and kept >= 14


@pytest.mark.parametrize("kernel", ["compiled", "numpy"])
def test_large_data_take_it_when_digits_are_asked_for(
    kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel == "numpy":
        monkeypatch.setattr("leastwise.moments.fold.has_kernel", lambda: False)
    g = np.random.default_rng(5)
    # Of integers and a power of two: other columns give the same answer with ease.
    u = g.integers(-1000, 1000, size=(300_000, 3)).astype(float)
    X = np.column_stack([u[:, 0], u[:, 0] + u[:, 1] * 2.0**-27, u[:, 2]])
    y = 30 + 3 * u[:, 0] + 5 * u[:, 1] + u[:, 2] + g.integers(-500, 500, 300_000)
    low, high = (
        fit_rows(Rows(X, y[:, None]), target=digits).fit for digits in (5.0, 14.0)
    )
    assert low.carried is None and high.carried is not None
    easy = fit_rows(Rows(u, y[:, None]), target=15.0).fit
    assert easy.digits.min() >= 15
    b0, b1, b2, b3 = easy.coefficients[:, 0]
    right = [b0, b1 - b2 * 2.0**27, b2 * 2.0**27, b3]
    assert digits_of(high.coefficients[:, 0], right).min() >= 15
    assert high.digits.min() >= 14
    parts = easy.standard_errors[[0, 3], 0]
    assert digits_of(high.standard_errors[[0, 3], 0], parts).min() >= 14


def test_predictions_stand_on_the_same_basis() -> None:
    g = np.random.default_rng(2)
    a = g.normal(size=60)
    data = {"a": a, "b": a + 1e-9 * g.normal(size=60), "w": g.uniform(1, 2, 60)}
    data["y"] = 1e3 * a + g.normal(size=60)
    for right in ("a + b", "a + b - 1"):
        model = lw.wls(f"y ~ {right}", data, weights="w")
        assert model.basis.change is not None
        X = np.column_stack([data["a"], data["b"]])
        exact = exact_least_squares(
            X, data["y"], weights=data["w"], intercept="- 1" not in right
        )
        b = [row[0] for row in exact.coefficients]
        found = model.predict(data)
        for row, value in zip(X.tolist(), found, strict=True):
            terms = [Fraction(v) for v in ([1.0] if "- 1" not in right else []) + row]
            truth = float(sum(c * v for c, v in zip(b, terms, strict=True)))
            assert abs(value - truth) <= 1e-12 * 1e3
        # A row where the two columns part: the slopes' difference counts.
        new = model.predict({"a": [1.0], "b": [2.0]})[0]
        terms = [1] * (len(b) == 3) + [1, 2]
        truth = float(sum(c * v for c, v in zip(b, terms, strict=True)))
        assert abs(new - truth) <= 1e-13 * abs(truth)
