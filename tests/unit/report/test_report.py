"""The report's record and page: words, numbers, what is missing, what is escaped."""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.cli.app import main
from leastwise.model.plots.loss import registry as loss_registry
from leastwise.model.plots.registry import PLOTS
from leastwise.record.check import CheckRecord
from leastwise.record.panel import Panel
from leastwise.record.report import ReportRecord
from leastwise.report.page.panel import axes_of, figure
from leastwise.report.page.report import render_report

CARS = Path(__file__).parents[2] / "data" / "r" / "mtcars.csv"
HOSTILE = '</script><b onclick="x">&amp;{{css}} $a_b'


def shorts(m: lw.Model) -> dict[str, str]:
    return {row.name: row.short for row in m.report_record().meanings}


@pytest.fixture(scope="module")
def cars() -> ReportRecord:
    record: ReportRecord = lw.ols("mpg ~ wt + hp + C(cyl)", CARS).report_record()
    return record


@pytest.fixture(scope="module")
def hostile() -> ReportRecord:
    x = np.arange(12.0)
    data = {HOSTILE: x, "y": np.sin(x) + x, "town": [HOSTILE, "b", "c"] * 4}
    m = lw.ols(f"y ~ `{HOSTILE}` + town", data)
    record: ReportRecord = m.report_record(title=HOSTILE)
    return record


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def test_the_answer_comes_first(cars: ReportRecord) -> None:
    assert cars.answer == "mpg falls with wt and is lower at cyl 6"
    page = render_report(cars)
    assert page.index("<h1>mpg falls with wt") < page.index('id="meaning"')
    assert page.index('id="meaning"') < page.index('id="coefficients"')
    assert "account for 86% of the variation in mpg" in cars.lede


def test_what_a_number_means() -> None:
    m = lw.ols("mpg ~ wt + hp", CARS)
    assert (
        shorts(m)["wt"] == "One more wt goes with 3.88 less mpg, the others the same."
    )
    (row,) = (r for r in m.report_record().meanings if r.name == "wt")
    assert row.sure.startswith("95% interval: 2.58 to 5.17 less.") and row.clear


def test_what_a_unit_means() -> None:
    size, rent = [40.0, 60, 50, 80], [501.0, 699, 601, 899]
    m = lw.ols("`rent [EUR]` ~ `size [m2]`", {"size [m2]": size, "rent [EUR]": rent})
    # 9.94286 with a standard error of 0.0256, by numpy.linalg.lstsq.
    text = shorts(m)["size [m2]"]
    assert text == "One m2 more of size goes with 9.943 EUR more rent."


@pytest.mark.parametrize(
    "formula", ["log(mpg) ~ wt", "mpg ~ log(wt)", "log(mpg)~log(wt)"]
)
def test_what_a_logarithm_means(formula: str) -> None:
    """Brute force: predictions at two values, in the units of the data."""
    m = lw.ols(formula, CARS)
    step = 1.1 if "log(wt)" in formula else None
    low = m.predict({"wt": [3.0]})[0]
    high = m.predict({"wt": [3.0 * step if step else 4.0]})[0]
    if formula.startswith("log(mpg)"):
        change = 100 * (math.exp(high - low) - 1)
    else:
        change = high - low
    text = shorts(m)[m.names[1]]
    assert text.startswith("10% more wt" if step else "One more wt")
    (found,) = re.findall(r"goes with ([\d.]+)%? less mpg", text)
    assert float(found) == pytest.approx(-change, rel=0.01)


def test_what_a_level_means(cars: ReportRecord) -> None:
    rows = {row.name: row for row in cars.meanings}
    six = rows["C(cyl)[T.6]"]
    assert six.short == "cyl 6 has 3.4 less mpg than 4, the others the same."
    assert not rows["C(cyl)[T.8]"].clear
    assert "Its sign is not clear" in rows["C(cyl)[T.8]"].sure
    assert cars.meanings[-1].name == "Intercept"


def test_a_column_in_several_terms_is_not_said_to_rise() -> None:
    record = lw.ols("mpg ~ wt + I(wt**2) + hp", CARS).report_record()
    assert record.answer == "mpg depends on wt and falls with hp"
    wt = next(row for row in record.meanings if row.name == "wt")
    assert "the others the same" not in wt.short
    assert "wt stands in other terms too" in wt.sure


