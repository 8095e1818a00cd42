"""The array door: names, no copies, missing values, replay."""

from __future__ import annotations

import json

import numpy as np
import pytest

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.matrix import Taken, design_from_arrays
from leastwise.design.recipe import Recipe
from leastwise.rows.arrays import as_matrix, as_targets
from leastwise.rows.read import read_table

X3 = np.array([[1.0, 5.0], [2.0, 7.0], [4.0, 6.0]])
Y3 = np.array([1.0, 3.0, 2.0])


@pytest.mark.parametrize("order", ["C", "F"])
def test_float64_inputs_are_not_copied(order: str) -> None:
    given = np.array(X3, order=order)  # type: ignore[call-overload]
    _, design = design_from_arrays(given, Y3)
    assert design.X is given
    assert design.kept is None
    assert design.names == ("x1", "x2") and design.targets == ("y",)
    assert design.roundoff.tolist() == [2.0**-53] * 3
    assert design.origin.tolist() == [0.0] * 3


def test_names_and_targets() -> None:
    _, design = design_from_arrays(X3, np.column_stack([Y3, Y3]), names=["a", "b"])
    assert design.names == ("a", "b") and design.targets == ("y1", "y2")
    _, design = design_from_arrays(X3, Y3, targets="rent", names=("a", "b"))
    assert design.targets == ("rent",)
    _, design = design_from_arrays(as_matrix([1, 2, 4]), as_targets(Y3))
    assert design.names == ("x1",)
    with pytest.raises(RequestError, match="1 names for 2 columns of X"):
        design_from_arrays(X3, Y3, names=["a"])
    with pytest.raises(RequestError, match='called "y"'):
        design_from_arrays(X3, Y3, names=["a", "y"])
    with pytest.raises(RequestError, match='called "Intercept"'):
        design_from_arrays(X3, Y3, names=["a", "Intercept"])
    _, design = design_from_arrays(X3, Y3, names=["a", "Intercept"], intercept=False)
    assert not design.intercept


def test_names_of_a_data_frame() -> None:
    import pandas

    frame = pandas.DataFrame({"a": [1, 2, 4], "b": np.array([1, 2, 3], np.float32)})
    recipe, design = design_from_arrays(frame, pandas.Series(Y3, name="rent"))
    assert design.names == ("a", "b") and design.targets == ("rent",)
    assert design.roundoff.tolist() == [0.0, 2.0**-24, 2.0**-53]
    swapped = recipe.replay(frame[["b", "a"]])
    np.testing.assert_array_equal(swapped.X, design.X)


@pytest.mark.parametrize(
    ("dtype", "roundoff"),
    [(np.float32, 2.0**-24), (np.float16, 2.0**-11), (np.int64, 0.0), (bool, 0.0)],
)
def test_other_dtypes_become_float64(dtype: type, roundoff: float) -> None:
    given = np.array([[1, 0], [0, 1], [1, 1]]).astype(dtype)
    _, design = design_from_arrays(given, Y3)
    assert design.X.dtype == np.float64
    np.testing.assert_array_equal(design.X, given.astype(float))
    assert design.roundoff[:2].tolist() == [roundoff] * 2


def test_large_integers_keep_every_digit() -> None:
    big = 2**61
    given = np.array([[big + 1, 3], [big + 4, 5], [big + 2, 1]])
    _, design = design_from_arrays(given, Y3)
    assert design.X.tolist() == [[0.0, 3.0], [3.0, 5.0], [1.0, 1.0]]
    assert design.origin.tolist() == [float(big), 0.0, 0.0]
    assert design.origin_low.tolist() == [1.0, 0.0, 0.0]
    _, design = design_from_arrays(X3, given[:, 0])
    assert design.Y[:, 0].tolist() == [0.0, 3.0, 1.0]
    assert design.origin[2] == big and design.X is X3
    _, design = design_from_arrays([[big + 1, 0.5], [big + 2, 1.5], [0, 2.5]], Y3)
    assert design.roundoff.tolist() == [2.0**-53] * 3


