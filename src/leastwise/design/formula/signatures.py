"""Options of functions in a formula: constants, read from the text, never evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any, Literal, TypeAlias

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.nodes import (
    Call,
    Items,
    Name,
    Node,
    Number,
    Sum,
    Text,
    start,
)
from leastwise.rows.table import did_you_mean

Kind: TypeAlias = Literal[
    "whole", "number", "numbers", "flag", "texts", "column", "breaks", "constraint"
]
TRUE, FALSE = ("True", "TRUE", "T"), ("False", "FALSE", "F")
NOTHING = ("None", "NULL")
INFINITE = ("inf", "Inf")
SAID = {
    "whole": "a whole number",
    "number": "a number",
    "numbers": "a list of numbers, such as [1, 2.5]",
    "flag": "True or False",
    "texts": 'a list of texts, such as ["low", "high"]',
    "column": "the name of a column",
    "breaks": "a number of intervals or a list of their ends, such as [0, 10, 20]",
    "constraint": '"center" or None',
}


@dataclass(frozen=True)
class Option:
    """An option of a function: its name, what it takes, other names for it."""

    name: str
    kind: Kind
    others: tuple[str, ...] = ()
    positional: bool = False


_DF = (Option("df", "whole"), Option("knots", "numbers"))
_ENDS = (
    Option("boundary", "numbers", ("Boundary.knots",)),
    Option("lower_bound", "number"),
    Option("upper_bound", "number"),
)
_WHOLE = Option("intercept", "flag", ("include_intercept",))
_RIGHT = (
    Option("right", "flag"),
    Option("labels", "texts"),
)
_WITHIN = (Option("by", "column"), Option("order", "column"))
SIGNATURES: dict[str, tuple[Option, ...]] = {
    "center": (),
    "scale": (),
    "poly": (Option("degree", "whole", positional=True), Option("raw", "flag")),
    "bs": (*_DF, Option("degree", "whole"), _WHOLE, *_ENDS),
    "ns": (*_DF, _WHOLE, *_ENDS),
    "cr": (*_DF, *_ENDS, Option("constraints", "constraint")),
    "lag": (Option("k", "whole", ("n",), positional=True), *_WITHIN),
    "diff": (Option("k", "whole", ("lag",), positional=True), *_WITHIN),
    "cut": (
        Option("breaks", "breaks", positional=True),
        *_RIGHT,
        Option("lowest", "flag", ("include.lowest", "include_lowest")),
    ),
    "bin": (Option("count", "whole", positional=True), *_RIGHT),
}


def options_of(node: Call, text: str = "") -> Mapping[str, Any]:
    """Read the options of a call as plain values.

    Parameters
    ----------
    node : Call
        Of a function in `SIGNATURES`.
    text : str
        The whole formula, for messages.

    Raises
    ------
    FormulaError
        For an option that does not exist, is given twice or has the wrong kind.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> options_of(parse_expression("bs(x, knots=c(2, 5), degree=2)"))
    {'knots': (2.0, 5.0), 'degree': 2}
    """
    signature = SIGNATURES[node.function]
    by_name = {name: o for o in signature for name in (o.name, *o.others)}
    places = [option for option in signature if option.positional]
    given: list[tuple[Option, Node]] = []
    for i, value in enumerate(node.arguments[1:]):
        if i >= len(places):
            raise FormulaError(
                f"{node.function} does not take this many arguments",
                text,
                start(value),
                _known(node.function),
            )
        given.append((places[i], value))
    for name, value in node.options:
        if name not in by_name:
            raise FormulaError(
                f"{node.function} has no option {name}",
                text,
                start(value),
                f"{did_you_mean(name, by_name)}{_known(node.function)}",
            )
        given.append((by_name[name], value))
    found: dict[str, Any] = {}
    for option, value in given:
        if option.name in found:
            what = f"{option.name} of {node.function} is given twice"
            raise FormulaError(what, text, start(value))
        found[option.name] = _read(option, value, text)
    return found


def _known(function: str) -> str:
    names = [option.name for option in SIGNATURES[function]]
    if not names:
        return f"Write {function}(x)"
    return f"The options of {function} are {', '.join(names)}"


def _read(option: Option, node: Node, text: str) -> Any:
    """Turn a constant into the value that an option takes."""
    value = constant(node)
    kind = option.kind
    good: Any = NotImplemented
    number = isinstance(value, float)
    values = value if isinstance(value, tuple) else (value,)
    if kind in ("whole", "breaks") and number and value.is_integer():
        good = int(value)
    elif kind == "number" and number and isfinite(value):
        good = value
    elif kind == "numbers" and values:
        if all(isinstance(v, float) and isfinite(v) for v in values):
            good = values
    elif kind == "breaks" and isinstance(value, tuple) and value:
        if all(isinstance(v, float) for v in value):
            good = value
    elif kind == "texts" and isinstance(value, tuple) and value:
        if all(isinstance(v, str) for v in value):
            good = value
    elif kind == "flag" and isinstance(value, bool):
        good = value
    elif kind == "column" and isinstance(node, Name):
        good = node.name
    elif kind == "constraint" and (value is None or value == "center"):
        good = value
    if good is NotImplemented:
        raise FormulaError(
            f"{option.name} is {SAID[kind]}", text, start(node), _advice(node, value)
        )
    return good


def _advice(node: Node, value: Any) -> str | None:
    if isinstance(node, Name) and value is NotImplemented:
        return (
            "Options are constants; for several columns cross them: "
            "poly(x, 2) * poly(z, 2)"
        )
    if value is NotImplemented:
        return "Options are constants; they are read from the formula, not computed"
    return None


def constant(node: Node) -> Any:
    """Read a constant: a float, text, bool, None or a tuple of such.

    `NotImplemented` for what is no constant.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> constant(parse_expression('[1, -2.5, TRUE, "a", [0]]'))
    (1.0, -2.5, True, 'a', (0.0,))
    >>> constant(Name("x"))
    NotImplemented
    """
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        items = tuple(constant(item) for item in node.items)
        return NotImplemented if NotImplemented in items else items
    if isinstance(node, Name):
        for names, value in (
            (TRUE, True),
            (FALSE, False),
            (NOTHING, None),
            (INFINITE, float("inf")),
        ):
            if node.name in names:
                return value
    if isinstance(node, Sum) and len(node.parts) == 1:
        value = constant(node.parts[0][1])
        if isinstance(value, float):
            return value * node.parts[0][0]
    return NotImplemented


def check_options(node: Call, text: str) -> None:
    """Refuse options that cannot be, as far as that shows without data.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> parse_expression("poly(x, 0)")
    Traceback (most recent call last):
    leastwise._kit.errors.FormulaError: the degree of poly is 1 to 64, not 0
      poly(x, 0)
      ^
    """
    given = options_of(node, text)
    what = _problem(node.function, given)
    if what is not None:
        raise FormulaError(what, text, node.position)


def _problem(function: str, given: Mapping[str, Any]) -> str | None:
    if function == "poly":
        return _within(given.get("degree", 1), 1, 64, "the degree of poly")
    if function in MOVES:
        k = given.get("k", 1)
        if function == "diff":
            return _within(k, 1, 10**9, "the distance of diff")
        if k == 0:
            return "lag(x, 0) is x"
        return _within(abs(k), 1, 10**9, "the distance of lag")
    if function == "bin":
        if "count" not in given:
            return "bin takes a number of intervals: bin(x, 4)"
        return _within(given["count"], 2, 10_000, "the intervals of bin")
    if function == "cut":
        return _cut_problem(given)
    if function in ("bs", "ns", "cr"):
        return _spline_problem(function, given)
    return None


MOVES = ("lag", "diff")


def _within(value: int, low: int, high: int, name: str) -> str | None:
    if low <= value <= high:
        return None
    verb = "are" if name.endswith("s of bin") else "is"
    return f"{name} {verb} {low} to {high}, not {value}"


def _cut_problem(given: Mapping[str, Any]) -> str | None:
    breaks = given.get("breaks")
    if breaks is None:
        return "cut takes a number of intervals or their ends: cut(x, [0, 10, 20])"
    if isinstance(breaks, int):
        return _within(breaks, 2, 10_000, "the number of intervals")
    if not _ascending(breaks) or len(breaks) < 2:
        return "the ends of the intervals are two or more numbers that grow"
    return None


def _spline_problem(function: str, given: Mapping[str, Any]) -> str | None:
    if "df" in given and "knots" in given:
        return f"{function} takes df or knots, not both"
    if "boundary" in given and ("lower_bound" in given or "upper_bound" in given):
        return f"{function} takes boundary, or lower_bound and upper_bound"
    if "boundary" in given and len(given["boundary"]) != 2:
        return "boundary holds two numbers, the lower and the upper end"
    if "boundary" in given and not _ascending(given["boundary"]):
        return "the lower boundary lies below the upper one"
    if "knots" in given and not _ascending(given["knots"]):
        return "knots are numbers that grow"
    if function == "cr" and "df" not in given and "knots" not in given:
        return "cr takes df or knots: cr(x, df=6)"
    degree = given.get("degree", 3)
    if not 1 <= degree <= 10:
        return f"the degree of {function} is 1 to 10, not {degree}"
    least = {
        "bs": degree + int(given.get("intercept", False)),
        "ns": 1 + int(given.get("intercept", False)),
        "cr": 2 if given.get("constraints", "center") else 3,
    }[function]
    if not least <= given.get("df", least) <= 1000:
        return f"df of this {function} is {least} to 1000, not {given['df']}"
    return None


def _ascending(values: tuple[float, ...]) -> bool:
    return all(a < b for a, b in pairwise(values))
