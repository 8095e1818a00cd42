"""Comparisons with texts that no row has."""

from __future__ import annotations

from leastwise._kit.errors import DataError
from leastwise.design.formula.nodes import Name, Node, Operation, Text
from leastwise.design.numeric import Rows
from leastwise.rows.table import did_you_mean, shown


def refuse_unknown_text(node: Node, rows: Rows) -> None:
    """Refuse a comparison with a text that its column does not have.

    Only for the rows of a fit: on new rows a text may well be absent.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["Bern", "Chur"]}), None)
    >>> refuse_unknown_text(Operation("==", Name("town"), Text("Bren")), rows)
    Traceback (most recent call last):
    leastwise._kit.errors.DataError: ... is nowhere "Bren". Did you mean "Bern"? ...
    """
    if not isinstance(node, Operation):
        return
    for text, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(text, Text) and isinstance(other, Name):
            levels = rows.table.column(other.name).levels
            if levels is not None and text.value not in levels:
                raise DataError(
                    f'column "{other.name}" is nowhere "{text.value}"',
                    where=rows.table.source,
                    fix=f"{did_you_mean(text.value, levels)}The values are "
                    f"{shown(levels)}",
                )
