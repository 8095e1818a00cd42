"""Which rows are used: missing values, weights, infinity, nothing left."""

from __future__ import annotations

import numpy as np
import pytest

from leastwise._kit.errors import DataError, FormulaError, RequestError
from leastwise.design.build import build, columns_needed
from tests.unit.design.design_tables import category, table, with_columns

NAN = float("nan")


def gaps() -> dict[str, list[object]]:
    return {
        "y": [1.0, None, 3.0, 4.0, 5.0, 6.0, 7.5],
        "age": [1.0, None, None, 4.0, 5.0, 9.0, 7.0],
        "town": ["A", "B", "A", None, "B", "A", "B"],
        "w": [1.0, 1.0, 1.0, 1.0, None, 2.0, 0.0],
        "n": [1, 2, 3, 4, 5, 6, 7],
    }


def test_rows_are_counted_under_their_first_reason() -> None:
    _, design = build("y ~ age + n", table(**gaps()))
    assert design.rows.read == 7
    assert design.rows.used == 5
    assert design.rows.dropped == (
        ("missing value in y", 1),
        ("missing value in age", 1),
    )
    assert design.kept is not None
    np.testing.assert_array_equal(design.kept, [0, 3, 4, 5, 6])
    np.testing.assert_array_equal(design.X[:, 1], [1, 4, 5, 6, 7])


def test_every_used_column_counts_and_no_other() -> None:
    data = table(**{**gaps(), "town": ["A", "B", "A", None, "B", "B", "B"]})
    _, design = build("y ~ n + age + town", data, weights="w")
    assert design.rows.dropped == (
        ("missing value in y", 1),
        ("missing value in age", 1),
        ("missing value in town", 1),
        ("missing value in w", 1),
        ("zero weight", 1),
    )
    np.testing.assert_array_equal(design.weights, [1.0, 2.0])
    _, design = build("y ~ n", table(**gaps()))
    assert design.rows.used == 6
    _, design = build("y ~ n + age - age", table(**gaps()))
    assert design.rows.used == 6
    _, design = build("n ~ y", table(**gaps()), offset="age")
    assert design.rows.dropped == (
        ("missing value in y", 1),
        ("missing value in age", 1),
    )


def test_nothing_missing_means_no_index() -> None:
    _, design = build("n ~ x", table(n=[1, 2, 3], x=[1.0, 2.0, 4.0]))
    assert design.kept is None
    assert design.X.flags.f_contiguous


def test_policy_error_names_the_column_the_count_and_the_row() -> None:
    with pytest.raises(DataError) as caught:
        build("y ~ age", table(**gaps()), missing="error")
    assert '1 value is missing in column "y", first in row 2' in str(caught.value)
    with pytest.raises(DataError, match='2 values are missing in column "age", first'):
        build("n ~ age", table(**gaps()), missing="error")
    with pytest.raises(RequestError, match="missing='ignore' is none of"):
        build("n ~ age", table(**gaps()), missing="ignore")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "formula", ["y ~ x", "x ~ y", "y ~ log(x)", "y ~ x:z", "y ~ C(x)"]
)
def test_infinity_is_refused(formula: str) -> None:
    data = table(y=[1.0, 2.0, 4.0], x=[1.0, np.inf, 2.0], z=[1.0, 2.0, 5.0])
    with pytest.raises(DataError, match='column "x" is inf in row 2'):
        build(formula, data)


def test_infinity_in_a_row_that_is_not_used_does_no_harm() -> None:
    data = table(y=[1.0, NAN, 4.0], x=[1.0, np.inf, 2.0])
    assert build("y ~ x", data)[1].rows.used == 2


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0, 1.0], '"w" is -1 in row 2'),
        ([1.0, 1.0, np.inf], '"w" is inf in row 3'),
        ([0.0, 0.0, 0.0], '3 of 3 weights in "w" are zero'),
        (["a", "b", "a"], 'column "w"'),
        ([NAN, NAN, NAN], "no row of 3 is left: 3 for missing value in w"),
    ],
)
def test_weights_that_are_none(weights: list[object], message: str) -> None:
    data = table(y=[1.0, 2.0, 4.0], x=[1.0, 3.0, 2.0], w=weights)
    with pytest.raises(DataError, match=message):
        build("y ~ x", data, weights="w")