def test_a_name_within_a_name_is_another_column() -> None:
    rng = np.random.default_rng(1)
    x, x2 = rng.normal(size=30), rng.normal(size=30)
    y = x + x**2 + 3 * x2 + 0.1 * rng.normal(size=30)
    record = lw.ols("y ~ x + I(x**2) + x2", {"x": x, "x2": x2, "y": y}).report_record()
    told = {row.name: row for row in record.meanings}
    assert "the others the same" in told["x2"].short
    assert record.answer == "y depends on x and rises with x2"


def test_columns_that_only_together_say_something() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    data = {"a": x, "b": x + 1e-3 * rng.normal(size=40), "y": x + rng.normal(size=40)}
    record = lw.ols("y ~ a + b", data).report_record()
    assert record.fit.f_p_value < 1e-3
    assert not any(row.clear for row in record.meanings if row.name != "Intercept")
    assert record.answer == "y goes with the inputs; with which, the data do not tell"


def test_an_answer_that_the_data_do_not_have() -> None:
    rng = np.random.default_rng(5)
    data = {"a": rng.normal(size=20), "y": rng.normal(size=20)}
    record = lw.ols("y ~ a", data).report_record()
    assert record.answer == "The data do not tell whether y goes with a"
    assert lw.ols("y ~ 1", data).report_record().answer.endswith("on average")


def test_an_intercept_says_where_it_is() -> None:
    where = {
        "mpg ~ wt": "Where wt is 0,",
        "mpg ~ hp + wt": "Where every input is 0,",
        "mpg ~ hp + log(wt)": "Where every term is 0,",
        "mpg ~ poly(wt, 2) + C(cyl)": "Where every term is 0 and every category at",
        "mpg ~ C(cyl)": "With every category at its base,",
        "mpg ~ C(cyl, Sum)": "Where every term is 0,",
        "mpg ~ wt + C(cyl)": "Where every number is 0 and every category at its base,",
        "mpg ~ 1": "On average,",
    }
    for formula, start in where.items():
        assert shorts(lw.ols(formula, CARS))["Intercept"].startswith(start)


def test_codings_and_curves_are_not_said_to_be_columns() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    y = x**2 + rng.normal(size=60) + np.tile([3.0, 0.0, 0.0], 20)
    data = {"y": y, "x": x, "g": list("ABC") * 20}
    m = lw.ols("y ~ poly(x, 2) + C(g, Sum)", data)
    told = shorts(m)
    assert told["poly(x, 2)[1]"] == "A part of the curve along x: look at the plot."
    assert told["C(g, Sum)[S.A]"].startswith("The contrast C(g, Sum)[S.A] goes with")
    assert m.report_record().answer == "y depends on g and x"
    levels = shorts(lw.ols("y ~ 0 + g", data))
    assert levels["g[A]"].startswith("Where g is A, y is ")
    chosen = shorts(lw.ols('y ~ C(g, Treatment("B"))', data))
    assert " than B" in chosen['C(g, Treatment("B"))[T.A]']


def test_rows_that_pull_are_those_of_cook(cars: ReportRecord) -> None:
    assert cars.rows[0].row == 17 and len(cars.rows) == 10
    cooks = [row.cook for row in cars.rows]
    assert cooks == sorted(cooks, reverse=True)


def test_how_it_was_computed(cars: ReportRecord) -> None:
    how = dict(cars.how)
    assert how["Rows used"] == "32 of 32" and how["Standard errors"] == "classical"
    assert "leastwise" in how["Versions"] and "numpy" in how["Versions"]
    robust = lw.ols("mpg ~ wt", CARS).with_cov(lw.cov.HC3()).report_record()
    assert "HC3" in dict(robust.how)["Standard errors"]
    assert ".with_cov(lw.cov.HC3())." in dict(robust.command)["Python"]
    assert dict(robust.command)["Shell"].endswith("--cov HC3 -o report.html")
    by_array = lw.cov.Cluster(list("ab") * 16)
    many = lw.ols("mpg ~ wt", CARS, cov=by_array).report_record()
    assert "Shell" not in dict(many.command)
    told = "# CR1, 2 clusters of the values given"
    assert dict(many.command)["Python"].endswith(told)
    drawn = lw.weights.probability("w1", cluster="carb")
    survey = lw.ols("mpg ~ wt", CARS, weights=drawn).report_record()
    line = "weights=lw.weights.probability('w1', cluster='carb')).report("
    assert line in dict(survey.command)["Python"]
    assert dict(survey.how)["Weights"] == "probability, column w1"


