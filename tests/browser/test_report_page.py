"""The report in a real browser: rows told, tables sorted, read without a mouse."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.record.report import ReportRecord
from leastwise.report.page.report import render_report
from tests.browser.test_page import TEXT_CONTRASTS

CARS = Path(__file__).parents[1] / "data" / "r" / "mtcars.csv"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
# Names and accessible roles that a screen reader is given.
UNNAMED = """
() => [...document.querySelectorAll("button, input, svg[role=img], [role=group]")]
  .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim()
                   || (e.labels && e.labels.length)))
  .map((e) => e.outerHTML.slice(0, 80))
"""


@pytest.fixture(scope="module")
def record() -> ReportRecord:
    made: ReportRecord = lw.ols("mpg ~ wt + hp + C(cyl)", CARS).report_record()
    return made


@pytest.fixture(scope="module")
def html(record: ReportRecord) -> str:
    return render_report(record)


def test_opens_without_network_or_complaint(
    open_page: Any, html: str, record: ReportRecord
) -> None:
    opened = open_page(html)
    page = opened.page
    assert page.locator("h1").inner_text() == f"{record.answer}."
    assert page.locator("figure.panel").count() == len(record.panels)
    rows = page.locator("#check-table tbody tr")
    assert rows.count() == len(record.checks)
    assert rows.first.locator("td.note").inner_text().endswith(record.checks[0].verdict)
    opened.check_quiet()


def _counts() -> dict[str, Any]:
    x = np.linspace(0.0, 4.0, 40)
    return {"x": x, HOSTILE: x + np.cos(7 * x), "k": np.round(np.exp(0.5 * x))}


@pytest.mark.parametrize("kind", ["family", "function", "hostile"])
def test_fits_of_a_loss_have_pages_too(open_page: Any, kind: str) -> None:
    data = _counts()
    if kind == "family":
        m = lw.glm("k ~ x", data, family="poisson")
    elif kind == "function":
        m = lw.nonlinear(
            lambda p, d: p["a"] * 2.0 ** (p["b"] * d["x"]),
            data,
            y="k",
            start={"a": 1.0, "b": 1.0},
        )
    else:
        m = lw.robust(f"k ~ x + `{HOSTILE}`", data, scale=1.0)
    record = m.report_record()
    opened = open_page(render_report(record))
    page = opened.page
    assert page.locator("h1").inner_text() == f"{record.answer}."
    assert page.locator("figure.panel").count() == len(record.panels) > 0
    shown = page.locator("#coefficients tbody tr th")
    assert shown.all_inner_texts() == [row.name for row in record.fit.coefficients]
    assert page.locator("#row-table tbody tr").count() == len(record.rows) == 10
    opened.check_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read(open_page: Any, html: str, scheme: str) -> None:
    page = open_page(html, color_scheme=scheme).page
    low = [(text, r) for text, r in page.evaluate(TEXT_CONTRASTS) if r < 4.5]
    assert low == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_scrolls_sideways(open_page: Any, html: str, width: int) -> None:
    page = open_page(html, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_point_tells_its_row(open_page: Any, html: str, record: ReportRecord) -> None:
    page = open_page(html).page
    k = next(i for i, p in enumerate(record.panels) if p.kind == "residuals")
    plot = page.locator(f"#panel-{k} .plot")
    plot.scroll_into_view_if_needed()
    told = page.evaluate(
        "(id) => JSON.parse(document.getElementById('points').textContent)"
        ".find((p) => p.panel === id)",
        f"panel-{k}",
    )
    at = told["row"].index(17)
    box = plot.bounding_box()
    page.mouse.move(
        box["x"] + told["x"][at] * box["width"],
        box["y"] + told["y"][at] * box["height"],
    )
    tip = plot.locator(".tip")
    assert tip.is_visible()
    lines = tip.inner_text().splitlines()
    assert lines[0] == "row 17" and lines[1].startswith("fitted mpg 10.3")
    page.mouse.move(box["x"] - 50, box["y"] - 50)
    assert not tip.is_visible()


def test_rows_are_read_with_the_keyboard(
    open_page: Any, html: str, record: ReportRecord
) -> None:
    page = open_page(html).page
    k = next(i for i, p in enumerate(record.panels) if p.kind == "residuals")
    (cloud,) = record.panels[k].clouds
    order = cloud.rows[np.argsort(cloud.x, kind="stable")]
    plot = page.locator(f"#panel-{k} .plot")
    plot.focus()
    spoken = page.locator("#spoken")
    for row in order[:3]:
        page.keyboard.press("ArrowRight")
        assert spoken.inner_text().startswith(f"row {row}, ")
    page.keyboard.press("End")
    assert spoken.inner_text().startswith(f"row {order[-1]}, ")
    page.keyboard.press("Escape")
    assert not plot.locator(".tip").is_visible()


def test_tables_sort_by_their_numbers(open_page: Any, html: str) -> None:
    page = open_page(html).page
    heads = page.locator("#coefficients thead th")
    names = "() => [...document.querySelectorAll('#coefficients tbody tr')].map("
    names += "(r) => r.cells[0].textContent)"
    before = page.evaluate(names)
    heads.nth(4).locator("button").click()
    assert heads.nth(4).get_attribute("aria-sort") == "ascending"
    rising = page.evaluate(names)
    values = page.evaluate(
        "() => [...document.querySelectorAll('#coefficients tbody tr')].map("
        "(r) => Number(r.cells[4].querySelector('data').value))"
    )
    assert values == sorted(values) and sorted(before) == sorted(rising)
    page.keyboard.press("Enter")
    assert heads.nth(4).get_attribute("aria-sort") == "descending"
    assert page.evaluate(names) == rising[::-1]
    heads.nth(0).locator("button").click()
    assert heads.nth(4).get_attribute("aria-sort") is None


def test_intervals_can_be_hidden(open_page: Any, html: str) -> None:
    page = open_page(html).page
    band = page.locator(".plot svg .band").first
    assert band.is_visible()
    page.locator("#intervals").uncheck()
    assert not band.is_visible()
    cells = page.locator("#coefficients .interval")
    assert cells.count() == 12 and not cells.first.is_visible()
    page.locator("#intervals").check()
    assert band.is_visible() and cells.first.is_visible()


def test_everything_has_a_name_for_who_cannot_see_it(open_page: Any, html: str) -> None:
    page = open_page(html).page
    assert page.evaluate(UNNAMED) == []
    levels = page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3')].map((h) => +h.tagName[1])"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_without_javascript_all_is_there(
    open_page: Any, html: str, record: ReportRecord
) -> None:
    opened = open_page(html, java_script_enabled=False)
    page = opened.page
    assert page.locator("#coefficients tbody tr").count() == 5
    assert page.locator(".plot svg").count() == len(record.panels)
    assert not page.locator("#controls").is_visible()
    assert page.locator(".tip").count() == 0


def test_names_of_the_data_stay_text(open_page: Any) -> None:
    x = np.arange(12.0)
    data = {HOSTILE: x, "y": np.sin(x) + x, "town": [HOSTILE, "b", "c"] * 4}
    m = lw.ols(f"y ~ `{HOSTILE}` + town", data)
    opened = open_page(render_report(m.report_record(title=HOSTILE)))
    opened.page.wait_for_timeout(200)
    opened.check_quiet()
    assert opened.page.locator("img").count() == 0
    plot = opened.page.locator(".plot[tabindex='0']").first
    plot.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.check_quiet()


def test_a_saved_model_has_a_page(open_page: Any, tmp_path: Path) -> None:
    m = lw.ols("mpg ~ wt", CARS)
    m.save(tmp_path / "m.json")
    opened = open_page(render_report(lw.load(tmp_path / "m.json").report_record()))
    assert opened.page.locator("figure.panel").count() == 1
    assert "saved without its rows" in opened.page.locator("#notes").inner_text()
    opened.check_quiet()


def test_the_print_has_all_tables_whole(open_page: Any, html: str) -> None:
    page = open_page(html).page
    page.emulate_media(media="print")
    assert not page.locator("#controls").is_visible()
    fits = page.evaluate(
        "() => [...document.querySelectorAll('.scroll')].every("
        "(e) => getComputedStyle(e).overflowX === 'visible')"
    )
    assert fits and len(page.pdf(format="A4")) > 10_000
