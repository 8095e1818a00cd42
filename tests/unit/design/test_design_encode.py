"""Categories: levels, bases, names, full rank, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from leastwise._kit.errors import DataError
from leastwise.design.build import build
from leastwise.design.encode import coding
from leastwise.design.formula.nodes import Name
from tests.unit.design.design_tables import category, table, with_columns

Y6 = [1.0, 2.0, 4.0, 3.0, 5.0, 8.0]


def crossed() -> dict[str, list[object]]:
    return {
        "y": [float(i * i % 7) for i in range(12)],
        "wool": list("ABABABABABAB"),
        "tension": list("LLMMHHLLMMHH"),
        "x": [0.5 * i for i in range(12)],
        "flag": [i % 3 == 0 for i in range(12)],
    }


@pytest.mark.parametrize(
    ("right", "names"),
    [
        ("wool", "wool[T.B]"),
        ("0 + wool", "wool[A] wool[B]"),
        ("0 + wool + tension", "wool[A] wool[B] tension[T.L] tension[T.M]"),
        ("0 + x + wool", "x wool[A] wool[B]"),
        (
            "wool * tension",
            "wool[T.B] tension[T.L] tension[T.M] wool[T.B]:tension[T.L] "
            "wool[T.B]:tension[T.M]",
        ),
        (
            "wool:tension",
            "wool[A]:tension[H] wool[B]:tension[H] wool[A]:tension[L] "
            "wool[B]:tension[L] wool[A]:tension[M] wool[B]:tension[M]",
        ),
        (
            "wool / tension",
            "wool[T.B] wool[A]:tension[T.L] wool[B]:tension[T.L] "
            "wool[A]:tension[T.M] wool[B]:tension[T.M]",
        ),
        ("x:wool", "x:wool[A] x:wool[B]"),
        ("x + x:wool", "x x:wool[T.B]"),
        ("0 + x + x:wool", "x x:wool[T.B]"),
        ("wool / x", "wool[T.B] wool[A]:x wool[B]:x"),
        ("flag", "flag[T.True]"),
        ("0 + flag", "flag[False] flag[True]"),
        ("C(flag)", "C(flag)[T.True]"),
        ("C(wool)", "C(wool)[T.B]"),
        ("C(wool):x", "C(wool)[A]:x C(wool)[B]:x"),
        ('C(wool, reference="B")', 'C(wool, reference="B")[T.A]'),
        ('C(wool, Treatment("B"))', 'C(wool, Treatment("B"))[T.A]'),
        ("factor(wool)", "factor(wool)[T.B]"),
    ],
)
def test_names_and_full_rank(right: str, names: str) -> None:
    _, design = build(f"y ~ {right}", table(**crossed()))
    wanted = names.split(" ")
    if "reference" in names or "Treatment" in names:
        wanted = [names]
    assert list(design.names) == wanted
    inputs = design.X
    if design.intercept and right != "wool:tension":
        inputs = np.column_stack([np.ones(12), inputs])
    assert np.linalg.matrix_rank(inputs) == inputs.shape[1]
    assert set(design.roundoff[:-1]) <= {0.0, 2.0**-53}


def test_first_factor_varies_fastest_and_columns_are_products() -> None:
    _, design = build("y ~ wool * tension", table(**crossed()))
    by_name = dict(zip(design.names, design.X.T, strict=True))
    product = by_name["wool[T.B]"] * by_name["tension[T.M]"]
    np.testing.assert_array_equal(by_name["wool[T.B]:tension[T.M]"], product)


def test_a_term_covers_only_terms_with_its_own_numbers() -> None:
    # R takes x:z to cover x here, and drops the base level of g without reason.
    x, z, g = Name("x"), Name("z"), Name("g")
    found = coding([(x, z), (x, g)], {g}, intercept=True)
    assert found[1] == (False, True)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([4, 6, 8, 4, 6, 8], "C(g)[T.6] C(g)[T.8]"),
        ([10, 9, 9, 10, 2, 2], "C(g)[T.9] C(g)[T.10]"),
        ([0.5, 1.0, 2.0, 2.0, 1.0, 0.5], "C(g)[T.1] C(g)[T.2]"),
        ([0.1, 0.25, 0.1, 0.25, 0.1, 0.25], "C(g)[T.0.25]"),
        ([2**60, 2**60 + 1, 2**60, 2**60 + 1, 2**60, 2**60], f"C(g)[T.{2**60 + 1}]"),
        ([-1, 1, -1, 1, 1, 1], "C(g)[T.1]"),
        (["10", "9", "9", "10", "9", "9"], "C(g)[T.9]"),
    ],
)
def test_numbers_as_categories(values: list[object], names: str) -> None:
    _, design = build("y ~ C(g)", table(y=Y6, g=values))
    assert list(design.names) == names.split()


def test_reference_of_numbers() -> None:
    data = table(y=Y6, g=[4, 6, 8, 4, 6, 8])
    for text in ("reference=6", 'reference="6"', "ref=6.0", "Treatment(6)"):
        _, design = build(f"y ~ C(g, {text})", data)
        assert [n.rsplit("[", 1)[1] for n in design.names] == ["T.4]", "T.8]"]
    negative = table(y=Y6, g=[-1, 1, -1, 1, 1, 1])
    assert build("y ~ C(g, reference=1)", negative)[1].names == (
        "C(g, reference=1)[T.-1]",
    )
    assert build("y ~ C(g, reference=-1)", negative)[1].names == (
        "C(g, reference=-1)[T.1]",
    )


def test_treatment_without_a_level_is_the_first() -> None:
    data = table(y=Y6, g=list("abcabc"))
    for text in ("Treatment", "Treatment()"):
        _, design = build(f"y ~ C(g, {text})", data)
        assert design.names == (f"C(g, {text})[T.b]", f"C(g, {text})[T.c]")
    flags = table(y=Y6, g=[True, False] * 3)
    _, design = build("y ~ C(g, reference=True)", flags)
    assert design.names == ("C(g, reference=True)[T.False]",)


def test_large_integers_are_told_apart_as_categories() -> None:
    big = 10**20
    data = table(y=Y6, g=[big, big + 1] * 3)
    recipe, design = build("y ~ C(g)", data)
    assert design.X[:, 0].tolist() == [0.0, 1.0] * 3
    with pytest.raises(DataError, match=f'"{big + 2}" in row 1'):
        recipe.replay(table(g=[big + 2]))


def test_unknown_reference_names_the_levels() -> None:
    data = table(y=Y6, town=["Bern", "Chur"] * 3)
    with pytest.raises(DataError) as caught:
        build('y ~ C(town, reference="Bren")', data)
    assert str(caught.value) == (
        f'{data.source}: reference level "Bren" does not occur in column "town". '
        'Did you mean "Bern"? The levels are "Bern", "Chur"'
    )


def test_declared_order_is_kept_and_unused_levels_are_noted() -> None:
    size = category("size", list("SMLSML"), ["S", "M", "L", "XL"])
    data = with_columns(table(y=Y6), size)
    _, design = build("y ~ size", data)
    assert design.names == ("size[T.M]", "size[T.L]")
    assert design.notes == (
        'level "XL" of "size" does not occur in the rows used and got no coefficient',
    )


def test_levels_lost_to_missing_values_are_noted() -> None:
    data = table(y=[1.0, 2.0, 3.0, None, 5.0], g=["a", "b", "a", "c", "b"])
    recipe, design = build("y ~ g", data)
    assert design.names == ("g[T.b]",)
    assert 'level "c" of "g" does not occur' in design.notes[0]
    with pytest.raises(DataError, match='"c" in row 4, a level that'):
        recipe.replay(data)


def test_one_level_is_refused() -> None:
    with pytest.raises(
        DataError, match='column "g" has one value \\("a"\\), so it can'
    ):
        build("y ~ g", table(y=Y6, g=["a"] * 6))
    with pytest.raises(DataError, match=r'"g" has one value \("True"\)'):
        build("y ~ g", table(y=Y6, g=[True] * 6))
    with pytest.raises(DataError, match=r'"g" has one value \("3"\)'):
        build("y ~ C(g)", table(y=Y6, g=[3] * 6))


def test_names_of_rows_are_refused_unless_asked_for() -> None:
    words = [f"house{i}" for i in range(30)]
    data = table(y=list(range(30)), id=words)
    with pytest.raises(DataError) as caught:
        build("y ~ id", data)
    assert "30 different texts in 30 rows" in str(caught.value)
    assert "- id" in str(caught.value) and "C(id)" in str(caught.value)
    assert len(build("y ~ C(id)", data)[1].names) == 29
    declared = with_columns(data, category("id", words, words))
    assert len(build("y ~ id", declared)[1].names) == 29


def test_text_that_is_numbers_is_refused_unless_asked_for() -> None:
    data = table(y=Y6, price=["1", "2", "3", "oops", "5", "6"])
    with pytest.raises(DataError, match='"oops" in row 4'):
        build("y ~ price", data)
    assert len(build("y ~ C(price)", data)[1].names) == 5


@pytest.mark.parametrize("formula", ["y ~ log(g)", "y ~ I(g * 2)", "g ~ y", "log(g)~y"])
def test_text_in_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises(DataError, match='column "g"'):
        build(formula, table(y=Y6, g=["a", "b"] * 3))


@pytest.mark.parametrize(
    "formula", ["y ~ d", "y ~ C(d)", "y ~ log(d)", "d ~ y", "y ~ ."]
)
def test_dates_are_refused(formula: str) -> None:
    days = np.arange("2020-01-01", "2020-01-07", dtype="datetime64[D]")
    with pytest.raises(DataError, match=r'column "d".*dates'):
        build(formula, table(y=Y6, d=days))


def test_unseen_level_is_told_with_row_and_levels() -> None:
    recipe, _ = build("y ~ town", table(y=Y6, town=["Bern", "Chur", "Davos"] * 2))
    with pytest.raises(DataError) as caught:
        recipe.replay(table(town=["Bern", "Davo"]))
    assert 'column "town" is "Davo" in row 2' in str(caught.value)
    assert 'Did you mean "Davos"?' in str(caught.value)
    assert '"Bern", "Chur", "Davos"' in str(caught.value)
    numbers, _ = build("y ~ C(g)", table(y=Y6, g=[4, 6, 8] * 2))
    with pytest.raises(DataError, match='column "g" is "5" in row 1'):
        numbers.replay(table(g=[5]))
    with pytest.raises(DataError, match="holds numbers, and the model was fitted to"):
        recipe.replay(table(town=[1, 2]))


def test_two_coefficients_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match='called "Intercept"'):
        build("y ~ Intercept", table(y=Y6, Intercept=[1, 2, 1, 2, 1, 3]))
    data = {"y": Y6, "a": [1, 2, 1, 2, 1, 3], "b": [1, 1, 2, 2, 3, 3], "a:b": Y6[::-1]}
    with pytest.raises(DataError, match='called "a:b"'):
        build("y ~ a:b + `a:b`", table(**data))
