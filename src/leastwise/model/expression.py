"""Expressions of coefficients, as text: parsed, never evaluated by Python.

Names are those of the coefficient table, as they stand there: ``town[T.B]``,
``x:town[T.B]``, ``I(x ** 2)``; the longest name that fits is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from leastwise._kit.errors import FormulaError, RequestError
from leastwise.rows.table import did_you_mean, shown

NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WORD = re.compile(r"[^\W\d][\w.]*")
FUNCTIONS = ("exp", "log", "sqrt", "tanh", "sin", "cos")
SYMBOLS = ("**", "^", "+", "-", "*", "/", "(", ")", "=")


@dataclass(frozen=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, by its place."""

    place: int


@dataclass(frozen=True)
class Apply:
    """An operation or a function of other expressions."""

    symbol: str
    parts: tuple[Expression, ...]


Expression: TypeAlias = Constant | Coefficient | Apply


@dataclass(frozen=True)
class Token:
    """A piece of the text, and where it begins."""

    kind: str
    text: str
    position: int
    place: int = -1


def read_sides(text: str, names: Sequence[str]) -> tuple[Expression, ...]:
    """Read ``a = b = 0`` as its sides; one side where there is no equals sign.

    Parameters
    ----------
    text : str
        The expression.
    names : sequence of str
        Of the coefficients.

    Raises
    ------
    FormulaError
        When it cannot be read; points at the character.

    Examples
    --------
    >>> read_sides("b = 2", ("a", "b"))
    (Coefficient(place=1), Constant(value=2.0))
    """
    if not isinstance(text, str):
        raise RequestError(f"{text!r} is no text", fix='Write such as "a = 2 * b"')
    parser = _Parser(text, _tokens(text, names))
    try:
        sides = [parser.sum()]
        while parser.take("="):
            sides.append(parser.sum())
    except RecursionError:
        raise FormulaError("the expression is too deep", text[:60], 0) from None
    parser.end()
    return tuple(sides)


def compute(expression: Expression, values: Any, functions: Mapping[str, Any]) -> Any:
    """Compute an expression with any numbers that add, multiply and divide.

    Parameters
    ----------
    expression : Expression
        What was read.
    values : sequence
        Of the coefficients.
    functions : Mapping of str to callable
        ``exp`` and the like, for such numbers.
    """
    try:
        return _computed(expression, values, functions)
    except (ZeroDivisionError, OverflowError) as error:
        raise RequestError(
            f"a number of the expression is not finite: {error}",
            fix="Correct the expression",
        ) from None
    except RecursionError:
        raise RequestError(
            "the expression has too many parts", fix="Give a matrix, or a function"
        ) from None


def _computed(expression: Expression, values: Any, functions: Mapping[str, Any]) -> Any:
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Coefficient):
        return values[expression.place]
    parts = [_computed(part, values, functions) for part in expression.parts]
    if expression.symbol in functions:
        return functions[expression.symbol](*parts)
    return _OPERATIONS[expression.symbol](*parts)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


def _tokens(text: str, names: Sequence[str]) -> list[Token]:
    longest = sorted(range(len(names)), key=lambda i: -len(names[i]))
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at, names, longest)
        found.append(token)
        at += len(token.text)
    return found


def _token(text: str, at: int, names: Sequence[str], longest: list[int]) -> Token:
    for i in longest:
        found = _spelled(names[i]).match(text, at)
        if found and _ends(names[i], text[found.end() :]):
            return Token("name", found.group(), at, i)
    if text[at] == "`" and (inside := text[at + 1 :].partition("`")[0]) in names:
        return Token("name", f"`{inside}`", at, list(names).index(inside))
    if text.startswith("(Intercept)", at) and "Intercept" in names:
        return Token("name", "(Intercept)", at, list(names).index("Intercept"))
    number = NUMBER.match(text, at)
    if number:
        if math.isinf(float(number.group())):
            raise FormulaError(f"{number.group()} is beyond float64", text, at)
        return Token("number", number.group(), at)
    for symbol in SYMBOLS:
        if text.startswith(symbol, at):
            return Token("**" if symbol == "^" else symbol, symbol, at)
    word = WORD.match(text, at)
    if word and word.group() in FUNCTIONS and text[word.end() :].lstrip()[:1] == "(":
        return Token("function", word.group(), at)
    wrong = word.group() if word else text[at]
    raise FormulaError(
        f'"{wrong}" is no coefficient',
        text,
        at,
        f"{did_you_mean(wrong, names)}The coefficients are {shown(names)}",
    )


def _spelled(name: str) -> re.Pattern[str]:
    """Match a name whatever the spaces about its signs."""
    words = re.findall(r"\w+|[^\w\s]", name)
    if not words:
        return re.compile(re.escape(name))
    text = re.escape(words[0])
    for before, word in pairwise(words):
        both = re.match(r"\w", before) and re.match(r"\w", word)
        text += (r"\s+" if both else r"\s*") + re.escape(word)
    return re.compile(text)


def _ends(name: str, after: str) -> bool:
    """Say whether a name is whole where it stands: ``x`` is not, in ``x2``."""
    return not (name[-1].isalnum() or name[-1] == "_") or not re.match(
        r"[\w\[:.]", after
    )


class _Parser:
    """Sums of products of powers, from left to right."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def take(self, *kinds: str) -> Token | None:
        """Take the next token if it is of one of these kinds."""
        if self.at < len(self.tokens) and self.tokens[self.at].kind in kinds:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def end(self) -> None:
        """Refuse what is left."""
        if self.at < len(self.tokens):
            raise self.wrong("is not expected here")

    def wrong(self, what: str) -> FormulaError:
        """Point at the next token."""
        if self.at >= len(self.tokens):
            fix = 'Write such as "a = 2 * b"'
            at = len(self.text)
            return FormulaError("the expression ends too early", self.text, at, fix)
        token = self.tokens[self.at]
        fix = "Write + - * / ** and parentheses between names and numbers"
        return FormulaError(f'"{token.text}" {what}', self.text, token.position, fix)

    def sum(self) -> Expression:
        """Read parts that are added and taken away."""
        total = self.product()
        while token := self.take("+", "-"):
            total = Apply(token.kind, (total, self.product()))
        return total

    def product(self) -> Expression:
        """Read factors."""
        total = self.signed()
        while token := self.take("*", "/"):
            total = Apply(token.kind, (total, self.signed()))
        return total

    def signed(self) -> Expression:
        """Read a sign; it binds less than a power."""
        if self.take("-"):
            return Apply("-", (Constant(0.0), self.signed()))
        if self.take("+"):
            return self.signed()
        return self.power()

    def power(self) -> Expression:
        """Read a base and its exponent, from right to left."""
        base = self.atom()
        if self.take("**"):
            return Apply("**", (base, self.signed()))
        return base

    def atom(self) -> Expression:
        """Read a name, a number, a function or what stands in parentheses."""
        if token := self.take("name"):
            return Coefficient(token.place)
        if token := self.take("number"):
            return Constant(float(token.text))
        function = self.take("function")
        if self.take("("):
            inside = self.sum()
            if not self.take(")"):
                raise self.wrong('stands where ")" should')
            return Apply(function.text, (inside,)) if function else inside
        raise self.wrong("stands where a name or a number should")
