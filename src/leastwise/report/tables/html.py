"""A grid as an HTML table, for notebooks and pages."""

from __future__ import annotations

import html

from leastwise.report.number import on_one_line
from leastwise.report.tables.grid import Grid

# Attributes, not a style sheet: notebooks that strip those keep the table readable.
_RIGHT = ' style="text-align:right"'
_LEFT = ' style="text-align:left"'
_RULE = ' style="border-top:1px solid currentColor"'


def as_html(grid: Grid) -> str:
    """Write a grid as an HTML table; every text is escaped.

    Parameters
    ----------
    grid : Grid
        The table.

    Examples
    --------
    >>> "a&lt;b" in as_html(Grid("", ("", "n"), ((("a<b", "1"),),), ()))
    True
    """
    head = "".join(
        f'<th scope="col"{_RIGHT if i else _LEFT}>{_text(cell)}</th>'
        for i, cell in enumerate(grid.head)
    )
    bodies = "".join(
        f"<tbody{_RULE}>{''.join(map(_row, group))}</tbody>" for group in grid.groups
    )
    caption = f"<caption>{_text(grid.caption)}</caption>" if grid.caption else ""
    notes = "".join(f"<p><small>{_text(note)}</small></p>" for note in grid.notes)
    return (
        f'<div class="leastwise"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"{bodies}</table>{notes}</div>"
    )


def _row(row: tuple[str, ...]) -> str:
    first, *others = row
    # A row without a name goes on with the one above.
    name = f'<th scope="row"{_LEFT}>{_text(first)}</th>' if first else "<td></td>"
    cells = "".join(f"<td{_RIGHT}>{_text(cell)}</td>" for cell in others)
    return f"<tr>{name}{cells}</tr>"


def _text(text: str) -> str:
    return html.escape(on_one_line(text))
