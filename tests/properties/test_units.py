"""Units and offsets cost no digit that the data still hold, and decide no rank."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import leastwise as lw
from leastwise.engine import plan
from leastwise.solve.exact import exact_least_squares
from tests.verify.judge import real_digits

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 3))
Y = X @ [1.0, -2.0, 0.5] + RNG.normal(size=60)

POWERS = (-12, -6, -3, 3, 6, 12)
# A float64 of 1e9 + x keeps 7 digits of x: the stored numbers are the data.
SHIFTS = (0.0, 1.0, -1e6, 1e9)


def size_of(climb: bool, monkeypatch: pytest.MonkeyPatch) -> int:
    """Choose few rows, or many that begin at the cheapest tier."""
    if not climb:
        return 60
    monkeypatch.setattr(plan, "first_tier", lambda work: 1)
    return 20_000


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("column", [0, 2])
def test_every_digit_the_data_hold(column: int, power: int, shift: float) -> None:
    x = X.copy()
    x[:, column] = (x[:, column] + shift) * 10.0**power
    model = lw.ols(y=Y, X=x)
    right = exact_least_squares(x, Y[:, None])
    assert model.rank == 4 and model.aliased == ()
    errors = right.standard_errors()
    for i in range(4):
        coefficient, error = right.coefficients[i][0], errors[i][0]
        assert coefficient is not None
        # Nothing but the last rounding is left to lose.
        assert real_digits(float(model.coef.array[i]), coefficient) >= 15.5
        assert real_digits(float(model.se.array[i]), Fraction(str(error))) >= 15.3


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("climb", [False, True])
def test_an_alias_is_one_in_every_unit(
    power: int, shift: float, climb: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small data go to the finest tier at once, large data climb: one decision."""
    n = size_of(climb, monkeypatch)
    rng = np.random.default_rng(3)
    celsius = rng.normal(size=n) * 10
    other = (rng.normal(size=n) + shift) * 10.0**power
    unit = (celsius + shift) * 10.0**power
    fahrenheit = 32 + 1.8 * unit
    model = lw.ols(
        "y ~ unit + other + fahrenheit",
        {"y": celsius + other, "unit": unit, "other": other, "fahrenheit": fahrenheit},
    )
    assert [row.name for row in model.aliased] == ["fahrenheit"]
    assert model.rank == 3
    # 32 rounds away what 1e-12 degrees are; otherwise the combination is read off.
    if power > -12:
        assert "1.8 unit" in model.aliased[0].reason


# So near, few digits are certain, which is said.
@pytest.mark.filterwarnings("ignore::leastwise.AccuracyWarning")
@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("apart", [1e-6, 1e-9, 1e-11])
@pytest.mark.parametrize("climb", [False, True])
def test_what_is_not_quite_an_alias_is_kept(
    power: int, apart: float, climb: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = size_of(climb, monkeypatch)
    rng = np.random.default_rng(4)
    first = rng.normal(size=n) * 10.0**power
    near = first * (1 + apart * rng.normal(size=n))
    with np.errstate(all="raise"):
        model = lw.ols("y ~ first + near", {"y": first / 10.0**power, "first": first,
                                            "near": near})  # fmt: skip
    assert model.aliased == () and model.rank == 3
