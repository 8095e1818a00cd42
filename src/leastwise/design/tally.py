"""How many rows each level has."""

from __future__ import annotations

import numpy as np

from leastwise.design.encode import place
from leastwise.design.formula.nodes import Node
from leastwise.design.layout import Design
from leastwise.design.lost import look_before
from leastwise.design.numeric import Rows
from leastwise.design.recipe import Recipe
from leastwise.rows.table import Table


def tally(
    recipe: Recipe, table: Table, design: Design
) -> dict[Node, tuple[tuple[str, int], ...]]:
    """Count the used rows of every level of every category.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"y": [1.0, 2.0, 4.0], "town": ["A", "B", "A"]})
    >>> recipe, design = build("y ~ town", table)
    >>> list(tally(recipe, table, design).values())
    [(('A', 2), ('B', 1))]
    """
    if not recipe.encodings:
        return {}
    nodes = [node for node, _ in recipe.encodings]
    before = look_before(nodes, table, decimal=recipe.decimal)
    known = {**before.known, **dict(recipe.learnt)}
    rows = Rows(table, design.kept, recipe.decimal, known)
    found = {}
    for node, encoding in recipe.encodings:
        labels = encoding.labels
        counts = np.bincount(place(node, encoding, rows), minlength=len(labels))
        found[node] = tuple(zip(labels, counts.tolist(), strict=True))
    return found
