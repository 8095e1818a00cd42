"""What functions learn, against the definitions in fractions; lags; intervals."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError, FormulaError
from leastwise.design.build import build
from leastwise.design.formula.parse import parse
from leastwise.design.layout import Design
from leastwise.design.recipe import Recipe
from tests.unit.design.design_tables import category, reference, table, with_columns

N = 40
YEARS = [1950 + (i * 29) % 71 for i in range(N)]
UNIX = [1_700_000_000_000 + 3600_123 * ((i * 31) % 97) for i in range(N)]
TENTHS = [(i * 37) % 101 / 10 + 1e5 for i in range(N)]
Y = [float((i * i) % 17) for i in range(N)]


def exact(design: Design, j: int) -> list[Fraction]:
    low = np.zeros(len(design.X)) if design.X_low is None else design.X_low[:, j]
    pairs = zip(design.X[:, j].tolist(), low.tolist(), strict=True)
    return [Fraction(a) + Fraction(b) for a, b in pairs]


def orthogonal(values: list[Any], degree: int) -> list[list[Fraction]]:
    """Monic polynomials by Gram and Schmidt, without rounding."""
    x = [Fraction(v) for v in values]
    found: list[list[Fraction]] = []
    for k in range(degree + 1):
        column = [v**k for v in x]
        for other in found:
            top = sum(a * b for a, b in zip(column, other, strict=True))
            share = top / sum(b * b for b in other)
            column = [a - share * b for a, b in zip(column, other, strict=True)]
        found.append(column)
    return found


@pytest.mark.parametrize("values", [YEARS, UNIX, TENTHS], ids=["year", "unix", "tenth"])
def test_poly_has_28_digits(values: list[Any]) -> None:
    _, design = build("y ~ poly(x, 5)", table(y=Y, x=values))
    for j, column in enumerate(orthogonal(values, 5)[1:]):
        square = sum(v * v for v in column)
        for ours, theirs in zip(exact(design, j), column, strict=True):
            # Compared as squares, for the length is a root: of 1e-28 of the largest.
            error = float(ours**2 - theirs**2 / square)
            assert abs(error) < 1e-28
            assert (ours > 0) == (theirs > 0) or abs(float(ours)) < 1e-14


def test_poly_of_decimals_takes_them_as_written() -> None:
    _, design = build("y ~ poly(x, 3)", table(y=Y, x=TENTHS), decimal=True)
    column = orthogonal([Fraction(repr(v)) for v in TENTHS], 3)[3]
    square = sum(v * v for v in column)
    for ours, theirs in zip(exact(design, 2), column, strict=True):
        assert abs(float(ours**2 - theirs**2 / square)) < 1e-26


def test_poly_of_high_degree_stays_orthogonal() -> None:
    x = [float(i) for i in range(200)]
    _, design = build("y ~ poly(x, 30)", table(y=x, x=x))
    q = np.column_stack([np.ones(200) / math.sqrt(200), design.X])
    assert np.abs(q.T @ q - np.eye(31)).max() < 1e-14


def hat(knots: list[Fraction], i: int, degree: int, x: Fraction) -> Fraction:
    """Cox and de Boor's recurrence as it is written down."""
    if degree == 0:
        last = knots[i + 1] == knots[-1] and x == knots[-1]
        return Fraction(int(knots[i] <= x < knots[i + 1] or (last and x > knots[i])))
    total = Fraction(0)
    if knots[i + degree] > knots[i]:
        share = (x - knots[i]) / (knots[i + degree] - knots[i])
        total += share * hat(knots, i, degree - 1, x)
    if knots[i + degree + 1] > knots[i + 1]:
        width = knots[i + degree + 1] - knots[i + 1]
        share = (knots[i + degree + 1] - x) / width
        total += share * hat(knots, i + 1, degree - 1, x)
    return total


@pytest.mark.parametrize("values", [YEARS, UNIX, TENTHS], ids=["year", "unix", "tenth"])
@pytest.mark.parametrize("degree", [1, 3, 4])
def test_bs_is_right_to_a_few_roundings(values: list[Any], degree: int) -> None:
    data = table(y=Y, x=values)
    formula = f"y ~ 0 + bs(x, df=7, degree={degree}, intercept=True)"
    recipe, design = build(formula, data)
    known = recipe.learnt[0][1].to_json()
    ends = [sum(map(Fraction, v)) for v in known["boundary"]]
    inner = [sum(map(Fraction, v)) for v in known["knots"]]
    knots = [ends[0]] * (degree + 1) + inner + [ends[1]] * (degree + 1)
    for j in range(7):
        for i, x in enumerate(values):
            true = hat(knots, j, degree, Fraction(x))
            assert abs(design.X[i, j] - float(true)) <= 2.0**-50 * float(true)
    np.testing.assert_allclose(design.X.sum(axis=1), 1.0, rtol=0, atol=1e-15)