def test_missing_rows_are_dropped_and_counted() -> None:
    holes = X3.copy()
    holes[1, 1] = np.nan
    _, design = design_from_arrays(holes, Y3, weights=[1, 2, 3], offset=[5, 6, 7])
    assert design.rows.dropped == (("missing value in x2", 1),)
    assert design.X.tolist() == [[1.0, 5.0], [4.0, 6.0]]
    assert design.weights is not None and design.weights.tolist() == [1.0, 3.0]
    assert design.offset is not None and design.offset.tolist() == [5.0, 7.0]
    np.testing.assert_array_equal(design.kept, [0, 2])
    with pytest.raises(DataError, match='1 value is missing in column "x2"'):
        design_from_arrays(holes, Y3, taken=Taken(missing="error"))
    _, design = design_from_arrays(X3, [1.0, np.nan, 2.0])
    assert design.rows.dropped == (("missing value in y", 1),)
    masked = np.ma.masked_array(X3, mask=[[0, 0], [0, 0], [1, 0]])
    assert design_from_arrays(masked, Y3)[1].rows.used == 2


def test_weights_and_offset_beside_columns_of_those_names() -> None:
    _, design = design_from_arrays(
        X3, Y3, names=["weights", "offset"], weights=[1, 0, 3], offset=Y3
    )
    assert design.names == ("weights", "offset")
    assert design.weights is not None and design.weights.tolist() == [1.0, 3.0]
    assert design.rows.dropped == (("zero weight", 1),)
    with pytest.raises(DataError, match='"weights" is -1 in row 2'):
        design_from_arrays(X3, Y3, weights=[1, -1, 1])
    with pytest.raises(DataError, match="weights has shape"):
        design_from_arrays(X3, Y3, weights=[1, 1])


def test_infinity_and_emptiness_are_refused() -> None:
    with pytest.raises(DataError, match='"x2" is inf in row 3'):
        design_from_arrays([[1.0, 2.0], [2.0, 3.0], [3.0, np.inf]], Y3)
    with pytest.raises(DataError, match='"y" is -inf in row 1'):
        design_from_arrays(X3, [-np.inf, 1, 2])
    with pytest.raises(DataError, match="there are no rows"):
        design_from_arrays(np.empty((0, 2)), np.empty(0))
    with pytest.raises(DataError, match="no column and there is no intercept"):
        design_from_arrays(np.empty((3, 0)), Y3, intercept=False)
    assert design_from_arrays(np.empty((3, 0)), Y3)[1].X.shape == (3, 0)
    # The sum of finite values may be infinite without one of them being so.
    assert design_from_arrays(X3 * 2e307, Y3)[1].rows.used == 3


def test_replay_on_arrays_and_tables() -> None:
    recipe, design = design_from_arrays(X3, Y3, names=["a", "b"])
    np.testing.assert_array_equal(recipe.replay(X3).X, design.X)
    assert recipe.replay(np.array([[1.0, np.nan]])).X.shape == (1, 2)
    from_table = recipe.replay(read_table({"b": [5.0], "a": [1.0]}))
    assert from_table.X.tolist() == [[1.0, 5.0]]
    whole = read_table({"a": X3[:, 0], "b": X3[:, 1], "y": Y3})
    again = recipe.replay(whole, targets=True)
    np.testing.assert_array_equal(again.Y, design.Y)
    saved = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert saved == recipe
    with pytest.raises(DataError, match="X has 3 columns and the model has 2"):
        recipe.replay(np.ones((2, 3)))


def test_a_formula_needs_names() -> None:
    from leastwise.design.build import build

    recipe, _ = build("y ~ a", read_table({"y": [1.0, 2], "a": [1, 3]}))
    with pytest.raises(DataError, match="needs columns with names"):
        recipe.replay(np.ones((2, 1)))
