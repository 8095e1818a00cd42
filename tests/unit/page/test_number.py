"""Numbers as texts: figures, signs, and the odd ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leastwise.report.page import number


def read_back(text: str) -> float:
    digits = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
    head, _, power = text.replace("−", "-").partition("×10")
    power = power.translate(str.maketrans(digits, "0123456789-"))
    return float(f"{head}e{power or 0}")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 15))
def test_significant_is_the_number_to_so_many_figures(value: float, n: int) -> None:
    # Past these a float itself holds fewer figures, or rounds to infinity.
    assume(value == 0 or 1e-300 < abs(value) < 1e308)
    # Half a unit of the last figure, and the rounding of reading it back.
    room = 0.5000001 * 10.0 ** (1 - n)
    assert read_back(number.significant(value, n)) == pytest.approx(value, rel=room)


@given(st.floats())
def test_no_text_is_long_or_has_a_hyphen(value: float) -> None:
    for text in (
        number.significant(value),
        number.fixed(value, 4),
        number.plain(value),
        number.p_value(value),
    ):
        assert 1 <= len(text) <= 20
        assert "-" not in text
        assert "e" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "–"),
        (None, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (0.0, "0"),
        (-0.0, "0"),
        (9.99996, "10.00"),
        (9999999.9, "10000000"),
        (1e7, "1.000×10⁷"),
        (0.0001, "0.0001000"),
        (0.00009999, "9.999×10⁻⁵"),
        (5e-324, "4.941×10⁻³²⁴"),
        (1.7976931348623157e308, "1.798×10³⁰⁸"),
    ],
)
def test_edges(value: float | None, text: str) -> None:
    assert number.significant(value) == text


def test_fixed_keeps_its_decimals() -> None:
    assert number.fixed(-0.00001, 3) == "0.000"
    assert number.fixed(-1.0, 2) == "−1.00"
    assert number.fixed(math.nan, 2) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 s"), (9.996e-4, "1.00 ms"), (1e-9, "0.00100 µs"), (61.0, "61.0 s")],
)
def test_seconds(value: float, text: str) -> None:
    assert number.seconds(value) == text


def test_equation_of_odd_terms() -> None:
    assert number.equation("y", []) == "y = 0"
    assert number.equation("y", [("x", -2.0)]) == "y = −2.000 x"
    assert number.equation("y", [("Intercept", math.nan)]) == "y = –"
