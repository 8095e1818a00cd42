"""SQL in dialects that are not run here: spelt so that it means what was meant."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import expressions

import leastwise as lw
from leastwise._kit import optional
from leastwise.model.export.sql import DIALECTS
from tests.helpers.exports import FORMULAS, TOWNS, TRAIN

SPELT = sorted(set(DIALECTS.values()))


@pytest.mark.parametrize("dialect", SPELT)
@pytest.mark.parametrize("formula", ["y ~ town * log(b)", FORMULAS[-1]])
def test_names_and_texts_come_back(dialect: str, formula: str) -> None:
    text = lw.ols(formula, TRAIN).to_sql(dialect)
    tree = sqlglot.parse_one(text, read=dialect)
    found = {c.name for c in tree.find_all(expressions.Column)}
    right = {"town", "b"} if "log" in formula else {"town", 'odd "name"; --', "select"}
    assert found == right
    texts = {v.name for v in tree.find_all(expressions.Literal) if v.is_string}
    assert texts == set(TOWNS)
    assert all(c.this.quoted for c in tree.find_all(expressions.Column))
    assert not list(tree.find_all(expressions.Subquery))


@pytest.mark.parametrize("dialect", SPELT)
def test_numbers_come_back(dialect: str) -> None:
    model = lw.ols("y ~ a", TRAIN)
    tree = sqlglot.parse_one(model.to_sql(dialect), read=dialect)
    numbers = {float(v.name) for v in tree.find_all(expressions.Literal)}
    assert numbers == {abs(model.basis.target_mean), abs(model.coef["a"]),
                       abs(model.basis.center[0])}  # fmt: skip
    casts = list(tree.find_all(expressions.Cast))
    assert [c.this.name for c in casts] == ["a"]


@pytest.mark.parametrize("dialect", SPELT)
def test_whole_numbers_divide_as_numbers(dialect: str) -> None:
    text = lw.ols("y ~ I(k / year)", TRAIN).to_sql(dialect)
    assert text.count("CAST(") == 2
    # A division that is NULL where it should be an error hides what went wrong.
    assert "NULLIF" not in text


def test_unknown_dialects() -> None:
    model = lw.ols("y ~ a", TRAIN)
    with pytest.raises(lw.RequestError) as caught:
        model.to_sql("postgress")
    assert "dialect 'postgress' is unknown. Did you mean" in str(caught.value)
    assert model.to_sql("postgresql") == model.to_sql("postgres")


@pytest.mark.parametrize("dialect", ["mysql", "tsql", "sqlserver"])
def test_levels_that_a_database_cannot_tell_apart(dialect: str) -> None:
    data = {"y": [1.0, 2.0, 4.0, 5.0], "g": ["A", "a", "A", "a"]}
    model = lw.ols("y ~ g", data)
    with pytest.raises(lw.RequestError, match='takes the levels "A" and "a" of g'):
        model.to_sql(dialect)
    assert "'A'" in model.to_sql("postgres")


@pytest.mark.parametrize("library", ["sqlglot", "onnx"])
def test_what_is_missing_is_named(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional, "installed", lambda name: name != library)
    model = lw.ols("y ~ a", TRAIN)
    extra = {"sqlglot": "sql", "onnx": "onnx"}[library]
    with pytest.raises(lw.MissingDependency, match=rf"leastwise\[{extra}\]"):
        model.to_sql("duckdb") if library == "sqlglot" else model.to_onnx()
    assert "def predict" in model.to_python()
