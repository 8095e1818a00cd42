"""Tables: what is shown, how it is rounded, that names stay names."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import tempfile
import types
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leastwise as lw
from leastwise.cli.app import main
from leastwise.report.number import by_error, room
from leastwise.report.tables import latex
from leastwise.report.tables.forms import FORMS, in_form
from leastwise.report.tables.grid import Grid
from leastwise.report.text import fit_table, within
from tests.helpers.latex import complaints

HOSTILE = """<b onclick=x>&amp;|_%$#{}~^\\"'`[*-- 町 é \N{GREEK SMALL LETTER SIGMA}"""
ROWS = {
    "x": [0.0, 1.0, 2.0, 3.0, 5.0],
    "z": [1.0, 0.0, 2.0, 1.0, 7.0],
    "y": [1.0, 3.0, 5.5, 8.0, 9.0],
}


@pytest.fixture
def models() -> tuple[lw.Model, ...]:
    return tuple(lw.ols(f, ROWS) for f in ("y ~ 1", "y ~ x", "y ~ x + z", "y ~ z - 1"))


@pytest.fixture
def hostile() -> lw.Model:
    x = np.column_stack([ROWS["x"], ROWS["z"]])
    name = HOSTILE.replace("`", "")
    return lw.ols(
        f"y ~ `{name}` + x", {"y": ROWS["y"], name: x[:, 0] ** 2, "x": x[:, 1]}
    )


def compile_with_pdflatex(body: str) -> None:
    """LaTeX itself, where it is installed, has nothing to complain of."""
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{textcomp}"
    head += r"\usepackage{booktabs}\begin{document}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "t.tex").write_text(
            "\n".join([head, body, r"\end{document}"]), encoding="utf-8"
        )
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
        )
    assert done.returncode == 0, done.stdout[-2000:]


@given(
    st.floats(-1e7, 1e7),
    st.floats(1e-7, 1e5),
)
def test_what_is_shown_is_within_half_of_the_last_digit_that_counts(
    value: float, error: float
) -> None:
    shown = by_error(value, error)
    unit = Decimal(10) ** (Decimal(f"{error:.1e}").adjusted() - 1)
    assert abs(Decimal(shown) - Decimal(value)) <= unit / 2 * Decimal("1.000001")
    if "e" not in shown and unit < 1:
        # No decimal more than that.
        assert -Decimal(shown).as_tuple().exponent == -unit.as_tuple().exponent


def test_all_digits_stay_in_the_data(models: tuple[lw.Model, ...]) -> None:
    frame = lw.table(*models).frame("dict")
    assert frame["estimate"][2] == models[1].coef["x"]
    assert frame["model"].count("(3)") == 3


def test_the_table_of_a_fit_has_the_numbers_of_the_fit(
    models: tuple[lw.Model, ...],
) -> None:
    m = models[2]
    for form in FORMS:
        text = m.table(form)
        for name in m.names:
            shown = by_error(m.coef[name], m.se[name])
            assert shown.lstrip("-") in text


def test_models_side_by_side(models: tuple[lw.Model, ...]) -> None:
    text = lw.table(*models).text(88)
    lines = text.splitlines()
    assert lines[0].split() == ["(1)", "(2)", "(3)", "(4)"]
    (row,) = (k for k, line in enumerate(lines) if line.startswith("x "))
    m = models[1]
    assert by_error(m.coef["x"], m.se["x"]) == lines[row].split()[1]
    assert f"({by_error(m.se['x'], m.se['x'])})" == lines[row + 1].split()[0]
    assert "Standard errors: classical." in text
    assert "R-squared is about zero in models without an intercept." in text


def test_the_kind_of_standard_errors_is_named_for_each(
    models: tuple[lw.Model, ...],
) -> None:
    m = models[1]
    found = lw.table(m, m.with_cov(lw.cov.HC3()), titles=["plain", "robust"]).text(88)
    assert "plain: standard errors: classical." in found
    assert "robust: standard errors: HC3" in found


def test_stars_only_where_asked_for(models: tuple[lw.Model, ...]) -> None:
    assert "*" not in lw.table(*models).text(88)
    starred = lw.table(models[1], stars=True).text(88)
    p = models[1].p["x"]
    assert 0.001 < p < 0.01
    (line,) = (line for line in starred.splitlines() if line.startswith("x"))
    assert line.endswith("**") and not line.endswith("***")
    assert "* p < 0.05, ** p < 0.01, *** p < 0.001." in starred


