"""Columns that say the same twice, or nothing: named, left out, the rest is right."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leastwise as lw
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DOORS, assert_exact, digits_of

RNG = np.random.default_rng(11)
N = 40
A, B = RNG.normal(size=(2, N))
Y = 1 + 2 * A - 3 * B + 0.1 * RNG.normal(size=N)

EXTRA = {
    "constant": (np.full(N, 3.0), "k = 3"),
    "constant that is no float64 sum": (np.full(N, 0.1), "k = 0.1"),
    "zero": (np.zeros(N), "k = 0"),
    "duplicate": (A, "k = a"),
    "multiple": (-2.5 * A, "k = -2.5 a"),
    "shifted": (A + 4, "k = 4 + a"),
    "sum": (A + B, "k = a + b"),
    "difference": (B - A, "k = -a + b"),
}


@pytest.mark.parametrize("kind", EXTRA)
@pytest.mark.parametrize("door", DOORS)
def test_a_column_that_adds_nothing(kind: str, door: str, tmp_path: Path) -> None:
    k, reason = EXTRA[kind]
    columns = {"y": Y, "a": A, "b": B, "k": k}
    data = DOORS[door]({n: v.tolist() for n, v in columns.items()}, tmp_path)
    model = lw.ols("y ~ a + b + k", data)
    assert [(row.name, row.reason) for row in model.aliased] == [("k", reason)]
    for numbers in (model.coef, model.se, model.t, model.p, model.digits):
        assert np.isnan(numbers["k"])
    assert (
        np.isnan(model.covariance[3]).all() and np.isnan(model.covariance[:, 3]).all()
    )
    assert (model.rank, model.dof) == (3, N - 3)
    # The others are as if the column had never been there.
    alone = lw.ols("y ~ a + b", data)
    assert (digits_of(model.coef.array[:3], alone.coef.array) > 13).all()
    assert (digits_of(model.se.array[:3], alone.se.array) > 13).all()
    assert_exact(alone, np.column_stack([A, B]), Y)
    (told,) = model.record().to_json()["aliased"]
    assert (told["name"], told["reason"], told["left_out"]) == ("k", reason, True)
    if kind == "zero":
        # Nothing has no digits.
        assert told["digits"] is None and f"because {reason}\n" in str(model) + "\n"
    else:
        # Values that rounded once, in a combination of as many rounded ones.
        assert told["digits"] >= 13
        shown = f"left out: k, because {reason} ({told['digits']} digits)"
        assert shown in str(model)
    # A prediction needs the column and does not depend on it.
    new = {"a": [1.0], "b": [2.0], "k": [99.0]}
    assert model.predict(new)[0] == pytest.approx(alone.predict(new)[0], rel=1e-13)


@pytest.mark.parametrize("scale", [1e-12, 1e12, 1e150])
@pytest.mark.parametrize("shift", [0.0, 1e9])
def test_units_decide_nothing_about_rank(scale: float, shift: float) -> None:
    x = np.column_stack([A * scale + shift * scale, B, (A * scale + shift * scale) * 2])
    model = lw.ols(y=Y, X=x)
    assert [row.name for row in model.aliased] == ["x3"]
    assert_exact(lw.ols(y=Y, X=x[:, :2]), x[:, :2], Y)


def test_a_near_duplicate_is_kept_and_right() -> None:
    near = A + 1e-9 * B
    x = np.column_stack([A, near])
    model = lw.ols("y ~ a + near", {"y": Y, "a": A, "near": near})
    assert model.aliased == () and model.rank == 3
    right = exact_least_squares(x, Y)
    reached = digits_of(model.coef.array, right.rounded()[:, 0])
    # The columns differ by 1e-9, and float64 gives 1e-16 of them: the data hold the
    # difference to 7 digits. The arithmetic is better than the data: it takes the
    # columns apart, and finds all digits of the numbers as given.
    assert (reached >= 15).all()
    assert (model.digits.array >= 15).all()
    assert (model.digits.array <= reached + 0.5).all()
    assert model.notes == ()
    errors = [float(row[0]) for row in right.standard_errors() if row[0] is not None]
    assert (digits_of(model.se.array, errors) >= 9).all()


def test_a_nearer_one_is_kept_and_warned_about() -> None:
    near = A + 1e-12 * B
    with pytest.warns(
        lw.AccuracyWarning, match="Few digits of a, near are in"
    ) as caught:
        model = lw.ols("y ~ a + near", {"y": Y, "a": A, "near": near})
    assert caught[0].filename == __file__
    assert model.rank == 3 and any("nearly collinear" in note for note in model.notes)
    right = exact_least_squares(np.column_stack([A, near]), Y).rounded()[:, 0]
    assert (model.digits.array <= digits_of(model.coef.array, right) + 0.5).all()
    # What rounding has done to the data: 1e-12 B is there to four digits.
    exact = [[Fraction(a), Fraction(a) + Fraction(b) / 10**12]
             for a, b in zip(A.tolist(), B.tolist(), strict=True)]  # fmt: skip
    meant = exact_least_squares(exact, Y).rounded()[1:, 0]
    assert (digits_of(model.coef.array[1:], meant) < 6).all()


def test_the_warning_points_at_the_line_that_called_wls() -> None:
    data = {"y": Y, "a": A, "near": A + 1e-12 * B, "w": np.ones(N)}
    with pytest.warns(lw.AccuracyWarning) as caught:
        lw.wls("y ~ a + near", data, weights="w")
    assert caught[0].filename == __file__


@pytest.mark.parametrize("value", [0.3, -7.0, 1e300, 1e-300])
def test_a_constant_target(value: float) -> None:
    model = lw.ols(y=np.full(N, value), X=np.column_stack([A, B]))
    assert model.coef.array.tolist() == [value, 0.0, 0.0]
    assert model.sigma == 0.0 and (model.se.array == 0).all()
    assert np.isnan([model.r_squared, model.adj_r_squared, model.f]).all()
    assert model.notes == ("The target does not vary: R-squared and F are undefined.",)
    assert model.predict(np.array([[5.0, 5.0]])).tolist() == [value]


def test_a_target_of_zeros_without_an_intercept() -> None:
    model = lw.ols("y ~ a - 1", {"y": np.zeros(N), "a": A})
    assert model.coef["a"] == 0.0
    assert model.notes == (
        "The target is zero everywhere: R-squared and F are undefined.",
    )


def test_a_perfect_fit() -> None:
    a = np.arange(1.0, 11.0)
    model = lw.ols("y ~ a", {"y": 3 + 2 * a, "a": a})
    assert model.coef.array.tolist() == [3.0, 2.0]
    assert model.se.array.tolist() == [0.0, 0.0]
    assert np.isinf(model.t.array).all() and (model.p.array == 0).all()
    assert model.r_squared == 1.0 and model.sigma == 0.0
    assert [note[:40] for note in model.notes] == [
        "The fit is exact to the rounding of the "
    ]


@pytest.mark.parametrize("slope", [2.0, 0.1])
def test_a_perfect_fit_through_zero_warns_of_nothing(slope: float) -> None:
    # The intercept is 0 to the rounding: the digits of a zero are no complaint.
    a = np.arange(1.0, 11.0)
    model = lw.ols("y ~ a + b", {"y": slope * a, "a": a, "b": B[:10]})
    assert abs(model.coef["Intercept"]) < 1e-14 and abs(model.coef["b"]) < 1e-14
    assert model.coef["a"] == pytest.approx(slope, rel=1e-14)
    assert not any("Few digits" in note for note in model.notes)


def test_computed_perfect_fits_are_exact_to_rounding() -> None:
    model = lw.ols(y=1 + 2 * A - 3 * B, X=np.column_stack([A, B]))
    assert_close = digits_of(model.coef.array, [1.0, 2.0, -3.0])
    assert (assert_close > 14).all() and model.sigma == 0.0


def test_a_fit_that_is_nearly_exact_keeps_its_errors() -> None:
    # Noise of 1e-9: nothing is taken for rounding that is not.
    y = 1 + 2 * A - 3 * B + 1e-9 * RNG.normal(size=N)
    model = lw.ols(y=y, X=np.column_stack([A, B]))
    assert_exact(model, np.column_stack([A, B]), y)


TEXTS = {
    "a word": ("abc", "Correct the values, or leave the cells empty"),
    "thousands": ("1,234", "Remove the thousands separators"),
    "percent": ("12%", "Remove the percent signs"),
    "money": ("$95", "Remove the currency signs"),
    "a dash": ("--", 'If "--" means that there is no value'),
    "a unit": ("95 kg", "Remove the units"),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("door", DOORS)
def test_text_among_numbers(kind: str, door: str, tmp_path: Path) -> None:
    text, fix = TEXTS[kind]
    cell = f'"{text}"' if door == "csv" else text
    values = [str(v) for v in range(1, 10)] + [cell, "11", "12"]
    y = np.arange(12.0).tolist()
    data = DOORS[door]({"y": y, "price": values}, tmp_path)
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ price", data)
    said = str(caught.value)
    assert said.startswith('column "price" in ')
    assert f'1 of 12 values is not a number, first "{text}" in ' in said
    assert "row 10" in said or "line 11" in said or "line 10" in said
    assert fix in said


def test_text_where_only_numbers_do(tmp_path: Path) -> None:
    data = {"y": Y, "a": A, "town": ["north", "south"] * (N // 2)}
    for formula, options in (
        ("town ~ a", {}),
        ("y ~ a", {"weights": "town"}),
        ("y ~ log(town)", {}),
        ("y ~ I(town * 2)", {}),
    ):
        with pytest.raises(lw.DataError) as caught:
            lw.ols(formula, data, **options)
        assert 'all 40 values are not numbers, first "north" in row 1' in str(
            caught.value
        )
        assert "C(town)" not in str(caught.value)  # would not help here


def test_categories_that_cannot_be_meant() -> None:
    one = {"y": Y, "g": ["a"] * N}
    with pytest.raises(lw.DataError, match=r'column "g" has one value \("a"\)'):
        lw.ols("y ~ g", one)
    each = {"y": Y, "g": [f"id{i}" for i in range(N)]}
    with pytest.raises(lw.DataError, match="40 different texts in 40 rows"):
        lw.ols("y ~ g", each)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("aera", 'Did you mean "area"? '), ("AREA", 'Did you mean "area"? '), ("zzz", "")],
)
def test_unknown_columns(name: str, hint: str) -> None:
    for data in ({"y": Y, "area": A}, pd.DataFrame({"y": Y, "area": A})):
        with pytest.raises(lw.DataError) as caught:
            lw.ols(f"y ~ {name}", data)
        assert str(caught.value).endswith(
            f'there is no column "{name}". {hint}The columns are "y", "area".'
        )


def test_frames_with_one_name_twice() -> None:
    frame = pd.DataFrame(np.column_stack([Y, A, B]), columns=["y", "a", "a"])
    with pytest.raises(lw.DataError, match='more than one column has the name "a"'):
        lw.ols("y ~ a", frame)


def test_frames_with_numbers_as_names() -> None:
    frame = pd.DataFrame(np.column_stack([Y, A]))
    model: Any = lw.ols("`0` ~ `1`", frame)
    assert model.names == ("Intercept", "1")
    assert_exact(model, A[:, None], Y)
