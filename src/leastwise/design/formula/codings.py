"""How ``C(...)`` asks for the coding of its levels, read from the text."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeAlias

from leastwise._kit.errors import FormulaError
from leastwise.design.formula.functions import CODINGS, CUTS, SPELLINGS
from leastwise.design.formula.nodes import Call, Items, Name, Node, start
from leastwise.design.formula.signatures import FALSE, TRUE, constant

Level: TypeAlias = str | float
LEVEL = "a reference level is a quoted text or a number"


@dataclass(frozen=True)
class Asked:
    """What ``C(...)`` says about its column.

    Attributes
    ----------
    coding : str
        One of `CODINGS`.
    base : str, float or None
        The level that has no column of its own; None for the usual one.
    scores : tuple of float or None
        Of ``Poly``: the numbers that stand for the levels.
    matrix : tuple of tuples of float or None
        Of ``Custom``: a row for each level.
    names : tuple of str or None
        Of ``Custom``: the columns.
    levels : tuple of (str or float) or None
        Their order, when it is given.
    """

    coding: str = "Treatment"
    base: Level | None = None
    scores: tuple[float, ...] | None = None
    matrix: tuple[tuple[float, ...], ...] | None = None
    names: tuple[str, ...] | None = None
    levels: tuple[Level, ...] | None = None


def asked_of(node: Call, text: str = "") -> Asked:
    """Read ``C(column, coding, reference=..., levels=[...])``.

    Parameters
    ----------
    node : Call
        ``C(...)`` or ``factor(...)``.
    text : str
        The whole formula, for messages.

    Raises
    ------
    FormulaError
        For what is no coding, no level, no matrix.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> asked_of(parse_expression('C(town, Treatment("B"))')).base
    'B'
    >>> asked_of(parse_expression("C(town, contr.sum)")).coding
    'Sum'
    """
    options = [*(("contrast", a) for a in node.arguments[1:]), *node.options]
    seen: dict[str, Node] = {}
    for name, value in options:
        name = {"ref": "reference", "contrasts": "contrast"}.get(name, name)
        if name not in ("contrast", "reference", "levels"):
            raise FormulaError(
                f"C has no option {name}", text, start(value), 'Write reference="B"'
            )
        if name in seen or {name, *seen} >= {"contrast", "reference"}:
            raise FormulaError(
                f"{node.function} takes a column and one reference level or coding",
                text,
                start(value),
            )
        seen[name] = value
    levels = None
    if "levels" in seen:
        levels = _levels(seen["levels"], text)
    if "contrast" in seen:
        return _contrast(seen["contrast"], levels, text)
    base = _level(seen["reference"], text) if "reference" in seen else None
    return Asked(base=base, levels=levels)


def _contrast(node: Node, levels: tuple[Level, ...] | None, text: str) -> Asked:
    if isinstance(node, Items):
        matrix = _matrix(node, text)
        return Asked("Custom", matrix=matrix, levels=levels)
    name = _coding_name(node)
    if name is None:
        raise FormulaError(
            "this is no coding",
            text,
            start(node),
            f"The codings are {', '.join(CODINGS)}; choose the base level with "
            'C(x, reference="B")',
        )
    given: list[tuple[str, Node]] = []
    if isinstance(node, Call):
        # The first argument of each has one name; a second one is names=.
        first = {"Poly": "scores", "Custom": "matrix", "Sum": "omit"}
        places = [first.get(name, "reference"), *(["names"] * (name == "Custom"))]
        if len(node.arguments) > len(places) or (name in _PLAIN and node.arguments):
            at = start(node.arguments[0 if name in _PLAIN else len(places)])
            takes = "no level" if name in _PLAIN else f"one {places[0]}"
            if name == "Treatment":
                takes = "one level"
            raise FormulaError(f"{name} takes {takes}", text, at)
        given = [*zip(places, node.arguments, strict=False), *node.options]
    found: dict[str, Any] = {}
    for option, value in given:
        option = "reference" if option == "ref" else option
        if option not in _OPTIONS[name] or option in found:
            known = ", ".join(_OPTIONS[name]) or "none"
            raise FormulaError(
                f"{name} has no option {option}"
                if option not in found
                else f"{option} is given twice",
                text,
                start(value),
                f"Its options: {known}",
            )
        found[option] = _option(option, value, text)
    if name == "Custom" and "matrix" not in found:
        raise FormulaError(
            "Custom takes a matrix with a row for each level",
            text,
            start(node),
            "Write C(x, Custom([[1, 0], [0, 1], [-1, -1]]))",
        )
    names = found.get("names")
    if names is not None and len(names) != len(found["matrix"][0]):
        what = f"{len(names)} names for {len(found['matrix'][0])} columns"
        raise FormulaError(what, text, start(node))
    return Asked(
        name,
        base=found.get("reference", found.get("omit")),
        scores=found.get("scores"),
        matrix=found.get("matrix"),
        names=names,
        levels=levels,
    )


_PLAIN = ("Helmert", "Diff")
_OPTIONS: dict[str, tuple[str, ...]] = {
    "Treatment": ("reference",),
    "Sum": ("omit",),
    "Helmert": (),
    "Poly": ("scores",),
    "Diff": (),
    "Custom": ("matrix", "names"),
}


def _coding_name(node: Node) -> str | None:
    name = None
    if isinstance(node, Name):
        name = SPELLINGS.get(node.name, node.name)
    elif isinstance(node, Call):
        name = node.function
    return name if name in CODINGS else None


def _option(option: str, node: Node, text: str) -> Any:
    if option in ("reference", "omit"):
        return _level(node, text)
    if option == "matrix":
        return _matrix(node, text)
    value = constant(node)
    kind = str if option == "names" else float
    good = (
        isinstance(value, tuple) and value and all(isinstance(v, kind) for v in value)
    )
    if not good:
        said = "texts" if option == "names" else "numbers"
        raise FormulaError(f"{option} is a list of {said}", text, start(node))
    if option == "scores" and (len(set(value)) < len(value) or not _finite(value)):
        raise FormulaError("scores are different numbers", text, start(node))
    return value


def _finite(values: tuple[float, ...]) -> bool:
    return all(map(isfinite, values))


def _matrix(node: Node, text: str) -> tuple[tuple[float, ...], ...]:
    value = constant(node)
    rows = value if isinstance(value, tuple) else ()
    widths = {len(row) if isinstance(row, tuple) else 0 for row in rows}
    good = len(widths) == 1 and 0 not in widths
    if not good or not all(isinstance(v, float) for row in rows for v in row):
        raise FormulaError(
            "a coding is a matrix of numbers with a row for each level",
            text,
            start(node),
            "Write [[1, 0], [0, 1], [-1, -1]] for three levels in two columns",
        )
    if not all(_finite(row) for row in rows):
        raise FormulaError("a coding has finite numbers", text, start(node))
    made: tuple[tuple[float, ...], ...] = rows
    return made


def _levels(node: Node, text: str) -> tuple[Level, ...]:
    value = constant(node)
    good = isinstance(value, tuple) and value
    if not good or not all(isinstance(v, str | float) for v in value):
        raise FormulaError(
            'levels is a list of texts or numbers, such as ["low", "high"]',
            text,
            start(node),
        )
    if len(set(value)) < len(value):
        raise FormulaError("a level is named twice", text, start(node))
    made: tuple[Level, ...] = value
    return made


def _level(node: Node, text: str) -> Level:
    value = constant(node)
    if isinstance(value, bool) and isinstance(node, Name) and len(node.name) > 1:
        return str(value)
    if isinstance(value, str | float) and not isinstance(value, bool):
        return value
    advice = None
    if isinstance(node, Name):
        advice = f'Write "{node.name}"'
    raise FormulaError(LEVEL, text, start(node), advice)


def check_category(node: Call, text: str) -> Call:
    """Check ``C(...)``, and give the names of R's codings ours.

    Examples
    --------
    >>> from leastwise.design.formula.show import show
    >>> show(check_category(Call("C", (Name("a"), Name("contr.poly"))), ""))
    'C(a, Poly)'
    """
    first = node.arguments[0] if node.arguments else None
    cut = isinstance(first, Call) and first.function in CUTS
    if first is None or not (isinstance(first, Name) or cut):
        at = node.position if first is None else start(first)
        raise FormulaError(f"{node.function} takes the name of one column", text, at)
    asked_of(node, text)
    arguments = (first, *map(_spelled, node.arguments[1:]))
    options = tuple((name, _spelled(value)) for name, value in node.options)
    return Call(node.function, arguments, options, node.position)


def _spelled(node: Node) -> Node:
    if isinstance(node, Name) and node.name not in (*TRUE, *FALSE):
        return Name(SPELLINGS.get(node.name, node.name), node.position)
    return node
