"""What may stand where: arguments of functions, targets, arithmetic."""

from __future__ import annotations

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.functions import (
    ARITHMETIC,
    CATEGORY,
    advice_for,
    plain_name,
)
from leastwise.design.formula.nodes import (
    COMPARISONS,
    Call,
    Dot,
    Name,
    Node,
    Number,
    Operation,
    Sum,
    Text,
    children,
    names_in,
    start,
)


def is_arithmetic(function: str) -> bool:
    """Say whether a function computes numbers from numbers.

    Examples
    --------
    >>> is_arithmetic("np.log"), is_arithmetic("I"), is_arithmetic("C")
    (True, True, False)
    """
    return function == "I" or plain_name(function) in ARITHMETIC


def check_call(node: Call, text: str) -> Node:
    """Check the arguments of a function; turn ``Q("a b")`` into its column.

    Examples
    --------
    >>> check_call(Call("Q", (Text("net rent"),)), 'Q("net rent")')
    Name(name='net rent', position=0)
    """
    if node.function == "Q":
        return _quoted_name(node, text)
    if node.function in CATEGORY:
        return _check_category(node, text)
    if node.function == "Treatment":
        return node
    for option, value in node.options:
        raise FormulaError(
            f"{node.function} has no option {option}", text, start(value)
        )
    if node.function == "cbind":
        if not node.arguments:
            raise FormulaError("cbind() names no target", text, node.position)
        return node
    if len(node.arguments) != 1:
        fix = "Write log2(x), log10(x) or I(log(x) / log(3))"
        raise FormulaError(
            f"{node.function} takes one argument, not {len(node.arguments)}",
            text,
            start(node.arguments[1]) if node.arguments else node.position,
            fix if node.function == "log" else None,
        )
    check_arithmetic(node.arguments[0], text)
    if not names_in(node):
        raise FormulaError(f"{node.function}() names no column", text, node.position)
    return node


def check_arithmetic(node: Node, text: str) -> None:
    """Refuse what cannot be computed as numbers.

    Examples
    --------
    >>> check_arithmetic(Operation("*", Name("a"), Name("b")), "a * b")
    """
    if isinstance(node, Dot):
        raise FormulaError(
            "the dot stands for columns and cannot be computed with",
            text,
            node.position,
        )
    if isinstance(node, Text):
        raise FormulaError(
            "a quoted text is no number",
            text,
            node.position,
            'Compare with it, I(town == "B"), or write a name in `backquotes`',
        )
    if isinstance(node, Call) and not is_arithmetic(node.function):
        fix = advice_for(node.function) if node.function == "Treatment" else None
        raise FormulaError(
            f"{node.function}() cannot stand inside arithmetic",
            text,
            node.position,
            fix,
        )
    if isinstance(node, Operation) and node.symbol == ":":
        raise FormulaError(
            "the colon crosses terms; arithmetic multiplies with *",
            text,
            node.position,
        )
    if isinstance(node, Operation) and node.symbol in ("==", "!="):
        sides = [n for n in (node.left, node.right) if not isinstance(n, Text)]
        texts = 2 - len(sides)
        # A column can be compared with a text, a computed number cannot.
        if texts == 2 or (texts == 1 and not isinstance(sides[0], Name)):
            raise FormulaError(
                "only a column can be compared with a text", text, node.position
            )
        for side in sides:
            check_arithmetic(side, text)
        return
    for child in children(node):
        check_arithmetic(child, text)


def check_target(node: Node, text: str) -> None:
    """Refuse a left side that is not one target.

    Examples
    --------
    >>> check_target(Name("rent"), "rent ~ age")
    """
    if isinstance(node, Sum) and len(node.parts) > 1:
        raise FormulaError(
            "a sum on the left can mean two targets or their sum",
            text,
            start(node.parts[1][1]),
            "Write cbind(a, b) for two targets, I(a + b) for the sum",
        )
    if isinstance(node, Call) and not is_arithmetic(node.function):
        raise FormulaError(f"{node.function}() cannot be a target", text, node.position)
    if isinstance(node, Operation) and node.symbol in COMPARISONS:
        raise FormulaError(
            "a comparison as a target goes inside I()", text, node.position
        )
    check_arithmetic(node, text)
    if not names_in(node):
        raise FormulaError("the target names no column", text, start(node))


def _quoted_name(node: Call, text: str) -> Node:
    if len(node.arguments) == 1 and not node.options:
        argument = node.arguments[0]
        if isinstance(argument, Text):
            return Name(argument.value, node.position)
    raise FormulaError('Q takes one quoted name: Q("net rent")', text, node.position)


def _check_category(node: Call, text: str) -> Node:
    if not node.arguments or not isinstance(node.arguments[0], Name):
        at = start(node.arguments[0]) if node.arguments else node.position
        raise FormulaError(f"{node.function} takes the name of one column", text, at)
    given = [*node.options, *(("contrast", a) for a in node.arguments[1:])]
    if len(given) > 1:
        raise FormulaError(
            f"{node.function} takes a column and one reference level",
            text,
            start(given[1][1]),
        )
    for option, value in given:
        _check_reference(option, value, text)
    return node


def _check_reference(option: str, value: Node, text: str) -> None:
    if option == "contrast":
        _check_treatment(value, text)
        return
    if option not in ("reference", "ref"):
        raise FormulaError(
            f"C has no option {option}", text, start(value), 'Write reference="B"'
        )
    if not isinstance(value, Number | Text | Name) and not _negative(value):
        raise FormulaError(
            "a reference level is a quoted text or a number", text, start(value)
        )
    if isinstance(value, Name) and value.name not in ("True", "False"):
        raise FormulaError(
            "a reference level is a quoted text or a number",
            text,
            value.position,
            f'Write "{value.name}"',
        )


def _check_treatment(value: Node, text: str) -> None:
    if value == Name("Treatment"):
        return
    if not isinstance(value, Call) or value.function != "Treatment":
        raise FormulaError(
            "only treatment coding exists",
            text,
            start(value),
            'Choose the base level with C(x, reference="B")',
        )
    given = [*value.options, *(("reference", a) for a in value.arguments)]
    if len(given) > 1:
        raise FormulaError("Treatment takes one level", text, start(given[1][1]))
    for option, level in given:
        _check_reference(option, level, text)


def _negative(node: Node) -> bool:
    return (
        isinstance(node, Sum)
        and len(node.parts) == 1
        and isinstance(node.parts[0][1], Number)
    )


def reference_of(node: Call) -> str | float | None:
    """Give the base level that ``C(...)`` asks for, None for the first.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> reference_of(parse_expression('C(x, Treatment("B"))'))
    'B'
    """
    values = [*(v for _, v in node.options), *node.arguments[1:]]
    if not values:
        return None
    value = values[0]
    if isinstance(value, Call):
        inner = [*value.arguments, *(v for _, v in value.options)]
        if not inner:
            return None
        value = inner[0]
    if isinstance(value, Sum):
        number = value.parts[0][1]
        return -number.value if isinstance(number, Number) else None
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Name):
        return None if value.name == "Treatment" else value.name
    return value.value if isinstance(value, Text) else None