@pytest.mark.parametrize("values", [YEARS, UNIX], ids=["year", "unix"])
def test_cr_is_the_natural_spline_through_its_heights(values: list[Any]) -> None:
    """One at its knot, 0 at the others; between two knots its cubic, in fractions."""
    recipe, _ = build("y ~ 0 + cr(x, df=5, constraints=None)", table(y=Y, x=values))
    known = recipe.learnt[0][1].to_json()
    ends = [sum(map(Fraction, v)) for v in known["boundary"]]
    knots = [ends[0], *(sum(map(Fraction, v)) for v in known["knots"]), ends[1]]
    h = [b - a for a, b in pairwise(knots)]
    matrix = [[Fraction(0)] * 6 for _ in range(3)]
    at = [a + (b - a) * Fraction(i, 4) for a, b in pairwise(knots)
          for i in range(4)]  # fmt: skip
    exactly = [round(x) for x in at]
    columns = recipe.replay(table(x=exactly)).X
    for j in range(5):
        f = [Fraction(int(i == j)) for i in range(5)]
        for i in range(1, 4):
            row = [Fraction(0)] * 6
            row[i - 1], row[i], row[i + 1] = (
                h[i - 1] / 6,
                (h[i - 1] + h[i]) / 3,
                h[i] / 6,
            )
            row[5] = (f[i + 1] - f[i]) / h[i] - (f[i] - f[i - 1]) / h[i - 1]
            matrix[i - 1] = row
        bend = _solved(matrix)
        for place, x in enumerate(exactly):
            k = max(i for i in range(4) if knots[i] <= x)
            up, down = Fraction(x) - knots[k], knots[k + 1] - Fraction(x)
            true = f[k] * down / h[k] + f[k + 1] * up / h[k]
            true += bend[k] * (down**3 / h[k] - h[k] * down) / 6
            true += bend[k + 1] * (up**3 / h[k] - h[k] * up) / 6
            assert abs(columns[place, j] - float(true)) < 1e-15


def _solved(matrix: list[list[Fraction]]) -> list[Fraction]:
    """Solve for the inner second derivatives; those at the ends are 0."""
    rows = [[*row[1:4], row[5]] for row in matrix]
    for i in range(3):
        for k in range(3):
            if k != i:
                share = rows[k][i] / rows[i][i]
                rows[k] = [a - share * b for a, b in zip(rows[k], rows[i], strict=True)]
    inner = [rows[i][3] / rows[i][i] for i in range(3)]
    return [Fraction(0), *inner, Fraction(0)]


def test_cr_has_mean_zero_and_ns_is_straight_outside() -> None:
    data = table(y=Y, x=UNIX)
    recipe, design = build("y ~ cr(x, df=6)", data)
    assert np.abs(design.X.mean(axis=0)).max() < 1e-15
    for right in ("cr(x, df=6)", "ns(x, df=4)"):
        recipe, _ = build(f"y ~ {right}", data)
        high, step = max(UNIX), 10**8
        far = recipe.replay(table(x=[high + i * step for i in range(4)])).X
        bent = far[2:] - 2 * far[1:-1] + far[:-2]
        assert np.abs(bent).max() < 1e-11 * np.abs(far).max()


def test_scale_and_center_keep_30_digits() -> None:
    _, design = build("y ~ center(x) + scale(x)", table(y=Y, x=UNIX))
    mean = Fraction(sum(UNIX), N)
    variance = sum((v - mean) ** 2 for v in UNIX) / (N - 1)
    for i, x in enumerate(UNIX):
        assert abs(exact(design, 0)[i] - (x - mean)) < mean * Fraction(2) ** -104
        error = exact(design, 1)[i] ** 2 - (x - mean) ** 2 / variance
        # The mean is rounded to 32 digits of itself, 1e4 standard deviations from 0.
        assert abs(float(error)) < 1e-27


def test_learnt_functions_inside_others() -> None:
    data = table(y=Y, x=YEARS, z=TENTHS)
    recipe, design = build(
        "y ~ I(center(x) ** 2) + poly(scale(z), 2) + bs(log(z))", data
    )
    mean = Fraction(sum(YEARS), N)
    assert design.X[:, 0].tolist() == [float((x - mean) ** 2) for x in YEARS]
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe
    np.testing.assert_array_equal(again.replay(data).X, design.X)


