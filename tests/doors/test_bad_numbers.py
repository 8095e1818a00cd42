"""Numbers of every size and type: the answer of exact arithmetic, or an error."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import leastwise as lw
from tests.helpers.exactly import DOORS, assert_exact, digits_of, rows_of

RNG = np.random.default_rng(7)
N = 40
X = RNG.normal(size=(N, 2))
Y = 1 + X @ [2.0, -3.0] + 0.1 * RNG.normal(size=N)


def as_columns(x: Any, y: Any) -> dict[str, Any]:
    return {"y": y.tolist(), "a": x[:, 0].tolist(), "b": x[:, 1].tolist()}


def finite(model: Any) -> bool:
    numbers = [model.r_squared, model.adj_r_squared, model.sigma, model.f]
    numbers += [model.log_likelihood, model.aic, model.bic]
    return bool(np.isfinite(numbers).all())


SCALES = [
    (1e300, 1e300),
    (1e-300, 1e-300),
    (1e160, 1e160),
    (1e8, 1e-8),
    (1e150, 1e-150),
    (1e300, 1e-300),
]


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_inputs_of_any_scale(scale: tuple[float, float]) -> None:
    x = X * scale
    model = lw.ols(y=Y, X=x)
    assert_exact(model, x, Y)
    plain = lw.ols(y=Y, X=X)
    assert model.notes == () and finite(model)
    # The scaled columns are rounded once more: R-squared moves by a few roundings.
    assert abs(model.r_squared - plain.r_squared) < 1e-14
    assert digits_of(model.sigma, plain.sigma) > 13
    assert (model.digits.array > 15).all()
    # And back: predictions do not leave the range on the way.
    shown = model.predict(x, interval="prediction")
    right = plain.predict(X, interval="prediction")
    for part in ("fit", "low", "high"):
        assert np.abs(getattr(shown, part) - getattr(right, part)).max() < 1e-12


@pytest.mark.parametrize("door", DOORS)
def test_scales_through_every_door(door: str, tmp_path: Path) -> None:
    x = X * [1e300, 1e-300]
    model = lw.ols("y ~ a + b", DOORS[door](as_columns(x, Y), tmp_path))
    assert_exact(model, x, Y)


@pytest.mark.parametrize("scale", [1e300, 1e-300, 1e160, 1e-160])
def test_targets_of_any_scale(scale: float) -> None:
    y = Y * scale
    model = lw.ols(y=y, X=X)
    assert_exact(model, X, y)
    plain = lw.ols(y=Y, X=X)
    # R-squared and F have no unit: sums of squares of 1e600 must not touch them.
    for name in ("r_squared", "adj_r_squared", "f", "f_p_value"):
        assert digits_of(getattr(model, name), getattr(plain, name)) > 11, name
    assert digits_of(model.sigma / scale, plain.sigma) > 13
    # The likelihood is of densities: it moves by n log(scale).
    moved = model.log_likelihood + N * np.log(scale)
    assert abs(moved - plain.log_likelihood) < 1e-9
    assert model.notes == () and finite(model)
    assert "e+" in str(model) or "e-" in str(model)


def test_both_of_scale_1e300() -> None:
    x, y = X * 1e300, Y * 1e300
    model = lw.ols(y=y, X=x)
    assert_exact(model, x, y)
    right = lw.ols(y=Y, X=X).covariance
    # The slopes' covariance is as before; the inverse Gram of 1e-600 is no number.
    assert np.abs(model.covariance[1:, 1:] / right[1:, 1:] - 1).max() < 1e-12


def test_subnormal_columns() -> None:
    # 1e-310 has 45 bits left or fewer; what the columns hold is fitted exactly. y is
    # small enough for slopes of 1e300.
    x, y = X * 1e-310, Y * 1e-10
    model = lw.ols(y=y, X=x)
    assert_exact(model, x, y)
    assert finite(model)


def test_slopes_beyond_float64_are_infinite_and_said_to_be() -> None:
    model = lw.ols(y=Y, X=X * 1e-310)
    assert np.isinf(model.coef["x1"]) and np.isnan(model.digits["x1"])
    assert model.notes == (
        "Beyond the range of float64: x1, x2. Give the columns in smaller units.",
    )
    # Unit free numbers are as good as ever; and nothing warns while it prints.
    assert model.r_squared > 0.99
    assert "inf" in str(model)
    assert model.record().to_json()["coefficients"][1]["estimate"] is None


@pytest.mark.parametrize("offset", [1e9, 1.7e12, -1e12])
def test_offsets_cost_nothing(offset: float) -> None:
    x, y = X + offset, Y + offset
    assert_exact(lw.ols(y=y, X=x), x, y)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "uint64"])
def test_small_integers(dtype: str) -> None:
    x = RNG.integers(0, 100, (N, 2)).astype(dtype)
    y = RNG.integers(0, 100, N).astype(dtype)
    model = lw.ols(y=y, X=x)
    assert_exact(model, x.astype(float), y.astype(float))
    framed = lw.ols("y ~ a + b", {"y": y, "a": x[:, 0], "b": x[:, 1]})
    assert (framed.coef.array == model.coef.array).all()


def test_products_of_small_integers_do_not_wrap() -> None:
    a = np.array([200, 100, 250, 17, 90], np.uint8)
    y = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    model = lw.ols("y ~ I(a ** 2) + I(-a)", {"y": y, "a": a})
    wide = a.astype(int)
    assert_exact(model, rows_of((wide**2).tolist(), (-wide).tolist()), rows_of(y))


@pytest.mark.parametrize(
    "door", ["dict", "pandas", "polars", "arrow", "csv", "parquet"]
)
@pytest.mark.parametrize("start", [2**53, 2**62, -(2**62)])
def test_integers_beyond_what_float64_holds(
    door: str, start: int, tmp_path: Path
) -> None:
    k = [start + int(v) for v in RNG.integers(0, 1000, N)]
    model = lw.ols("y ~ k", DOORS[door]({"y": Y.tolist(), "k": k}, tmp_path))
    assert_exact(model, rows_of(k), rows_of(Y.tolist()))


def test_integers_beyond_64_bits() -> None:
    k = [10**30 + i * i for i in range(N)]
    model = lw.ols("y ~ k", {"y": Y, "k": k})
    assert_exact(model, rows_of(k), rows_of(Y.tolist()))
    with pytest.raises(lw.DataError, match="has an integer beyond 1e308"):
        lw.ols("y ~ k", {"y": Y, "k": [10**400 + i for i in range(N)]})


def test_large_integers_as_targets_and_as_arrays() -> None:
    k = np.array([2**60 + int(v) for v in RNG.integers(0, 1000, N)])
    model = lw.ols(y=k, X=X[:, :1])
    assert_exact(model, X[:, :1], rows_of(k.tolist()))
    model = lw.ols(y=Y, X=k)
    assert_exact(model, rows_of(k.tolist()), rows_of(Y.tolist()))


def test_time_stamps_in_nanoseconds() -> None:
    start = 1_700_000_000 * 10**9
    t = [start + 60 * 10**9 * i + int(v) for i, v in enumerate(RNG.integers(0, 999, N))]
    model = lw.ols("y ~ t", pl.DataFrame({"y": Y, "t": t}))
    assert_exact(model, rows_of(t), rows_of(Y.tolist()))
    # And a prediction at one of them is no difference of numbers of 1e18: the mean
    # and the distance from it round at 1e-16 of y each.
    slope, first = Fraction(model.coef["t"]), model.coef["Intercept"]
    right = float(Fraction(first) + slope * t[5])
    # The intercept itself is rounded at 1e-16 of its size.
    assert abs(model.predict({"t": [t[5]]})[0] - right) < 1e-15 * abs(first)


def test_float32_far_from_zero() -> None:
    x = (1e5 + X).astype(np.float32)
    y = (1000 + 0.1 * Y).astype(np.float32)
    assert_exact(lw.ols(y=y, X=x), x.astype(float), y.astype(float))
    x16 = (X + 100).astype(np.float16)
    assert_exact(lw.ols(y=Y, X=x16), x16.astype(float), Y)


@pytest.mark.parametrize("kind", [bool, "object"])
def test_booleans(kind: Any) -> None:
    flag = (X > 0).astype(kind)
    model = lw.ols(y=Y, X=flag)
    assert_exact(model, (X > 0).astype(float), Y)
    assert lw.ols(y=X[:, 0] > 0, X=X[:, 1]).names == ("Intercept", "x1")
    named = lw.ols("y ~ up", {"y": Y, "up": X[:, 0] > 0})
    assert named.names == ("Intercept", "up[T.True]")
    assert_exact(named, (X[:, :1] > 0).astype(float), Y)


def test_objects_that_are_numbers() -> None:
    assert_exact(lw.ols(y=Y.astype(object), X=X.astype(object)), X, Y)
    decimals = [Decimal(repr(float(v))) for v in X[:, 0]]
    model = lw.ols("y ~ a", {"y": Y, "a": decimals})
    assert_exact(model, X[:, :1], Y)
    mixed = [1, 2.5, Decimal("0.5"), Fraction(1, 4), True]
    # True is a number nowhere else in the column: the column is refused or counted.
    model = lw.ols("y ~ a", {"y": [1.0, 2.0, 3.0, 5.0], "a": mixed[:4]})
    assert_exact(model, [[1.0], [2.5], [0.5], [0.25]], [1.0, 2.0, 3.0, 5.0])


@pytest.mark.parametrize("place", ["X", "y", "column"])
def test_complex_numbers_are_refused(place: str) -> None:
    with pytest.raises(lw.DataError) as caught:
        if place == "column":
            lw.ols("y ~ a", {"y": Y, "a": X[:, 0] + 1j})
        else:
            y, x = (Y, X + 1j) if place == "X" else (Y + 0j, X)
            lw.ols(y=y, X=x)
    assert "holds complex numbers. Use .real, .imag or abs()." in str(caught.value)


@pytest.mark.parametrize("values", [X.astype(str), X.astype(str).astype(object)])
def test_numbers_stored_as_text_in_arrays(values: Any) -> None:
    with pytest.raises(lw.DataError, match="its numbers are stored as text, first "):
        lw.ols(y=Y, X=values)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_want_a_decision(unit: str) -> None:
    days = pd.date_range("2024-01-01", periods=N).as_unit(unit)
    frame = pd.DataFrame({"y": Y, "day": days, "a": X[:, 0]})
    for formula in ("y ~ day", "y ~ a + C(day)", "day ~ a", "y ~ ."):
        with pytest.raises(lw.DataError) as caught:
            lw.ols(formula, frame)
        assert str(caught.value) == (
            'column "day" in the data frame: it holds dates, not numbers. Make it a '
            "number first, such as the days since a start date."
        )
    with pytest.raises(lw.DataError, match="it holds dates, not numbers"):
        lw.ols("y ~ day", pl.from_pandas(frame))
    with pytest.raises(lw.DataError, match="it holds dates, not numbers"):
        lw.ols(y=Y, X=days.to_numpy())
    with pytest.raises(lw.DataError, match="it holds durations"):
        lw.ols("y ~ day", frame.assign(day=days - days[0]))
    # A column that nobody asked for is in nobody's way.
    assert lw.ols("y ~ a", frame).rank == 2


def test_dates_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y,day\n1,2024-01-01\n2,2024-01-02\n3,2024-01-03\n")
    with pytest.raises(lw.DataError, match="dates, not numbers"):
        lw.ols("y ~ day", path)
