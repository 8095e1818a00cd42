"""The page as text: whole, escaped, small, and complete without JavaScript."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leastwise._kit.errors import RequestError
from leastwise.record.comparison import RouteRecord
from leastwise.report.page import FittedLine, PageRecord, Points, render_page
from leastwise.report.page.chart import other_lines, scene_of
from leastwise.report.page.draw import segment
from leastwise.report.page.embed import safe_json
from leastwise.report.page.record import Descent
from leastwise.report.page.render import fill
from leastwise.report.page.tables import lede, route_table
from leastwise.report.page.thin import thin_points, thin_steps
from tests.helpers.page_record import article_points, article_record, hostile_record

VOID = {"meta", "link", "input", "br", "img"}


class Outline(HTMLParser):
    """Checks that every element that opens closes; keeps attributes by id."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.by_id: dict[str, dict[str, str | None]] = {}
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        mine = dict(attrs)
        name = mine.get("id")
        if name is not None:
            assert name not in self.by_id, f"two elements are called {name}"
            self.by_id[name] = mine
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def embedded(html: str) -> dict[str, Any]:
    found = re.search(r'id="record">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_page_is_whole_and_asks_for_nothing() -> None:
    html = render_page(article_record())
    page = outline(html)
    wanted = {"play", "step", "back", "slider", "reset", "coefficients", "routes"}
    assert wanted | {"record", "scatter", "convergence"} <= set(page.by_id)
    assert html.count('http-equiv="Content-Security-Policy"') == 1
    assert "default-src 'none'; style-src 'unsafe-inline'" in html
    # Nothing is loaded: no address at all, and no element that could take one.
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", html)
    assert {"src", "srcset"} & page.attributes == set()
    assert len(html) < 200_000


@pytest.mark.parametrize("make", [article_record, hostile_record])
def test_record_travels_in_the_page(make: Any) -> None:
    record = make()
    data = embedded(render_page(record))
    assert data["data"]["x"] == record.points.x.tolist()
    assert data["data"]["x_name"] == record.points.x_name
    assert data["coefficients"] == [vars(row) for row in record.coefficients]
    assert [route["route"] for route in data["routes"]] == [
        route.route for route in record.routes
    ]
    assert len(data["frames"]) == record.descent.step.size


def test_hostile_names_make_no_elements() -> None:
    honest = outline(render_page(article_record()))
    hostile = outline(render_page(hostile_record()))
    assert "img" not in hostile.tags
    assert hostile.tags.count("script") == honest.tags.count("script") == 3
    assert not {name for name in hostile.attributes if name.startswith("on")}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_safe_json_reads_back_and_cannot_leave_its_element(value: Any) -> None:
    text = safe_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    text.encode("utf-8")
    assert json.loads(text) == json.loads(safe_json(json.loads(text)))
    if isinstance(value, str):
        assert json.loads(text) == value


def test_fill_is_one_pass_and_refuses_unknown_places() -> None:
    assert fill("{{a}}", {"a": "{{a}}"}) == "{{a}}"
    with pytest.raises(RequestError, match="no part is called 'b'; there are a"):
        fill("{{b}}", {"a": ""})


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_rows_make_a_page(n: int) -> None:
    points = article_points(max(n, 1))
    points = replace(points, x=points.x[:n], y=points.y[:n])
    outline(render_page(PageRecord("few", "y ~ x", "", points)))


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e300, 0.0])
@pytest.mark.parametrize("shift", [0.0, 1.7e18, -1e300])
def test_any_scale_makes_a_page(scale: float, shift: float) -> None:
    points = article_points(50)
    points = replace(points, x=points.x * scale + shift, y=points.y * scale - shift)
    line = FittedLine("leastwise", shift, scale)
    html = render_page(PageRecord("far", "y ~ x", "", points, lines=(line,)))
    outline(html)
    assert "nan" not in re.sub(r"<script.*", "", html, flags=re.DOTALL)


def test_rows_that_are_not_finite_are_counted_not_drawn() -> None:
    x = np.array([0.0, 1.0, np.nan, 3.0])
    y = np.array([0.0, np.inf, 2.0, 3.0])
    html = render_page(PageRecord("odd", "y ~ x", "", Points("x", "y", x, y)))
    assert "2 of 4 rows hold a value that is not finite and are not drawn." in html
    assert embedded(html)["data"]["x"] == [0.0, 3.0]


