"""The parts of a formula: frozen nodes that know where they stand in the text.

Two nodes are equal when they mean the same, wherever they stand: positions and
spellings do not take part in comparisons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from leastwise.design.formula.functions import CATEGORY, MOVED, WITH_OPTIONS

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float
    text: str = field(compare=False)
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Text:
    """A quoted text, such as the level in ``C(town, reference="B")``."""

    value: str
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Name:
    """The name of a column."""

    name: str
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Dot:
    """All other columns of the table."""

    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Sum:
    """Parts added and taken away; one flat node, however many there are.

    `parts` holds (sign, node) with sign +1 or -1; a unary minus is a sum of one
    part.
    """

    parts: tuple[tuple[int, Node], ...]
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Operation:
    """Two operands and ``*``, ``/``, ``:``, ``%in%``, ``**`` or a comparison.

    `position` is that of the operator.
    """

    symbol: str
    left: Node
    right: Node
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Call:
    """A function with its arguments and its options (``name=value``)."""

    function: str
    arguments: tuple[Node, ...]
    options: tuple[tuple[str, Node], ...] = ()
    position: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Items:
    """Constants in brackets: ``[0, 10, 20]``, or ``c(0, 10, 20)`` as in R."""

    items: tuple[Node, ...]
    position: int = field(compare=False, default=0)


Node: TypeAlias = Number | Text | Name | Dot | Sum | Operation | Call | Items


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes that a node computes with, from left to right.

    Examples
    --------
    >>> children(Operation(":", Name("a"), Name("b")))
    (Name(name='a', position=0), Name(name='b', position=0))
    """
    if isinstance(node, Sum):
        return tuple(part for _, part in node.parts)
    if isinstance(node, Operation):
        return (node.left, node.right)
    if isinstance(node, Call) and node.function in CATEGORY:
        # What follows says how to code the column: C(town, Treatment).
        return node.arguments[:1]
    if isinstance(node, Call) and node.function in WITH_OPTIONS:
        # Options are constants, but for the columns that say which row is before.
        return (
            *node.arguments[:1],
            *(value for name, value in node.options if name in ("by", "order")),
        )
    if isinstance(node, Call):
        return node.arguments + tuple(value for _, value in node.options)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Go over a node and everything below it, from left to right.

    Examples
    --------
    >>> [n.name for n in walk(Sum(((1, Name("a")), (1, Name("b")))))
    ...  if isinstance(n, Name)]
    ['a', 'b']
    """
    yield node
    for child in children(node):
        yield from walk(child)


def names_in(*nodes: Node) -> tuple[str, ...]:
    """Give the columns that some nodes name, each once, in order.

    Examples
    --------
    >>> names_in(Operation("*", Name("b"), Name("a")), Name("b"))
    ('b', 'a')
    """
    found = (part.name for n in nodes for part in walk(n) if isinstance(part, Name))
    return tuple(dict.fromkeys(found))


def names_here(*nodes: Node) -> tuple[str, ...]:
    """Give the columns whose values some nodes need in the same row.

    ``lag`` and ``diff`` take values of other rows, and know themselves where there
    are none.

    Examples
    --------
    >>> names_here(Name("a"), Call("lag", (Name("b"),)))
    ('a',)
    """
    found = (part.name for n in nodes for part in _here(n) if isinstance(part, Name))
    return tuple(dict.fromkeys(found))


def _here(node: Node) -> Iterator[Node]:
    if isinstance(node, Call) and node.function in MOVED:
        return
    yield node
    for child in children(node):
        yield from _here(child)


def calls_in(functions: Collection[str], *nodes: Node) -> tuple[Call, ...]:
    """Give the calls of some functions, inner ones first, each once.

    Examples
    --------
    >>> inner = Call("center", (Name("x"),))
    >>> calls_in(("center", "poly"), Call("poly", (inner,))) == (
    ...     inner, Call("poly", (inner,)))
    True
    """
    found: dict[Call, None] = {}
    for node in nodes:
        for child in children(node):
            found.update(dict.fromkeys(calls_in(functions, child)))
        if isinstance(node, Call) and node.function in functions:
            found[node] = None
    return tuple(found)


def start(node: Node) -> int:
    """Give the position of the first character of a node.

    Examples
    --------
    >>> start(Operation("*", Name("a", 4), Name("b", 8), 6))
    4
    """
    while isinstance(node, Operation):
        node = node.left
    return node.position