def test_a_row_that_fits_itself_is_named() -> None:
    x = [0.0, 0.0, 0.0, 0.0, 1.0]
    record = lw.ols("y ~ x", {"x": x, "y": [1.0, 2, 4, 3, 9]}).report_record()
    assert any(note.startswith("Row 5: leverage 1") for note in record.missing)
    assert "Row 5" in render_report(record)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": "w1"},
        {"cov": "HC3"},
        {"weights": lw.weights.probability("w1")},
        {"weights": lw.weights.frequency("carb"), "cov": "CR2:gear"},
    ],
    ids=["analytic", "robust", "probability", "frequency"],
)
def test_the_line_makes_the_same_page_again(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cars.csv").write_bytes(CARS.read_bytes())
    m = lw.ols("mpg ~ wt", "cars.csv", **options)
    m.report("first.html")
    line = dict(m.report_record().command)["Shell"]
    words = shlex.split(line)
    assert words[0] == "leastwise" and main(words[1:]) == 0
    # All but the time of the fit.
    again, first = (
        re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "", Path(name).read_text("utf-8"))
        for name in ("report.html", "first.html")
    )
    assert again == first


def test_rows_dropped_are_told() -> None:
    data = {"x": [1.0, 2.0, 4.0, 5.0, 7.0], "y": [1.0, 2.5, float("nan"), 4.0, 8.0]}
    record = lw.ols("y ~ x", data).report_record()
    assert dict(record.how)["Rows used"].startswith("4 of 5; left out: 1 for missing")
    assert {row.row for row in record.rows} == {1, 2, 4, 5}


def test_a_saved_model_shows_what_it_can(tmp_path: Path) -> None:
    m = lw.ols("mpg ~ wt + hp", CARS)
    m.save(tmp_path / "m.json")
    record = lw.load(tmp_path / "m.json").report_record()
    assert [panel.kind for panel in record.panels] == ["forest"]
    assert record.rows == () and "saved without its rows" in record.missing[0]
    assert record.answer == m.report_record().answer
    page = render_report(record)
    assert "saved without its rows" in page and 'id="influence"' not in page
    whole = lw.load(tmp_path / "m.json").report_record(data=CARS)
    assert whole.rows == m.report_record().rows and not whole.missing