@pytest.mark.parametrize(
    ("under", "inside"), [("interval", "["), ("t", "("), ("p_value", "(")]
)
def test_what_stands_under_an_estimate(
    models: tuple[lw.Model, ...], under: str, inside: str
) -> None:
    m = models[1]
    lines = lw.table(m, under=under).text(88).splitlines()
    (row,) = (k for k, line in enumerate(lines) if line.startswith("x "))
    below = lines[row + 1].strip()
    want = {
        "interval": m.interval()["x"],
        "t": (m.t["x"],),
        "p_value": (m.p["x"],),
    }[under]
    got = [float(v) for v in re.findall(r"-?[\d.]+", below)]
    assert below.startswith(inside)
    assert got == pytest.approx(want, rel=0.02)


@given(
    st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=4),
    st.integers(20, 120),
)
def test_text_is_never_wider_than_the_terminal(names: list[str], width: int) -> None:
    plain = [name if name.isprintable() else "town" for name in names]
    rows = [["", "estimate", "t"], *([name, "-12.5", "3.1e-05"] for name in plain)]
    lines = within(rows, width)
    assert all(room(line) <= width for line in lines)
    assert sum(line.endswith(" -12.5") or " -12.5 " in line for line in lines) == len(
        plain
    )


def test_a_fit_fits_any_terminal(hostile: lw.Model) -> None:
    for width in (20, 34, 61, 88, 200):
        text = fit_table(hostile.record(), width)
        assert max(map(room, text.splitlines())) <= width
    assert "onclick" in fit_table(hostile.record(), 200)


def test_the_terminal_of_the_process_decides(
    monkeypatch: pytest.MonkeyPatch, models: tuple[lw.Model, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, str(models[2]).splitlines())) <= 40
    assert max(map(len, str(lw.table(*models)).splitlines())) <= 40


def test_latex_has_nothing_to_stumble_over(
    models: tuple[lw.Model, ...], hostile: lw.Model
) -> None:
    assert complaints(lw.table(*models, stars=True).latex()) == []
    assert complaints(hostile.table("latex")) == []
    titles = [r"a & b\\", "50%", "[x]", "{"]
    odd = lw.table(*models, titles=titles, labels={"Intercept": "[1]", "x": "*--"})
    assert complaints(odd.latex()) == []
    if shutil.which("pdflatex") is not None:
        texts = [odd.latex(), hostile.table("latex"), lw.table(hostile).latex()]
        compile_with_pdflatex("\n\n".join(texts))


def test_the_checker_of_latex_sees_what_is_wrong() -> None:
    good = latex.as_latex(Grid("", ("", "n"), ((("a", "1"),),), ()))
    assert complaints(good) == []
    for wrong in ("a & b", "a_b", "50%", "{", "$x", r"\foo"):
        assert complaints(good.replace("a & 1", f"{wrong} & 1"))


@given(st.text(max_size=30))
def test_latex_of_any_name(name: str) -> None:
    grid = Grid("", ("", "n"), (((name, "-1.5e-07"),),), (name,))
    text = latex.as_latex(grid)
    without = re.sub(r"\\ensuremath\{\\[a-zA-Z]+\}", "", text)
    assert complaints(without) == []
    assert r"$-1.5\times 10^{-7}$" in text


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_escapes_names(hostile: lw.Model) -> None:
    found = _Texts()
    found.feed(hostile._repr_html_())
    assert set(found.tags) <= {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "small",
    }  # fmt: skip
    assert "<b onclick=x>" in found.text


def test_markdown_escapes_names(hostile: lw.Model) -> None:
    text = hostile._repr_markdown_()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    # Every row has the same count of bars that are not escaped.
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}
    assert r"\<b" in text and "<b" not in text.replace(r"\<b", "")
    assert html.unescape(text) != ""


def test_saved_in_the_form_of_the_ending(
    tmp_path: Path, models: tuple[lw.Model, ...]
) -> None:
    folder = tmp_path
    found = lw.table(*models)
    for ending, start in ((".md", "|"), (".tex", "%"), (".html", "<div")):
        found.save(folder / f"t{ending}")
        assert (folder / f"t{ending}").read_text(encoding="utf-8").startswith(start)
    with pytest.raises(lw.RequestError, match="names no form"):
        found.save(folder / "t.docx")


