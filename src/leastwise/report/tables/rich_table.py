"""A fit as a table of rich, which has colours and knows its terminal."""

from __future__ import annotations

from typing import Any

from leastwise._kit.optional import need
from leastwise.report.number import on_one_line
from leastwise.report.tables.grid import Grid


def as_rich(grid: Grid) -> Any:
    """Return a ``rich.table.Table`` of a grid.

    Parameters
    ----------
    grid : Grid
        The table.
    """
    library, text = need("rich.table", "a table of rich"), need("rich.text", "a table")
    table = library.Table(
        title=text.Text(on_one_line(grid.caption)),
        caption=text.Text("\n".join(map(on_one_line, grid.notes))),
        title_justify="left",
        caption_justify="left",
        box=need("rich.box", "a table").SIMPLE_HEAD,
    )
    for i, head in enumerate(grid.head):
        # Names are folded, numbers are whole.
        style = {"overflow": "fold"} if i == 0 else {"no_wrap": True}
        table.add_column(
            text.Text(head), justify="left" if i == 0 else "right", **style
        )
    for k, group in enumerate(grid.groups):
        for j, row in enumerate(group):
            last = j == len(group) - 1 and k < len(grid.groups) - 1
            # As text: a bracket in a name is no markup.
            table.add_row(*map(text.Text, row), end_section=last)
    return table