def test_orthogonal_poly_gives_the_coefficients_of_r() -> None:
    data, models = reference("mtcars")
    wanted = models["poly_orth"]
    m = lw.ols(wanted["formula"], data)
    ours = [m.coef[name] for name in m.names]
    np.testing.assert_allclose(ours, list(wanted["coef"].values()), rtol=1e-12)
    errors = [m.se[name] for name in m.names]
    np.testing.assert_allclose(errors, list(wanted["se"].values()), rtol=1e-12)


def test_a_line_in_a_spline_is_left_out() -> None:
    data = {"y": Y, "x": YEARS}
    for right in ("bs(x, df=5)", "ns(x, df=4)", "cr(x, df=4)", "poly(x, 3)"):
        m = lw.ols(f"y ~ x + {right}", data)
        assert len(m.aliased) == 1 and m.aliased[0].name.startswith(right[:2])


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("lag(x)", [None, 3, 5, 8, 1, 2, 4]),
        ("lag(x, 2)", [None, None, 3, 5, 8, 1, 2]),
        ("lag(x, -1)", [5, 8, 1, 2, 4, 7, None]),
        ("diff(x)", [None, 2, 3, -7, 1, 2, 3]),
        ("diff(x, 2)", [None, None, 5, -4, -6, 3, 5]),
        ("diff(diff(x))", [None, None, 1, -10, 8, 1, 1]),
        ("lag(x, by=g)", [None, None, 3, 5, 8, 1, 2]),
        ("diff(x, 1, by=g)", [None, None, 5, -4, -6, 3, 5]),
        ("lag(x, order=t)", [5, 8, 1, 2, 4, 7, None]),
        ("lag(x, by=g, order=t)", [8, 1, 2, 4, 7, None, None]),
        ("lag(I(x * 2))", [None, 6, 10, 16, 2, 4, 8]),
        ("log(lag(x))", [None, *map(math.log, [3, 5, 8, 1, 2, 4])]),
    ],
)
def test_lag_and_diff(call: str, wanted: list[float | None]) -> None:
    data = table(
        y=[1.0, 4, 2, 3, 5, 9, 7], x=[3, 5, 8, 1, 2, 4, 7], g=list("abababa"),
        t=[70, 60, 50, 40, 30, 20, 10],
    )  # fmt: skip
    recipe, design = build(f"y ~ 0 + {call}", data)
    kept = range(7) if design.kept is None else design.kept.tolist()
    assert list(kept) == [i for i, v in enumerate(wanted) if v is not None]
    assert design.X[:, 0].tolist() == [v for v in wanted if v is not None]
    replayed = recipe.replay(data).X[:, 0]
    np.testing.assert_array_equal(np.isnan(replayed), [v is None for v in wanted])


def test_a_gap_is_missing_before_the_next_row_too() -> None:
    data = table(y=[1.0, 2, 4, 3, 9], x=[3.0, None, 8, 1, 2])
    _, design = build("y ~ 0 + lag(x)", data)
    assert design.kept is not None and design.kept.tolist() == [1, 3, 4]
    _, design = build("y ~ x + lag(x)", data)
    assert design.kept is not None and design.kept.tolist() == [3, 4]
    gaps = {gap.name: (gap.rows, gap.alone) for gap in design.rows.gaps}
    assert gaps == {"x": (1, 1), "no value for lag(x)": (2, 2)}
    with pytest.raises(DataError, match="2 rows cannot be used, first row 1"):
        build("y ~ lag(x)", data, missing="error")


def test_rows_of_one_time_have_no_order() -> None:
    data = table(y=[1.0, 2, 4], x=[3, 4, 5], t=[1, 1, 2])
    with pytest.raises(DataError, match='row 1 and row 2 have the same "t"'):
        build("y ~ lag(x, order=t)", data)


def test_large_integers_lag_and_differ_exactly() -> None:
    big = 2**60
    data = table(y=[1.0, 2, 4, 3], x=[big + 1, big + 4, big + 6, big + 11])
    _, design = build("y ~ diff(x)", data)
    assert design.X[:, 0].tolist() == [3.0, 2.0, 5.0]


def test_left_side_takes_the_same_functions() -> None:
    data = table(y=[1.0, 4, 2, 8, 5, 7], x=[3.0, 5, 8, 1, 2, 4])
    _, design = build("diff(log(y)) ~ diff(x)", data)
    wanted = np.diff(np.log([1.0, 4, 2, 8, 5, 7]))
    np.testing.assert_allclose(design.Y[:, 0], wanted, rtol=1e-15)
    assert design.targets == ("diff(log(y))",)
    _, design = build("scale(y) ~ center(x)", data)
    assert abs(design.Y.mean()) < 1e-16 and abs(design.Y.std(ddof=1) - 1) < 1e-15


