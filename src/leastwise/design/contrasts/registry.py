"""Every coding there is, by its name in a formula and by its kind in a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leastwise.design.contrasts.base import Coding
from leastwise.design.contrasts.custom import Custom
from leastwise.design.contrasts.diff import Diff
from leastwise.design.contrasts.helmert import Helmert
from leastwise.design.contrasts.poly import Poly
from leastwise.design.contrasts.sum import Sum
from leastwise.design.contrasts.treatment import Treatment
from leastwise.design.formula.codings import Asked

CODINGS: tuple[type[Coding], ...] = (Treatment, Sum, Helmert, Poly, Diff, Custom)


def coding_asked(asked: Asked) -> Coding:
    """Make the coding that ``C(...)`` asks for.

    Examples
    --------
    >>> coding_asked(Asked("Helmert"))
    Helmert()
    """
    if asked.coding == "Poly":
        return Poly(asked.scores)
    if asked.coding == "Custom":
        return Custom(asked.matrix or (), asked.names)
    plain: tuple[Coding, ...] = (Treatment(), Sum(), Helmert(), Diff())
    return next(coding for coding in plain if coding.kind == asked.coding.lower())


def coding_record(coding: Coding) -> dict[str, Any]:
    """Write a coding as plain values for JSON.

    Examples
    --------
    >>> coding_record(Poly())
    {'kind': 'poly', 'scores': None}
    """
    return {"kind": coding.kind, **coding.options()}


def read_coding(record: Mapping[str, Any] | None) -> Coding:
    """Make a coding of its record; recipes without one knew treatment only.

    Examples
    --------
    >>> read_coding({"kind": "sum"}), read_coding(None)
    (Sum(), Treatment())
    """
    if record is None:
        return Treatment()
    for known in CODINGS:
        if known.kind == record["kind"]:
            return known.read(record)
    raise ValueError(f"unknown coding {record['kind']!r}")
