"""Data frames, dicts of arrays and structured arrays become the same tables."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leastwise._kit.errors import DataError
from leastwise.rows.read import read_table
from leastwise.rows.table import Column


def column(data: Any, name: str = "x") -> Column:
    return read_table(data).column(name)


def refusal(data: Any, columns: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_table(data, columns)
    return str(caught.value)


PLAIN = {
    "x": [1.5, 2.5, -1.0],
    "n": [2**53 + 1, 2, 3],
    "flag": [True, False, True],
    "town": ["B", "A", "B"],
}
HOLDERS = {
    "dict": lambda: PLAIN,
    "dict of arrays": lambda: {k: np.array(v) for k, v in PLAIN.items()},
    "pandas": lambda: pd.DataFrame(PLAIN),
    "pandas nullable": lambda: pd.DataFrame(PLAIN).convert_dtypes(),
    "pandas objects": lambda: pd.DataFrame(PLAIN, dtype=object),
    "pandas arrow": lambda: pd.DataFrame(PLAIN).convert_dtypes(dtype_backend="pyarrow"),
    "polars": lambda: pl.DataFrame(PLAIN),
    "polars lazy": lambda: pl.LazyFrame(PLAIN),
    "pyarrow": lambda: pa.table(PLAIN),
    "dict of series": lambda: {k: pl.Series(v) for k, v in PLAIN.items()},
    "structured": lambda: np.array(
        list(zip(*PLAIN.values(), strict=True)),
        [("x", ">f8"), ("n", "i8"), ("flag", "?"), ("town", "U1")],
    ),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_every_holder_gives_the_same_table(holder: str) -> None:
    table = read_table(HOLDERS[holder]())
    assert list(table.columns) == list(PLAIN)
    assert table.n_rows == 3
    columns = table.columns
    assert columns["x"].values.tolist() == PLAIN["x"]
    assert columns["x"].values.dtype == np.float64
    assert columns["n"].values.tolist() == PLAIN["n"]
    assert columns["n"].values.dtype == np.int64
    assert columns["flag"].kind == "boolean"
    assert columns["flag"].values.tolist() == PLAIN["flag"]
    assert columns["town"].levels == ("A", "B")
    assert columns["town"].values.tolist() == [1, 0, 1]
    assert all(c.missing is None and not c.declared for c in columns.values())
    assert table.row_label(2) == "row 3"


@pytest.mark.parametrize("holder", HOLDERS)
def test_only_the_columns_asked_for(holder: str) -> None:
    table = read_table(HOLDERS[holder](), {"n", "nowhere"})
    assert (list(table.columns), table.n_rows) == (["n"], 3)
    assert read_table(HOLDERS[holder](), []).n_rows == 3


GAPS = {
    "x": [1.5, None, -1.0],
    "n": [2**53 + 1, None, 3],
    "flag": [True, None, True],
    "town": ["B", None, "A"],
}
GAP_HOLDERS = {
    "dict": lambda: GAPS,
    "pandas nullable": lambda: pd.DataFrame(
        {
            "x": pd.array(GAPS["x"], "Float64"),
            "n": pd.array(GAPS["n"], "Int64"),
            "flag": pd.array(GAPS["flag"], "boolean"),
            "town": pd.array(GAPS["town"], "string"),
        }
    ),
    "pandas objects": lambda: pd.DataFrame(GAPS, dtype=object),
    "pandas arrow": lambda: pa.table(GAPS).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.DataFrame(GAPS),
    "pyarrow": lambda: pa.table(GAPS),
    "pyarrow chunks": lambda: pa.concat_tables(
        [pa.table(GAPS)[:1], pa.table(GAPS)[1:]]
    ),
    "dict of series": lambda: {k: pl.Series(v) for k, v in GAPS.items()},
}


@pytest.mark.parametrize("holder", GAP_HOLDERS)
def test_gaps_are_missing_and_integers_beside_them_exact(holder: str) -> None:
    columns = read_table(GAP_HOLDERS[holder]()).columns
    for each in columns.values():
        assert each.missing is not None
        assert list(each.missing) == [False, True, False]
    np.testing.assert_array_equal(columns["x"].values, [1.5, np.nan, -1.0])
    assert columns["n"].values.tolist() == [2**53 + 1, 0, 3]
    assert columns["flag"].values.tolist() == [True, False, True]
    assert columns["town"].values.tolist() == [1, -1, 0]


@pytest.mark.parametrize("name", ["float16", "float32", "int8", "uint64", "bool"])
def test_short_types_are_kept(name: str) -> None:
    values = np.array([0, 1, 1], name)
    for data in (
        {"x": values},
        pd.DataFrame({"x": values}),
        pl.DataFrame({"x": values}),
    ):
        assert column(data).values.dtype == np.dtype(name)
        np.testing.assert_array_equal(column(data).values, values)


@pytest.mark.parametrize("name", ["Float32", "UInt8", "Int64"])
def test_short_nullable_types_are_kept(name: str) -> None:
    found = column(pd.DataFrame({"x": pd.array([1, None], name)}))
    assert found.values.dtype == np.dtype(name.lower())
    assert list(found.missing) == [False, True]
    wide = pl.DataFrame({"x": pl.Series([1, None], dtype=getattr(pl, name))})
    assert column(wide).values.dtype == np.dtype(name.lower())


def test_half_floats_of_arrow_with_gaps() -> None:
    found = column(pa.table({"x": pa.array([1.5, None], pa.float16())}))
    assert found.values.dtype == np.float16
    np.testing.assert_array_equal(found.values, [1.5, np.nan])


def test_nan_is_missing_and_infinity_is_not() -> None:
    values = [np.nan, np.inf, 1.0]
    for data in (
        {"x": values},
        {"x": np.array(values)},
        pd.DataFrame({"x": values}),
        pl.DataFrame({"x": values}),
        pa.table({"x": values}),
    ):
        assert list(column(data).missing) == [True, False, False]
        assert column(data).values[1] == np.inf


def test_numpy_backed_columns_are_views() -> None:
    block = np.arange(12.0).reshape(6, 2)
    frame = pd.DataFrame(block, columns=["x", "y"], copy=False)
    assert np.shares_memory(column(frame).values, block)
    values = np.arange(5.0)
    assert column({"x": values}).values is values
    series = pl.DataFrame({"x": values})
    assert np.shares_memory(column(series).values, series["x"].to_numpy())


def test_categories_keep_the_order_their_owner_declared() -> None:
    order = ["low", "mid", "high"]
    given = ["high", None, "low"]
    for dtype in (
        pd.CategoricalDtype(order, ordered=True),
        pd.CategoricalDtype(order, ordered=False),
    ):
        found = column(pd.DataFrame({"x": pd.Series(given, dtype=dtype)}))
        assert (found.levels, found.declared) == (tuple(order), True)
        assert found.values.tolist() == [2, -1, 0]
    found = column(pl.DataFrame({"x": pl.Series(given, dtype=pl.Enum(order))}))
    assert (found.levels, found.declared) == (tuple(order), True)
    assert found.values.tolist() == [2, -1, 0]
    found = column(pl.DataFrame({"x": pl.Series(given, dtype=pl.Categorical)}))
    assert (found.levels, found.declared) == (("high", "low"), False)
    found = column(pa.table({"x": pa.array(given).dictionary_encode()}))
    assert (found.levels, found.declared) == (("high", "low"), False)
    assert found.values.tolist() == [0, -1, 1]
    numbers = pd.DataFrame({"x": pd.Categorical([10, 9], categories=[9, 10])})
    assert column(numbers).levels == ("9", "10")
    assert "two of its categories have the same text" in refusal(
        pd.DataFrame({"x": pd.Categorical([1, "1"])}), ["x"]
    )


def test_objects_are_looked_at_one_by_one() -> None:
    mixed = [1, Decimal("2.5"), Fraction(1, 4), np.float32(0.5), None, pd.NA]
    found = column(pd.DataFrame({"x": pd.Series(mixed, dtype=object)}))
    np.testing.assert_array_equal(found.values, [1, 2.5, 0.25, 0.5, np.nan, np.nan])
    found = column({"x": [2**64, -1, None]})
    assert found.values.tolist() == [2**64, -1, 0]
    assert column({"x": [2**63, 1]}).values.dtype == np.uint64
    found = column(pd.DataFrame({"x": [1.5, "abc", None]}))
    assert (found.kind, found.levels) == ("text", ("1.5", "abc"))
    assert column({"x": [np.bool_(True), None]}).kind == "boolean"
    assert column({"x": [None, None]}).missing.all()


def test_dates() -> None:
    moment = datetime.datetime(2024, 1, 2, 12, tzinfo=datetime.UTC)
    noon = np.datetime64("2024-01-02T12:00")
    paris = pd.DataFrame({"x": pd.to_datetime([moment, None])})
    for data in (
        {"x": [moment, None]},
        {"x": np.array([noon, "NaT"], "M8[s]")},
        paris.assign(x=paris["x"].dt.tz_convert("Europe/Paris")),
        pl.DataFrame({"x": [moment, None]}),
        pa.table({"x": [moment, None]}),
    ):
        found = column(data)
        assert found.kind == "date"
        assert found.values[0] == noon
        assert list(found.missing) == [False, True]
    day = {"x": [datetime.date(2024, 1, 2)]}
    for data in (day, pd.DataFrame(day), pl.DataFrame(day)):
        assert column(data).values[0] == np.datetime64("2024-01-02")


def test_masked_arrays_are_missing_where_the_mask_says() -> None:
    mask = [False, True, False]
    for values in ([1.5, 2.5, 3.5], [1, 2, 3], [True, True, False]):
        found = column({"x": np.ma.array(values, mask=mask)})
        assert list(found.missing) == mask
        assert found.values[0] == values[0]
        assert found.values[2] == values[2]
    text = column({"x": np.ma.array(["a", "b", "c"], mask=mask)})
    assert (text.levels, text.values.tolist()) == (("a", "c"), [0, -1, 1])
    days = column({"x": np.ma.array(["2024-01-01"] * 3, "M8[D]", mask=mask)})
    assert list(days.missing) == mask
    things = column({"x": np.ma.array([1, "b", 2.5], mask=mask, dtype=object)})
    np.testing.assert_array_equal(things.values, [1.0, np.nan, 2.5])
    assert column({"x": np.ma.array([1, 2], mask=False)}).missing is None


def test_jax_arrays_and_odd_formats() -> None:
    assert column({"x": jnp.arange(3.0)}).values.tolist() == [0, 1, 2]
    brain = column({"x": jnp.array([1.5, 2.0], jnp.bfloat16)})
    assert (brain.values.dtype, brain.values.tolist()) == (np.float32, [1.5, 2.0])
    assert column({"x": np.array([1, 2], ">i4")}).values.dtype.isnative
    assert column({"x": np.longdouble([1.5])}).values.dtype == np.float64
    assert column({"x": np.ones((3, 1))}).values.shape == (3,)
    assert column({"x": np.array([b"a", b"b"])}).levels == ("a", "b")
    sparse = pd.DataFrame({"x": pd.arrays.SparseArray([0.0, 1.0, 0.0])})
    assert column(sparse).values.tolist() == [0, 1, 0]


NO_NUMBER = {
    "complex": ({"x": [1 + 2j]}, "values of type complex"),
    "complex array": ({"x": np.array([1j])}, "complex numbers"),
    "complex frame": (pd.DataFrame({"x": [1j]}), "complex numbers"),
    "durations": (pd.DataFrame({"x": pd.to_timedelta([1])}), "durations"),
    "polars durations": (
        pl.DataFrame({"x": [datetime.timedelta(1)]}),
        "durations",
    ),
    "lists": (pl.DataFrame({"x": [[1, 2]]}), "lists"),
    "records": (pa.table({"x": [{"a": 1}]}), "nested records"),
    "objects": (pd.DataFrame({"x": [{"a": 1}]}), "values of type dict"),
    "periods": (
        pd.DataFrame({"x": pd.period_range("2024", periods=1, freq="D")}),
        "values of type Period",
    ),
    "booleans among numbers": ({"x": [True, 2.5]}, "a mix of booleans and decimals"),
    "bytes": ({"x": np.array([b"\xff"])}, "bytes that are no UTF-8 text"),
}


@pytest.mark.parametrize("case", NO_NUMBER)
def test_a_column_that_cannot_be_used_is_refused_when_it_is(case: str) -> None:
    data, words = NO_NUMBER[case]
    table = read_table(data)
    assert list(table.columns) == []
    source = "the arrays" if isinstance(data, dict) else "the data frame"
    start = f'column "x" in {source}: it holds {words}'
    assert refusal(data, ["x"]).startswith(start)
    with pytest.raises(DataError) as caught:
        table.column("x")
    assert str(caught.value).startswith(start)


def test_shapes_lengths_and_names() -> None:
    assert refusal({"x": [1, 2], "y": [1, 2, 3]}) == (
        'the arrays: "x" has 2 rows and "y" has 3. Give columns of one length.'
    )
    assert refusal({"x": 3.0}) == (
        'column "x" in the arrays: it is one value (float), not one for each row. '
        "Give a list or an array."
    )
    assert refusal({"x": np.zeros((2, 2))}, ["x"]) == (
        'column "x" in the arrays: its shape is (2, 2), and a column has one '
        "dimension. Give each of its columns a name of its own."
    )
    assert refusal({"x": []}) == "the arrays: there are no rows. Give data with rows."
    assert refusal(pd.DataFrame({"x": []})).startswith("the data frame: there are no")
    twice = 'the data frame: more than one column has the name "{}".'
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert refusal(frame).startswith(twice.format("a"))
    frame = pd.DataFrame([[1, 2]], columns=[1, "1"])
    assert refusal(frame).startswith(twice.format("1"))
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    assert refusal(table).startswith(twice.format("a"))
    assert list(read_table(pd.DataFrame([[1, 2]])).columns) == ["0", "1"]
    assert refusal(pd.Series([1, 2])).startswith("Series is no table.")


def test_series_of_different_rows_are_not_put_side_by_side() -> None:
    one, two = pd.Series([1, 2], [0, 1]), pd.Series([1, 2], [1, 0])
    assert refusal({"x": one, "y": two}) == (
        '"x" and "y" have the same row labels in another order. Put them into one '
        "data frame, which lines up the labels, or drop the labels with "
        ".reset_index(drop=True) if the order of the rows is right."
    )
    assert refusal({"x": one, "y": one.set_axis([5, 6])}).startswith(
        '"x" and "y" have different row labels.'
    )
