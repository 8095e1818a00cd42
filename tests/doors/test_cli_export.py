"""``leastwise export``: what a script sees."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lw.Model:
    monkeypatch.chdir(tmp_path)
    fitted = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]})
    fitted.save("m.json")
    return fitted


def leastwise(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "leastwise", *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_each_language(model: lw.Model) -> None:
    sql = model.to_sql("duckdb")
    assert leastwise("export", "m.json", "--sql", "duckdb") == (0, f"{sql}\n", "")
    python = model.to_python()
    assert leastwise("export", "m.json", "--python") == (0, python, "")
    assert leastwise("export", "m.json", "--onnx", "m.onnx") == (0, "", "")
    assert Path("m.onnx").read_bytes() == model.to_onnx().SerializeToString()


@pytest.mark.usefixtures("model")
def test_what_cannot_be(tmp_path: Path) -> None:
    code, out, err = leastwise("export", "m.json", "--sql", "sqlit")
    assert (code, out) == (2, "") and 'Did you mean "sqlite"?' in err
    code, out, err = leastwise("export", "m.json")
    assert (code, out) == (2, "") and "--sql" in err
    code, out, err = leastwise("export", "m.json", "--onnx", str(tmp_path))
    assert (code, out) == (2, "") and "cannot write: Is a directory" in err
    code, out, err = leastwise("export", "none.json", "--python")
    assert (code, out) == (2, "") and "there is no such file" in err


def test_a_fit_of_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    fitted = lw.glm("y ~ x", data, family="poisson")
    fitted.save("m.json")
    sql, python = fitted.to_sql("sqlite"), fitted.to_python()
    assert leastwise("export", "m.json", "--sql", "sqlite") == (0, f"{sql}\n", "")
    assert leastwise("export", "m.json", "--python") == (0, python, "")
    assert leastwise("export", "m.json", "--onnx", "m.onnx") == (0, "", "")


def test_classes_are_predicted_a_column_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = ["cat", "a, dog", "cat", "a, dog", "a, dog", "cat"]
    data = {"x": [0, 1, 2, 3, 4, 5], "seen": seen}
    fitted = lw.glm("seen ~ x", data, family="multinomial")
    fitted.save("m.json")
    Path("new.csv").write_text("x\n1.5\n\n4\n", encoding="utf-8")
    right = fitted.predict({"x": [1.5, 4.0]})
    code, out, err = leastwise("predict", "m.json", "new.csv")
    assert (code, err) == (0, "")
    rows = list(csv.reader(out.splitlines()))
    assert rows[0] == list(fitted.loss.classes) == ["a, dog", "cat"]
    assert np.array([rows[1], rows[-1]], float).tolist() == right.tolist()
    words = ("predict", "m.json", "new.csv", "--interval", "confidence", "--json")
    code, out, err = leastwise(*words)
    assert code == 0, err
    first = json.loads(out)["predictions"][0]
    assert {"cat: fit", "cat: low", "cat: high"} <= first.keys()
    assert leastwise("export", "m.json", "--sql", "duckdb")[1].count(" AS ") >= 3
