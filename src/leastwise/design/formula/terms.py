"""The algebra of terms: what ``a * b - a:b`` means.

A term is a set of variables. Variables are numbered as they first appear, a
term is the integer whose bits are its variables, and the product of two terms
is their bitwise or. As in R, terms come out by degree, then in order of
appearance, and the variables of a term in order of appearance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.check import check_arithmetic
from leastwise.design.formula.functions import CODINGS
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
    start,
)
from leastwise.design.formula.show import show

# A model of more terms is a slip, such as a * b * c * ... of twenty names.
MAX_TERMS = 50_000

Bits: TypeAlias = dict[int, None]  # an ordered set of terms


@dataclass(frozen=True)
class Terms:
    """The right side of a formula, multiplied out.

    Attributes
    ----------
    intercept : bool
        Whether the model has one.
    terms : tuple of tuples of nodes
        The variables of each term.
    offsets : tuple of nodes
        Arguments of ``offset(...)``.
    """

    intercept: bool
    terms: tuple[tuple[Node, ...], ...]
    offsets: tuple[Node, ...]


def expand(right: Node, text: str, others: Sequence[str]) -> Terms:
    """Multiply out the right side of a formula.

    Parameters
    ----------
    right : node
        The right side.
    text : str
        The whole formula, for messages.
    others : sequence of str
        The columns that ``.`` stands for.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse
    >>> formula = parse("y ~ a * b + 0")
    >>> terms = expand(formula.right, formula.text, ())
    >>> [":".join(map(show, term)) for term in terms.terms], terms.intercept
    (['a', 'b', 'a:b'], False)
    """
    algebra = _Algebra(text, others)
    algebra.install(right)
    whole = right if isinstance(right, Sum) else Sum(((1, right),))
    bits = sorted(algebra.expand(whole), key=int.bit_count)
    variables = tuple(algebra.variables)
    terms = tuple(tuple(variables[i] for i in _places(b)) for b in bits)
    return Terms(algebra.intercept, terms, tuple(algebra.offsets))


class _Algebra:
    """Variables by number, and whether an intercept has been seen."""

    def __init__(self, text: str, others: Sequence[str]) -> None:
        self.text = text
        self.others = tuple(Name(name) for name in others)
        self.variables: dict[Node, int] = {}
        self.intercept = True
        self.offsets: list[Node] = []

    def install(self, node: Node) -> None:
        """Number the variables in the order in which they appear."""
        if isinstance(node, Dot):
            for name in self.others:
                self.variables.setdefault(name, len(self.variables))
        elif isinstance(node, Sum):
            for _, part in node.parts:
                self.install(part)
        elif isinstance(node, Operation):
            self.install(node.left)
            self.install(node.right)
        elif isinstance(node, Name) or (
            isinstance(node, Call) and node.function != "offset"
        ):
            self.variables.setdefault(node, len(self.variables))

    def fail(self, what: str, node: Node, fix: str | None = None) -> FormulaError:
        at = node.position if isinstance(node, Operation) else start(node)
        return FormulaError(what, self.text, at, fix)

    def expand(self, node: Node) -> Bits:
        if isinstance(node, Name):
            return {1 << self.variables[node]: None}
        if isinstance(node, Call):
            return self.call(node)
        if isinstance(node, Dot):
            return {1 << self.variables[name]: None for name in self.others}
        if isinstance(node, Sum):
            return self.sum(node)
        if isinstance(node, Operation):
            return self.operation(node)
        if isinstance(node, Number) and node.value in (0, 1):
            self.intercept = node.value == 1
            return {}
        if isinstance(node, Items):
            raise self.fail("a list of constants is no term", node)
        if isinstance(node, Text):
            raise self.fail(
                "a quoted text is no term",
                node,
                f"If it is a column, write `{node.value}`",
            )
        raise self.fail(
            f"the number {node.text} is no term: only 0 and 1, without and with "
            "the intercept",
            node,
            "Arithmetic goes inside I(): I(2 * x)",
        )

    def call(self, node: Call) -> Bits:
        if node.function in ("cbind", *CODINGS):
            place = "on the left side" if node.function == "cbind" else "inside C()"
            raise self.fail(f"{node.function} belongs {place}", node)
        if node.function == "offset":
            raise self.fail(
                "an offset is added as it stands", node, "Write + offset(x)"
            )
        return {1 << self.variables[node]: None}

    def sum(self, node: Sum) -> Bits:
        found: Bits = {}
        for sign, part in node.parts:
            if isinstance(part, Number) and part.value in (0, 1):
                self.intercept = (sign > 0) == (part.value == 1)
            elif self.is_offset(part) and sign > 0:
                self.add_offset(part)
            elif sign > 0:
                found.update(self.expand(part))
                self.check_size(found, part)
            else:
                self.subtract(found, part)
        return found

    def subtract(self, found: Bits, part: Node) -> None:
        had = self.intercept
        self.intercept = False
        for term in self.expand(part):
            found.pop(term, None)
        # "- (a + 1)" takes the intercept away, "- (a + 0)" leaves it.
        self.intercept = had and not self.intercept

    def is_offset(self, node: Node) -> bool:
        return isinstance(node, Call) and node.function == "offset"

    def add_offset(self, node: Node) -> None:
        if isinstance(node, Call):
            self.offsets.append(node.arguments[0])

    def operation(self, node: Operation) -> Bits:
        if node.symbol in COMPARISONS:
            raise self.fail(
                f"the comparison {node.symbol} is no term",
                node,
                f"Write I({show(node)})",
            )
        self.refuse_numbers(node)
        if node.symbol == "**":
            return self.power(node)
        if node.left == node.right and isinstance(node.left, Name):
            raise self.fail(
                f"{node.left.name} crossed with itself is {node.left.name}",
                node,
                f"For the square write I({show(node.left)} ** 2)",
            )
        left, right = self.expand(node.left), self.expand(node.right)
        if node.symbol == "%in%":
            all_right = 0
            for term in right:
                all_right |= term
            return self.union(node, {a | all_right: None for a in left})
        if node.symbol == "/":
            # As in R: what is right of / is nested in all that is left of it.
            all_left = 0
            for term in left:
                all_left |= term
            return self.union(node, left, {all_left | b: None for b in right})
        crossed = self.cross(node, left, right)
        if node.symbol == ":":
            return crossed
        return self.union(node, left, right, crossed)

    def refuse_numbers(self, node: Operation) -> None:
        sides = (node.left,) if node.symbol == "**" else (node.left, node.right)
        for side in sides:
            if isinstance(side, Number) or _is_negative(side):
                raise self.fail(
                    f"arithmetic goes inside I(): here {node.symbol} crosses terms",
                    node,
                    self.as_arithmetic(node),
                )

    def as_arithmetic(self, node: Node) -> str:
        try:
            check_arithmetic(node, self.text)
        except FormulaError:
            return "Write I(2 * x)"
        return f"Write I({show(node)})"

    def power(self, node: Operation) -> Bits:
        degree = node.right
        if not isinstance(degree, Number) or degree.value not in range(1, 1000):
            raise self.fail(
                "terms are raised to a whole number, 1 or more",
                node,
                self.as_arithmetic(node),
            )
        base = self.expand(node.left)
        if isinstance(node.left, Name | Call) and degree.value > 1:
            raise self.fail(
                f"{show(node.left)} crossed with itself is {show(node.left)}",
                node,
                self.as_arithmetic(node),
            )
        found = dict(base)
        for _ in range(int(degree.value) - 1):
            before = len(found)
            found = self.union(node, found, self.cross(node, found, base))
            if len(found) == before:
                break
        return found

    def cross(self, node: Node, left: Bits, right: Bits) -> Bits:
        if len(left) * len(right) > 40 * MAX_TERMS:
            raise self.too_many(node)
        crossed = {a | b: None for a in left for b in right}
        self.check_size(crossed, node)
        return crossed

    def union(self, node: Node, *parts: Iterable[int]) -> Bits:
        found: Bits = {}
        for part in parts:
            found.update(dict.fromkeys(part))
        self.check_size(found, node)
        return found

    def check_size(self, found: Bits, node: Node) -> None:
        if len(found) > MAX_TERMS:
            raise self.too_many(node)

    def too_many(self, node: Node) -> FormulaError:
        return self.fail(f"this gives more than {MAX_TERMS} terms", node)


def _places(bits: int) -> Iterator[int]:
    """Give the places of the bits that are set, without looking at the others."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _is_negative(node: Node) -> bool:
    return isinstance(node, Sum) and len(node.parts) == 1