def test_what_cannot_be_asked(models: tuple[lw.Model, ...]) -> None:
    with pytest.raises(lw.RequestError, match="a table of no models"):
        lw.table()
    with pytest.raises(lw.RequestError, match="1 titles for 2 models"):
        lw.table(*models[:2], titles=["one"])
    with pytest.raises(lw.RequestError, match="under='sd'"):
        lw.table(models[0], under="sd")  # type: ignore[arg-type]
    with pytest.raises(lw.RequestError, match="dict is no model"):
        lw.table({})  # type: ignore[arg-type]
    with pytest.raises(lw.RequestError, match='Say "text", "markdown"'):
        models[0].table("word")
    with pytest.raises(lw.RequestError, match="unknown"):
        in_form(Grid("", ("",), (), ()), "")


def test_several_targets_are_several_columns() -> None:
    both = lw.ols("cbind(y, z) ~ x", ROWS)
    assert lw.table(both).record.titles == ("y", "z")


@pytest.mark.parametrize("library", ["great_tables", "maketables", "rich"])
def test_without_the_library_the_pip_line_is_given(
    library: str, models: tuple[lw.Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leastwise._kit.optional.installed", lambda name: False)
    found = lw.table(*models)
    ask = {
        "great_tables": found.great_table,
        "maketables": found.maketable,
        "rich": found.__rich__,
    }[library]
    with pytest.raises(lw.MissingDependency, match="Run: pip install"):
        ask()


class _Told:
    """Stands in for a library that is not installed here, and keeps what it is told."""

    def __init__(self, *given: object, **named: object) -> None:
        self.given, self.named = given, named
        self.calls: list[tuple[str, tuple[object, ...], dict[str, object]]] = []

    def __getattr__(self, name: str) -> object:
        def call(*given: object, **named: object) -> _Told:
            self.calls.append((name, given, named))
            return self

        return call


def test_great_tables_is_given_text_cells_and_notes(
    models: tuple[lw.Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("great_tables")
    module.GT = _Told  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "great_tables", module)
    monkeypatch.setattr("leastwise._kit.optional.installed", lambda name: True)
    table = lw.table(*models).great_table()
    (frame,) = table.given
    assert list(frame.columns) == ["0", "1", "2", "3", "4"]
    names = [name for name, _, _ in table.calls]
    assert names.count("tab_source_note") == 3
    labels = next(given[0] for name, given, _ in table.calls if name == "cols_label")
    assert labels["1"] == "(1)"


def test_maketables_is_given_cells_with_their_names(
    models: tuple[lw.Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("maketables")
    module.MTable = _Told  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "maketables", module)
    monkeypatch.setattr("leastwise._kit.optional.installed", lambda name: True)
    table = lw.table(*models).maketable()
    (frame,) = table.given
    assert list(frame.columns) == ["(1)", "(2)", "(3)", "(4)"]
    assert list(frame.index)[:2] == ["Intercept", ""]
    assert "Standard errors" in str(table.named["notes"])


def test_rich_is_given_texts_and_no_markup(
    hostile: lw.Model, models: tuple[lw.Model, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, parts in (
        ("rich", {}),
        ("rich.table", {"Table": _Told}),
        ("rich.text", {"Text": lambda text: ("text", text)}),
        ("rich.box", {"SIMPLE_HEAD": None}),
    ):
        module = types.ModuleType(name)
        for key, value in parts.items():
            setattr(module, key, value)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("leastwise._kit.optional.installed", lambda name: True)
    rows = [given for name, given, _ in hostile.__rich__().calls if name == "add_row"]
    assert len(rows) == 3 and all(cell[0] == "text" for row in rows for cell in row)
    ends = [
        named["end_section"]
        for name, _, named in lw.table(*models).__rich__().calls
        if name == "add_row"
    ]
    assert sum(bool(end) for end in ends) == 1


@pytest.mark.parametrize("form", FORMS)
def test_the_command_gives_every_form(
    form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("x,y\n0,1\n1,3\n2,5.5\n3,8\n", encoding="utf-8")
    assert main(["fit", "y ~ x", str(file), "--form", form]) == 0
    said = capsys.readouterr().out
    m = lw.ols("y ~ x", file)
    assert said.strip() == (str(m) if form == "text" else m.table(form)).strip()
