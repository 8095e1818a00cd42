"""The parser: arbitrary text gives a formula or a `FormulaError`, nothing else."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.parse import (
    parse,
    parse_equation,
    parse_expression,
)
from leastwise.design.formula.show import show

TOKENS = (
    "a b y x1 Solar.R `net rent` größe . 0 1 2 .5 1e3 ~ + - * / : ^ ** ( ) , = == < >= "
    "!= log( I( C( cbind( offset( Q( Treatment( np.log( poly( 'B' \"C\" reference= ` "
    "[ ] %in% c( [1,2] [[1],[2]] Sum Sum( Helmert Custom( bs( ns( cr( cut( bin( lag( "
    "diff( scale( center( df= knots= k= by= order= levels= breaks= Inf TRUE None "
    "poly(a,2) lag(a,by=b) C(a,Sum) C(a,contr.poly) bs(a,df=4) cut(a,[0,1])"
).split()

anything = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join),
    st.lists(st.sampled_from(TOKENS), max_size=20).map("".join).map("y ~ ".__add__),
)

names = st.text(min_size=1, max_size=8)
columns = st.one_of(
    st.sampled_from(["a", "b", "Solar.R", ".x"]).map(str),
    names.map(lambda name: "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"),
)
numbers = st.sampled_from(["1", "2.5", ".5", "1e-3", "10"])


def arithmetic(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "**", "^", "==", "<="])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"log({text} + a)"),
        inner.map(lambda text: f"-({text})"),
    )


expressions = st.recursive(st.one_of(columns, numbers), arithmetic, max_leaves=12)


# The long examples take a fraction of a second, on a loaded machine more than the
# 200 ms that hypothesis allows.
@settings(deadline=None)
@given(anything)
@example("y ~ " + "(" * 5000)
@example("y ~ " + "-" * 5000 + "a")
@example("y ~ " + "a:" * 5000 + "a")
@example("y ~ I(" + "2 ** " * 5000 + "a)")
@example("y ~ (a + b) ** 999")
@example("y ~ ((((a + b) ** 9 * c) ** 9 * d) ** 9 * e) ** 9")
@example("y ~ 1" + "0" * 400)
@example("y ~ " + "log(" * 39 + "a" + ")" * 39)
@example("\x00 ~ \ud800")
@example("y ~ a²")
@example("y ~ ٣")
@example("y ~ " + "[" * 5000)
@example("y ~ C(a, " + "[" * 39 + "1" + "]" * 39 + ")")
@example("y ~ poly(a, 1e300)")
@example("y ~ lag(a, 1e300)")
@example("y ~ cut(a, [Inf, -Inf])")
@example("y ~ " + "diff(" * 39 + "a" + ")" * 39)
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    for read in (parse, parse_expression, parse_equation):
        try:
            read(text)
        except FormulaError as error:
            assert 0 <= error.position <= len(error.text)


@given(anything)
def test_what_is_read_is_written_back(text: str) -> None:
    try:
        formula = parse(text)
    except FormulaError:
        return
    again = parse(str(formula))
    assert (again.targets, again.right) == (formula.targets, formula.right)
    assert str(again) == str(formula)


@given(expressions)
def test_expressions_keep_their_structure(text: str) -> None:
    node = parse_expression(text)
    assert parse_expression(show(node)) == node
