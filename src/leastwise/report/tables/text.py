"""A grid as text for a terminal."""

from __future__ import annotations

import textwrap

from leastwise.report.tables.grid import Grid
from leastwise.report.text import within


def as_text(grid: Grid, width: int = 88) -> str:
    """Write a grid as aligned text.

    Parameters
    ----------
    grid : Grid
        The table.
    width : int
        Columns of the terminal; a wider table goes on below.

    Examples
    --------
    >>> print(as_text(Grid("", ("", "n"), ((("town", "12"),), (("R", "1"),)), ())))
           n
    town  12
    <BLANKLINE>
    R      1
    """
    gap = ("",) * len(grid.head)
    rows = [grid.head]
    for i, group in enumerate(grid.groups):
        rows += [*([gap] if i else []), *group]
    lines = within(rows, width)
    if grid.notes:
        lines.append("")
    for note in grid.notes:
        lines += textwrap.wrap(note, min(width, 88), subsequent_indent="  ")
    return "\n".join(lines)
