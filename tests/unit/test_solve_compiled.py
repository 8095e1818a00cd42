"""The compiled solve beside the one in NumPy, which other tests hold to the truth."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import has_kernel
from leastwise.solve import fit as module
from leastwise.solve.fit import solve
from leastwise.solve.result import Fit

# What is not a float: equal, or not at all.
WHOLE = {"kept", "target_exponent", "weight_exponent", "intercept", "least_norm"}
SEEDS = st.integers(0, 2**32 - 1)


def both(monkeypatch: pytest.MonkeyPatch, *args: object, **kwargs: object) -> list[Fit]:
    compiled = solve(*args, **kwargs)  # type: ignore[arg-type]
    monkeypatch.setattr(module, "COMPILED_COLUMNS", 0)
    plain = solve(*args, **kwargs)  # type: ignore[arg-type]
    monkeypatch.undo()
    return [compiled, plain]


def problem(rng: np.random.Generator) -> Rows:
    n, k = int(rng.integers(4, 200)), int(rng.integers(1, 4))
    p = int(rng.integers(0, min(n - 2, 25)))
    X = rng.normal(size=(n, p)) * 10.0 ** rng.integers(-8, 8, p)
    X += rng.normal(size=p) * 10.0 ** float(rng.integers(-3, 4))
    if p > 2 and rng.random() < 0.5:
        X[:, 0] = X[:, 1] * (1.0 + 1e-6 * rng.normal(size=n))
    Y = rng.normal(size=(n, k)) * 10.0 ** rng.integers(-8, 8, k)
    w = rng.uniform(1e-3, 9.0, n) if rng.random() < 0.5 else None
    return Rows(X, Y, w)


def assert_same(name: str, a: np.ndarray, b: np.ndarray, slack: np.ndarray) -> None:
    assert a.shape == b.shape, name
    assert np.array_equal(np.isnan(a), np.isnan(b)), name
    known = np.isfinite(a)
    assert np.array_equal(a[~known], b[~known], equal_nan=True), name
    room = np.broadcast_to(slack, a.shape)[known]
    assert np.all(np.abs(a[known] - b[known]) <= room * np.abs(b[known])), name


@given(seed=SEEDS)
def test_every_field_agrees(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = fold_rows(problem(rng), slices=int(rng.integers(1, 4)))
    intercept = bool(rng.random() < 0.7)
    sums = rng.uniform(0.0, 1.0, m.n_targets) if rng.random() < 0.3 else None
    counted = float(m.count + 7) if rng.random() < 0.3 else None
    with pytest.MonkeyPatch.context() as patch:
        compiled, plain = both(
            patch, m, intercept=intercept, observations=counted, residuals=sums
        )
    if not (compiled.digits.min(initial=16.0) > 3 and plain.kept.all()):
        # What is not certain may differ; the compiled solve leaves ranks alone.
        assert np.array_equal(compiled.kept, plain.kept)
        return
    for field in fields(Fit):
        a, b = getattr(compiled, field.name), getattr(plain, field.name)
        if field.name in WHOLE:
            assert np.array_equal(a, b), field.name
        elif field.name == "aliases":
            assert not a.doubtful.any() and not a.beyond.any()
            assert np.isnan(a.numbers).all() and a.numbers.shape == b.numbers.shape
        elif field.name in ("slopes", "level"):
            # The least certain of all numbers, beside the largest.
            slack = 2.0 * 10.0 ** -min(15.0, plain.worth.min(initial=15.0))
            size = np.abs(b.hi).max(initial=0.0)
            assert np.all(np.abs((a - b).hi) <= slack * size), field.name
        elif field.name.endswith("digits") or field.name == "worth":
            assert np.allclose(a, b, rtol=0, atol=1e-6, equal_nan=True), field.name
        elif field.name in ("coefficients", "standard_errors"):
            digits = plain.digits if field.name == "coefficients" else plain.se_digits
            # Each is as near to the truth as it says.
            slack = 2.0 * 10.0 ** -np.minimum(np.nan_to_num(digits, nan=0.0), 15.0)
            assert_same(field.name, a, b, slack)
        elif field.name == "condition":
            # A size, of which a digit or two matter.
            assert a == pytest.approx(b, rel=1e-2)
        else:
            assert_same(
                field.name, np.asarray(a, float), np.asarray(b, float), np.array(1e-6)
            )


@pytest.mark.parametrize("slices", [1, 3])
@pytest.mark.parametrize("p", [1, 7, 8, 9, 40, 100])
def test_many_columns_and_targets(
    p: int, slices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(p)
    X, Y = rng.normal(size=(300, p)) + 3.0, rng.normal(size=(300, 5))
    m = fold_rows(Rows(X, Y), slices=slices)
    compiled, plain = both(monkeypatch, m)
    # LAPACK's inverse, in float64, from 48 columns on, or 96.
    bound = 1e-13 if p >= (48 if slices == 1 else 96) else 3e-16
    for name in ("coefficients", "standard_errors", "root", "correlation", "rss"):
        a, b = getattr(compiled, name), getattr(plain, name)
        assert np.all(np.abs(a - b) <= bound * np.abs(b).max()), name


def test_a_combination_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(9.0)
    X = np.column_stack([x, x**2, 3.0 - 2.0 * x])
    compiled, plain = both(monkeypatch, fold_rows(Rows(X, x[:, None] ** 3)))
    assert compiled.kept.tolist() == plain.kept.tolist() == [True, True, False]
    few = fold_rows(Rows(X[:3, :2] + [[0.0], [1.0], [5.0]], x[:3, None]))
    assert [f.kept.tolist() for f in both(monkeypatch, few)] == [[True, True]] * 2
    few = fold_rows(Rows(X[:2, :2], x[:2, None]))
    assert [f.kept.tolist() for f in both(monkeypatch, few)] == [[True, False]] * 2


def test_the_compiled_solve_is_the_one_that_runs() -> None:
    m = fold_rows(Rows(np.arange(9.0)[:, None], np.arange(9.0)[:, None] ** 2))
    called = []
    real = module.solve_compiled
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            module,
            "solve_compiled",
            lambda *a, **k: called.append(real(*a, **k)) or called[-1],
        )
        solve(m)
    assert (called[0] is not None) is has_kernel()


def test_numbers_at_the_ends_of_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(1.0, 2.0, 9)
    for size_x, size_y in ((1e300, 1.0), (1e-300, 1e300), (1e-300, 1e-300)):
        m = fold_rows(Rows((x * size_x)[:, None], ((x**2) * size_y)[:, None]))
        compiled, plain = both(monkeypatch, m)
        for name in ("coefficients", "standard_errors", "digits", "worth", "rss"):
            a, b = getattr(compiled, name), getattr(plain, name)
            assert np.allclose(a, b, rtol=1e-15, atol=0, equal_nan=True), name
    assert isinstance(compiled.slopes, Double)