def test_boolean_and_integer_weights_are_numbers() -> None:
    data = table(
        y=[1.0, 2.0, 4.0], x=[1.0, 3.0, 2.0], w=[True, False, True], n=[2, 1, 3]
    )
    assert build("y ~ x", data, weights="w")[1].rows.used == 2
    np.testing.assert_array_equal(
        build("y ~ x", data, weights="n")[1].weights, [2, 1, 3]
    )


def test_nothing_left_says_what_was_dropped() -> None:
    data = table(y=[1.0, NAN, 4.0], x=[NAN, 2.0, NAN])
    with pytest.raises(DataError) as caught:
        build("y ~ x", data)
    assert (
        "no row of 3 is left: 1 for missing value in y, 2 for missing value in x"
        in str(caught.value)
    )


def test_offsets_add_up() -> None:
    data = table(y=[1.0, 2.0], x=[1.0, 3.0], z=[1.0, 2.0], v=[10, 20])
    _, design = build("y ~ x + offset(z) + offset(I(2 * z))", data, offset="v")
    np.testing.assert_array_equal(design.offset, [13.0, 26.0])
    np.testing.assert_array_equal(design.Y[:, 0], [1.0, 2.0])
    with pytest.raises(DataError, match='column "z"'):
        build("y ~ x", table(y=[1.0, 2], x=[1.0, 3], z=["a", "b"]), offset="z")


def test_unknown_columns_are_told_with_the_nearest() -> None:
    data = table(y=[1.0, 2.0], age=[1.0, 3.0])
    for formula in ("y ~ agee", "yy ~ age", "y ~ log(agee)", "y ~ age - agee"):
        with pytest.raises(DataError, match="Did you mean"):
            build(formula, data)
    for role in ("weights", "offset"):
        with pytest.raises(DataError, match='no column "ag"'):
            build("y ~ age", data, **{role: "ag"})


def test_dot_leaves_out_targets_weights_and_offsets() -> None:
    data = table(**{k: [1.0, 2.0, 4.0] for k in ("a", "y", "w", "o", "p", "b")})
    _, design = build("log(y) ~ . + offset(p)", data, weights="w", offset="o")
    assert design.names == ("a", "b")
    assert build("cbind(a, y) ~ . - w - o", data)[1].names == ("p", "b")
    with pytest.raises(FormulaError, match="no other column is left"):
        build("y ~ .", table(y=[1.0, 2.0]))


def test_models_of_nothing_are_refused() -> None:
    data = table(y=[1.0, 2.0], x=[1.0, 3.0])
    assert build("y ~ 1", data)[1].X.shape == (2, 0)
    with pytest.raises(FormulaError, match="no term and no intercept"):
        build("y ~ 0", data)
    with pytest.raises(FormulaError, match="y is a term as well"):
        build("y ~ x + y", data)
    with pytest.raises(FormulaError, match="named twice"):
        build("cbind(y, y) ~ x", data)


def test_several_targets_of_any_expression() -> None:
    data = table(y=[1.0, 2.0], z=[4, 8], f=[True, False], x=[1.0, 3.0])
    _, design = build("cbind(y, log2(z), f, I(y + z)) ~ x", data)
    assert design.targets == ("y", "log2(z)", "f", "I(y + z)")
    np.testing.assert_array_equal(design.Y, [[1, 2, 1, 5], [2, 3, 0, 10]])
    assert design.roundoff.tolist() == [2.0**-53, 2.0**-53, 2.0**-52, 0.0, 2.0**-52]


def test_missing_categories_are_dropped() -> None:
    data = with_columns(
        table(y=[1.0, 2.0, 3.0]), category("g", ["a", None, "b"], ["b", "a"])
    )
    _, design = build("y ~ g", data)
    assert design.names == ("g[T.a]",)
    assert design.rows.dropped == (("missing value in g", 1),)


def test_columns_needed() -> None:
    assert columns_needed("log(y) ~ a * C(b) + offset(c)", weights="w", offset="a") == (
        "y",
        "a",
        "b",
        "c",
        "w",
    )
    assert columns_needed("y ~ . - a") is None
