"""What becomes of levels that only new rows have; recipes of earlier versions."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError, LevelWarning, RequestError
from leastwise.design.build import build
from leastwise.design.levels import Missing, Other, Reference
from leastwise.design.recipe import Recipe
from tests.unit.design.design_tables import table

TOWNS = ["A", "A", "B", "B", "C", "D"]
Y = [1.0, 2.0, 4.0, 3.0, 9.0, 11.0]
DATA = {"y": Y, "town": TOWNS, "n": [1, 1, 2, 2, 5, 7]}
NEW = {"town": ["B", "Z", "D", None, "Y"], "n": [2, 9, 7, 1, 8]}


def predicted(right: str, levels: Any, tmp_path: Path) -> np.ndarray[Any, Any]:
    """Predict with a model, and with the same model saved and loaded."""
    m = lw.ols(f"y ~ {right}", DATA, levels=levels)
    m.save(tmp_path / "m.json")
    there = lw.load(tmp_path / "m.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LevelWarning)
        first, second = m.predict(NEW), there.predict(NEW)
    np.testing.assert_array_equal(first, second)
    values: np.ndarray[Any, Any] = first
    return values


@pytest.mark.parametrize("right", ["town", "C(n)", "C(town, Sum)", "C(town, Poly)"])
def test_missing_predicts_nan(right: str, tmp_path: Path) -> None:
    found = predicted(right, "missing", tmp_path)
    gaps = [False, True, False, "town" in right, True]
    np.testing.assert_array_equal(np.isnan(found), gaps)
    assert found[0] == pytest.approx(3.5) and found[2] == pytest.approx(11.0)


def test_missing_says_how_many_rows_and_why() -> None:
    recipe, _ = build("y ~ town", table(**DATA), levels=Missing())
    rows = recipe.replay(table(**NEW)).rows
    assert rows.dropped == (
        ("missing value in town", 1),
        ("unseen level of town", 2),
    )
    with pytest.raises(DataError, match="2 rows cannot be used, first row 2: unseen"):
        recipe.replay(table(town=["A", "Z", "Y"]), missing="error")


@pytest.mark.parametrize(
    ("right", "base"),
    [("town", 1.5), ('C(town, reference="B")', 3.5), ("C(town, Sum)", 11.0),
     ('C(town, Sum("C"))', 9.0), ("C(town, Helmert)", 1.5), ("C(n)", 1.5)],
)  # fmt: skip
def test_reference_stands_in_and_says_so(
    right: str, base: float, tmp_path: Path
) -> None:
    found = predicted(right, "reference", tmp_path)
    assert found[1] == pytest.approx(base) and found[4] == pytest.approx(base)
    m = lw.ols(f"y ~ {right}", DATA, levels=Reference())
    name = "n" if "n)" in right else "town"
    with pytest.warns(LevelWarning, match=f'2 rows have levels of "{name}" .*row 2'):
        m.predict(NEW)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m.predict({"town": ["A"], "n": [1]})


@pytest.mark.parametrize("right", ["town", "C(n)", "C(town, Sum)", "C(town, Helmert)"])
def test_other_takes_rare_and_new_levels(right: str, tmp_path: Path) -> None:
    found = predicted(right, Other(min_count=2), tmp_path)
    # The mean of the two rare levels.
    assert found[1] == found[4] == found[2] == pytest.approx(10.0)
    assert found[0] == pytest.approx(3.5)


def test_other_notes_what_it_gathered() -> None:
    recipe, design = build("y ~ town", table(**DATA), levels=Other(2, label="rest"))
    assert design.names == ("town[T.B]", "town[T.rest]")
    assert design.notes == (
        'levels "C", "D" of "town" have fewer than 2 rows and became "rest" (2 rows)',
    )
    ((_, encoding),) = recipe.encodings
    assert encoding.rare == ("C", "D") and encoding.labels == ("A", "B", "rest")


def test_other_without_rare_levels_refuses_new_ones() -> None:
    recipe, _ = build(
        "y ~ town", table(y=Y, town=list("AABBAB")), levels=Other(min_count=2)
    )
    with pytest.raises(
        DataError, match="no level was rare in the fit, so there is no 'other'"
    ):
        recipe.replay(table(town=["Z"]))


@pytest.mark.parametrize(
    ("right", "levels", "what"),
    [
        ('C(town, reference="D")', Other(2), 'level "D" of column "town" is rare'),
        ("town", Other(2, label="A"), 'has a level "A" already'),
        ("town", Other(9), "has one value"),
    ],
)
def test_what_other_cannot_do(right: str, levels: Other, what: str) -> None:
    with pytest.raises(DataError, match=what):
        lw.ols(f"y ~ {right}", DATA, levels=levels)


@pytest.mark.parametrize("levels", ["drop", "other=", "other=x", "error=3", 3, None])
def test_policies_that_do_not_exist(levels: Any) -> None:
    with pytest.raises(RequestError, match="is unknown"):
        lw.ols("y ~ town", DATA, levels=levels)


def test_counts_that_cannot_be() -> None:
    for count in (1, 0, -2, 2.5, True):
        with pytest.raises(RequestError, match="min_count"):
            Other(count)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="label"):
        Other(2, label="")


def test_an_interval_without_rows_is_an_unseen_level() -> None:
    data = {"y": Y, "x": [1.0, 2.0, 3.0, 21.0, 22.0, 23.0]}
    m = lw.ols("y ~ cut(x, [0, 10, 20, 30])", data, levels="missing")
    assert any('"(10,20]"' in note for note in m.notes)
    new = {"x": [5.0, 15.0, 35.0, 25.0]}
    np.testing.assert_array_equal(np.isnan(m.predict(new)), [False, True, True, False])
    m = lw.ols("y ~ cut(x, [0, 10, 20, 30])", data)
    with pytest.raises(DataError, match=r'is "\(10,20\]" in row 2'):
        m.predict(new)


def test_recipes_of_the_first_version_still_load() -> None:
    record = {
        "version": 1,
        "kind": "formula",
        "formula": "y ~ town + x",
        "intercept": True,
        "terms": [
            {"variables": ["town"], "full": [False]},
            {"variables": ["x"], "full": [False]},
        ],
        "encodings": [
            {
                "variable": "town",
                "column": "town",
                "kind": "text",
                "levels": ["A", "B"],
                "base": 0,
            }
        ],
        "names": ["town[T.B]", "x"],
        "targets": ["y"],
        "left": ["y"],
        "offsets": [],
        "weights": None,
        "offset": None,
    }
    data = table(town=["B", "A"], x=[2.0, 5.0], y=[1.0, 2.0])
    old = Recipe.from_json(record)
    assert old.replay(data).X.tolist() == [[1.0, 2.0], [0.0, 5.0]]
    new, _ = build("y ~ town + x", data)
    assert new == old
    with pytest.raises(DataError, match='is "Z" in row 1'):
        old.replay(table(town=["Z"], x=[1.0]))


@pytest.mark.parametrize(
    "change",
    [
        {"levels": {"kind": "maybe"}},
        {"levels": {"kind": "other", "min_count": 1, "label": "o"}},
        {"learnt": []},
        {"learnt": [{"call": "poly(x, 2)", "kind": "powers", "degree": 1}]},
        {"learnt": [{"call": "poly(x, 2)", "kind": "standard", "mean": [0, 0],
                     "deviation": None}]},
        {"learnt": [{"call": "log(x)", "kind": "powers", "degree": 2}]},
        {"learnt": [{"call": "poly(x, 2)", "kind": "magic"}]},
    ],
)  # fmt: skip
def test_damaged_records_of_learnt_numbers_are_refused(change: dict[str, Any]) -> None:
    recipe, _ = build("y ~ poly(x, 2)", table(y=Y, x=[1, 2, 4, 5, 7, 9]))
    record = json.loads(json.dumps(recipe.to_json()))
    assert Recipe.from_json(record) == recipe
    with pytest.raises((DataError, RequestError)):
        Recipe.from_json({**record, **change})
