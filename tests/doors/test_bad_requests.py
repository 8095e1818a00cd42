"""Calls that cannot be meant, names that nobody expects: what is said about them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import leastwise as lw
from tests.helpers.exactly import assert_exact

RNG = np.random.default_rng(1)
N = 40
A, B = RNG.normal(size=(2, N))
Y = 1 + 2 * A - 3 * B + 0.1 * RNG.normal(size=N)
DATA = {"y": Y, "a": A, "b": B}
X = np.column_stack([A, B])

BOTH_OR_NEITHER = "ols takes a formula and data, or y= and X=. Call ols"


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((), {}, BOTH_OR_NEITHER),
        ((), {"y": Y}, BOTH_OR_NEITHER),
        ((), {"X": X}, BOTH_OR_NEITHER),
        ((), {"data": DATA}, BOTH_OR_NEITHER),
        (("y ~ a", DATA), {"y": Y, "X": X}, BOTH_OR_NEITHER),
        (("y ~ a",), {"y": Y, "X": X}, BOTH_OR_NEITHER),
        ((), {"data": DATA, "y": Y, "X": X}, "data= goes with a formula"),
        ((DATA, "y ~ a"), {}, "the formula is dict, not text. The formula comes first"),
        ((pd.DataFrame(DATA), "y ~ a"), {}, "the formula is DataFrame, not text"),
        ((X, Y), {}, "the formula is ndarray, not text. The formula comes first"),
        ((b"y ~ a", DATA), {}, "the formula is bytes, not text"),
        (("y ~ a", DATA), {"missing": "ignore"}, "missing='ignore' is none of"),
        (("y ~ a", DATA), {"missing": None}, "missing=None is none of"),
        (("y ~ a", DATA), {"solver": "newton"}, "solver='newton' is no solver. Give"),
        (("y ~ a", DATA), {"intercept": False}, "Write - 1 in the formula"),
    ],
)
def test_requests(arguments: tuple[Any, ...], options: Any, said: str) -> None:
    with pytest.raises(lw.RequestError) as caught:
        lw.ols(*arguments, **options)
    assert said in str(caught.value)
    assert caught.value.fix or "none of" in said


def test_options_are_named() -> None:
    with pytest.raises(TypeError, match="positional arguments"):
        lw.ols("y ~ a", DATA, "w")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "NoneType is no table. Give a path, a data frame or a dict of arrays."),
        (3, "int is no table"),
        ([1, 2], "list is no table"),
        (X, "an array of shape (40, 2) has no column names"),
        (pd.Series(Y), "Series is no table"),
        ({"y": Y, "a": 3.0}, "it is one value (float), not one for each row"),
        ({"y": Y, "a": A[:-1]}, '"y" has 40 rows and "a" has 39'),
    ],
)
def test_data_that_is_no_table(data: Any, said: str) -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", data)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("y", "x", "said"),
    [
        (Y[:-1], X, "X has 40 rows and y has 39. Give one target value for each row."),
        (Y[None], X, "X has 40 rows and y has 1. Give y as a column: y.T"),
        (Y, X[:, :, None], "X: its shape is (40, 2, 1), and one or two dimensions"),
        (1.0, 2.0, "X: its shape is ()"),
        (Y, [[1.0, 2.0], [3.0]] * 20, "its rows have different lengths"),
        (np.zeros((N, 0)), X, "y has no column"),
    ],
)
def test_arrays_that_do_not_fit(y: Any, x: Any, said: str) -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols(y=y, X=x)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "y", [Y, Y[:, None], Y.tolist(), pd.Series(Y), pl.Series(Y), pd.DataFrame({"y": Y})]
)
@pytest.mark.parametrize("x", [X, np.asfortranarray(X), X.tolist(), pl.DataFrame(X)])
def test_one_answer_for_every_holder(y: Any, x: Any) -> None:
    model = lw.ols(y=y, X=x)
    assert isinstance(model, lw.Model)
    assert (model.coef.array == lw.ols(y=Y, X=X).coef.array).all()


def test_jax_arrays() -> None:
    import jax.numpy as jnp

    x = jnp.asarray(X)  # float32, as JAX is by default
    model = lw.ols(y=jnp.asarray(Y), X=x)
    assert_exact(model, np.asarray(x, float), np.asarray(jnp.asarray(Y), float))
    assert (model.predict(x) == model.predict(np.asarray(x))).all()


def test_views_are_read_as_they_are() -> None:
    wide = RNG.normal(size=(2 * N, 4))
    for x in (wide[::2, 1:3], wide[::-2, ::-2], wide.T[:2, :N].T):
        assert_exact(lw.ols(y=Y, X=x), np.array(x), Y)


def test_arrays_are_not_written_to() -> None:
    x, y, w = X.copy(), Y.copy(), np.ones(N)
    for values in (x, y, w):
        values.flags.writeable = False
    lw.ols(y=y, X=x, weights=w)
    frame = pd.DataFrame(DATA)
    lw.ols("y ~ a + I(b ** 2)", frame, weights=w)
    assert frame.equals(pd.DataFrame(DATA))


def test_labels_of_rows_must_agree() -> None:
    labels = pd.RangeIndex(N)
    y = pd.Series(Y, index=labels[::-1])
    for call in (
        lambda: lw.ols(y=y, X=pd.DataFrame(X)),
        lambda: lw.ols("y ~ a", {"y": y, "a": pd.Series(A)}),
    ):
        with pytest.raises(lw.DataError, match="the same row labels in another order"):
            call()
    other = pd.Series(Y, index=labels + 5)
    with pytest.raises(lw.DataError, match="have different row labels"):
        lw.ols(y=other, X=pd.DataFrame(X))
    assert lw.ols(y=other, X=X).rank == 3  # an array has no labels


FORMULAS = {
    "": "the formula is empty",
    "   ": "the formula is empty",
    "y": "a formula needs ~ between target and terms",
    "y ~": "a term is missing here",
    "~ a": "there is no target left of ~",
    "y = a": "= has no place here",
    "y ~ a ~ b": "a formula has one ~",
    "y ~ 0": "the model has no term and no intercept",
    "y ~ a +": "a term is missing here",
    "y ~ (a": None,
    "y ~ a)": "this ) closes nothing",
    "y ~ a b": "an operator is missing here",
    "y ~ a + y": "the target y is a term as well",
    "cbind(y, y) ~ a": "a target is named twice",
    "y ~ `a": None,
    "y ~ a; b": None,
    "y ~ a\x00b": None,
    "y ~ 'a'": None,
    "y ~ a ^ b": None,
    "y ~ 1e999 * a": None,
}


@pytest.mark.parametrize("formula", FORMULAS, ids=repr)
def test_formulas_that_cannot_be_read(formula: str) -> None:
    with pytest.raises((lw.FormulaError, lw.DataError)) as caught:
        lw.ols(formula, DATA)
    said = FORMULAS[formula]
    if said is not None:
        assert isinstance(caught.value, lw.FormulaError)
        assert str(caught.value).startswith(said)
        # The last line but the fix is a caret under the formula.
        assert "^" in str(caught.value)


ATTACKS = [
    "y ~ __import__('os').system('touch owned')",
    "y ~ open('owned', 'w')",
    "y ~ eval(a)",
    "y ~ exec(a)",
    "y ~ (lambda: 1)()",
    "y ~ [c for c in a]",
    "y ~ a.__class__.__mro__",
    "y ~ I(a if 1 else b)",
    "y ~ {a}",
    "y ~ `a`.real",
    "y ~ I(a := b)",
    "=cmd|'/c calc'!A1",
    "y ~ a\n__import__('os')",
]


@pytest.mark.parametrize("formula", ATTACKS)
def test_nothing_is_ever_evaluated(
    formula: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((lw.FormulaError, lw.DataError)):
        lw.ols(formula, DATA)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("depth", [30, 3000, 100_000])
def test_deep_brackets_end_in_words(depth: int) -> None:
    formula = "y ~ I(" + "(" * depth + "a" + ")" * depth + ")"
    try:
        model = lw.ols(formula, DATA)
    except lw.FormulaError:
        assert depth > 30
    else:
        assert model.rank == 2


def test_two_hundred_terms() -> None:
    columns = {f"v{i}": RNG.normal(size=300) for i in range(200)}
    y = RNG.normal(size=300)
    model = lw.ols("y ~ " + " + ".join(columns), {"y": y, **columns})
    assert model.rank == 201 and model.names[1:] == tuple(columns)
    assert (model.digits.array > 13).all()
    # Against orthogonal columns: the normal equations of the answer are met.
    x = np.column_stack([np.ones(300), *columns.values()])
    gradient = x.T @ (y - x @ model.coef.array)
    assert np.abs(gradient).max() < 1e-11  # sums of 300 products of about 1


def test_terms_said_twice_count_once() -> None:
    model = lw.ols("y ~ a + a + b + a:b + b:a + a * b", DATA)
    assert model.names == ("Intercept", "a", "b", "a:b")
    assert lw.ols("y ~ a - a", DATA).names == ("Intercept",)


def test_the_target_may_be_an_input_in_another_form() -> None:
    data = {"y": np.abs(Y) + 1, "a": A}
    model = lw.ols("y ~ log(y)", data)
    assert_exact(model, np.log(data["y"])[:, None], data["y"])
    assert lw.ols("y ~ I(2 * y)", data).coef["I(2 * y)"] == 0.5


NAMES = [
    'na"me',
    "na'me",
    "two words",
    "new\nline",
    "<script>alert(1)</script>",
    "größe",
    "a:b",
    "Intercept2",
    "1st",
    "\u202eevil",
    "C(a)",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda n: ascii(n[:12]))
def test_names_that_nobody_expects(name: str, tmp_path: Any) -> None:
    data = {"y": Y, name: A}
    for model in (lw.ols("y ~ .", data), lw.ols(f"y ~ `{name}`", data)):
        assert model.names == ("Intercept", name)
        assert_exact(model, A[:, None], Y)
        model.save(tmp_path / "m.json")
        again = lw.load(tmp_path / "m.json")
        assert again.predict(data).tolist() == model.predict(data).tolist()


def test_a_backquote_in_a_name_is_reached_by_the_dot() -> None:
    model = lw.ols("y ~ .", {"y": Y, "tick`ed": A})
    assert model.names == ("Intercept", "tick`ed")


def test_long_names_do_not_flood_messages() -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ b", {"y": Y, "a" * 10_000: A})
    assert len(str(caught.value)) < 300
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ " + "b" * 10_000, DATA)
    assert len(str(caught.value)) < 300


def test_two_coefficients_of_one_name() -> None:
    data = {"y": Y, "a": A, "Intercept": B}
    with pytest.raises(lw.DataError, match='two coefficients would be called "Interc'):
        lw.ols("y ~ Intercept", data)
    assert lw.ols("y ~ Intercept - 1", data).names == ("Intercept",)
    frame = pd.DataFrame({"Intercept": A})
    with pytest.raises(lw.RequestError, match="the model has one already"):
        lw.ols(y=Y, X=frame)
    with pytest.raises(lw.RequestError, match='two columns of X and y are called "y"'):
        lw.ols(y=Y, X=pd.DataFrame({"y": A}))
