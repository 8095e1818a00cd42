"""What float64 numbers leave out of decimals, against exact rationals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leastwise.design.pairs import minus, over, plus, root, times, whole_power
from leastwise.rows.decimals import low_of_objects, low_of_shortest, low_of_texts

# The float64 that is nearest to a tenth, to its last digit.
TENTH = "0.1000000000000000055511151231257827021181583404541015625"


def check(values: np.ndarray) -> None:
    low = low_of_shortest(values)
    low = np.zeros(len(values)) if low is None else low
    for value, rest in zip(values.tolist(), low.tolist(), strict=True):
        # Python's repr is the shortest decimal that rounds to a float64.
        assert rest == float(Fraction(repr(value)) - Fraction(value)), value


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_any_float64_stands_for_its_shortest_decimal(values: list[float]) -> None:
    check(np.array(values, np.float64))


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), max_size=20))
def test_short_decimals_are_found(values: list[Decimal]) -> None:
    check(np.array([float(v) for v in values], np.float64))


@pytest.mark.parametrize("places", [0, 1, 7, 15, 16, 17, 22, 23, 40, 300])
def test_every_number_of_places(places: int) -> None:
    generator = np.random.default_rng(places)
    texts = [f"{k}e-{places}" for k in generator.integers(-(10**15), 10**15, 200)]
    check(np.array([float(t) for t in texts]))


def test_what_is_no_decimal_leaves_out_nothing() -> None:
    assert low_of_shortest(np.array([np.nan, np.inf, -np.inf, 3.0, 0.5])) is None
    low = low_of_shortest(np.array([np.nan, 0.1, 1e23]))
    assert low is not None
    assert low[0] == 0.0
    # The float64 beside 10^23 is 8388608 below it.
    assert low[2] == 8388608.0


def test_texts_and_objects_mean_what_they_say() -> None:
    texts = ["0.1", TENTH, None, "1e-400", "007.250"]
    values = np.array([0.1, 0.1, np.nan, 0.0, 7.25])
    low = low_of_texts(texts, values)
    assert low is not None
    assert low.tolist() == [-5.551115123125783e-18, 0.0, 0.0, 0.0, 0.0]
    assert low_of_texts(["1.5", None], np.array([1.5, np.nan])) is None
    objects = [Fraction(1, 3), Decimal("0.1"), 0.1, None]
    low = low_of_objects(objects, np.array([1 / 3, 0.1, 0.1, np.nan]))
    assert low is not None
    assert low.tolist() == [
        float(Fraction(1, 3) - Fraction(1 / 3)),
        -5.551115123125783e-18,
        0.0,
        0.0,
    ]


numbers = st.floats(1e-40, 1e40).flatmap(lambda v: st.sampled_from([v, -v]))


@given(numbers, numbers, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_pairs_hold_thirty_digits(a: float, b: float, e: float, f: float) -> None:
    x = (np.array([a]), np.array([e * np.spacing(abs(a))]))
    y = (np.array([b]), np.array([f * np.spacing(abs(b))]))
    u, v = (sum(Fraction(float(part[0])) for part in pair) for pair in (x, y))
    sizes = [abs(u) + abs(v), abs(u * v), abs(u / v), abs(u**5)]
    exact = [u + v, u * v, u / v, u**5]
    found = [plus(x, y), times(x, y), over(x, y), whole_power(x, 5)]
    for (high, low), truth, size in zip(found, exact, sizes, strict=True):
        rest = 0.0 if low is None else float(low[0])
        off = abs(Fraction(float(high[0])) + Fraction(rest) - truth)
        assert off <= size * Fraction(2) ** -99
    assert minus(minus(x)) == x
    high, low = root((np.abs(x[0]), x[1] * np.sign(x[0])))
    square = (Fraction(float(high[0])) + Fraction(0.0 if low is None else low[0])) ** 2
    assert abs(square - abs(u)) <= abs(u) * Fraction(2) ** -98
