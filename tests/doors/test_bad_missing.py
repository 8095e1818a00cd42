"""Gaps, infinities and tables with too little in them, through every door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import leastwise as lw
from tests.helpers.exactly import DOORS, assert_exact, rows_of

Y = [1.0, 2.5, 2.0, 4.5, 5.0, 7.5]
A = [0.1, 1.0, 2.2, 3.0, 4.5, 5.0]
B = [3.0, 1.5, 2.0, 7.0, 1.0, 0.5]


def without(values: list[float], *rows: int) -> list[float]:
    return [v for i, v in enumerate(values) if i not in rows]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    make = DOORS[request.param]
    return lambda columns: make(columns, tmp_path)


def test_gaps_are_left_out_and_counted(door: Any) -> None:
    a: list[Any] = list(A)
    y: list[Any] = list(Y)
    a[2], y[4] = None, None
    model = lw.ols("y ~ a + b", door({"y": y, "a": a, "b": B}))
    assert model.rows.read == 6 and model.rows.used == 4
    assert dict(model.rows.dropped) == {
        "missing value in a": 1,
        "missing value in y": 1,
    }
    kept = [without(v, 2, 4) for v in (A, B, Y)]
    assert_exact(model, rows_of(*kept[:2]), [[v] for v in kept[2]])
    assert "4 rows used of 6, 2 dropped" in str(model)


def test_gaps_in_columns_that_are_not_asked_for_cost_no_row(door: Any) -> None:
    model = lw.ols("y ~ a", door({"y": Y, "a": A, "b": [None, *B[1:]]}))
    assert model.rows.used == 6 and model.rows.dropped == ()


def test_gaps_can_be_refused(door: Any) -> None:
    data = door({"y": Y, "a": [*A[:3], None, *A[4:]], "b": B})
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a + b", data, missing="error")
    text = str(caught.value)
    assert '1 value is missing in column "a", first in ' in text
    assert "row 4" in text or "line 5" in text or "line 4" in text
    assert 'missing="drop"' in text


def test_columns_of_gaps_leave_no_row(door: Any) -> None:
    data = door({"y": Y, "a": [*[None] * 5, 1.0], "b": [1.0, *[None] * 5]})
    with pytest.raises(lw.DataError, match="no row of 6 is left: 5 for missing value"):
        lw.ols("y ~ a + b", data)


@pytest.mark.parametrize("bad", [float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["y", "a"])
@pytest.mark.parametrize("missing", ["drop", "error"])
def test_infinity_is_never_a_gap(bad: float, name: str, missing: Any) -> None:
    columns = {"y": list(Y), "a": list(A)}
    columns[name][3] = bad
    for data in (columns, pd.DataFrame(columns), pl.DataFrame(columns)):
        with pytest.raises(lw.DataError) as caught:
            lw.ols("y ~ a", data, missing=missing)
        assert f'column "{name}" is {bad} in row 4. Correct the value' in str(
            caught.value
        )


def test_infinity_in_a_file_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y,a\n1,2\n2,inf\n3,4\n")
    with pytest.raises(lw.DataError, match=r'a\.csv: column "a" is inf in line 3'):
        lw.ols("y ~ a", path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_arrays_are_judged_in_the_same_way(bad: float) -> None:
    X = np.column_stack([A, B])
    X[3, 1] = bad
    if np.isinf(bad):
        with pytest.raises(lw.DataError, match='column "x2" is inf in row 4'):
            lw.ols(y=Y, X=X)
        return
    model = lw.ols(y=Y, X=X)
    assert model.rows.dropped == (("missing value in x2", 1),)
    assert_exact(model, np.delete(X, 3, axis=0), np.delete(np.array(Y), 3))
    with pytest.raises(lw.DataError, match='missing in column "x2", first in row 4'):
        lw.ols(y=Y, X=X, missing="error")


def test_nan_in_y_of_arrays_drops_the_row() -> None:
    y = np.array(Y)
    y[0] = np.nan
    model = lw.ols(y=y, X=np.array(A))
    assert model.rows.dropped == (("missing value in y", 1),)
    assert_exact(model, np.array(A)[1:, None], y[1:])


def test_masks_of_arrays_are_honoured() -> None:
    X = np.ma.masked_array(np.column_stack([A, B]), mask=False)
    X[2, 0] = np.ma.masked
    y = np.ma.masked_array(Y, mask=[0, 0, 0, 0, 1, 0])
    model = lw.ols(y=y, X=X)
    assert model.rows.used == 4
    keep = [0, 1, 3, 5]
    assert_exact(model, np.column_stack([A, B])[keep], np.array(Y)[keep])


@pytest.mark.parametrize("gap", [pd.NA, None, np.nan])
def test_every_sign_of_a_gap_in_pandas(gap: Any) -> None:
    frame = pd.DataFrame({"y": Y, "a": pd.array([gap, *A[1:]], dtype="Float64")})
    model = lw.ols("y ~ a", frame)
    assert model.rows.dropped == (("missing value in a", 1),)
    assert_exact(model, rows_of(A[1:]), rows_of(Y[1:]))


def test_whole_numbers_with_gaps_stay_whole() -> None:
    k = pd.array([None, 2**60 + 1, 2**60 + 2, 2**60 + 4, 2**60 + 9], dtype="Int64")
    y = [0.0, 1.0, 3.0, 4.5, 8.0]
    model = lw.ols("y ~ k", pd.DataFrame({"y": y, "k": k}))
    exact = [[2**60 + 1], [2**60 + 2], [2**60 + 4], [2**60 + 9]]
    assert_exact(model, exact, rows_of(y[1:]))


def test_missing_categories_drop_the_row(door: Any) -> None:
    data = door({"y": Y, "town": ["A", "B", None, "A", "B", "B"]})
    model = lw.ols("y ~ town", data)
    assert model.rows.dropped == (("missing value in town", 1),)
    assert model.names == ("Intercept", "town[T.B]")


@pytest.mark.parametrize("content", ["", "\n", "\n\n\n", "\ufeff"])
def test_empty_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "homes.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", path)
    assert str(caught.value) == (
        "homes.csv: the file is empty. Give a file with a header line and data below "
        "it."
    )


def test_a_header_only(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("y,a\n")
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", path)
    assert str(caught.value) == (
        "homes.csv: the file has a header and no rows. Give a file with data below its "
        "header."
    )


@pytest.mark.parametrize(
    "data",
    [
        {"y": [], "a": []},
        pd.DataFrame({"y": [], "a": []}),
        pl.DataFrame({"y": [], "a": []}),
    ],
    ids=["dict", "pandas", "polars"],
)
def test_tables_without_rows(data: Any) -> None:
    with pytest.raises(lw.DataError, match="there are no rows"):
        lw.ols("y ~ a", data)


def test_arrays_without_rows() -> None:
    with pytest.raises(lw.DataError, match="the arrays: there are no rows"):
        lw.ols(y=np.zeros(0), X=np.zeros((0, 2)))


def test_one_row(door: Any) -> None:
    model = lw.ols("y ~ a + b", door({"y": [3.5], "a": [1.0], "b": [2.0]}))
    assert model.coef["Intercept"] == 3.5
    assert np.isnan([model.coef["a"], model.coef["b"]]).all()
    assert np.isnan(model.se.array).all() and np.isnan(model.t.array).all()
    assert (model.rank, model.dof) == (1, 0.0)
    assert [row.name for row in model.aliased] == ["a", "b"]
    assert model.aliased[0].reason == (
        "1 row cannot tell it from the coefficients before it"
    )
    assert "1 observation and 1 coefficient leave no degrees" in model.notes[-1]
    assert "1 row used" in str(model)


@pytest.mark.parametrize("rows", [2, 3])
def test_no_more_rows_than_coefficients(rows: int) -> None:
    columns = {"y": Y[:rows], "a": A[:rows], "b": B[:rows]}
    model = lw.ols("y ~ a + b", columns)
    # What the rows allow: a line through two points, a plane through three.
    assert_exact_coefficients(model, rows)
    assert np.isnan(model.se.array).all() and np.isnan(model.sigma)
    assert (model.rank, model.dof) == (rows, 0.0)
    assert len(model.aliased) == 3 - rows
    assert model.notes == (
        f"{rows} observations and {rows} coefficients leave no degrees of freedom: "
        "standard errors are undefined.",
    )
    if rows == 3:
        # The plane y = 4 - b: the slope of a is 0, not nearly so, as exact arithmetic
        # finds.
        assert model.plan.tier == 4
        assert model.coef["a"] == 0.0 and model.digits["a"] > 15.9
    assert model.record().to_json()["sigma"] is None


def assert_exact_coefficients(model: Any, rows: int) -> None:
    used = model.names[1 : model.rank]
    columns = {"a": A, "b": B}
    fitted = model.coef["Intercept"] + sum(
        model.coef[name] * np.array(columns[name][:rows]) for name in used
    )
    # Values of about 5 that went through three operations.
    assert np.abs(fitted - np.array(Y[:rows])).max() < 1e-14


def test_columns_without_rows_and_rows_without_columns() -> None:
    with pytest.raises(lw.DataError, match="there are no rows"):
        lw.ols("y ~ a", {})
    with pytest.raises(lw.DataError, match="there are no rows"):
        lw.ols("y ~ a", pd.DataFrame())
    with pytest.raises(lw.DataError, match='there is no column "y"'):
        lw.ols("y ~ a", pd.DataFrame(index=range(3)))
    # An X of no columns is the mean.
    model = lw.ols(y=Y, X=np.zeros((6, 0)))
    assert_exact(model, np.zeros((6, 0)), np.array(Y))
    with pytest.raises(lw.DataError, match="X has no column and there is no intercept"):
        lw.ols(y=Y, X=np.zeros((6, 0)), intercept=False)
