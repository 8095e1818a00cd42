"""Axes: every value has a place, every tick a round value and its own text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leastwise.report.page.axis import Axis, linear_axis, log_axis, step_axis

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, max_size=6))
def test_linear_axis_holds_all_and_has_distinct_ticks(values: list[float]) -> None:
    axis = linear_axis([np.array(values, dtype=float)])
    assert axis.low < axis.high
    inside = np.clip(values, -8e307, 8e307) if values else np.array([])
    places = axis.places(np.asarray(inside, dtype=float))
    assert ((places >= 0) & (places <= 1)).all()
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 12
    assert len({tick.text for tick in ticks}) == len(ticks)
    assert max(len(tick.text) for tick in ticks) <= 12
    assert all(-1e-9 <= tick.place <= 1 + 1e-9 for tick in ticks)


def test_far_from_zero_the_base_moves_into_the_name() -> None:
    axis = linear_axis([np.array([1.7e9, 1.7e9 + 100])], margin=0.0)
    assert [tick.text for tick in axis.ticks()] == ["0", "20", "40", "60", "80", "100"]
    assert axis.name("time") == "time − 1,700,000,000"
    small = linear_axis([np.array([-1e6 - 1e-3, -1e6])], margin=0.0)
    assert small.name("x") == "x + 10⁶".replace("10⁶", "1×10⁶")
    assert linear_axis([np.array([0.0, 1.0])]).name("x") == "x"


def test_values_that_are_all_the_same_get_room() -> None:
    assert linear_axis([np.array([5.0, 5.0])]) == Axis("linear", 2.5, 7.5)
    assert linear_axis([np.array([0.0])]) == Axis("linear", -0.5, 0.5)
    assert linear_axis([np.array([np.nan, np.inf])]) == Axis("linear", 0.0, 1.0)


def test_log_axis_stands_zero_on_its_floor() -> None:
    axis = log_axis([np.array([1e-16, 30.0, 0.0, np.inf, np.nan])])
    assert (axis.low, axis.high) == (1e-16, 100.0)
    assert axis.place(0.0) == 0.0
    assert axis.place(1e-7) == pytest.approx(0.5)
    assert [tick.text for tick in axis.ticks()][-1] == "1"


@given(st.lists(st.floats(min_value=5e-324, allow_infinity=False), max_size=5))
def test_log_axis_takes_any_positive_numbers(values: list[float]) -> None:
    axis = log_axis([np.array(values, dtype=float)])
    assert 0 < axis.low < axis.high < np.inf
    assert np.isfinite(axis.places(np.array(values, dtype=float))).all()
    assert 1 <= len(axis.ticks()) <= 12


def test_step_axis_bends_when_all_happens_early() -> None:
    steps = np.arange(5001.0)
    way = np.maximum(0.8**steps, 1e-16)
    axis = step_axis(steps, way)
    assert axis.kind == "log1p"
    assert [t.text for t in axis.ticks()] == ["0", "1", "10", "100", "1,000"]
    assert step_axis(steps[:150], way[:150]).kind == "linear"
    assert step_axis(np.array([0.0]), np.array([0.0])) == Axis("linear", 0.0, 1.0)
