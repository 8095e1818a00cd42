"""Text about coefficients -> a tree of arithmetic; it is parsed, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal, TypeAlias

from leastwise._kit.errors import FormulaError

FUNCTIONS = ("exp", "log", "sqrt")
NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
WORD = re.compile(r"[^\W\d][\w.]*")
SYMBOLS = ("**", "==", "+", "-", "*", "/", "^", "(", ")", "=")
# R writes it so.
INTERCEPT = {"(Intercept)": "Intercept"}
# Deeper than any text that a person writes, and less deep than Python's stack.
MOST_DEEP, MOST_LONG = 100, 100_000
# A decimal power of ten as a fraction has as many digits as the power.
LARGEST_POWER = 400


@dataclass(frozen=True)
class Number:
    """A number as it is written, without rounding."""

    value: Fraction
    position: int


@dataclass(frozen=True)
class Symbol:
    """A coefficient."""

    name: str
    position: int


@dataclass(frozen=True)
class Apply:
    """A sign, an operation or a function, and what it is applied to."""

    what: str
    parts: tuple[Tree, ...]
    position: int


Tree: TypeAlias = Number | Symbol | Apply


@dataclass(frozen=True)
class _Token:
    kind: Literal["number", "name", "function", "symbol", "end"]
    value: str
    position: int


@dataclass(frozen=True)
class Sides:
    """What was written on both sides of an equals sign; no right side without one."""

    left: Tree
    right: Tree | None


def parse_sides(text: str, names: Sequence[str]) -> Sides:
    """Read an expression of coefficients, or an equation of two.

    A coefficient is written as the model writes it (``C(town)[T.B]``, ``a:b``), spaces
    where there is no word on both sides do not matter; the longest name that fits is
    meant. A name may stand in backquotes. ``(Intercept)`` is understood.

    Parameters
    ----------
    text : str
        Such as ``"a = 2 * b"``.
    names : sequence of str
        The coefficients.

    Raises
    ------
    FormulaError
        Points at what is not understood.

    Examples
    --------
    >>> sides = parse_sides("C(g)[ T.b ] = 2 * x", ["x", "C(g)[T.b]"])
    >>> sides.left.name, sides.right.what
    ('C(g)[T.b]', '*')
    """
    if len(text) > MOST_LONG:
        raise FormulaError(f"the text has {len(text)} characters", text[:60], 0)
    reader = _Reader(text, _tokens(text, names), [0])
    left = reader.sum(0)
    right = None
    if reader.taken("=", "=="):
        right = reader.sum(0)
    if reader.now.kind != "end":
        raise FormulaError(f"{reader.now.value!r} is not expected here", text,
                           reader.now.position)  # fmt: skip
    return Sides(left, right)


def _tokens(text: str, names: Sequence[str]) -> list[_Token]:
    known = sorted({*names, *(_aliases(names))}, key=len, reverse=True)
    patterns = [(name, _pattern(name)) for name in known]
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _next(text, at, names, patterns)
        found.append(token)
    return [*found, _Token("end", "", len(text))]


def _aliases(names: Sequence[str]) -> list[str]:
    return [a for a, name in INTERCEPT.items() if name in names]


def _pattern(name: str) -> re.Pattern[str]:
    """Match a name with spaces or none around its signs."""
    parts = re.findall(r"\w+|[^\w\s]", name)
    pieces = [re.escape(parts[0])] if parts else [re.escape(name)]
    for before, part in pairwise(parts):
        words = before[-1:].isidentifier() or before[-1:].isdigit()
        both = words and re.match(r"\w", part) is not None
        pieces.append((r"\s+" if both else r"\s*") + re.escape(part))
    tail = r"(?![\w.])" if parts and re.match(r"\w", parts[-1]) else ""
    return re.compile("".join(pieces) + tail)


def _next(
    text: str,
    at: int,
    names: Sequence[str],
    patterns: list[tuple[str, re.Pattern[str]]],
) -> tuple[_Token, int]:
    longest = [(m.end(), name) for name, p in patterns if (m := p.match(text, at))]
    if longest:
        end, name = max(longest, key=lambda found: found[0])
        return _Token("name", INTERCEPT.get(name, name), at), end
    if text[at] == "`":
        end = text.find("`", at + 1)
        if end < 0:
            raise FormulaError("the ` opened here is not closed", text, at)
        if text[at + 1 : end] not in names:
            raise _unknown(text, at, text[at + 1 : end], names)
        return _Token("name", text[at + 1 : end], at), end + 1
    if match := NUMBER.match(text, at):
        return _Token("number", match.group(), at), match.end()
    for symbol in SYMBOLS:
        if text.startswith(symbol, at):
            return _Token("symbol", symbol, at), at + len(symbol)
    word = WORD.match(text, at)
    if word and word.group() in FUNCTIONS:
        return _Token("function", word.group(), at), word.end()
    raise _unknown(text, at, word.group() if word else text[at], names)


def _unknown(text: str, at: int, word: str, names: Sequence[str]) -> FormulaError:
    import difflib

    near = difflib.get_close_matches(word, names, 1)
    near = near or [name for name in names if word in name][:1]
    hint = f"Did you mean {near[0]}? " if near else ""
    some = ", ".join([*names[:12], *(["..."] if len(names) > 12 else [])])
    return FormulaError(
        f'"{word}" is no coefficient', text, at, f"{hint}The coefficients are {some}"
    )


@dataclass(frozen=True)
class _Reader:
    """Reads tokens by descent; `place` holds where it is."""

    text: str
    tokens: list[_Token]
    place: list[int]

    @property
    def now(self) -> _Token:
        return self.tokens[self.place[0]]

    def taken(self, *symbols: str) -> _Token | None:
        token = self.now
        if token.kind != "symbol" or token.value not in symbols:
            return None
        self.place[0] += 1
        return token

    def sum(self, depth: int) -> Tree:
        if depth > MOST_DEEP:
            raise FormulaError("too many brackets", self.text, self.now.position)
        left = self.product(depth)
        while sign := self.taken("+", "-"):
            left = Apply(sign.value, (left, self.product(depth)), sign.position)
        return left

    def product(self, depth: int) -> Tree:
        left = self.signed(depth)
        while sign := self.taken("*", "/"):
            left = Apply(sign.value, (left, self.signed(depth)), sign.position)
        return left

    def signed(self, depth: int) -> Tree:
        if depth > MOST_DEEP:
            raise FormulaError("too many signs", self.text, self.now.position)
        if sign := self.taken("-", "+"):
            inner = self.signed(depth + 1)
            return (
                Apply("minus", (inner,), sign.position) if sign.value == "-" else inner
            )
        return self.power(depth)

    def power(self, depth: int) -> Tree:
        base = self.atom(depth)
        if sign := self.taken("^", "**"):
            # To the right first, and a sign may stand there: 2^-1.
            return Apply("^", (base, self.signed(depth + 1)), sign.position)
        return base

    def atom(self, depth: int) -> Tree:
        token = self.now
        if token.kind == "end":
            raise FormulaError("something is missing here", self.text, token.position)
        self.place[0] += 1
        if token.kind == "number":
            return Number(_fraction(token, self.text), token.position)
        if token.kind == "name":
            return Symbol(token.value, token.position)
        if token.kind == "function":
            if not self.taken("("):
                raise FormulaError(
                    f"{token.value} takes its argument in brackets", self.text,
                    self.now.position,
                )  # fmt: skip
            return Apply(token.value, (self._closed(depth),), token.position)
        if token.value == "(":
            return self._closed(depth)
        raise FormulaError(
            f"{token.value!r} is not expected here", self.text, token.position
        )

    def _closed(self, depth: int) -> Tree:
        inner = self.sum(depth + 1)
        if not self.taken(")"):
            raise FormulaError("a ) is missing here", self.text, self.now.position)
        return inner


def _fraction(token: _Token, text: str) -> Fraction:
    power = re.search(r"[eE]([+-]?[0-9]+)", token.value)
    if power and (len(power[1]) > 5 or abs(int(power[1])) > LARGEST_POWER):
        raise FormulaError(
            f"{token.value} is beyond what a float64 holds", text, token.position
        )
    return Fraction(token.value)
