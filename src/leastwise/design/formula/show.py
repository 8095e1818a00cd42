"""Nodes back to text, with the spaces in their usual places."""

from __future__ import annotations

from leastwise.design.formula.nodes import (
    COMPARISONS,
    Call,
    Dot,
    Items,
    Name,
    Node,
    Number,
    Operation,
    Sum,
    Text,
)

# How tightly each operator binds; operands that bind less get parentheses.
BINDING = {
    **dict.fromkeys(COMPARISONS, 1),
    "+": 2,
    "*": 3,
    "/": 3,
    "%in%": 4,
    ":": 5,
    "**": 7,
}
ATOM = 8


def show_name(name: str) -> str:
    """Write a column's name so that it parses back, in backquotes where needed.

    Examples
    --------
    >>> show_name("Solar.R"), show_name("net rent")
    ('Solar.R', '`net rent`')
    """
    bare = name.replace(".", "a")
    if bare.isidentifier() and not _number_like(name) and name != ".":
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _number_like(name: str) -> bool:
    # ".5x" would be read as the number .5 and the name x.
    return name[0] == "." and name[1:2].isdigit()


def show(node: Node) -> str:
    """Write a node as text that parses back to an equal node.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse
    >>> show(parse("y~a+I(b^2)").right)
    'a + I(b ** 2)'
    """
    if isinstance(node, Number):
        return node.text
    if isinstance(node, Text):
        return '"' + node.value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(node, Name):
        return show_name(node.name)
    if isinstance(node, Dot):
        return "."
    if isinstance(node, Call):
        options = [f"{name}={show(value)}" for name, value in node.options]
        return f"{node.function}({', '.join([*map(show, node.arguments), *options])})"
    if isinstance(node, Sum):
        return _show_sum(node)
    if isinstance(node, Items):
        return f"[{', '.join(map(show, node.items))}]"
    return _show_operation(node)


def label(node: Node) -> str:
    """Name a term's part for the coefficient table: a column by its bare name.

    Examples
    --------
    >>> label(Name("net rent")), label(Call("log", (Name("net rent"),)))
    ('net rent', 'log(`net rent`)')
    """
    return node.name if isinstance(node, Name) else show(node)


def _binding(node: Node) -> int:
    if isinstance(node, Sum):
        return BINDING["+"]
    return BINDING[node.symbol] if isinstance(node, Operation) else ATOM


def _wrapped(node: Node, least: int) -> str:
    return show(node) if _binding(node) >= least else f"({show(node)})"


def _show_sum(node: Sum) -> str:
    pieces: list[str] = []
    for i, (sign, part) in enumerate(node.parts):
        mark = "-" if sign < 0 else "+"
        body = _wrapped(part, BINDING["+"] + 1)
        if i:
            pieces.append(f" {mark} {body}")
        else:
            pieces.append(f"-{body}" if sign < 0 else body)
    return "".join(pieces)


def _show_operation(node: Operation) -> str:
    own = BINDING[node.symbol]
    # Powers group to the right, comparisons not at all, the rest to the left.
    left = own if node.symbol in ("*", "/", ":", "%in%") else own + 1
    right = own if node.symbol == "**" else own + 1
    space = "" if node.symbol == ":" else " "
    shown_right = _wrapped(node.right, right)
    if node.symbol == "**" and isinstance(node.right, Sum):
        # A sign alone needs no brackets there: a ** -2.
        parts = node.right.parts
        if len(parts) == 1:
            shown_right = f"-{_wrapped(parts[0][1], own)}"
    return f"{_wrapped(node.left, left)}{space}{node.symbol}{space}{shown_right}"
