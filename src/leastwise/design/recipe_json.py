"""Recipes as JSON: written in one version, read in every one there was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leastwise._kit.errors import DataError, LeastwiseError
from leastwise.design.assemble import Term, term_names
from leastwise.design.encode import Encoding
from leastwise.design.formula.check import check_target, is_arithmetic
from leastwise.design.formula.functions import (
    BASES,
    CATEGORY,
    CUTS,
    LEARNING,
    LEARNT_NUMBERS,
)
from leastwise.design.formula.nodes import Call, Name, Node, calls_in
from leastwise.design.formula.parse import parse_expression
from leastwise.design.formula.show import show
from leastwise.design.levels import policy_of, policy_record

# 1: treatment coding only, nothing learnt but levels.
VERSION = 2
READ = (1, 2)
LEVEL_TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "interval": str,
    "boolean": bool,
    "number": (int, float),
}


def recipe_record(recipe: Any) -> dict[str, Any]:
    """Write a recipe as plain values for JSON; data is not in it.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> recipe, _ = build("y ~ x", read_table({"y": [1.0, 2.0], "x": [3, 5]}))
    >>> recipe_record(recipe)["names"]
    ['x']
    """
    # Not at the top: a fit that is not saved needs none of it.
    from leastwise.design.contrasts.registry import coding_record
    from leastwise.design.learnt.registry import learnt_record

    return {
        "version": VERSION,
        "kind": recipe.kind,
        "formula": recipe.formula,
        "intercept": recipe.intercept,
        "terms": [
            {"variables": [show(v) for v in t.variables], "full": list(t.full)}
            for t in recipe.terms
        ],
        "encodings": [
            {
                "variable": show(node),
                "column": encoding.column,
                "kind": encoding.kind,
                "levels": list(encoding.levels),
                "base": encoding.base,
                "coding": coding_record(encoding.coding),
                "other": encoding.other,
                "rare": list(encoding.rare),
            }
            for node, encoding in recipe.encodings
        ],
        "names": list(recipe.names),
        "targets": list(recipe.targets),
        "left": [show(node) for node in recipe.left],
        "offsets": [show(node) for node in recipe.offsets],
        "weights": recipe.weights,
        "offset": recipe.offset,
        "decimal": recipe.decimal,
        "learnt": [
            {"call": show(node), **learnt_record(found)}
            for node, found in recipe.learnt
        ],
        "levels": policy_record(recipe.levels),
    }


def recipe_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a `Recipe` from its record.

    Raises
    ------
    DataError
        When the record is not a recipe, or one of a later version.

    Examples
    --------
    >>> recipe_fields({"version": 3})
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: the recipe has version 3, this leastwise reads 2...
    """
    version = record.get("version")
    if type(version) is not int or version not in READ:
        raise DataError(
            f"the recipe has version {version!r}, this leastwise reads {VERSION}",
            fix="Read it with the release that wrote it, or a later one",
        )
    try:
        if version == VERSION:
            _refuse_gaps(record)
        return _from_record(record)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        detail = error.what if isinstance(error, LeastwiseError) else repr(error)
        raise DataError(
            f"the recipe is damaged: {detail}", fix="Fit and save the model again"
        ) from error


def _refuse_gaps(record: Mapping[str, Any]) -> None:
    """Refuse a recipe that lacks what only older versions may: it would mean less."""
    for name in ("decimal", "learnt", "levels"):
        record[name]
    for encoding in record["encodings"]:
        for name in ("coding", "other", "rare"):
            encoding[name]
    policy_of(dict(record["levels"]))


def _from_record(record: Mapping[str, Any]) -> dict[str, Any]:
    from leastwise.design.learnt.registry import read_learnt

    terms = tuple(
        Term(tuple(map(_variable, t["variables"])), tuple(map(_flag, t["full"])))
        for t in record["terms"]
    )
    encodings = tuple(
        (_variable(e["variable"]), _encoding(e)) for e in record["encodings"]
    )
    left = tuple(map(parse_expression, _texts(record["left"])))
    offsets = tuple(map(parse_expression, _texts(record["offsets"])))
    for node in (*left, *offsets):
        check_target(node, show(node))
    fields: dict[str, Any] = dict(
        kind=_door(record["kind"]),
        formula=_text(record["formula"]),
        intercept=_flag(record["intercept"]),
        terms=terms,
        encodings=encodings,
        names=_texts(record["names"]),
        targets=_texts(record["targets"]),
        left=left,
        offsets=offsets,
        weights=_text_or_none(record["weights"]),
        offset=_text_or_none(record["offset"]),
        # Recipes before this choice existed took numbers as float64.
        decimal=_flag(record.get("decimal", False)),
        learnt=tuple(
            (_call(found["call"]), read_learnt(found))
            for found in record.get("learnt", ())
        ),
        levels=policy_of(record.get("levels")),
    )
    _check_learnt(fields)
    _check_width(fields)
    return fields


def _encoding(record: Mapping[str, Any]) -> Encoding:
    kind, levels = record["kind"], tuple(record["levels"])
    if kind not in LEVEL_TYPES:
        raise ValueError(f"unknown kind {kind!r}")
    other, rare = _text_or_none(record.get("other")), tuple(record.get("rare", ()))
    if not all(isinstance(level, LEVEL_TYPES[kind]) for level in (*levels, *rare)):
        raise TypeError(f"a level is no {kind}")
    count = len(levels) + (other is not None)
    if not 0 <= int(record["base"]) < count:
        raise ValueError("the base is none of the levels")
    from leastwise.design.contrasts.registry import read_coding

    coding = read_coding(record.get("coding"))
    if coding.fits(count) is not None:
        raise ValueError("a coding is not for the levels of its category")
    column, base = _text(record["column"]), int(record["base"])
    return Encoding(column, kind, levels, base, coding, other, rare)


def _door(value: Any) -> str:
    if value not in ("arrays", "formula"):
        raise ValueError(f"{value!r} is no door")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} is no list")
    return tuple(map(_text, values))


def _text_or_none(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{value!r} is no name of a column")


def _variable(text: str) -> Node:
    node = parse_expression(text)
    computed = isinstance(node, Call) and (
        is_arithmetic(node.function) or node.function in (*CATEGORY, *BASES, *CUTS)
    )
    if isinstance(node, Name) or computed:
        return node
    raise ValueError(f"{text!r} is no variable")


def _call(text: str) -> Call:
    node = parse_expression(text)
    if isinstance(node, Call) and node.function in LEARNING:
        return node
    raise ValueError(f"{text!r} learns nothing")


def _check_learnt(recipe: Mapping[str, Any]) -> None:
    """Refuse a recipe that lacks what one of its functions learnt."""
    variables = (v for term in recipe["terms"] for v in term.variables)
    nodes = (*recipe["left"], *variables, *recipe["offsets"])
    known = dict(recipe["learnt"])
    for call in calls_in(LEARNING, *nodes):
        if call not in known:
            raise ValueError(f"what {show(call)} learnt is missing")
        one = known[call].marks() == ("",)
        if one != (call.function in LEARNT_NUMBERS):
            raise ValueError(f"{show(call)} learnt something else")


def _check_width(recipe: Mapping[str, Any]) -> None:
    encodings, learnt = dict(recipe["encodings"]), dict(recipe["learnt"])
    width = sum(len(term_names(term, encodings, learnt)) for term in recipe["terms"])
    if width != len(recipe["names"]) or len(recipe["left"]) != len(recipe["targets"]):
        raise ValueError("names and terms do not agree")