def test_dates_and_texts_give_an_order() -> None:
    days = np.array(["2024-03-01", "2024-01-01", "2024-02-01"], "M8[D]")
    data = table(y=[1.0, 2, 4], x=[30, 10, 20], d=days, s=["c", "a", "b"])
    for order in ("d", "s"):
        _, design = build(f"y ~ lag(x, order={order})", data)
        assert design.kept is not None and design.kept.tolist() == [0, 2]
        assert design.X[:, 0].tolist() == [20.0, 10.0]


def test_orders_of_levels() -> None:
    size = ["S", "M", "L", "M"]
    data = table(y=[1.0, 2, 4, 3], size=size)
    declared = with_columns(data, category("size", size, ["S", "M", "L"]))
    _, first = build("y ~ C(size, Diff)", declared)
    assert first.names == ("C(size, Diff)[D.M-S]", "C(size, Diff)[D.L-M]")
    _, second = build('y ~ C(size, Diff, levels=["S", "M", "L", "XL"])', data)
    np.testing.assert_array_equal(first.X, second.X)
    assert 'level "XL" of "size" does not occur' in second.notes[0]


def test_values_outside_of_intervals_are_missing() -> None:
    data = table(y=[1.0, 2, 4, 3, 5, 6], x=[1.0, 5, 12, 25, 31, 8])
    recipe, design = build("y ~ cut(x, [0, 10, 30])", data)
    assert design.rows.dropped == (("outside the intervals of cut(x, [0, 10, 30])", 1),)
    assert design.names == ("cut(x, [0, 10, 30])[T.(10,30]]",)
    replayed = recipe.replay(table(x=[40.0, 20.0, 0.0])).X[:, 0]
    np.testing.assert_array_equal(replayed, [np.nan, 1.0, np.nan])


def test_learnt_intervals_hold_every_number() -> None:
    data = table(y=Y, x=TENTHS)
    for call in ("cut(x, 3)", "bin(x, 3)"):
        recipe, _ = build(f"y ~ 0 + {call}", data)
        far = recipe.replay(table(x=[-1e9, 1e9])).X
        assert far.tolist() == [[1, 0, 0], [0, 0, 1]]
        saved = json.loads(json.dumps(recipe.to_json(), allow_nan=False))
        assert Recipe.from_json(saved) == recipe


