"""X and y as arrays: no copy, no lost digit, and no guess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest

from leastwise._kit.errors import DataError
from leastwise.rows.arrays import as_matrix, as_targets, check_same_rows


def refusal(X: Any) -> str:
    with pytest.raises(DataError) as caught:
        as_matrix(X)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["float64", "float32", "float16", "int64", "uint8", "bool"]
)
def test_numeric_arrays_are_not_copied_or_converted(name: str) -> None:
    block = np.ones((4, 2), name)
    matrix = as_matrix(block)
    assert matrix.values is block
    assert (matrix.missing, matrix.names, matrix.flat) == (None, None, False)
    assert matrix.dtypes == (np.dtype(name),) * 2
    flat = as_targets(block[:, 0])
    assert flat.flat
    assert flat.values.shape == (4, 1)
    assert np.shares_memory(flat.values, block)


def test_lists_and_jax_arrays() -> None:
    assert as_matrix([[1, 2], [3, 4]]).values.tolist() == [[1, 2], [3, 4]]
    assert as_matrix([[1.5, None], [3, 4]]).missing.tolist() == [
        [False, True],
        [False, False],
    ]
    assert as_targets(jnp.arange(3.0)).values.tolist() == [[0], [1], [2]]
    assert as_matrix(jnp.ones((2, 2), jnp.bfloat16)).values.dtype == np.float32


def test_integers_beyond_float64_stay_exact() -> None:
    big = 2**53 + 1
    assert as_matrix([[big, 1], [2, 3]]).values.dtype == np.int64
    mixed = as_matrix([[big, 1.5], [2, 3]])
    assert mixed.values.tolist() == [[big, 1.5], [2, 3]]
    assert mixed.values.dtype == object
    assert as_matrix([2**63, -1]).values[:, 0].tolist() == [2**63, -1]
    frame = pd.DataFrame({"a": [big, 2], "b": [1.5, 3.0]})
    assert as_matrix(frame).values.tolist() == [[big, 1.5], [2, 3]]
    assert [d.name for d in as_matrix(frame).dtypes] == ["int64", "float64"]
    small = as_matrix(pd.DataFrame({"a": [1, 2], "b": np.float32([1.5, 3])}))
    assert small.values.dtype == np.float64
    assert [d.name for d in small.dtypes] == ["int64", "float32"]


def test_frames_and_series_bring_their_names() -> None:
    data = {"a": [1.0, 2.0], "b": [3.0, None]}
    for frame in (pd.DataFrame(data), pl.DataFrame(data)):
        matrix = as_matrix(frame)
        assert matrix.names == ("a", "b")
        np.testing.assert_array_equal(matrix.values, [[1, 3], [2, np.nan]])
        assert matrix.missing.tolist() == [[False, False], [False, True]]
    block = np.arange(6.0).reshape(3, 2)
    frame = pd.DataFrame(block, columns=["a", "b"], copy=False)
    assert np.shares_memory(as_matrix(frame).values, block)
    assert as_targets(frame["a"]).names == ("a",)
    assert as_targets(frame["a"]).flat
    assert as_targets(pl.Series([1.0])).names is None
    # A block of more columns than the frame shows is not taken for the frame.
    part = as_matrix(frame[["b"]].assign(c=1.0))
    assert part.values.tolist() == [[1, 1], [3, 1], [5, 1]]


def test_masks_and_objects() -> None:
    matrix = as_matrix(np.ma.array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]))
    assert matrix.missing.tolist() == [[False, True], [False, False]]
    assert matrix.values.tolist() == [[1, 0], [3, 4]]
    floats = as_matrix(np.ma.array([[1.0, np.nan]], mask=[[1, 0]]))
    assert floats.missing.tolist() == [[True, True]]
    objects = np.array([[1.5, Decimal("2.5")], [None, 3]], object)
    np.testing.assert_array_equal(as_matrix(objects).values, [[1.5, 2.5], [np.nan, 3]])
    assert as_matrix(np.array([[np.inf]])).missing is None


def test_what_is_no_matrix_of_numbers_is_refused() -> None:
    assert refusal(np.array([["1", "x"], ["2", "y"]], object)) == (
        'column "1" in X: its numbers are stored as text, first "1" in row 1. '
        "Give numbers; categories need a formula and a data frame."
    )
    assert refusal([[1, "x"], [2, "y"]]).startswith(
        'column "2" in X: all 2 values are not numbers, first "x" in row 1.'
    )
    assert refusal(np.array([["x"]])).startswith(
        'column "1" in X: the only value is not a number, first "x" in row 1.'
    )
    assert refusal(np.array([[1j]])) == (
        "X: it holds complex numbers. Use .real, .imag or abs()."
    )
    assert refusal(np.zeros((2, 2, 2))) == (
        "X: its shape is (2, 2, 2), and one or two dimensions are needed. "
        "Give one row for each observation."
    )
    assert refusal(3.0).startswith("X: its shape is (), and")
    assert refusal([[1, 2], [3]]) == (
        "X: its rows have different lengths. Give as many values in every row."
    )
    assert refusal(pd.DataFrame({"a": [1], "t": ["x"]})).startswith('column "t" in X: ')
    assert refusal(pd.DataFrame({"t": pd.to_datetime(["2024-01-01"])})) == (
        'column "t" in X: it holds dates, not numbers. '
        "Give numbers; categories need a formula and a data frame."
    )
    assert refusal(pd.DataFrame({"c": [1j]})).startswith(
        'column "c" in X: it holds com'
    )


def test_x_and_y_must_have_the_same_rows() -> None:
    with pytest.raises(DataError) as caught:
        check_same_rows(as_matrix(np.ones((100, 2))), as_targets(np.ones(99)))
    assert str(caught.value) == (
        "X has 100 rows and y has 99. Give one target value for each row."
    )
    with pytest.raises(DataError, match=r"Give y as a column: y\.T"):
        check_same_rows(as_matrix(np.ones((100, 2))), as_targets(np.ones((1, 100))))
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    check_same_rows(as_matrix(frame), as_targets(pd.Series([1.0, 2.0])))
    check_same_rows(as_matrix(frame), as_targets([1.0, 2.0]))
    with pytest.raises(DataError) as caught:
        check_same_rows(as_matrix(frame), as_targets(pd.Series([1.0, 2.0], [1, 0])))
    assert str(caught.value).startswith(
        '"X" and "y" have the same row labels in another order.'
    )


def test_structured_and_mixed_arrays() -> None:
    pairs = np.array([(1, 2.5), (3, 4.5)], [("n", "i4"), ("x", "f8")])
    matrix = as_matrix(pairs)
    assert matrix.names == ("n", "x")
    assert matrix.values.tolist() == [[1, 2.5], [3, 4.5]]
    assert as_matrix(pd.DataFrame({"a": [2**63, 1], "b": [-1, 1]})).values.tolist() == [
        [2**63, -1],
        [1, 1],
    ]
    assert as_matrix(pd.DataFrame(index=range(3))).values.shape == (3, 0)
