"""Designs: replay is the training design, records round-trip, coding is complete."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leastwise._kit.errors import LeastwiseError
from leastwise.design.build import build
from leastwise.design.encode import coding
from leastwise.design.formula.nodes import Name
from leastwise.design.recipe import Recipe
from leastwise.rows.read import read_table

ROWS = 12
TERMS = (
    "x n flag a b C(n) log(p) I(x ** 2) I(n * n) x:n a:b a:x a*b b/x C(a):C(b) "
    'flag:x I(a == "u") C(n,reference=2) offset(p) C(a,Sum) C(n,Poly):x C(a,Helmert)*b '
    "C(n,Diff) C(b,[[1],[-1]]):x a%in%b (a+b+x)^2 poly(p,2) poly(x,2,raw=True) bs(p) "
    "bs(x,knots=[0.5],boundary=[-1e7,1e7]) ns(p,df=2) cr(p,df=2) a:ns(p,df=2) "
    "center(x) scale(p) I(scale(p)**2) lag(p) lag(n,by=b) diff(x) lag(x,-2) bin(p,2) "
    "cut(p,[0,1,5]) cut(p,3):x C(cut(p,2),Sum) offset(center(p))"
).split(" ")

finite = st.floats(-1e6, 1e6)
gap = st.none()


def column(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=ROWS, max_size=ROWS)


tables = st.fixed_dictionaries(
    {
        "y": column(finite),
        "x": column(st.one_of(finite, gap)),
        "n": column(st.integers(1, 3)),
        "p": column(st.floats(0.1, 10.0)),
        "flag": column(st.booleans()),
        "a": column(st.one_of(st.sampled_from("uvw"), gap)),
        "b": column(st.sampled_from("kl")),
        "w": column(st.sampled_from([0.0, 1.0, 2.5])),
    }
)
rights = st.lists(st.sampled_from(TERMS), min_size=1, max_size=4).map(" + ".join)


@given(tables, rights, st.booleans(), st.booleans())
def test_replay_is_the_training_design(
    columns: dict[str, list[Any]], right: str, zero: bool, weighted: bool
) -> None:
    table = read_table(columns)
    formula = f"y ~ {right}" + (" + 0" if zero else "")
    try:
        recipe, design = build(formula, table, weights="w" if weighted else None)
    except LeastwiseError:
        # One level only, no row left, no term: refused, as other tests say.
        return
    saved = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert saved == recipe
    again = saved.replay(table, missing="drop", targets=True)
    for field in ("X", "Y", "origin", "origin_low", "roundoff"):
        np.testing.assert_array_equal(getattr(again, field), getattr(design, field))
    assert again.rows == design.rows
    aligned = saved.replay(table) if not weighted else None
    if aligned is not None:
        kept = np.arange(ROWS) if design.kept is None else design.kept
        assert aligned.X.shape[0] == ROWS
        missing_y = set(range(ROWS)) - set(kept.tolist())
        np.testing.assert_array_equal(aligned.X[kept], design.X)
        assert all(np.isnan(aligned.X[i]).all() for i in missing_y)
    assert np.isfinite(design.X).all()
    assert len(design.names) == design.X.shape[1] == len(set(design.names))
    assert len(design.roundoff) == design.X.shape[1] + 1


variables = st.frozensets(st.sampled_from("abxz"), min_size=1)


@given(st.lists(variables, min_size=1, max_size=5, unique=True), st.booleans())
def test_no_term_loses_a_direction(
    terms: list[frozenset[str]], intercept: bool
) -> None:
    """The coded columns span what the full indicators of all terms span."""
    ordered = [tuple(map(Name, sorted(term))) for term in sorted(terms, key=len)]
    categories = {Name("a"), Name("b")}
    full = coding(ordered, categories, intercept=intercept)
    rng = np.random.default_rng(0)
    n = 40
    blocks = {
        "a": np.eye(3)[np.arange(n) % 3],
        "b": np.eye(2)[np.arange(n) // 3 % 2],
        "x": rng.normal(size=(n, 1)),
        "z": rng.normal(size=(n, 1)),
    }

    def columns(code: tuple[tuple[bool, ...], ...]) -> np.ndarray:
        parts = [np.ones((n, 1))] if intercept else []
        for term, shown in zip(ordered, code, strict=True):
            part = np.ones((n, 1))
            for variable, whole in zip(term, shown, strict=True):
                block = blocks[variable.name]
                if variable in categories and not whole:
                    block = block[:, 1:]
                part = np.einsum("ni,nj->nij", part, block).reshape(n, -1)
            parts.append(part)
        return np.column_stack(parts)

    everything = tuple(tuple(True for _ in term) for term in ordered)
    coded, every = columns(full), columns(everything)
    assert np.linalg.matrix_rank(coded) == np.linalg.matrix_rank(every)


LEARNING = (
    "poly(x, 2)", "bs(x, df=4)", "ns(x, df=3)", "cr(x, df=3)", "scale(x)",
    "cut(x, 3)", "bin(x, 3)",
)  # fmt: skip
spread_out = st.lists(
    st.integers(-1000, 1000), min_size=ROWS, max_size=ROWS, unique=True
)


@given(spread_out, st.sampled_from(LEARNING), st.integers(-700, 700))
def test_units_of_a_power_of_two_change_no_bit(
    x: list[int], right: str, exponent: int
) -> None:
    """What is learnt is in the units of the column: other units, the same design."""
    y = list(range(ROWS))
    first = build(f"y ~ {right}", read_table({"y": y, "x": [float(v) for v in x]}))
    other = [v * 2.0**exponent for v in x]
    second = build(f"y ~ {right}", read_table({"y": y, "x": other}))
    np.testing.assert_array_equal(first[1].X, second[1].X)


@given(spread_out, st.sampled_from(LEARNING), st.integers(1, ROWS))
def test_a_row_has_the_same_bits_alone(x: list[int], right: str, count: int) -> None:
    data = {"y": list(range(ROWS)), "x": x}
    recipe, design = build(f"y ~ {right}", read_table(data))
    part = recipe.replay(read_table({"x": x[:count]}))
    np.testing.assert_array_equal(part.X, design.X[:count])


literals = st.sampled_from(
    '1 2 3 5 -1 0 2.5 1e300 1e-300 [1] [0,1] [1,2,3] [-Inf,0,Inf] [5,1] TRUE None "a" '
    '["a","b"] [[1],[2]] b n q'.split(" ")
)
options = st.sampled_from(
    "df knots degree intercept boundary raw by order k breaks right labels lowest "
    "count constraints levels scores reference lower_bound".split()
)
inner = st.sampled_from(["x", "n", "q", "log(p)", "I(q * 1e200)", "lag(n)", "a"])
jumbled = st.builds(
    lambda name, about, given, more: (
        f"{name}({about}{''.join(f', {v}' for v in given)}"
        f"{''.join(f', {k}={v}' for k, v in more.items())})"
    ),
    st.sampled_from("poly bs ns cr scale center lag diff cut bin C".split()),
    inner,
    st.lists(literals, max_size=1),
    st.dictionaries(options, literals, max_size=2),
)
whole = st.builds(
    lambda shape, about, k, d, e: shape.format(x=about, k=k, d=d, e=e),
    st.sampled_from(
        (
            "poly({x}, {d})|poly({x}, {d}, raw=True)|bs({x}, df={k}, degree={d})|"
            "bs({x}, knots=[{e}], degree={d})|ns({x}, df={k})|cr({x}, df={k})|"
            "ns({x}, knots={e}, intercept=True)|cr({x}, df={k}, constraints=None)|"
            "cr({x}, knots=[0, {e}])|scale({x})|center({x})|scale(scale({x}))|"
            "lag({x}, {d})|lag({x}, -{k}, by=b)|diff({x}, {d}, by=a)|diff(lag({x}))|"
            "cut({x}, {k})|bin({x}, {d})|cut({x}, [-Inf, {e}, Inf])|C({x}, Poly)|"
            "C(cut({x}, [-1, {e}, 1e9], lowest=True), Poly)|C(cut({x}, {k}), Sum)|"
            "C({x}, Diff)|C({x}, Helmert)|poly(bs({x}), 2)|poly(scale({x}), {d})"
        ).split("|")
    ),
    inner,
    st.integers(2, 6),
    st.integers(1, 4),
    st.sampled_from(["1", "0.5", "1e-300", "3"]),
)
calls = st.one_of(whole, whole, jumbled)
odd = st.sampled_from(
    [0.0, 1.0, 1.0, -1.0, 1e300, -1e300, 5e-324, 1e-300, 0.1, 2.0**60]
)


@given(tables, column(odd), calls, st.sampled_from(["", " + 0", " + x:b"]))
def test_any_options_make_a_design_or_an_error_of_ours(
    columns: dict[str, list[Any]], q: list[float], call: str, more: str
) -> None:
    try:
        recipe, design = build(f"y ~ {call}{more}", read_table({**columns, "q": q}))
    except LeastwiseError:
        return
    assert np.isfinite(design.X).all()
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
