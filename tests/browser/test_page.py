"""The page as a whole, in a real browser: numbers, looks, safety."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leastwise.report.page import render_page
from leastwise.report.page.number import p_value
from tests.helpers.page_record import article_points, article_record, hostile_record

# WCAG 2.2: relative luminance and contrast, over every element that holds text.
TEXT_CONTRASTS = """
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.tagName === "SCRIPT") continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([e.tagName + "." + e.className + " " + e.textContent.slice(0, 30),
                ratio]);
  }
  return found;
}
"""
STROKE = "(s) => getComputedStyle(document.querySelector(s)).stroke"
PAPER = "getComputedStyle(document.body).backgroundColor"
CELLS = """
(id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) =>
  [...row.cells].map((cell) => {
    const data = cell.querySelector("data");
    return [cell.innerText.trim(), data ? data.value : null];
  }))
"""


@pytest.fixture(scope="module")
def html() -> str:
    return render_page(article_record())


def as_number(text: str) -> float:
    return float(text.replace("−", "-"))


def contrast(one: str, other: str) -> float:
    lights = []
    for colour in (one, other):
        parts = [int(p) / 255 for p in colour.strip("rgb()").split(",")]
        linear = [
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        red, green, blue = linear
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_opens_from_a_file_without_network_or_complaint(
    open_page: Any, html: str
) -> None:
    opened = open_page(html)
    page = opened.page
    page.wait_for_timeout(300)
    assert page.locator("h1").inner_text().startswith("fahrenheit = ")
    assert "32 + 1.8 celsius" in page.locator(".lede").inner_text()
    assert page.locator("#controls").is_visible()
    opened.check_quiet()


def test_policy_of_the_page_forbids_the_network(open_page: Any, html: str) -> None:
    """The record of requests is not all: the page could not ask if it wanted to."""
    opened = open_page(html)
    blocked = opened.page.evaluate(
        "fetch('https://example.invalid/').then(() => 'sent', () => 'blocked')"
    )
    assert blocked == "blocked"
    assert any("Content Security Policy" in text for text in opened.messages)


def test_coefficient_table_holds_the_numbers_of_the_record(
    open_page: Any, html: str
) -> None:
    record = article_record()
    assert record.truth is not None
    rows = open_page(html).page.evaluate(CELLS, "coefficients")
    assert len(rows) == 2
    for cells, row in zip(rows, record.coefficients, strict=True):
        assert cells[0][0] == row.name
        want = [row.estimate, record.truth[row.name], row.std_error, row.t]
        want += [row.p_value, row.low, row.high, row.digits]
        assert [float(value) for _, value in cells[1:]] == want
        assert cells[5][0] == p_value(row.p_value)
        for index in (1, 3, 6, 7):
            text, value = cells[index]
            # Three figures of the standard error or better.
            assert as_number(text) == pytest.approx(
                float(value), abs=0.006 * row.std_error
            )


def test_route_table_has_every_route_with_or_without_numbers(
    open_page: Any, html: str
) -> None:
    record = article_record()
    rows = open_page(html).page.evaluate(CELLS, "routes")
    assert len(rows) == len(record.routes)
    for cells, route in zip(rows, record.routes, strict=True):
        assert cells[0][0].startswith(route.route)
        if route.estimates is None:
            assert cells[1][0] == route.note
            continue
        estimates = list(route.estimates.values())
        assert [float(cells[1][1]), float(cells[2][1])] == estimates
        assert as_number(cells[1][0]) == pytest.approx(estimates[0], rel=1e-14)
        assert float(cells[3][1]) == route.digits


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_text_has_contrast(open_page: Any, html: str, scheme: str, width: int) -> None:
    opened = open_page(
        html, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    found = opened.page.evaluate(TEXT_CONTRASTS)
    assert len(found) > 80
    assert [f"{name}: {ratio:.2f}" for name, ratio in found if ratio < 4.5] == []
    paper = opened.page.evaluate(PAPER)
    for mark in (".fit", ".truth", ".descent", ".curve.loss", ".dots"):
        # WCAG asks 3 to 1 of what must be told apart in a drawing.
        assert contrast(opened.page.evaluate(STROKE, mark), paper) >= 3, mark


def test_dark_differs_from_light(open_page: Any, html: str) -> None:
    pages = [open_page(html, color_scheme=s).page for s in ("light", "dark")]
    for look in (PAPER, "getComputedStyle(document.body).color"):
        light, dark = (page.evaluate(look) for page in pages)
        assert light != dark
    light, dark = (page.evaluate(STROKE, "#fit-line") for page in pages)
    assert light != dark


def test_print_is_light_even_when_the_screen_is_dark(open_page: Any, html: str) -> None:
    page = open_page(html, color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert contrast(page.evaluate(PAPER), "rgb(0, 0, 0)") > 18
    assert not page.locator("#controls").is_visible()
    assert page.locator("#coefficients").is_visible()


@pytest.mark.parametrize("name", ["article", "hostile", "long names", "huge numbers"])
@pytest.mark.parametrize("width", [320, 360, 768])
def test_no_sideways_scroll(open_page: Any, name: str, width: int) -> None:
    points = article_points(60)
    record = {
        "article": article_record,
        "hostile": hostile_record,
        "long names": lambda: article_record(
            replace(points, x_name="x" * 200, y_name="y_" * 100)
        ),
        "huge numbers": lambda: article_record(
            replace(points, x=points.x * 1e9 + 1.7e18, y=points.y * -1e-100)
        ),
    }[name]()
    opened = open_page(render_page(record), viewport={"width": width, "height": 740})
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Tables wider than the screen scroll in their own box.
    wide = "e => [e.scrollWidth > e.clientWidth, getComputedStyle(e).overflowX]"
    boxes = page.eval_on_selector_all(".scroll", f"all => all.map({wide})")
    assert len(boxes) == 2
    assert all(overflow == "auto" for _, overflow in boxes)
    assert boxes[1][0] or width == 768
    opened.check_quiet()


def test_fingers_hit_the_buttons_on_a_phone(open_page: Any, html: str) -> None:
    page = open_page(
        html, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    ).page
    assert page.evaluate("window.innerWidth") == 360
    for name in ("play", "back", "step", "reset", "slider"):
        box = page.locator(f"#{name}").bounding_box()
        assert min(box["width"], box["height"]) >= 44, name
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360, name
    page.locator("#step").tap()
    assert page.locator("#now-step").inner_text() == "1"


def test_names_that_are_script_stay_text(open_page: Any) -> None:
    record = hostile_record()
    opened = open_page(render_page(record))
    page = opened.page
    page.wait_for_timeout(300)
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    # Two programs and the data; nothing that came with a name.
    assert page.locator("script").count() == 3
    assert record.points.x_name in page.locator("h1").inner_text()
    assert page.locator(".x-name").first.inner_text() == record.points.x_name
    embedded = page.evaluate("JSON.parse(document.getElementById('record').text)")
    assert embedded["data"]["x_name"] == record.points.x_name
    assert embedded["notes"] == list(record.notes)
    page.locator("#scatter .plot").hover()
    page.locator("#play").click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    opened.check_quiet()


def test_pointing_at_a_row_reads_it_out(open_page: Any, html: str) -> None:
    opened = open_page(html)
    page = opened.page
    place = page.evaluate(
        """() => {
          const record = JSON.parse(document.getElementById("record").text);
          const box = document.querySelector("#scatter .plot").getBoundingClientRect();
          const share = (v, [a, b]) => (v - a) / (b - a);
          return [box.left + box.width * share(record.data.x[200], record.axes.x),
                  box.top + box.height * (1 - share(record.data.y[200], record.axes.y)),
                  record.data.y[200]];
        }"""
    )
    page.mouse.move(place[0], place[1])
    tip = page.locator(".tip")
    assert tip.is_visible()
    name, value = tip.inner_text().splitlines()[1].split()
    assert name == "fahrenheit"
    assert float(value) == pytest.approx(place[2], rel=1e-5)
    page.mouse.move(5, 5)
    assert not tip.is_visible()
    opened.check_quiet()


def test_without_javascript_the_answer_is_all_there(open_page: Any, html: str) -> None:
    opened = open_page(html, java_script_enabled=False)
    page = opened.page
    assert not page.locator("#controls").is_visible()
    for place in ("#fit-line", "#descent-line", "#coefficients", "#routes"):
        assert page.locator(place).count() == 1
    assert page.locator("#now-step").inner_text() == "300"
    assert page.locator("#scatter .dots").count() > 1
    opened.check_quiet()


def test_many_rows_open_and_say_that_they_were_thinned(open_page: Any) -> None:
    opened = open_page(render_page(article_record(article_points(100_000))))
    page = opened.page
    assert "2,000 of 100,000 rows" in page.locator("#scatter .legend").inner_text()
    assert "the fit uses all of them" in page.locator(".notes").inner_text()
    opened.check_quiet()
