"""A grid as a Markdown table."""

from __future__ import annotations

import re

from leastwise.report.number import on_one_line
from leastwise.report.tables.grid import Grid

# What Markdown, or the HTML it may hold, would take for markup.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$!&])")


def as_markdown(grid: Grid) -> str:
    """Write a grid as a Markdown table; whatever is markup is escaped.

    Parameters
    ----------
    grid : Grid
        The table.

    Examples
    --------
    >>> print(as_markdown(Grid("", ("", "n"), ((("C(a|b)", "-1.2*"),),), ("A note.",))))
    |  | n |
    |:--|--:|
    | C(a\\|b) | -1.2\\* |
    <BLANKLINE>
    A note.
    """
    rows = ["|:--" + "|--:" * (len(grid.head) - 1) + "|"]
    rows += [_row(row) for row in grid.body]
    lines = [_row(grid.head), *rows]
    for note in grid.notes:
        lines += ["", escaped(note)]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Write a text so that Markdown shows it as it is.

    Examples
    --------
    >>> escaped("a_b<script>")
    'a\\\\_b\\\\<script\\\\>'
    """
    return _MARKUP.sub(r"\\\1", on_one_line(text))


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"
