"""The grammar: what is read, how it is written back, where errors point."""

from __future__ import annotations

import pytest

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.nodes import Call, Name, Number, Operation, Sum, start
from leastwise.design.formula.parse import (
    MAX_DEPTH,
    parse,
    parse_equation,
    parse_expression,
)
from leastwise.design.formula.show import show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("y~a+b", "y ~ a + b"),
        ("y ~ a*b - a:b", "y ~ a * b - a:b"),
        ("y ~ (a+b)^2", "y ~ (a + b) ** 2"),
        ("y ~ a / (b + c)", "y ~ a / (b + c)"),
        ("y~0+a", "y ~ 0 + a"),
        ("y ~ -1 + a", "y ~ -1 + a"),
        ("y ~ .", "y ~ ."),
        ("Ozone ~ Solar.R + .x", "Ozone ~ Solar.R + .x"),
        ("`net rent` ~ `a`", "`net rent` ~ a"),
        ("y ~ Q('net rent')", "y ~ `net rent`"),
        ("miete ~ größe + 年齢", "miete ~ größe + 年齢"),
        ("log( y )~np.log(x)", "log(y) ~ np.log(x)"),
        ("y ~ I(a^2/2 - -b)", "y ~ I(a ** 2 / 2 + b)"),
        ("y ~ I((a+b)*.5)", "y ~ I((a + b) * .5)"),
        ("y ~ I(a-(b-c))", "y ~ I(a - (b - c))"),
        ("y ~ I(2 ** -a)", "y ~ I(2 ** -a)"),
        ("y ~ I(-a ** 2)", "y ~ I(-a ** 2)"),
        ("y ~ I(a ** b ** c)", "y ~ I(a ** b ** c)"),
        ("y ~ I((a ** b) ** c)", "y ~ I((a ** b) ** c)"),
        ("y ~ I(town == 'B')", 'y ~ I(town == "B")'),
        ("y ~ I((a > 1) * (b <= 2e3))", "y ~ I((a > 1) * (b <= 2e3))"),
        ("y ~ C(x, reference = 'B')", 'y ~ C(x, reference="B")'),
        ("y ~ C(x,Treatment('B'))", 'y ~ C(x, Treatment("B"))'),
        (
            "y ~ C(x, Treatment(reference='B'))",
            'y ~ C(x, Treatment(reference="B"))',
        ),
        ("cbind(a,b)~x", "cbind(a, b) ~ x"),
        ("y ~ x + offset(log(z))", "y ~ x + offset(log(z))"),
        (r"y ~ `a\`b` + `c\\d`", r"y ~ `a\`b` + `c\\d`"),
        ("y ~ a:b:c", "y ~ a:b:c"),
        ("y ~ a +\n  b", "y ~ a + b"),
    ],
)
def test_formula_is_read_and_written_with_usual_spaces(text: str, shown: str) -> None:
    formula = parse(text)
    assert str(formula) == shown
    again = parse(shown)
    assert (again.targets, again.right) == (formula.targets, formula.right)


