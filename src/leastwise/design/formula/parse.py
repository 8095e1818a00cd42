"""Text to a `Formula`: recursive descent over R's grammar.

How tightly things bind, loosest first: ``~``, comparisons, ``+ -``, ``* /``,
``%in%``, ``:``, a sign, ``**`` (also written ``^``). Which functions and operators make
sense where is checked here too, so that every error points at its character.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.check import check_call, check_target
from leastwise.design.formula.functions import (
    ARITHMETIC,
    CODINGS,
    KNOWN,
    SPELLINGS,
    advice_for,
    plain_name,
)
from leastwise.design.formula.lexer import Token, tokenize
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
    names_in,
    walk,
)
from leastwise.design.formula.show import show
from leastwise.design.formula.terms import expand

# Enough for any formula a person writes; keeps recursion far from Python's limit.
MAX_DEPTH = 40
SHAPE = "Write: target ~ terms"

_Operand: TypeAlias = Callable[[int], Node]


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    text : str
        As the user wrote it.
    targets : tuple of nodes
        The left side; several when it is ``cbind(...)``.
    right : node
        The right side.

    Examples
    --------
    >>> formula = parse("log(rent)~age+C(town)")
    >>> str(formula), formula.names, formula.has_dot
    ('log(rent) ~ age + C(town)', ('rent', 'age', 'town'), False)
    """

    text: str
    targets: tuple[Node, ...]
    right: Node

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that the formula names, each once, in order."""
        return names_in(*self.targets, self.right)

    @property
    def has_dot(self) -> bool:
        """Say whether ``.`` asks for all other columns."""
        return any(isinstance(node, Dot) for node in walk(self.right))

    def __str__(self) -> str:
        """Write the formula with the spaces in their usual places."""
        left = ", ".join(map(show, self.targets))
        left = f"cbind({left})" if len(self.targets) > 1 else left
        return f"{left} ~ {show(self.right)}"


def parse(text: str) -> Formula:
    """Read a formula; nothing in it is ever evaluated as code.

    Parameters
    ----------
    text : str
        Such as ``"rent ~ distance + age * C(town)"``.

    Returns
    -------
    Formula

    Raises
    ------
    FormulaError
        When the text is not a formula; points at the character.

    Examples
    --------
    >>> str(parse("y ~ (a+b)^2 - a:b"))
    'y ~ (a + b) ** 2 - a:b'
    """
    parser = _Parser(text)
    if parser.next.kind == "end":
        raise FormulaError("the formula is empty", text, len(text), SHAPE)
    if parser.at("~"):
        raise FormulaError(
            "there is no target left of ~", text, parser.next.position, SHAPE
        )
    left = parser.comparison(0)
    if not parser.at("~"):
        parser.fail_at_operator("a formula needs ~ between target and terms")
    parser.advance()
    right = parser.comparison(0)
    parser.finish()
    targets = _targets(left)
    for target in targets:
        check_target(target, text)
    # Every term is checked now; which columns the dot stands for does not matter.
    expand(right, text, ())
    return Formula(text, targets, right)


def parse_expression(text: str) -> Node:
    """Read one side of a formula, such as ``I(a ** 2)``.

    Examples
    --------
    >>> show(parse_expression("log( a )"))
    'log(a)'
    """
    parser = _Parser(text)
    node = parser.comparison(0)
    parser.finish()
    return node


def parse_equation(text: str) -> tuple[Name, Node]:
    """Read ``name = expression``: the truth of a simulation.

    Examples
    --------
    >>> name, right = parse_equation("fahrenheit = 32 + 1.8 * celsius")
    >>> name.name, show(right)
    ('fahrenheit', '32 + 1.8 * celsius')
    """
    parser = _Parser(text)
    left = parser.comparison(0)
    if not isinstance(left, Name):
        raise FormulaError("one name stands left of =", text, 0)
    if not parser.at("="):
        parser.fail_at_operator("an equation needs = between its two sides")
    parser.advance()
    right = parser.comparison(0)
    parser.finish()
    return left, right


def _targets(left: Node) -> tuple[Node, ...]:
    if isinstance(left, Call) and left.function == "cbind":
        return left.arguments
    return (left,)


class _Parser:
    """The tokens and the one that is next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def at(self, *symbols: str) -> bool:
        return self.next.kind == "symbol" and self.next.value in symbols

    def advance(self) -> Token:
        token = self.next
        self.index += token.kind != "end"
        return token

    def fail(self, what: str, position: int, fix: str | None = None) -> FormulaError:
        return FormulaError(what, self.text, position, fix)

    def fail_at_operator(self, what: str) -> None:
        """Refuse what stands where an operator should."""
        token = self.next
        if token.kind == "end":
            raise self.fail(what, token.position)
        if token.kind == "symbol":
            self.fail_at_symbol(token)
        before = self.tokens[self.index - 1] if self.index else token
        fix = "Put + between two terms; a name with spaces goes in `backquotes`"
        if before.kind == "number" and before.end == token.position:
            fix = f"Write {before.value} * {token.value}, in a formula inside I()"
        raise self.fail("an operator is missing here", token.position, fix)

    def fail_at_symbol(self, token: Token) -> None:
        known = {
            ")": "this ) closes nothing",
            "]": "this ] closes nothing",
            "(": "an operator is missing here",
        }
        advice = {
            "=": "Write ~ between target and terms; an option goes inside the brackets "
            'of its function: C(town, reference="B")',
            "(": "Put + between two terms; only known functions take brackets",
            "[": "Name whole columns; choose rows in the data",
        }
        raise self.fail(
            known.get(token.value, f"{token.value} has no place here"),
            token.position,
            advice.get(token.value),
        )

    def finish(self) -> None:
        if self.at("~"):
            raise self.fail("a formula has one ~", self.next.position)
        if self.next.kind != "end":
            self.fail_at_operator("an operator is missing here")

    def check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.fail(
                f"more than {MAX_DEPTH} operators or brackets inside each other",
                self.next.position,
                "Compute this column in the data first",
            )

    def comparison(self, depth: int) -> Node:
        self.check_depth(depth)
        left = self.sum(depth)
        if not self.at(*COMPARISONS):
            return left
        operator = self.advance()
        right = self.sum(depth)
        if self.at(*COMPARISONS):
            raise self.fail(
                "one comparison at a time",
                self.next.position,
                "Write I((a > 1) * (a < 2))",
            )
        return Operation(operator.value, left, right, operator.position)

    def sum(self, depth: int) -> Node:
        position = self.next.position
        parts: list[tuple[int, Node]] = []
        while not parts or self.at("+", "-"):
            sign = self.signs()
            parts.append((sign, self.product(depth)))
        if len(parts) == 1 and parts[0][0] > 0:
            return parts[0][1]
        return Sum(tuple(parts), position)

    def signs(self) -> int:
        sign = 1
        while self.at("+", "-"):
            sign = -sign if self.advance().value == "-" else sign
        return sign

    def product(self, depth: int) -> Node:
        return self.chain(("*", "/"), self.nesting, depth)

    def nesting(self, depth: int) -> Node:
        return self.chain(("%in%",), self.crossing, depth)

    def crossing(self, depth: int) -> Node:
        return self.chain((":",), self.signed, depth)

    def chain(self, symbols: tuple[str, ...], operand: _Operand, depth: int) -> Node:
        left = operand(depth)
        while self.at(*symbols):
            depth += 1
            self.check_depth(depth)
            operator = self.advance()
            right = operand(depth)
            left = Operation(operator.value, left, right, operator.position)
        return left

    def signed(self, depth: int) -> Node:
        position = self.next.position
        sign = self.signs()
        node = self.power(depth)
        return Sum(((-1, node),), position) if sign < 0 else node

    def power(self, depth: int) -> Node:
        self.check_depth(depth)
        base = self.atom(depth)
        if not self.at("**", "^"):
            return base
        position = self.advance().position
        return Operation("**", base, self.signed(depth + 1), position)

    def atom(self, depth: int) -> Node:
        token = self.advance()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "text":
            return Text(token.value, token.position)
        if token.kind == "name":
            if self.at("(") and self.text[token.position] != "`":
                return self.call(token, depth)
            return Name(token.value, token.position)
        if token.value == "." and token.kind == "symbol":
            return Dot(token.position)
        if token.value == "[" and token.kind == "symbol":
            return self.items(token, depth, "]")
        if token.value == "(":
            node = self.comparison(depth + 1)
            self.close(token)
            return node
        what = "a term is missing here"
        if token.kind == "symbol":
            what = f"a term is missing before this {token.value}"
        raise self.fail(
            what,
            token.position,
        )

    def number(self, token: Token) -> Node:
        value = float(token.value)
        if value == float("inf"):
            raise self.fail("this number is too large", token.position)
        return Number(value, token.value, token.position)

    def close(self, opened: Token) -> None:
        if self.next.kind == "end":
            raise self.fail("the ( opened here is not closed", opened.position)
        if not self.at(")"):
            self.fail_at_operator("a ) is missing here")
        self.advance()

    def call(self, name: Token, depth: int) -> Node:
        function = plain_name(name.value)
        function = SPELLINGS.get(function, function)
        if function == "c":
            return self.items(self.advance(), depth, ")")
        # Codings are known only as an argument of C, which `check_call` sees to.
        if function not in (*KNOWN, *CODINGS):
            raise self.fail(
                f"there is no function {name.value}",
                name.position,
                advice_for(name.value),
            )
        opened = self.advance()
        arguments: list[Node] = []
        options: list[tuple[str, Node]] = []
        while not self.at(")"):
            if arguments or options:
                if not self.at(","):
                    self.close(opened)
                self.advance()
            option = self.option()
            value = self.comparison(depth + 1)
            if option is None:
                arguments.append(value)
            else:
                options.append((option, value))
        self.advance()
        # What only prefixes a known function keeps its own spelling.
        spelled = name.value if function in ARITHMETIC else function
        node = Call(spelled, tuple(arguments), tuple(options), name.position)
        return check_call(node, self.text)

    def items(self, opened: Token, depth: int, closing: str) -> Items:
        self.check_depth(depth)
        found: list[Node] = []
        while not self.at(closing):
            if found:
                if not self.at(","):
                    if self.next.kind == "end":
                        what = f"the {opened.value} opened here is not closed"
                        raise self.fail(what, opened.position)
                    self.fail_at_operator(f"a {closing} is missing here")
                self.advance()
            found.append(self.comparison(depth + 1))
        self.advance()
        return Items(tuple(found), opened.position)

    def option(self) -> str | None:
        if self.next.kind != "name":
            return None
        after = self.tokens[self.index + 1]
        if after.kind != "symbol" or after.value != "=":
            return None
        name = self.advance().value
        self.advance()
        return name
