"""One rank rule: the same columns go in every unit, at every tier, on every path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leastwise.moments.fold as fold_module
from leastwise.engine import plan
from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import has_kernel
from leastwise.solve import system
from leastwise.solve.fit import solve

KERNELS = ("numpy", "compiled") if has_kernel() else ("numpy",)
N = 50


@st.composite
def problems(draw: Any) -> tuple[np.ndarray, list[int]]:
    """Make columns of whole numbers, some of them combinations of ones before."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    columns: list[np.ndarray] = []
    gone: list[int] = []
    for j in range(draw(st.integers(2, 7))):
        free = [c for i, c in enumerate(columns) if i not in gone]
        if free and draw(st.booleans()):
            chosen = rng.choice(len(free), size=min(2, len(free)), replace=False)
            slopes = rng.choice([-3.0, -1.0, 1.0, 2.0], size=len(chosen))
            total = sum(s * free[i] for s, i in zip(slopes, chosen, strict=True))
            columns.append(np.asarray(total) + float(rng.integers(-9, 10)))
            gone.append(j)
        else:
            columns.append(rng.integers(-100, 101, size=N).astype(float))
    return np.column_stack(columns), gone


def gone_of(x: np.ndarray, **options: Any) -> list[int]:
    y = np.random.default_rng(0).normal(size=(len(x), 1))
    return np.flatnonzero(~fit_rows(Rows(x, y), **options).fit.kept).tolist()


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_units_and_offsets_decide_nothing(
    made: tuple[np.ndarray, list[int]], data: Any
) -> None:
    """Powers of ten and offsets round each value once more, which the rule expects."""
    x, gone = made
    assert gone_of(x) == gone
    p = x.shape[1]
    power = data.draw(st.lists(st.integers(-30, 30), min_size=p, max_size=p))
    shift = data.draw(
        st.lists(
            st.sampled_from([0.0, 32.0, -1e3, 273.15, 1e7]), min_size=p, max_size=p
        )
    )
    moved = (x + np.array(shift)) * 10.0 ** np.array(power, dtype=float)
    assert gone_of(moved) == gone
    for rank in ("error", "minimum_norm"):
        assert gone_of(moved, rank=rank) == gone


@settings(max_examples=30, deadline=None)
@given(problems())
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("intercept", [True, False])
def test_tiers_kernels_and_weights_decide_nothing(
    intercept: bool, kernel: str, made: tuple[np.ndarray, list[int]]
) -> None:
    x, gone = made
    y = np.random.default_rng(0).normal(size=(N, 1))
    weights = np.random.default_rng(1).integers(1, 9, N).astype(float)
    if not intercept:
        # A column of ones, which the combinations with a constant need.
        x, gone = np.column_stack([np.ones(N), x]), [j + 1 for j in gone]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_module, "has_kernel", lambda: kernel == "compiled")
        for w in (None, weights):
            rows = Rows(x, y, w)
            for tier in (1, 2, 3):
                fit = solve(fold_rows(rows, slices=tier), intercept=intercept)
                assert np.flatnonzero(~fit.kept).tolist() == gone
            # The ladder from its lowest rung.
            patch.setattr(plan, "first_tier", lambda work: 1)
            climbed = fit_rows(rows, intercept=intercept)
            assert np.flatnonzero(~climbed.fit.kept).tolist() == gone
            assert climbed.plan.undecided == 0
            assert climbed.plan.tier == (3 if gone else 1)


# The finest Gram tells columns apart that differ by 1e-12; nearer, the rows say
# that it is not a combination, and the fit that it cannot tell.
@pytest.mark.parametrize(
    ("apart", "gone", "undecided"),
    [(0.0, [60], 0), (1e-13, [60], 1), (1e-11, [], 0), (1e-4, [], 0)],
)
@pytest.mark.parametrize("climb", [False, True])
def test_many_columns_are_judged_as_few(
    apart: float,
    gone: list[int],
    undecided: int,
    climb: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plain route for many columns leaves every doubt to the rule in pairs."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(300, 100))
    x[:, 60] = x[:, 3] * (1 + apart * rng.normal(size=300))
    rows = Rows(x, rng.normal(size=(300, 1)))
    if climb:
        monkeypatch.setattr(plan, "first_tier", lambda work: 1)
    many = fit_rows(rows)
    monkeypatch.setattr(system, "MANY_COLUMNS", 10_000)
    monkeypatch.setattr(system, "VERY_MANY_COLUMNS", 10_000)
    for solved in (many, fit_rows(rows)):
        assert np.flatnonzero(~solved.fit.kept).tolist() == gone
        assert solved.plan.undecided == undecided


@pytest.mark.parametrize("decimals", [1, 2, 6])
@pytest.mark.parametrize("power", [-9, 0, 9])
@pytest.mark.parametrize("n", [20, 5000])
def test_fahrenheit_is_celsius(decimals: int, power: int, n: int) -> None:
    """Thermometers that were read to so many decimals, in any unit."""
    rng = np.random.default_rng(n)
    celsius = np.round(rng.normal(15, 10, n), decimals) * 10.0**power
    fahrenheit = 32 * 10.0**power + 1.8 * celsius
    kelvin = celsius + 273.15 * 10.0**power
    x = np.column_stack([celsius, rng.normal(size=n), fahrenheit, kelvin])
    fit = fit_rows(Rows(x, rng.normal(size=(n, 1)))).fit
    assert np.flatnonzero(~fit.kept).tolist() == [2, 3]
    assert not fit.aliases.doubtful.any()
    scale = np.array([10.0**power, 1.0])
    known = fit.aliases.numbers[2:, :2] / scale
    assert known == pytest.approx(np.array([[32.0, 1.8], [273.15, 1.0]]), rel=1e-9)
    # What it is short of is not in more digits than are claimed.
    assert (fit.aliases.digits[2:] >= 12).all()
    # A thermometer of its own, however close, is a column of its own.
    x[:, 2] += rng.normal(size=n) * 1e-8 * 10.0**power
    assert gone_of(x) == [3]