@pytest.mark.parametrize(
    ("text", "position", "what"),
    [
        ("", 0, "empty"),
        ("   ", 3, "empty"),
        ("y", 1, "needs ~"),
        ("~ x", 0, "no target"),
        ("  ~ x", 2, "no target"),
        ("y ~", 3, "missing here"),
        ("y ~ a +", 7, "missing here"),
        ("y ~ a + * b", 8, "missing before this *"),
        ("y ~ a b", 6, "operator is missing"),
        ("y ~ 2x", 5, "operator is missing"),
        ("y ~ (a + b", 4, "not closed"),
        ("y ~ log(a", 7, "not closed"),
        ("y ~ a)", 5, "closes nothing"),
        ("y ~ a ~ b", 6, "one ~"),
        ("y ~ a = b", 6, "no place"),
        ("y = a", 2, "no place"),
        ("y ~ a | b", 6, "no meaning"),
        ("y ~ a %of% b", 6, "no meaning"),
        ("y ~ `a", 4, "not closed"),
        ("y ~ C(a, reference='B)", 19, "not closed"),
        ("y ~ lgo(x)", 4, "no function lgo"),
        ("y ~ a + spline(x, 2)", 8, "no function spline"),
        ("y ~ __import__('os')", 4, "no function"),
        ("y ~ log()", 4, "takes one argument"),
        ("y ~ log(x, 2)", 11, "takes one argument"),
        ("y ~ log(x, base=2)", 16, "no option base"),
        ("y ~ I(3)", 4, "names no column"),
        ("y ~ I(a:b)", 7, "crosses terms"),
        ("y ~ I(.)", 6, "cannot be computed"),
        ("y ~ I('a')", 6, "no number"),
        ("y ~ I(C(a))", 6, "inside arithmetic"),
        ("y ~ I(log(a) == 'b')", 13, "only a column"),
        ("y ~ I(1 < a < 2)", 12, "one comparison"),
        ("y ~ a > 1", 6, "is no term"),
        ("y ~ 2", 4, "number 2 is no term"),
        ("y ~ a + 3", 8, "number 3 is no term"),
        ("y ~ 2 * x", 6, "inside I()"),
        ("y ~ x / 2", 6, "inside I()"),
        ("y ~ a:1", 5, "inside I()"),
        ("y ~ x ** 2", 6, "crossed with itself"),
        ("y ~ x + x^2", 9, "crossed with itself"),
        ("y ~ x * x", 6, "crossed with itself"),
        ("y ~ (a + b) ** c", 12, "whole number"),
        ("y ~ (a + b) ** 0", 12, "whole number"),
        ("y ~ 'a'", 4, "no term"),
        ("y ~ cbind(a, b)", 4, "left side"),
        ("y ~ Treatment('a')", 4, "inside C()"),
        ("y ~ a * offset(b)", 8, "as it stands"),
        ("y ~ a - offset(b)", 8, "as it stands"),
        ("a + b ~ x", 4, "two targets"),
        ("C(a) ~ x", 0, "cannot be a target"),
        ("a > 1 ~ x", 2, "inside I()"),
        ("1 ~ x", 0, "names no column"),
        ("cbind() ~ x", 0, "no target"),
        ("a:b ~ x", 1, "crosses terms"),
        ("y ~ C(log(x))", 6, "one column"),
        ("y ~ C(x, Simple)", 9, "no coding"),
        ("y ~ C(x, base='a')", 14, "no option base"),
        ("y ~ C(x, reference=B)", 19, "quoted"),
        ("y ~ C()", 4, "one column"),
        ("y ~ C(x, reference='a', ref='b')", 28, "one reference"),
        ("y ~ C(x, Treatment('a', 'b'))", 24, "one level"),
        ("y ~ C(x, Treatment(base='a'))", 24, "no option base"),
        ("y ~ C(x, reference=log(x))", 19, "quoted text or a number"),
        ("y ~ I(a) == 1 == 2", 14, "one comparison"),
        ("y ~ Q(x)", 4, "quoted name"),
        ("y ~ I(x * 1e999)", 10, "too large"),
        ("y ~ " + "(" * (MAX_DEPTH + 2) + "a", 4 + MAX_DEPTH + 1, "inside each other"),
        ("y ~ " + " * ".join("abcdefghijklmnopqrst"), 62, "more than 50000 terms"),
    ],
)
def test_error_points_at_the_character(text: str, position: int, what: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert what in str(caught.value)
    assert caught.value.position == position
    assert caught.value.text == text


def test_unknown_function_is_told_with_the_nearest_and_the_list() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("y ~ sqr(x)")
    assert str(caught.value).splitlines() == [
        "there is no function sqr",
        "  y ~ sqr(x)",
        "      ^",
        "Did you mean sqrt?",
        "Functions: log, log2, log10, log1p, exp, expm1, sqrt, abs, sin, cos, tan, "
        "tanh, I, C, factor, cut, bin, poly, bs, ns, cr, center, scale, lag, diff, "
        "offset, cbind, Q",
    ]


def test_a_formula_too_long_to_be_one() -> None:
    with pytest.raises(FormulaError, match="1000001 characters"):
        parse("y" * 1_000_001)


def test_power_error_says_what_to_write() -> None:
    with pytest.raises(FormulaError, match=r"Write I\(x \*\* 2\)"):
        parse("y ~ x^2")


def test_precedence_is_that_of_r() -> None:
    minus_power = parse_expression("-a ** 2")
    assert minus_power == Sum(((-1, parse_expression("a ** 2")),))
    crossing = parse_expression("a * b:c")
    assert isinstance(crossing, Operation) and crossing.symbol == "*"
    assert parse_expression("a / b / c") == parse_expression("(a / b) / c")
    assert parse_expression("a - b - c") == Sum(
        ((1, Name("a")), (-1, Name("b")), (-1, Name("c")))
    )


def test_equal_nodes_do_not_depend_on_spelling_or_place() -> None:
    assert parse_expression("I( a^2.0 )") == parse_expression("I(a ** 2)")
    assert hash(parse_expression("I( a^2.0 )")) == hash(parse_expression("I(a ** 2)"))


def test_nodes_know_their_place() -> None:
    call = parse_expression("  log(x)")
    assert isinstance(call, Call) and call.position == 2
    assert call.arguments[0].position == 6
    assert start(parse_expression(" a * b")) == 1


def test_thousands_of_terms_do_not_recurse() -> None:
    names = [f"x{i}" for i in range(5000)]
    formula = parse("y ~ " + " + ".join(names))
    assert formula.names == ("y", *names)


def test_backquoted_dot_is_a_name() -> None:
    assert parse_expression("`.`") == Name(".")
    assert show(Name(".")) == "`.`"


def test_backquoted_function_name_is_a_column() -> None:
    with pytest.raises(FormulaError, match="operator is missing"):
        parse("y ~ `log`(x)")


def test_equation_has_a_name_and_an_expression() -> None:
    name, right = parse_equation("y = 2 * x")
    assert (name, right) == (
        Name("y"),
        Operation("*", Number(2.0, "2"), Name("x")),
    )
    for text, position in [("y ~ x", 2), ("2 = x", 0), ("y = ", 4), ("y", 1)]:
        with pytest.raises(FormulaError) as caught:
            parse_equation(text)
        assert caught.value.position == position
