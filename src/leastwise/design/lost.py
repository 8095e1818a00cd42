"""Rows that a formula itself cannot use: nothing before them, outside of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leastwise.design.evaluate import evaluate, spread
from leastwise.design.formula.functions import MOVED
from leastwise.design.formula.nodes import Call, Node, calls_in, names_here
from leastwise.design.formula.show import show
from leastwise.design.layout import Array
from leastwise.design.numeric import Rows
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class Before:
    """What is known of a table before its rows are chosen.

    Attributes
    ----------
    known : Mapping
        Values that come from other rows, by their calls.
    lost : tuple of (str, ndarray of bool)
        Reasons why rows cannot be used, and which they are.
    calls : tuple of Call
        The call that each of them is about.
    """

    known: Mapping[Any, Any] = field(default_factory=dict)
    lost: tuple[tuple[str, Array], ...] = ()
    calls: tuple[Call, ...] = ()


def look_before(nodes: Sequence[Node], table: Table, *, decimal: bool) -> Before:
    """Compute ``lag`` and ``diff``, and find what lies outside of given intervals.

    Parameters
    ----------
    nodes : sequence of nodes
        Terms, targets, offsets.
    table : Table
        All rows that came.
    decimal : bool
        Whether numbers stand for the decimals they are written as.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> nodes = [parse_expression("cut(x, [0, 5])")]
    >>> found = look_before(nodes, read_table({"x": [3, 8]}), decimal=False)
    >>> [(reason, mask.tolist()) for reason, mask in found.lost]
    [('outside the intervals of cut(x, [0, 5])', [False, True])]
    """
    if not calls_in((*MOVED, "cut"), *nodes):
        return Before()
    # Not at the top: most formulas look at one row at a time.
    from leastwise.design.learnt.cuts import fixed_cuts
    from leastwise.design.moved import move

    moved = move(nodes, table, decimal=decimal)
    known = {call: made.value for call, made in moved.items()}
    lost = [(f"no value for {show(c)}", m.gone) for c, m in moved.items()]
    about = list(moved)
    for call in calls_in(("cut",), *nodes):
        cuts = fixed_cuts(call)
        if cuts is None:
            continue
        argument = call.arguments[0]
        there = present(argument, table)
        for inner in calls_in(MOVED, argument):
            there &= ~moved[inner].gone
        rows = Rows(table, np.flatnonzero(there), decimal, known)
        codes = cuts.codes(spread(evaluate(argument, rows), rows.count))
        outside = np.zeros(table.n_rows, bool)
        outside[np.flatnonzero(there)[codes < 0]] = True
        about.append(call)
        lost.append((f"outside the intervals of {show(call)}", outside))
    return Before(known, tuple(lost), tuple(about))


def present(node: Node, table: Table) -> Array:
    """Say in which rows every column that a node needs has a value.

    Examples
    --------
    >>> from leastwise.design.formula.nodes import Name
    >>> from leastwise.rows.read import read_table
    >>> present(Name("x"), read_table({"x": [1.0, None]}))
    array([ True, False])
    """
    there = np.ones(table.n_rows, bool)
    for name in names_here(node):
        missing = table.column(name).missing
        if missing is not None:
            there &= ~missing
    return there
