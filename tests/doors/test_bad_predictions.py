"""New rows that are not what the fit has seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import leastwise as lw
from tests.helpers.exactly import DOORS

A = [0.1, 1.0, 2.2, 3.0, 4.5, 5.0, 6.5, 8.0]
TOWN = list("ABCABCAB")
Y = [1.0, 2.5, 2.0, 4.5, 5.0, 7.5, 7.0, 9.0]
NEW = {"a": [1.0, 9.0, 3.0], "town": ["B", "A", "C"]}


@pytest.fixture(scope="module")
def model() -> Any:
    return lw.ols("y ~ a + town", {"y": Y, "a": A, "town": TOWN})


def by_hand(model: Any) -> list[float]:
    b = model.coef
    towns = {"A": 0.0, "B": b["town[T.B]"], "C": b["town[T.C]"]}
    return [
        b["Intercept"] + b["a"] * a + towns[town]
        for a, town in zip(NEW["a"], NEW["town"], strict=True)
    ]


@pytest.mark.parametrize("door", DOORS)
def test_columns_are_matched_by_name_not_by_place(
    door: str, model: Any, tmp_path: Path
) -> None:
    swapped = {"extra": [0.0, 0.0, 0.0], "town": NEW["town"], "a": NEW["a"]}
    found = model.predict(DOORS[door](swapped, tmp_path))
    assert found == pytest.approx(by_hand(model), rel=1e-14)


@pytest.mark.parametrize("door", DOORS)
def test_an_unseen_category(door: str, model: Any, tmp_path: Path) -> None:
    data = DOORS[door]({"a": [1.0, 2.0], "town": ["A", "Z"]}, tmp_path)
    with pytest.raises(lw.DataError) as caught:
        model.predict(data)
    said = str(caught.value)
    assert 'column "town" is "Z" in ' in said and ("row 2" in said or "line" in said)
    assert "a level that the model has not seen" in said
    assert 'The levels of the model are "A", "B", "C"' in said


def test_an_unseen_number_as_category() -> None:
    model = lw.ols("y ~ C(k)", {"y": Y, "k": [0, 1, 2, 0, 1, 2, 0, 1]})
    assert model.predict({"k": [1.0, 2.0]}).shape == (2,)
    with pytest.raises(lw.DataError, match='column "k" is "5" in row 2'):
        model.predict({"k": [0, 5]})


@pytest.mark.parametrize("door", ["dict", "pandas", "csv"])
def test_a_missing_column(door: str, model: Any, tmp_path: Path) -> None:
    data = DOORS[door]({"A": [1.0], "town": ["A"]}, tmp_path)
    with pytest.raises(lw.DataError) as caught:
        model.predict(data)
    assert 'there is no column "a". Did you mean "A"? The columns are' in str(
        caught.value
    )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["a", "town"])
def test_gaps_predict_nan_in_their_place(
    door: str, name: str, model: Any, tmp_path: Path
) -> None:
    new: dict[str, Any] = {n: list(v) for n, v in NEW.items()}
    new[name][1] = None
    data = DOORS[door](new, tmp_path)
    found = model.predict(data)
    assert np.isnan(found).tolist() == [False, True, False]
    assert found[[0, 2]] == pytest.approx(
        [by_hand(model)[i] for i in (0, 2)], rel=1e-14
    )
    for kind in ("confidence", "prediction"):
        bounds = model.predict(data, interval=kind)
        assert np.isnan(bounds.low).tolist() == [False, True, False]
        assert np.isnan(bounds.std_error).tolist() == [False, True, False]


def test_infinity_is_refused(model: Any) -> None:
    with pytest.raises(lw.DataError, match='column "a" is inf in row 2'):
        model.predict({"a": [1.0, np.inf], "town": ["A", "A"]})


def test_text_for_numbers(model: Any) -> None:
    with pytest.raises(lw.DataError, match='first "x" in row 2') as caught:
        model.predict({"a": ["1", "x"], "town": ["A", "A"]})
    assert "C(a)" not in str(caught.value)  # the formula is what it is


def test_dates_for_numbers(model: Any) -> None:
    days = pd.date_range("2024-01-01", periods=2)
    with pytest.raises(lw.DataError, match=r'column "a" in .* it holds dates'):
        model.predict(pd.DataFrame({"a": days, "town": ["A", "A"]}))


def test_no_rows(model: Any) -> None:
    with pytest.raises(lw.DataError, match="there are no rows"):
        model.predict({"a": [], "town": []})


def test_requests(model: Any) -> None:
    with pytest.raises(lw.RequestError, match="interval='both' is unknown"):
        model.predict(NEW, interval="both")
    for level in (95, 0.0, 1.0, -0.5, float("nan"), "0.95", None):
        with pytest.raises(lw.RequestError, match="is not a coverage"):
            model.predict(NEW, interval="confidence", level=level)
        with pytest.raises(lw.RequestError, match="is not a coverage"):
            model.interval(level)
    with pytest.raises(lw.DataError, match="needs columns with names"):
        model.predict(np.ones((2, 2)))
    with pytest.raises(lw.DataError, match="NoneType is no table"):
        model.predict(None)


def test_a_transformed_input_out_of_its_domain() -> None:
    model = lw.ols("y ~ log(a)", {"y": Y, "a": A})
    for bad, said in ((0.0, "0"), (-1.0, "-1")):
        with pytest.raises(lw.DataError) as caught:
            model.predict({"a": [1.0, bad]})
        assert "row 2" in str(caught.value) and said in str(caught.value)


X = np.column_stack([A, [3.0, 1.5, 2.0, 7.0, 1.0, 0.5, 2.5, 3.5]])


@pytest.mark.parametrize(
    "new",
    [X[:3], X[:3].tolist(), np.asfortranarray(X[:3]), X[:3].astype(np.float32)],
)
def test_rows_of_an_array(new: Any) -> None:
    model = lw.ols(y=Y, X=X)
    b = model.coef.array
    right = b[0] + np.asarray(new, float) @ b[1:]
    assert model.predict(new) == pytest.approx(right, rel=1e-14)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_for_a_model_of_frames(frame: Any) -> None:
    columns = {"left": X[:, 0], "right": X[:, 1]}
    model = lw.ols(y=Y, X=frame(columns))
    swapped = frame({"right": X[:, 1], "left": X[:, 0]})
    assert model.predict(swapped).tolist() == model.predict(X).tolist()
    with pytest.raises(lw.DataError, match='there is no column "left"'):
        model.predict(frame({"right": X[:, 1]}))


def test_arrays_of_another_width() -> None:
    model = lw.ols(y=Y, X=X)
    for new in (X[0], X[:, :1], [1.0, 2.0]):
        with pytest.raises(lw.DataError) as caught:
            model.predict(new)
        assert str(caught.value) == (
            "X has 1 column and the model has 2. Give the columns x1, x2 in this order"
        )
    with pytest.raises(lw.DataError, match="X has 3 columns and the model has 2"):
        model.predict(np.ones((4, 3)))


def test_rows_far_away_do_not_warn() -> None:
    model = lw.ols(y=Y, X=X)
    far = model.predict(np.array([[1e300, -1e300]]), interval="prediction")
    assert np.isinf(far.high[0]) or far.high[0] > 1e299


def test_a_slope_beyond_float64_predicts_no_number() -> None:
    # 0.02 in place of 0.1 is what the largest float64 would have made of it.
    model = lw.ols(y=Y, X=X[:, :1] * 1e-310)
    assert np.isinf(model.coef["x1"])
    assert not np.isfinite(model.predict(X[:, :1] * 1e-310)).any()
