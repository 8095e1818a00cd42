"""`explain`: what a formula makes of data, against what the fit then says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError, FormulaError
from leastwise.cli.app import main
from leastwise.model.terms import term_columns

N = 24
DATA: dict[str, list[Any]] = {
    "y": [None if i == 5 else float((i * i) % 17) for i in range(N)],
    "x": [None if i in (5, 9) else i * 1.5 for i in range(N)],
    "twice": [3.0 * i + 1 for i in range(N)],
    "town": [["A", "B", "B", "C"][i % 4] for i in range(N)],
    "t": [2**60 + i for i in range(N)],
    "w": [float(1 + i % 3) for i in range(N)],
}
FORMULA = "y ~ x + twice + C(town, Sum) * poly(t, 2) + offset(log(w))"


def test_it_agrees_with_the_fit() -> None:
    found = lw.explain(FORMULA, DATA, weights="w")
    m = lw.ols(FORMULA, DATA, weights="w")
    assert found.names == m.names and found.rank == m.rank
    assert found.record.aliased == m.aliased and len(m.aliased) > 0
    assert found.record.rows == m.rows
    assert m.rows.gaps == (("y", 1, 0), ("x", 2, 1))
    left = {row.name for row in found.columns if row.left_out}
    assert left == {row.name for row in m.aliased}


def test_columns_have_terms_codings_and_ranges() -> None:
    found = lw.explain(FORMULA, DATA)
    by_name = {row.name: row for row in found.columns}
    kept = [i for i in range(N) if i not in (5, 9)]
    x = by_name["x"]
    values = [i * 1.5 for i in kept]
    assert (x.term, x.coding, x.low, x.high) == ("x", "", 0.0, max(values))
    assert x.mean == pytest.approx(np.mean(values))
    crossed = by_name["C(town, Sum)[S.A]:poly(t, 2)[2]"]
    assert (crossed.term, crossed.coding) == ("C(town, Sum):poly(t, 2)", "sum")
    (town,) = found.record.categories
    assert town.coding == "sum" and town.base == "C"
    counts = {k: sum(DATA["town"][i] == k for i in kept) for k in "ABC"}
    assert dict(town.levels) == counts
    assert found.record.learnt[0][0] == "poly(t, 2)"
    assert found.record.offsets == ("log(w)",)
    large = lw.explain("y ~ t", DATA).columns[0]
    assert large.low == 2.0**60 and large.high == 2.0**60 + N


def test_full_categories_are_indicators() -> None:
    found = lw.explain("y ~ 0 + town + town:x", DATA)
    assert [row.coding for row in found.columns] == ["indicators"] * 6


def test_text_json_and_frame() -> None:
    found = lw.explain(FORMULA, DATA, weights="w", levels=lw.levels.Other(7))
    text = str(found)
    for part in (
        "22 rows used of 24, 2 dropped",
        "missing value in y: 1 row",
        "y 1 (0 nothing else), x 2 (1 nothing else)",
        "left out: twice = 1 + 2 x (",
        "weights: w (analytic)",
        "offset: log(w)",
        "other is A, C",
        'other, of levels with fewer than 7 rows ("other")',
        "poly(t, 2): orthogonal over 22 rows",
        "intercept included",
    ):
        assert part in text, part
    said = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert said["rows"]["missing"][1] == {"column": "x", "rows": 2, "alone": 1}
    assert said["columns"][1]["left_out"].startswith("twice = 1 + 2 x")
    assert said["categories"][0]["rare"] == ["A", "C"]
    assert said["weights"] == {"column": "w", "kind": "analytic"}
    frame = found.frame("dict")
    assert frame["name"] == list(found.names[1:])


def test_errors_are_those_of_the_fit() -> None:
    with pytest.raises(FormulaError):
        lw.explain("y ~ x +", DATA)
    with pytest.raises(DataError, match='no column "z"'):
        lw.explain("y ~ z", DATA)
    with pytest.raises(DataError, match="missing"):
        lw.explain("y ~ x", DATA, missing="error")


def test_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("homes.csv").write_text("rent,area,town\n10,20,A\n12,25,B\n,30,A\n19,41,C\n")
    assert main(["explain", "rent ~ area + town", "homes.csv"]) == 0
    out = capsys.readouterr().out
    assert "3 rows used of 4, 1 dropped" in out and "town: 3 levels" in out
    assert "rank 3 of 4 coefficients" in out
    assert main(["explain", "rent ~ area", "homes.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rank"] == 2
    both = ["--weights", "area", "--frequency", "area"]
    assert main(["explain", "rent ~ 1", "homes.csv", *both]) == 2


def test_levels_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("y,g\n1,A\n2,A\n4,B\n5,B\n9,C\n")
    Path("new.csv").write_text("g\nB\nZ\n")
    fit = ["fit", "y ~ g", "d.csv", "--save", "m.json", "--levels"]
    answers = {"missing": '""', "reference": "1.5", "other=2": "9.0"}
    for levels, wanted in answers.items():
        assert main([*fit, levels]) == 0
        capsys.readouterr()
        assert main(["predict", "m.json", "new.csv"]) == 0
        out, err = capsys.readouterr()
        last = out.splitlines()[2]
        assert last == wanted or float(last) == pytest.approx(float(wanted))
        assert ("note: 1 row has a level" in err) == (levels == "reference")
    assert main([*fit, "error"]) == 0
    assert main(["predict", "m.json", "new.csv"]) == 2
    assert main([*fit, "maybe"]) == 2


def test_terms_of_the_model_have_the_columns_explained() -> None:
    found = lw.explain(FORMULA, DATA)
    terms = term_columns(lw.ols(FORMULA, DATA).recipe)
    shown = {t.label: [found.columns[j].term for j in t.columns] for t in terms}
    assert [len(v) for v in shown.values()] == [1, 1, 2, 2, 4]
    assert all(set(names) == {label} for label, names in shown.items())
