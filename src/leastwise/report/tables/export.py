"""A grid as an object of a library that makes tables."""

from __future__ import annotations

from typing import Any

from leastwise._kit.optional import need
from leastwise.report.tables.grid import Grid


def as_great_table(grid: Grid, frame: Any) -> Any:
    """Return a ``great_tables.GT`` of a grid.

    Parameters
    ----------
    grid : Grid
        The table.
    frame : data frame
        Its columns by number, as
        `columns_of` names them; the first holds the names of the rows.
    """
    library = need("great_tables", "a table of great-tables")
    table = library.GT(frame, rowname_col="0")
    labels = {str(i): text for i, text in enumerate(grid.head) if i}
    table = table.cols_label(labels)
    table = table.cols_align(align="right", columns=list(labels))
    for note in grid.notes:
        table = table.tab_source_note(note)
    return table.tab_header(title=grid.caption) if grid.caption else table


def as_maketables(grid: Grid) -> Any:
    """Return a ``maketables.MTable`` of a grid.

    Parameters
    ----------
    grid : Grid
        The table.
    """
    library = need("maketables", "a table of maketables")
    frame = need("pandas", "a table of maketables").DataFrame
    data = frame(
        [row[1:] for row in grid.body],
        index=[row[0] for row in grid.body],
        columns=list(grid.head[1:]),
    )
    notes = " ".join(grid.notes)
    return library.MTable(data, notes=notes, caption=grid.caption or None)


def columns_of(grid: Grid) -> dict[str, list[str]]:
    """Return the columns of a grid by number, for a data frame.

    Examples
    --------
    >>> columns_of(Grid("", ("", "n"), ((("town", "12"),),), ()))
    {'0': ['town'], '1': ['12']}
    """
    return {str(i): [row[i] for row in grid.body] for i in range(len(grid.head))}