@pytest.mark.parametrize(
    ("formula", "data"),
    [
        ("y ~ x", {"x": [1.0, 2.0], "y": [1.0, 5.0]}),
        ("y ~ x", {"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.0]}),
        ("y ~ 1", {"y": [1.0, 2.0, 4.0]}),
        ("y ~ x + z", {"x": [1.0, 2, 3, 5], "z": [2.0, 4, 6, 10], "y": [1.0, 2, 4, 4]}),
        ("y ~ t", {"t": list("aabbc"), "y": [1.0, 2, 3, 5, 4]}),
        (
            "y ~ x",
            {"x": [1e300, 2e300, 4e300, 5e300], "y": [1e-9, 2e-9, 1e-9, 0]},
        ),
        ("y ~ x - 1", {"x": [0.0, 1.0, 3.0], "y": [0.0, 2.0, 5.0]}),
    ],
    ids=["no freedom", "exact", "mean", "aliased", "levels", "far", "origin"],
)
def test_fits_that_have_little_to_show(
    formula: str, data: dict[str, list[float]]
) -> None:
    m = lw.ols(formula, data)
    page = render_report(m.report_record())
    assert page.startswith("<!doctype html>") and "{{" not in page
    shown = re.sub(r'<data value="[^"]*">', "", page.split("<script")[0])
    assert not re.search(r"[\s\"'>:](?:nan|NaN|inf)[\s\"'<%]", shown)
    assert not re.search(r'\b(?:d|style|x1|y1)="[^"]*(?:nan|inf)', page)


def test_arrays_have_a_report() -> None:
    rng = np.random.default_rng(2)
    m = lw.ols(y=rng.normal(size=20), X=rng.normal(size=(20, 2)), intercept=False)
    record = m.report_record()
    assert "lw.ols(y=y, X=X, intercept=False)" in dict(record.command)["Python"]


def test_everything_of_the_data_is_escaped(hostile: ReportRecord) -> None:
    html = render_report(hostile)
    page = read(html)
    assert not any("onclick" in attrs for _, attrs in page.tags)
    assert sum(tag == "script" for tag, _ in page.tags) == 2
    assert HOSTILE in page.text
    assert page.text.count("{{css}}") >= 3


def test_the_page_asks_nobody_for_anything(cars: ReportRecord) -> None:
    html = render_report(cars)
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert "http" not in html.replace("http-equiv", "").replace("www.w3.org", "")


def test_points_of_the_page_are_those_of_the_panels(cars: ReportRecord) -> None:
    html = render_report(cars)
    found = re.search(r'id="points">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    clouds = [(p, c) for p in cars.panels for c in p.clouds]
    for told, (panel, cloud) in zip(json.loads(found[1]), clouds, strict=True):
        x_axis, y_axis = axes_of(panel)
        assert told["x"] == pytest.approx(x_axis.places(cloud.x).tolist(), abs=1e-4)
        assert told["y"] == pytest.approx(
            (1 - y_axis.places(cloud.y)).tolist(), abs=1e-4
        )
        assert told["row"] == cloud.rows.tolist()
        assert all(0 <= v <= 1 for v in (*told["x"], *told["y"]))


def test_checks_have_their_verdicts(cars: ReportRecord) -> None:
    from dataclasses import replace

    nan = float("nan")
    check = CheckRecord(
        "spread <same>", "<about>", "X2", 3.2, (1,), 0.07, "<R2>", 0.1, "fails",
        "Something to <see>.", "Do <something>.",
    )  # fmt: skip
    page = read(render_report(replace(cars, checks=(check,))))
    for text in ("spread <same>", "<about>", "Something to <see>.", "Do <something>."):
        assert text in page.text
    assert "X2 3.200" in page.text and "1 fails: spread <same>." in page.text
    none = replace(check, status="none", p_value=nan, effect=nan)
    assert "Not computed." in render_report(replace(cars, checks=(none,)))
    assert 'id="checks"' not in render_report(replace(cars, checks=()))


def test_checks_are_those_of_the_model(cars: ReportRecord) -> None:
    m = lw.ols("mpg ~ wt + hp + C(cyl)", CARS)
    assert [c.name for c in cars.checks] == [c.name for c in m.check()]
    page = read(render_report(cars)).text
    assert len(cars.checks) > 10 and all(c.verdict in page for c in cars.checks)


def test_a_panel_of_nothing_is_drawn() -> None:
    assert "<figure" in figure(Panel("fit", "Nothing", "x", "y", ""), "panel-0")


def test_many_rows_make_no_large_page() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=50_000)
    m = lw.ols("y ~ x", {"x": x, "y": x + rng.normal(size=len(x))})
    assert len(render_report(m.report_record())) < 1_000_000


def test_the_record_as_json(cars: ReportRecord) -> None:
    plain = json.loads(json.dumps(cars.to_json(), allow_nan=False))
    assert plain["answer"] == cars.answer and plain["rows"][0]["row"] == 17


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        main(["report", "mpg ~ wt", str(CARS), "-o", "a.html", "--title", "Cars"]) == 0
    )
    assert capsys.readouterr().out == "wrote a.html\n"
    assert "<title>Cars</title>" in Path("a.html").read_text(encoding="utf-8")
    lw.ols("mpg ~ wt", CARS).save("m.json")
    assert main(["report", "m.json"]) == 0
    assert "saved without its rows" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mpg ~ wt"], "a formula needs data"),
        (["nothing.json"], "there is no such file"),
        (["cbind(mpg, hp) ~ wt", str(CARS)], "has 2 targets"),
        (["mpg ~ wt", str(CARS), "-o", "no/such/a.html"], "cannot be written"),
        (["mpg ~ wt", str(CARS), "--level", "95"], "not a coverage"),
        (
            ["mpg ~ wt", str(CARS), "--weights", "w1", "--frequency", "w1"],
            "exclude each other",
        ),
        (["m.json", "--weights", "w1"], "knows its weights"),
    ],
)
def test_requests_that_are_refused(
    words: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", *words]) == 2
    assert says in capsys.readouterr().err


def test_the_lines_of_the_docs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[3]
    text = (root / "docs" / "report.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "docs").symlink_to(root / "docs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    subprocess.run([sys.executable, "-W", "error", "-c", block], check=True)
    assert "toprule" in Path("rent.tex").read_text(encoding="utf-8")
    assert Path("rent.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    lines = re.findall(r"^    (leastwise .*)$", text, flags=re.MULTILINE)
    lw.ols("rent ~ area", "docs/examples/homes.csv").save("rent.json")
    assert [main(shlex.split(line)[1:]) for line in lines] == [0, 0, 0, 0]
    for kind in re.findall(r'`"(\w+)"', text.partition("shows")[2]):
        assert kind in PLOTS or kind in loss_registry.PLOTS
