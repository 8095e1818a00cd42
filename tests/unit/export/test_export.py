"""Predictions in other languages are those of `predict`, run for real."""

from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leastwise as lw
from leastwise.model.export import score
from tests.helpers.exports import (
    RUN,
    TRAIN,
    in_database,
    models,
    new_rows,
    run_python,
    size_of,
    with_gaps,
)

MODELS = models()
# Relative to the size of the terms; a float64 has 16 digits.
TOLERANCE = 1e-12


def agree(found: Any, model: lw.Model, rows: Any) -> None:
    right = model.predict(
        np.column_stack(list(rows.values())) if model.recipe.kind == "arrays" else rows
    )
    assert (np.isnan(found) == np.isnan(right)).all()
    there = ~np.isnan(right)
    error = np.abs(found - right)[there]
    assert (error <= TOLERANCE * size_of(model, rows)[there]).all(), error.max()


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_in_every_language(
    name: str, language: str, tmp_path: Path
) -> None:
    model = MODELS[name]()
    rows = new_rows(model)
    if language == "onnx" and not model.recipe.inputs:
        with pytest.raises(lw.RequestError, match="a model without inputs has no form"):
            model.to_onnx()
        return
    agree(RUN[language](model, rows, tmp_path), model, rows)


@pytest.mark.parametrize("language", ["python", "sqlite", "duckdb"])
@pytest.mark.parametrize("name", MODELS)
def test_missing_values_are_missing(name: str, language: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    rows = with_gaps(new_rows(model))
    if model.recipe.kind == "arrays":
        rows = {n: [math.nan if v is None else v for v in c] for n, c in rows.items()}
    agree(RUN[language](model, rows, tmp_path), model, rows)


NUMERIC = [n for n in MODELS if not any(w in n for w in ("town", "flag", "nano", "id"))]


@pytest.mark.parametrize("language", ["duckdb", "onnx"])
@pytest.mark.parametrize("name", NUMERIC)
def test_nan_is_missing(name: str, language: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    if not model.recipe.inputs or "town" in model.recipe.inputs:
        assert name in ("y ~ 1", "weights", "decimal", "least norm", "robust")
        return
    rows = new_rows(model)
    for i, column in enumerate(model.recipe.inputs):
        rows[column] = [float(v) for v in rows[column]]
        rows[column][i + 5] = math.nan
    agree(RUN[language](model, rows, tmp_path), model, rows)


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize("levels", ["missing", "reference", "other"])
@pytest.mark.parametrize("formula", ["y ~ town * a", "y ~ C(k) + cut(b, [2, 3, 4])"])
@pytest.mark.filterwarnings("ignore::leastwise.LevelWarning")
def test_levels_that_the_fit_has_not_seen(
    formula: str, levels: str, language: str, tmp_path: Path
) -> None:
    inside = [i for i, b in enumerate(TRAIN["b"]) if 2 < b <= 4]
    train = {name: [values[i] for i in inside] for name, values in TRAIN.items()}
    if levels == "other":
        # As rare as half of the levels are.
        counts = Counter(train["town" if "town" in formula else "k"])
        levels = f"other={sorted(counts.values())[len(counts) // 2]}"
    model = lw.ols(formula, train, levels=levels)
    rows = new_rows(model)
    rows["town"][3:5] = ["nowhere", ""]
    rows["k"][6:8] = [99, -1]
    found = RUN[language](model, rows, tmp_path)
    agree(found, model, rows)
    assert np.isnan(found).any() == (levels == "missing" or "cut" in formula)


def test_an_unseen_level_is_an_error_in_python_and_null_in_sql(tmp_path: Path) -> None:
    model = lw.ols("y ~ town", TRAIN)
    rows = {"town": ["Bern", "nowhere"]}
    with pytest.raises(ValueError, match="town is a level that the model has not seen"):
        run_python(model, rows, tmp_path)
    for language in ("sqlite", "duckdb", "onnx"):
        found = RUN[language](model, rows, tmp_path)
        assert np.isnan(found).tolist() == [False, True]


@pytest.mark.parametrize("language", RUN)
def test_loaded_models_say_the_same(language: str, tmp_path: Path) -> None:
    model = lw.ols("y ~ town * a + ns(b, df=3)", TRAIN)
    model.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    rows = new_rows(model)
    one = RUN[language](model, rows, tmp_path)
    assert (RUN[language](again, rows, tmp_path) == one).all()


def test_written_as_it_is_printed_a_time_loses_its_digits() -> None:
    model = lw.ols("y ~ seconds", TRAIN)
    rows = {"seconds": new_rows(model)["seconds"]}
    size = size_of(model, rows)
    b, c = model.coef["Intercept"], model.coef["seconds"]
    naive = f'{b!r} + {c!r} * "seconds"'
    for text, worst in ((naive, 1e-11), (model.to_sql("sqlite"), 0.0)):
        found = in_database(sqlite3.connect(":memory:"), text, rows)
        error = (np.abs(found - model.predict(rows)) / size).max()
        assert worst <= error < max(TOLERANCE, 1e3 * worst)


def test_powers_are_taken_about_the_mean(tmp_path: Path) -> None:
    # y is a parabola of the year, of size 1; its terms as printed are of size 1e5.
    years = list(range(1990, 2030))
    y = [0.01 * (v - 2010) ** 2 + 0.001 * (v % 7) for v in years]
    model = lw.ols("y ~ year + I(year ** 2)", {"y": y, "year": years}, exact=True)
    found = run_python(model, {"year": years}, tmp_path)
    # Least squares on the centred years, whose Gram is well conditioned.
    x = np.array(years, float) - 2010
    right = lw.ols("y ~ x + I(x ** 2)", {"y": y, "x": x}, exact=True).predict({"x": x})
    # The coefficients of the year have 16 digits, of terms of 1e5.
    assert np.abs(found - right).max() < 1e-10


@pytest.fixture(scope="module")
def predict(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import runpy

    model = lw.ols("y ~ poly(a, 3) + bs(b, df=5) + I(a * b) + tanh(a)", TRAIN)
    path = tmp_path_factory.mktemp("scoring") / "scoring.py"
    path.write_text(model.to_python(), encoding="utf-8")
    return model, runpy.run_path(str(path))["predict"]


NUMBERS = st.floats(-1e3, 1e3)


@settings(max_examples=100)
@given(a=NUMBERS, b=NUMBERS)
def test_any_row(predict: Any, a: float, b: float) -> None:
    model, function = predict
    rows = {"a": [a], "b": [b]}
    error = abs(function({"a": a, "b": b}) - model.predict(rows)[0])
    # Splines far outside are sums of large terms of either sign.
    assert error <= 1e-11 * size_of(model, rows)[0]


def test_the_function_needs_nothing(tmp_path: Path) -> None:
    model = lw.ols("y ~ town * log(b) + cut(a, 3)", TRAIN)
    text = model.to_python()
    (tmp_path / "scoring.py").write_text(text, encoding="utf-8")
    ask = "import sys; sys.path.insert(0, sys.argv[1]); import scoring; "
    ask += "print(repr(scoring.predict({'town': 'Bern', 'b': 2, 'a': 0.5})))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", ask, str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    right = model.predict({"town": ["Bern"], "b": [2], "a": [0.5]})[0]
    assert float(done.stdout) == pytest.approx(right, rel=1e-13)
    assert [line for line in text.splitlines() if "import" in line] == ["import math"]


def test_names_and_texts_of_any_kind(tmp_path: Path) -> None:
    name = "x'); import os; (\"\\\n"
    level = "'''\"\"\"\\\n{0} %s"
    data = {
        "y": [1.0, 2.0, 4.0, 4.5, 7.0],
        name: [1.0, 2.0, 3.0, 5.0, 4.0],
        "class": [0, 1, 1, 0, 2],
        "math": [level, "b", level, "b", "b"],
    }
    model = lw.ols("y ~ .", data)
    for language in RUN:
        found = RUN[language](model, data, tmp_path)
        assert np.abs(found - model.predict(data)).max() < 1e-14


def test_numbers_of_every_size(tmp_path: Path) -> None:
    data = {
        "y": TRAIN["y"],
        "tiny": [v * 1e-200 for v in TRAIN["a"]],
        "huge": [v * 1e200 for v in TRAIN["b"]],
    }
    model = lw.ols("y ~ tiny + huge", data)
    for language in RUN:
        agree(RUN[language](model, data, tmp_path), model, data)


@pytest.mark.parametrize("write", ["to_python", "to_onnx", "to_sql"])
def test_what_has_no_form_is_named(write: str) -> None:
    def written(model: lw.Model) -> Any:
        return model.to_sql("duckdb") if write == "to_sql" else getattr(model, write)()

    for formula, call in (("y ~ lag(a)", "lag(a)"), ("y ~ diff(a) + b", "diff(a)")):
        with pytest.raises(lw.RequestError) as caught:
            written(lw.ols(formula, TRAIN))
        assert str(caught.value).startswith(f"{call} takes values of other rows")
    infinite = lw.ols(y=TRAIN["a"], X=np.array(TRAIN["a"])[:, None] * 1e-310)
    with pytest.raises(lw.RequestError, match="beyond the range of float64"):
        written(infinite)


def test_too_many_levels_are_no_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    model = lw.ols("y ~ C(k):town", TRAIN)
    assert model.to_sql("sqlite").count("WHEN") == 1 + 4 + 4 * 6
    monkeypatch.setattr(score, "MOST_LEVELS", 23)
    with pytest.raises(lw.RequestError, match="24 combinations of levels of k, town"):
        model.to_python()