def test_integers_and_float32_are_drawn() -> None:
    x = np.arange(5, dtype=np.int64)
    html = render_page(
        PageRecord("int", "y ~ x", "", Points("x", "y", x, x.astype(np.float32)))
    )
    assert embedded(html)["data"]["x"] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_many_rows_make_a_small_page_and_the_same_each_time() -> None:
    record = article_record(article_points(100_000))
    html = render_page(record)
    # 2,000 rows of two numbers, twice, and the rest of the page.
    assert len(html) < 400_000
    assert html == render_page(record)
    assert "draws 2,000 of 100,000 rows" in html
    chosen = thin_points(record.points)
    assert chosen.size == len(set(chosen.tolist())) == 2000
    assert {0, 99_999} <= set(chosen.tolist())


def test_many_steps_are_thinned_from_the_end() -> None:
    n = 100_001
    z = np.zeros(n)
    trace = Descent(np.arange(n), z, z, z, z, z, 0.1)
    chosen = thin_steps(trace)
    assert chosen.size <= 400
    assert chosen[:4].tolist() == [0, 1, 2, 3]
    assert chosen[-1] == n - 1
    html = render_page(replace(article_record(), descent=trace))
    assert f"{chosen.size} of 100,001 recorded steps" in html


def test_static_descent_line_stands_at_the_last_step() -> None:
    record = article_record()
    page = outline(render_page(record))
    drawn = page.by_id["descent-line"]
    fit = page.by_id["fit-line"]
    for end in ("x1", "y1", "x2", "y2"):
        # Two decimals are written.
        assert float(drawn[end] or 0) == pytest.approx(float(fit[end] or 0), abs=0.02)
    assert "hidden" in page.by_id["controls"]


def test_segment_is_cut_at_the_edges_without_turning() -> None:
    axis = scene_of(article_record()).x
    unit = replace(axis, low=0.0, high=1.0)
    for slope in (0.0, 0.3, -0.7, 5.0, -40.0, 1e6):
        found = segment(FittedLine("a", 0.5 - slope / 2, slope), unit, unit)
        assert found is not None
        x1, y1, x2, y2 = found
        assert all(0 <= value <= 1000 for value in found)
        # Through the middle of the drawing, with its own slope.
        assert (x1 + x2, y1 + y2) == pytest.approx((1000, 1000), abs=0.02)
        rise = (y1 - y2) - slope * (x2 - x1)
        assert abs(rise) <= 0.02 * max(1.0, abs(slope))
    assert segment(FittedLine("a", 2.0, 0.0), unit, unit) is None
    assert segment(FittedLine("a", 5.0, 1.0), unit, unit) is None


def test_other_routes_are_parted_by_what_the_eye_sees() -> None:
    record = article_record()
    fit = record.fitted_line()
    assert fit is not None
    far = FittedLine("pytorch", fit.intercept + 5.0, fit.slope)
    near = FittedLine("numpy", fit.intercept + 1e-6, fit.slope)
    record = replace(record, lines=(far, near, fit))
    together, apart = other_lines(record, scene_of(record))
    assert (together, apart) == ((near,), (far,))


def test_lede_says_when_the_truth_is_outside() -> None:
    record = article_record()
    assert "Both ideal values lie inside their 95% intervals." in lede(record)
    wrong = replace(record, truth={"Intercept": 32.0, "celsius": 9.0})
    assert "Outside its 95% interval: the ideal value of celsius." in lede(wrong)
    one = replace(record, coefficients=record.coefficients[:1])
    assert "The ideal value lies inside its 95% interval." in lede(one)


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (1.77257185663914, 6.5, '1.77257<span class="wrong">185663914</span>'),
        (32.0266077348786, 6.5, '32.0266<span class="wrong">077348786</span>'),
        (1.77257130714203, 15.9, "1.77257130714203"),
        (3.6e-11, 0.0, '<span class="wrong">3.60000000000000</span>×10⁻¹¹'),
        (-1.5e-20, 3.0, '−1.50<span class="wrong">000000000000</span>×10⁻²⁰'),
        (0.0012345, 4.0, '0.001234<span class="wrong">50000000000</span>'),
        (0.0, 15.0, "0"),
        (float("nan"), None, "–"),
        (2.0, float("inf"), "2.00000000000000"),
    ],
)
def test_figures_past_the_good_digits_are_marked(
    value: float, digits: float | None, shown: str
) -> None:
    route = RouteRecord("a", {"x": value}, digits, None, None, None, None, None, "")
    record = replace(article_record(), routes=(route,))
    assert f'<data value="{value!r}">{shown}</data>' in route_table(record)


def test_numpy_numbers_are_written_as_numbers() -> None:
    row = replace(article_record().coefficients[0], estimate=np.float64(1.5))
    html = render_page(replace(article_record(), coefficients=(row,)))
    assert '<data value="1.5">' in html
    assert "np.float64" not in html


def test_records_are_frozen() -> None:
    with pytest.raises(AttributeError):
        article_record().title = "x"  # type: ignore[misc]
