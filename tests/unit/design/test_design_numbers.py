"""Digits: integers beyond 2**53, narrow floats, computed terms, exact powers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from leastwise._kit.errors import DataError
from leastwise.design.build import build
from leastwise.design.pairs import whole_power
from tests.unit.design.design_tables import table

BIG = 1_700_000_000_123_456_789  # nanoseconds since 1970, some 2**60.6


def restored(design: object, j: int = 0) -> list[int]:
    column = design.X[:, j]  # type: ignore[attr-defined]
    high, low = design.origin[j], design.origin_low[j]  # type: ignore[attr-defined]
    return [int(v) + int(high) + int(low) for v in column]


@pytest.mark.parametrize(
    "values",
    [
        np.array([BIG, BIG + 1, BIG - 7]),
        np.array([BIG, BIG + 1, BIG + 7], np.uint64),
        np.array([2**64 - 1, 2**64 - 3, 2**64 - 2], np.uint64),
        np.array([-(2**63), -(2**63) + 5, -(2**63) + 1]),
        [10**30 + 1, 10**30 + 2, 10**30 + 9],
        [2**53 + 1, 2, 5],
    ],
)
def test_large_integers_keep_every_digit(values: object) -> None:
    data = table(x=values, y=[1.0, 2.0, 4.0])
    _, design = build("y ~ x", data)
    exact = [int(v) for v in values]  # type: ignore[attr-defined]
    if exact[0] == 10**30 + 1:
        # float(10**30 + 1) leaves more than 53 bits over: the low part rounds.
        assert restored(design) == pytest.approx(exact, rel=1e-30)
    else:
        assert restored(design) == exact
    if max(abs(v - exact[0]) for v in exact) <= 2**53 and exact[0] < 10**29:
        assert design.roundoff[0] == 0.0
    _, design = build("x ~ y", data)
    assert design.origin[1] == float(exact[0])


def test_a_span_beyond_63_bits_is_shifted_in_python_integers() -> None:
    values = np.array([2**63 - 1, -(2**63), 0])
    _, design = build("y ~ x", table(x=values, y=[1.0, 2.0, 4.0]))
    assert design.X[:, 0].tolist() == [0.0, -float(2**64 - 1), -float(2**63 - 1)]
    assert design.roundoff[0] == 2.0**-53


def test_ordinary_integers_are_not_shifted() -> None:
    for values in ([1, 2, 2**53], np.array([1, 2, 3], np.uint8)):
        _, design = build("y ~ x", table(x=values, y=[1.0, 2.0, 4.0]))
        assert design.origin.tolist() == [0.0, 0.0]
        assert design.roundoff[0] == 0.0
        assert design.X[:, 0].tolist() == list(values)


def test_large_integers_in_a_product_are_exact_as_pairs() -> None:
    data = table(x=[BIG, BIG + 1, BIG + 5], z=[1, 2, 4], y=[1.0, 2.0, 4.0])
    _, design = build("y ~ x:z + I(x - 1)", data)
    assert design.origin.tolist() == [0.0, 0.0, 0.0]
    assert design.roundoff.tolist() == [2.0**-103, 2.0**-103, 2.0**-53]
    assert design.X_low is not None
    rows = zip(design.X.tolist(), design.X_low.tolist(), strict=True)
    found = [[int(v) + int(e) for v, e in zip(*row, strict=True)] for row in rows]
    assert found == [[BIG - 1, BIG], [BIG, 2 * (BIG + 1)], [BIG + 4, 4 * (BIG + 5)]]


def test_shift_is_by_the_first_used_row() -> None:
    values = [BIG - 100, BIG, BIG + 3]
    data = table(x=values, y=[float("nan"), 1.0, 2.0])
    _, design = build("y ~ x", data)
    assert design.X[:, 0].tolist() == [0.0, 3.0]
    assert restored(design) == values[1:]


@pytest.mark.parametrize(
    ("dtype", "roundoff"),
    [(np.float64, 2.0**-53), (np.float32, 2.0**-24), (np.float16, 2.0**-11)],
)
def test_roundoff_is_that_of_the_dtype(dtype: type, roundoff: float) -> None:
    values = np.array([0.5, 1.5, 4.0], dtype)
    data = table(x=values, y=[1.0, 2.0, 4.0], z=[1, 2, 3], g=["a", "b", "a"])
    _, design = build("y ~ x + log(x) + x:z + g:x", data)
    computed = max(roundoff, 2.0**-52)
    assert design.names == ("x", "log(x)", "x:z", "x:g[T.b]")
    assert design.roundoff[:4].tolist() == [roundoff, computed, computed, roundoff]


def test_integer_arithmetic_is_exact_while_it_stays_small() -> None:
    data = table(x=[1, 2, 3], z=[4, 6, 9], y=[1.0, 2.0, 4.0], f=[True, False, True])
    exact = "I(x ** 5) + I(x * z - 3) + x:z + f:x + I(x > 1) + I(f + x) + abs(x)"
    _, design = build(f"y ~ 0 + {exact}", data)
    assert set(design.roundoff[:-1]) == {0.0}
    _, design = build("y ~ I(x ** 60) + I(x / 2) + sqrt(x)", data)
    assert set(design.roundoff[:-1]) == {2.0**-103}
    _, design = build("y ~ I(x * .5) + log(x)", data)
    assert set(design.roundoff[:-1]) == {2.0**-52}


@pytest.mark.parametrize("exponent", [1, 2, 3, 5, 10, 37, 64])
def test_whole_powers_are_rounded_once(exponent: int) -> None:
    rng = np.random.default_rng(7)
    base = np.concatenate([rng.normal(size=200) * 10, [0.0, 1.0, -1.0]])
    found, low = whole_power((base, None), exponent)
    low = np.zeros(len(base)) if low is None else low
    for value, power, rest in zip(base.tolist(), found, low, strict=True):
        exact = Fraction(value) ** exponent
        # Rounded from a pair good to 2**-98: the nearest float64 but for ties.
        assert power == float(exact)
        pair = Fraction(float(power)) + Fraction(float(rest))
        # Below 1e-250 no low part is kept.
        bound = Fraction(2) ** (-98 if abs(power) > 1e-250 else -53)
        assert abs(pair - exact) <= abs(exact) * bound


def test_whole_powers_at_the_ends_of_the_range() -> None:
    base = np.array([1e301, 1e150, 1e-150, 1e-310, 3e102])
    with np.errstate(over="ignore", invalid="ignore"):
        (found, _), wanted = whole_power((base, None), 3), np.power(base, 3.0)
    np.testing.assert_allclose(found, wanted, rtol=2**-51)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ log(x)", "log(x) is -inf in row 2, where x = 0"),
        ("y ~ sqrt(z)", "sqrt(z) is nan in row 3, where z = -4"),
        ("y ~ I(z / x)", "z / x is inf in row 2, where z = 1.5, x = 0"),
        (
            "y ~ exp(I(z * 1000))",
            "exp(I(z * 1000)) is inf in row 1 (and in 1 more), where z = 1",
        ),
        ("log(x) ~ z", "log(x) is -inf in row 2"),
        (
            "y ~ huge:big",
            "huge:big is inf in row 1 (and in 2 more), where huge = 1e+200",
        ),
        ("y ~ I(z ** x / 0)", "z ** x / 0 is inf in row 1 (and in 2 more)"),
        ("y ~ z + offset(log(x))", "log(x) is -inf in row 2"),
        ("y ~ I(1 / (x * 0))", "1 / (x * 0) is inf in row 1"),
        ("y ~ I(z + 1 / 0)", "1 / 0 is inf"),
    ],
)
def test_computed_infinity_names_the_row_and_the_inputs(
    formula: str, message: str
) -> None:
    data = table(
        y=[1.0, 2.0, 4.0],
        x=[1, 0, 2],
        z=[1.0, 1.5, -4.0],
        huge=[1e200] * 3,
        big=[1e300] * 3,
    )
    with pytest.raises(DataError) as caught:
        build(formula, data)
    assert message in str(caught.value)


@pytest.mark.parametrize("formula", ["y ~ x", "y ~ log(x)"])
def test_integers_beyond_float64_are_refused(formula: str) -> None:
    with pytest.raises(DataError, match='"x" has an integer beyond 1e308'):
        build(formula, table(x=[10**400, 1, 2], y=[1.0, 2.0, 4.0]))


def test_comparisons_are_zero_and_one() -> None:
    data = table(
        y=[1.0, 2.0, 4.0], cyl=["4", "6", "4"], town=["B", "C", "B"], age=[20, 40, 60]
    )
    towns = 'I(town == "B") + I("C" != town)'
    formula = f"y ~ {towns} + I(age > 30) + I((age >= 40) * (age < 60))"
    _, design = build(formula, data)
    np.testing.assert_array_equal(design.X, [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 0]])
    assert set(design.roundoff[:-1]) == {0.0}
    with pytest.raises(DataError, match='is nowhere "Bb"'):
        build('y ~ I(town == "Bb")', data)
    with pytest.raises(DataError, match='put it in quotes: "4"'):
        build("y ~ I(cyl == 4)", data)
    with pytest.raises(
        DataError, match='holds no texts and cannot be compared with "2"'
    ):
        build('y ~ I(age == "2")', data)


def test_arithmetic_values() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(1, 2, 50), rng.uniform(1, 2, 50)
    data = table(y=a, a=a, b=b)
    wanted = {
        "log(a)": np.log(a),
        "np.log(a)": np.log(a),
        "log2(a)": np.log2(a),
        "log10(a)": np.log10(a),
        "log1p(a)": np.log1p(a),
        "exp(a)": np.exp(a),
        "expm1(a)": np.expm1(a),
        "sqrt(a)": np.sqrt(a),
        "abs(-a)": a,
        "sin(a)": np.sin(a),
        "cos(a)": np.cos(a),
        "tan(a)": np.tan(a),
        "tanh(a)": np.tanh(a),
        # Little can be left of these: computed in pairs, rounded once.
        "I(-a ** 2 + 3)": np.array([float(3 - Fraction(u) ** 2) for u in a.tolist()]),
        "I(a / b * 2 - a)": np.array(
            [
                float(Fraction(u) / Fraction(v) * 2 - Fraction(u))
                for u, v in zip(a.tolist(), b.tolist(), strict=True)
            ]
        ),
        "I((a + b) ** .5)": (a + b) ** 0.5,
        "I(a ** -2)": a**-2.0,
        "I(2 ** a)": 2**a,
        "log(a * b)": np.log(a * b),
    }
    for term, values in wanted.items():
        _, design = build(f"y ~ {term}", data)
        # Two roundings at most apart: the same functions in the same order.
        np.testing.assert_allclose(design.X[:, 0], values, rtol=2**-51)
        assert design.names == (term,)
