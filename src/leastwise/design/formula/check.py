"""What may stand where: arguments of functions, targets, arithmetic."""

from __future__ import annotations

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.codings import check_category
from leastwise.design.formula.functions import (
    ARITHMETIC,
    CATEGORY,
    CODINGS,
    CUTS,
    LEARNT_NUMBERS,
    MOVED,
    WITH_OPTIONS,
    advice_for,
    plain_name,
)
from leastwise.design.formula.nodes import (
    COMPARISONS,
    Call,
    Dot,
    Items,
    Name,
    Node,
    Operation,
    Sum,
    Text,
    calls_in,
    children,
    names_in,
    start,
)
from leastwise.design.formula.signatures import check_options


def is_arithmetic(function: str) -> bool:
    """Say whether a function computes numbers from numbers.

    Examples
    --------
    >>> is_arithmetic("np.log"), is_arithmetic("I"), is_arithmetic("C")
    (True, True, False)
    """
    plain = plain_name(function)
    return function == "I" or plain in (*ARITHMETIC, *LEARNT_NUMBERS, *MOVED)


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
        return check_category(node, text)
    if node.function in CODINGS:
        return node
    if node.function in WITH_OPTIONS:
        return _check_with_options(node, text)
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
    if isinstance(node, Items):
        raise FormulaError(
            "a list of constants is no number",
            text,
            node.position,
            "Name whole columns; choose rows in the data",
        )
    if isinstance(node, Call) and not is_arithmetic(node.function):
        fix = advice_for(node.function) if node.function in CODINGS else None
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


def _check_with_options(node: Call, text: str) -> Node:
    if not node.arguments:
        raise FormulaError(f"{node.function}() names no column", text, node.position)
    first = node.arguments[0]
    check_arithmetic(first, text)
    if not names_in(first):
        raise FormulaError(f"{node.function}() names no column", text, node.position)
    check_options(node, text)
    inner = calls_in((*LEARNT_NUMBERS, *CUTS), first)
    if inner and node.function in (*MOVED, *CUTS):
        raise FormulaError(
            f"{inner[0].function}() cannot stand inside {node.function}()",
            text,
            inner[0].position,
            f"Write {inner[0].function}({node.function}(x))"
            if node.function in MOVED
            else "Cut the column itself",
        )
    return node


def _quoted_name(node: Call, text: str) -> Node:
    if len(node.arguments) == 1 and not node.options:
        argument = node.arguments[0]
        if isinstance(argument, Text):
            return Name(argument.value, node.position)
    raise FormulaError('Q takes one quoted name: Q("net rent")', text, node.position)
