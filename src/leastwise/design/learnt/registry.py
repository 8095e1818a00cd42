"""Every function that learns: how it learns, and how what it learnt is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leastwise.design.evaluate import Value, evaluate, spread
from leastwise.design.formula.nodes import Call
from leastwise.design.learnt.base import Learnt
from leastwise.design.learnt.bspline import BSpline, learn_bspline
from leastwise.design.learnt.cubic import CubicSpline, learn_cubic
from leastwise.design.learnt.cuts import Cuts, learn_cuts
from leastwise.design.learnt.natural import NaturalSpline, learn_natural
from leastwise.design.learnt.poly import Orthogonal, Powers, learn_poly
from leastwise.design.learnt.standard import Standard, learn_standard
from leastwise.design.numeric import Rows

KINDS: tuple[type[Learnt], ...] = (
    Standard,
    Powers,
    Orthogonal,
    BSpline,
    NaturalSpline,
    CubicSpline,
    Cuts,
)
_LEARN: dict[str, Callable[[Call, Value, Rows], Learnt]] = {
    "center": learn_standard,
    "scale": learn_standard,
    "poly": learn_poly,
    "bs": learn_bspline,
    "ns": learn_natural,
    "cr": learn_cubic,
    "cut": learn_cuts,
    "bin": learn_cuts,
}


def learn_function(node: Call, rows: Rows) -> Learnt:
    """Learn what one call needs, of the rows of the fit.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1, 2, 6]}), None)
    >>> learn_function(parse_expression("scale(x)"), rows).remark()
    'mean 3, standard deviation 2.64575'
    """
    value = spread(evaluate(node.arguments[0], rows), rows.count)
    with np.errstate(all="ignore"):
        return _LEARN[node.function](node, value, rows)


def learnt_record(learnt: Learnt) -> dict[str, Any]:
    """Write what was learnt as plain values for JSON.

    Examples
    --------
    >>> learnt_record(Powers(2))
    {'kind': 'powers', 'degree': 2}
    """
    return {"kind": learnt.kind, **learnt.to_json()}


def read_learnt(record: Mapping[str, Any]) -> Learnt:
    """Make what was learnt of its record.

    Examples
    --------
    >>> read_learnt({"kind": "powers", "degree": 2})
    Powers(degree=2)
    """
    for known in KINDS:
        if known.kind == record["kind"]:
            return known.read(record)
    raise ValueError(f"unknown function {record['kind']!r}")
