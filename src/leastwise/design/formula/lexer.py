"""Formula text to tokens; every token knows its position."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from leastwise._kit.errors import FormulaError

Kind = Literal["number", "name", "text", "symbol", "end"]

# Longest first, so that "**" is not read as two times "*".
SYMBOLS = tuple("%in% ** == != <= >= ~ + - * / : ^ ( ) [ ] , < > =".split())
NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
MAX_LENGTH = 1_000_000

ADVICE = {
    "|": "Random effects and panels are not part of this language",
    "%": "For a nested term write a / b, or b %in% a",
    "&": "Multiply two comparisons: I((a > 1) * (b > 2))",
    "!": "To leave a term out write - term",
    "$": "Name the column alone, without its table",
    "`": "Close the name with a second backquote",
    "{": "Arithmetic goes inside I(): I(a / b)",
}


@dataclass(frozen=True)
class Token:
    """A piece of the text: what it is, what it says, where it starts and ends."""

    kind: Kind
    value: str
    position: int
    end: int


def tokenize(text: str) -> tuple[Token, ...]:
    """Cut a formula into tokens; the last one is the end.

    Examples
    --------
    >>> [token.value for token in tokenize("y ~ `net rent` + Solar.R + .5")]
    ['y', '~', 'net rent', '+', 'Solar.R', '+', '.5', '']
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"the formula has {len(text)} characters, {MAX_LENGTH} at most",
            text[:60],
            0,
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _next(text, at)
        tokens.append(token)
        at = token.end
    tokens.append(Token("end", "", len(text), len(text)))
    return tuple(tokens)


def _next(text: str, at: int) -> Token:
    character = text[at]
    if character in "\"'`":
        return _quoted(text, at)
    match = NUMBER.match(text, at)
    if match:
        return Token("number", match.group(), at, match.end())
    if character.isidentifier() or character == ".":
        end = at + 1
        while end < len(text) and _inside_name(text[end]):
            end += 1
        word = text[at:end]
        return Token("symbol" if word == "." else "name", word, at, end)
    for symbol in SYMBOLS:
        if text.startswith(symbol, at):
            return Token("symbol", symbol, at, at + len(symbol))
    raise FormulaError(
        f"{character!r} has no meaning in a formula",
        text,
        at,
        ADVICE.get(character, "A name with signs or spaces goes in `backquotes`"),
    )


def _inside_name(character: str) -> bool:
    return character == "." or ("a" + character).isidentifier()


def _quoted(text: str, at: int) -> Token:
    quote, value, end = text[at], [], at + 1
    while end < len(text) and text[end] != quote:
        if text[end] == "\\" and text[end + 1 : end + 2] in ("\\", quote):
            end += 1
        value.append(text[end])
        end += 1
    if end >= len(text):
        raise FormulaError(f"the {quote} opened here is not closed", text, at)
    return Token("name" if quote == "`" else "text", "".join(value), at, end + 1)