@pytest.mark.parametrize(
    ("right", "what"),
    [
        ("poly(c, 2)", "needs 3 different values, and c has 1"),
        ("scale(c)", "every value is 7"),
        ("bs(c)", "span nothing"),
        ("bs(s, df=8)", "do not lie apart"),
        ("bs(x, knots=[1])", "do not lie apart"),
        ("bin(s, 4)", "fall together"),
        ("cut(c, 3)", "fall together"),
        ("C(g, Poly(scores=[1, 2, 3]))", "Poly has 3 scores"),
        ("C(g, [[1], [2], [3]])", "its coding has 3 rows"),
        ('C(g, levels=["u"])', "does not name"),
        ('C(g, Sum("z"))', 'reference level "z"'),
    ],
)
def test_data_that_a_function_cannot_learn_from(right: str, what: str) -> None:
    data = table(
        y=Y, x=TENTHS, c=[7] * N, s=[1] * (N - 2) + [2, 3], g=["u", "v"] * (N // 2)
    )
    with pytest.raises(DataError, match=what):
        build(f"y ~ {right}", data)


@pytest.mark.parametrize(
    ("right", "what"),
    [
        ("poly(x, 0)", "1 to 64"),
        ("poly(x, n)", "a whole number"),
        ("poly(x, 2.5)", "a whole number"),
        ("poly(x, 2, 3)", "this many arguments"),
        ("poly(x, raw=2)", "True or False"),
        ("poly(x, deg=2)", "no option deg"),
        ("poly()", "names no column"),
        ("poly(x, 2) ** 2", "crossed with itself"),
        ("I(poly(x, 2))", "inside arithmetic"),
        ("log(bs(x))", "inside arithmetic"),
        ("bs(x, df=2)", "df of this bs is 3 to 1000"),
        ("bs(x, df=4, knots=[1])", "df or knots, not both"),
        ("bs(x, knots=[2, 1])", "that grow"),
        ("ns(x, boundary=[1, 2, 3])", "two numbers"),
        ("cr(x)", "takes df or knots"),
        ('cr(x, df=4, constraints="sum")', '"center" or None'),
        ("cut(x)", "takes a number of intervals"),
        ("cut(x, [3])", "two or more"),
        ("bin(x)", "takes a number"),
        ("bs(x, knots=[1, Inf])", "a list of numbers"),
        ("bs(x, lower_bound=-Inf)", "a number"),
        ("poly(x, Inf)", "a whole number"),
        ("poly(x, z)", "for several columns cross them"),
        ("lag(x, 0)", "is x"),
        ("lag(x, 1e300)", "1 to 1000000000"),
        ("lag(center(x))", "cannot stand inside lag"),
        ("cut(scale(x), 3)", "cannot stand inside cut"),
        ("lag(x, by=[a])", "the name of a column"),
        ("[1, 2]", "list of constants"),
        ("I(x[1])", "an operator is missing|has no place"),
        ("C(x, Custom)", "takes a matrix"),
        ("C(x, [[1, 2], [3]])", "row for each level"),
        ("C(x, Helmert(2))", "takes no level"),
        ("C(x, Poly(scores=[1, 1]))", "different numbers"),
        ('C(x, levels=["a", "a"])', "twice"),
        ("C(x, Sum, Poly)", "one reference level or coding"),
        ("Helmert(x)", "inside C"),
    ],
)
def test_formulas_that_are_refused(right: str, what: str) -> None:
    with pytest.raises(FormulaError, match=what):
        parse(f"y ~ {right}")


def test_a_matrix_of_the_user() -> None:
    g = list("abcabcabca")
    data = table(y=Y[:10], g=g, x=YEARS[:10])
    matrix = [[1.0, 0.5], [0.0, -1.0], [-1.0, 0.25]]
    written = "[[1, 0.5], [0, -1], [-1, 0.25]]"
    for call, marks in (
        (f"C(g, {written})", ("1", "2")),
        (f'C(g, Custom({written}, names=["up", "bend"]))', ("up", "bend")),
        (f'C(g, Custom({written}), levels=["a", "b", "c"])', ("1", "2")),
    ):
        recipe, design = build(f"y ~ {call} + {call}:x", data)
        wanted = np.array([matrix["abc".index(v)] for v in g])
        np.testing.assert_array_equal(design.X[:, :2], wanted)
        crossed = wanted * np.array(YEARS[:10])[:, None]
        assert [name.split(")[")[1][:-1] for name in design.names[:2]] == list(marks)
        if design.X.shape[1] == 4:
            np.testing.assert_array_equal(design.X[:, 2:], crossed)
        saved = json.loads(json.dumps(recipe.to_json()))
        assert Recipe.from_json(saved) == recipe


@pytest.mark.parametrize(
    "right",
    [
        "C(g, Poly(scores=[1, 2, 4]))", "C(g, Sum)", "C(g, Diff)", "C(g, Helmert)",
        "bs(x, df=4)", "ns(x, df=3)", "cr(x, df=3)", "poly(x, 2)",
        "poly(x, 2, raw=True)", "scale(x)", "center(x)", "cut(x, [1900, 1980, Inf])",
        "cut(x, [1951, 1980, 2020], right=False, lowest=True)",
        "cut(lag(x), [1900, 1980, 3000])", "bin(x, 3, right=False)",
        'cut(x, 3, labels=["low", "middle", "high"])', "lag(log(z), 2)",
    ],
)  # fmt: skip
def test_every_kind_survives_its_record(right: str) -> None:
    g = (list("abc") * N)[:N]
    data = table(y=Y, x=YEARS, z=[None, *TENTHS[1:]], g=g)
    recipe, design = build(f"y ~ {right}", data)
    saved = Recipe.from_json(json.loads(json.dumps(recipe.to_json(), allow_nan=False)))
    assert saved == recipe
    again = saved.replay(data, missing="drop", targets=True)
    np.testing.assert_array_equal(again.X, design.X)
    assert again.rows == design.rows


def test_large_integers_keep_their_knots_and_steps() -> None:
    """Beyond 2^53 a float64 is a multiple of 2 or more: pairs tell all values apart."""
    x = [2**62 + 7 * v for v in range(-20, 20)]
    small = [7 * v for v in range(-20, 20)]
    calls = "bs(x, df=5)|ns(x, df=3)|cr(x, df=4)|poly(x, 3)|cut(x, 4)|scale(x)"
    for right in f"{calls}|bin(x, 3)|center(x)|I(lag(x) - x)".split("|"):
        _, one = build(f"y ~ {right}", table(y=Y, x=x))
        _, two = build(f"y ~ {right}", table(y=Y, x=small))
        size = np.abs(two.X).max()
        np.testing.assert_allclose(one.X, two.X, rtol=0, atol=1e-15 * size)
