"""The descent, played in a real browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from leastwise.report.page import render_page
from tests.helpers.page_record import article_record

ENDS = "(id) => ['x1', 'y1', 'x2', 'y2'].map(a => +document.getElementById(id)" + (
    ".getAttribute(a))"
)
# Places are written with two decimals of a thousandth of the chart.
ROUNDING = 0.02


@pytest.fixture(scope="module")
def html() -> str:
    return render_page(article_record())


def ends(page: Any, name: str = "descent-line") -> list[float]:
    return page.evaluate(ENDS, name)


def step_shown(page: Any) -> int:
    return int(page.locator("#now-step").inner_text().replace(",", ""))


def test_plays_from_the_first_step_to_the_fit(open_page: Any, html: str) -> None:
    opened = open_page(html, clock=True)
    page = opened.page
    assert step_shown(page) == 0
    start = ends(page)
    assert page.locator("#play").inner_text() == "Play"
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Pause"
    # The click is answered at once.
    assert step_shown(page) == 1
    seen, places = [step_shown(page)], [start]
    for _ in range(100):
        page.clock.run_for(100)
        seen.append(step_shown(page))
        places.append(ends(page))
    assert seen == sorted(seen)
    assert len(set(seen)) > 40
    assert seen[-1] == 300
    assert places[5] != start
    assert ends(page) == pytest.approx(ends(page, "fit-line"), abs=ROUNDING)
    assert page.locator("#play").inner_text() == "Play"
    assert "Step 300" in page.locator("#spoken").inner_text()
    # Play again starts over.
    page.locator("#play").click()
    assert step_shown(page) == 1
    opened.check_quiet()


def test_plays_and_pauses_in_real_time(open_page: Any, html: str) -> None:
    opened = open_page(html)
    page = opened.page
    start = ends(page)
    page.locator("#play").click()
    page.wait_for_timeout(1500)
    page.locator("#play").click()
    rested = step_shown(page)
    assert rested > 0
    assert ends(page) != start
    page.wait_for_timeout(400)
    assert step_shown(page) == rested
    opened.check_quiet()


def test_steps_forward_and_back_and_resets(open_page: Any, html: str) -> None:
    opened = open_page(html)
    page = opened.page
    first = ends(page)
    # Playwright itself waits for a button that is marked as switched off.
    page.locator("#back").click(force=True)
    assert step_shown(page) == 0
    assert page.locator("#back").get_attribute("aria-disabled") == "true"
    page.locator("#step").click()
    page.locator("#step").click()
    assert step_shown(page) == 2
    assert ends(page) != first
    page.locator("#back").click()
    assert step_shown(page) == 1
    page.locator("#reset").click()
    assert (step_shown(page), ends(page)) == (0, first)
    opened.check_quiet()


def test_slider_moves_line_numbers_and_markers_together(
    open_page: Any, html: str
) -> None:
    record = article_record()
    opened = open_page(html)
    page = opened.page
    assert record.descent is not None
    for index in (7, 120, 300, 0):
        page.locator("#slider").fill(str(index))
        assert step_shown(page) == index
        told = {
            name: page.locator(f"#now-{name}").inner_text()
            for name in ("intercept", "slope", "loss")
        }
        trace = record.descent
        # Six figures are shown.
        assert float(told["intercept"]) == pytest.approx(trace.intercept[index], 1e-5)
        assert float(told["slope"]) == pytest.approx(trace.slope[index], abs=1e-5)
        assert float(told["loss"]) == pytest.approx(trace.loss[index], 1e-5)
        marker = page.locator("#marker-distance").get_attribute("d")
        left = float(marker.removeprefix("M").split()[0])
        assert left == pytest.approx(1000 * index / 300, abs=ROUNDING)
        text = page.locator("#slider").get_attribute("aria-valuetext")
        assert text == f"step {index}"
    opened.check_quiet()


def test_line_on_the_screen_is_the_line_of_the_numbers(
    open_page: Any, html: str
) -> None:
    """Read the drawn line back through the axes that the page embeds."""
    page = open_page(html).page
    page.locator("#slider").fill("5")
    record = article_record()
    assert record.descent is not None
    axes = page.evaluate("JSON.parse(document.getElementById('record').text).axes")
    x1, y1, x2, y2 = ends(page)
    xs = np.interp([x1, x2], [0, 1000], axes["x"])
    ys = np.interp([1000 - y1, 1000 - y2], [0, 1000], axes["y"])
    slope = (ys[1] - ys[0]) / (xs[1] - xs[0])
    # 0.01 of 1000 along both axes.
    assert slope == pytest.approx(record.descent.slope[5], rel=1e-4)
    assert ys[0] - slope * xs[0] == pytest.approx(record.descent.intercept[5], rel=1e-4)


def test_works_with_the_keyboard_alone(open_page: Any, html: str) -> None:
    opened = open_page(html)
    page = opened.page
    stops = []
    for _ in range(7):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "document.activeElement.id || "
                "document.activeElement.getAttribute('aria-label')"
            )
        )
    order = ["play", "back", "step", "reset", "slider", "Coefficients", "Routes"]
    assert stops == order
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert step_shown(page) == 2
    page.keyboard.press("End")
    assert step_shown(page) == 300
    page.locator("#step").focus()
    page.keyboard.press("Enter")
    # The button that can do no more keeps the focus.
    assert page.evaluate("document.activeElement.id") == "step"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.locator("#reset").focus()
    page.keyboard.press("Space")
    assert step_shown(page) == 0
    page.locator("#play").focus()
    page.keyboard.press("Space")
    assert page.locator("#play").inner_text() == "Pause"
    opened.check_quiet()


def test_controls_have_names(open_page: Any, html: str) -> None:
    page = open_page(html).page
    for role, name in (
        ("button", "Play"),
        ("button", "One step back"),
        ("button", "One step forward"),
        ("button", "Reset"),
        ("slider", "Recorded step"),
        ("img", "fahrenheit against celsius"),
        ("table", "Coefficients"),
        ("table", "Routes"),
    ):
        assert page.get_by_role(role, name=name).count() == 1, name


def test_reduced_motion_shows_a_few_stills(open_page: Any, html: str) -> None:
    opened = open_page(html, clock=True, reduced_motion="reduce")
    page = opened.page
    assert step_shown(page) == 0
    page.locator("#play").click()
    seen = []
    for _ in range(100):
        page.clock.run_for(100)
        seen.append(step_shown(page))
    assert seen == sorted(seen)
    assert 4 <= len(set(seen)) <= 11
    assert seen[-1] == 300
    assert page.locator("#play").inner_text() == "Play"
    opened.check_quiet()


def test_a_diverging_descent_is_shown_without_error(open_page: Any) -> None:
    record = article_record()
    assert record.descent is not None
    steps = np.arange(6)
    wild = np.array([1.0, 1e3, -1e150, 1e300, np.inf, np.nan])
    trace = replace(
        record.descent,
        step=steps,
        intercept=wild,
        slope=-wild,
        loss=np.abs(wild),
        distance=np.abs(wild),
        gradient_norm=np.abs(wild),
    )
    opened = open_page(render_page(replace(record, descent=trace)))
    page = opened.page
    for _ in steps[1:]:
        page.locator("#step").click()
    assert step_shown(page) == 5
    assert page.locator("#now-slope").inner_text() == "–"
    assert page.locator("#descent-line").get_attribute("visibility") == "hidden"
    page.locator("#back").click()
    assert page.locator("#now-slope").inner_text() == "−∞"
    opened.check_quiet()


def test_a_page_without_a_descent_has_no_player(open_page: Any) -> None:
    opened = open_page(render_page(replace(article_record(), descent=None)))
    assert opened.page.locator("#play").count() == 0
    assert opened.page.locator("#fit-line").count() == 1
    opened.check_quiet()


def test_one_recorded_step_is_enough(open_page: Any) -> None:
    record = article_record()
    assert record.descent is not None
    one = {
        name: np.asarray(values)[:1]
        for name, values in vars(record.descent).items()
        if name not in ("rate", "route")
    }
    trace = replace(record.descent, **one)
    opened = open_page(render_page(replace(record, descent=trace)))
    opened.page.locator("#play").click()
    assert step_shown(opened.page) == 0
    opened.check_quiet()
