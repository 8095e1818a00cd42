"""Replay: the same arrays from the same rows, aligned arrays from new ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import build
from leastwise.design.recipe import Recipe
from tests.unit.design.design_tables import category, reference, table, with_columns

FORMULAS = [
    "mpg ~ wt",
    "mpg ~ wt * cyl + hp",
    "log(mpg) ~ I(hp^2) + C(gear, reference=5):wt + am/qsec",
    "cbind(mpg, I(hp / 2)) ~ 0 + cyl + offset(logwt)",
    'mpg ~ I(cyl == "4") + np.log(disp)',
    "mpg ~ 1",
    "mpg ~ . - model - dup",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("weights", [None, "w0"])
def test_replay_on_the_training_rows_is_the_training_design(
    formula: str, weights: str | None
) -> None:
    data, _ = reference("mtcars")
    recipe, design = build(formula, data, weights=weights, offset="qsec")
    saved = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert saved == recipe
    again = saved.replay(data, missing="drop", targets=True)
    for field in ("X", "Y", "origin", "origin_low", "roundoff", "offset"):
        np.testing.assert_array_equal(getattr(again, field), getattr(design, field))
    assert again.names == design.names and again.targets == design.targets
    assert again.rows == design.rows
    if weights is None:
        assert again.weights is None
    else:
        np.testing.assert_array_equal(again.weights, design.weights)


def test_no_data_is_in_the_record() -> None:
    secret = 123456.789
    data = table(y=[secret, 2.0, 3.0], x=[secret, 1.0, 5.0], g=["a", "b", "a"])
    recipe, _ = build("y ~ x + g + log(x)", data)
    assert "123456" not in json.dumps(recipe.to_json())


def test_columns_are_matched_by_name_and_targets_are_not_needed() -> None:
    recipe, _ = build("y ~ a + b", table(y=[1.0, 2, 4], a=[1, 2, 3], b=[5, 1, 1]))
    design = recipe.replay(table(b=[10.0], extra=["?"], a=[20.0]))
    assert design.X.tolist() == [[20.0, 10.0]]
    assert design.Y.shape == (1, 0) and design.targets == ()
    assert len(design.origin) == len(design.roundoff) == 2
    assert recipe.inputs == ("a", "b") and recipe.columns == ("y", "a", "b")
    with pytest.raises(DataError, match='no column "b"'):
        recipe.replay(table(a=[1.0]))


def test_missing_values_leave_rows_of_nan_where_they_stood() -> None:
    recipe, _ = build(
        "y ~ log(a) + g",
        table(y=[1.0, 2, 4], a=[1.0, 2, 3], g=["u", "v", "u"], o=[1, 2, 3]),
        offset="o",
    )
    new = table(a=[1.0, None, 1.0, 1.0], g=["u", "v", None, "v"], o=[5, 6, 7, 8])
    design = recipe.replay(new)
    nan = np.nan
    np.testing.assert_array_equal(design.X, [[0, 0], [nan, nan], [nan, nan], [0, 1]])
    np.testing.assert_array_equal(design.offset, [5, nan, nan, 8])
    assert design.kept is None
    assert design.rows.read == 4 and design.rows.used == 2
    dropped = recipe.replay(new, missing="drop")
    assert dropped.X.shape == (2, 2)
    np.testing.assert_array_equal(dropped.kept, [0, 3])
    with pytest.raises(DataError, match='missing in column "a", first in row 2'):
        recipe.replay(new, missing="error")
    with pytest.raises(RequestError, match="none of"):
        recipe.replay(new, missing="mean")  # type: ignore[arg-type]


def test_only_missing_rows_give_only_nan() -> None:
    recipe, _ = build(
        "y ~ a + g", table(y=[1.0, 2, 4], a=[1.0, 2, 3], g=["u", "v", "u"])
    )
    design = recipe.replay(table(a=[np.nan, np.nan], g=["u", "v"]))
    assert np.isnan(design.X).all() and design.X.shape == (2, 2)


def test_infinite_new_values_are_refused() -> None:
    recipe, _ = build("y ~ log(a)", table(y=[1.0, 2, 4], a=[1.0, 2, 3]))
    with pytest.raises(DataError, match="log\\(a\\) is -inf in row 1, where a = 0"):
        recipe.replay(table(a=[0.0]))
    with pytest.raises(DataError, match='"a" is inf in row 2'):
        recipe.replay(table(a=[1.0, np.inf]))


def test_levels_and_base_are_those_of_the_fit() -> None:
    size = category("size", list("SMLSML"), ["S", "M", "L"])
    data = with_columns(table(y=[1.0, 2, 4, 3, 5, 8]), size)
    recipe, _ = build('y ~ C(size, reference="M")', data)
    # Other levels declared, other order, and only some of them there.
    new = with_columns(table(k=[1, 2]), category("size", ["L", "S"], ["L", "XS", "S"]))
    design = recipe.replay(new)
    assert design.names == tuple(f'C(size, reference="M")[T.{v}]' for v in "SL")
    assert design.X.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    one = recipe.replay(table(size=["M"]))
    assert one.X.tolist() == [[0.0, 0.0]]


def test_a_text_absent_from_new_rows_compares_as_different() -> None:
    recipe, _ = build('y ~ I(g == "u")', table(y=[1.0, 2, 4], g=["u", "v", "u"]))
    assert recipe.replay(table(g=["v", "w"])).X.tolist() == [[0.0], [0.0]]


def test_boolean_categories_take_zero_and_one() -> None:
    recipe, _ = build("y ~ f", table(y=[1.0, 2, 4], f=[True, False, True]))
    assert recipe.replay(table(f=[0, 1])).X.tolist() == [[0.0], [1.0]]
    with pytest.raises(DataError, match='"f" is "2" in row 1'):
        recipe.replay(table(f=[2]))


def test_large_integers_replay_with_their_own_origin() -> None:
    big = 2**60
    recipe, _ = build("y ~ x", table(y=[1.0, 2.0], x=[big + 1, big + 2]))
    design = recipe.replay(table(x=[big + 7, big + 8]))
    assert design.X[:, 0].tolist() == [0.0, 1.0]
    assert design.origin[0] + design.origin_low[0] == float(big + 7)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 3},
        {"version": None},
        {"terms": [{"variables": ["a b"], "full": [False]}]},
        {"terms": [{"variables": ["a:b"], "full": [False]}]},
        {"terms": [{"variables": ["__import__('os')"], "full": [False]}]},
        {"terms": 3},
        {"names": ["a", "b"]},
        {"left": ["C(y)"]},
        {"encodings": [{"variable": "a"}]},
        {
            "encodings": [
                {
                    "variable": "a",
                    "column": "a",
                    "kind": "text",
                    "levels": ["u", "v"],
                    "base": 2,
                }
            ]
        },
    ],
)
def test_damaged_records_are_refused(change: dict[str, object]) -> None:
    recipe, _ = build("y ~ a", table(y=[1.0, 2, 4], a=[1.0, 2, 3]))
    with pytest.raises(DataError, match="recipe"):
        Recipe.from_json({**recipe.to_json(), **change})
    record = recipe.to_json()
    del record["names"]
    with pytest.raises(DataError, match="damaged"):
        Recipe.from_json(record)


def test_names_with_signs_survive_the_record() -> None:
    data = table(**{"y": [1.0, 2, 4], "a`b\\c (d)": [1.0, 2, 3], "": [1.0, 4, 2]})
    recipe, design = build("y ~ .", data)
    assert design.names == ("a`b\\c (d)", "")
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
