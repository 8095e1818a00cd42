"""Which forms a table can have: the one list."""

from __future__ import annotations

from collections.abc import Callable

from leastwise._kit.errors import RequestError
from leastwise.report.tables.grid import Grid
from leastwise.report.tables.html import as_html
from leastwise.report.tables.latex import as_latex
from leastwise.report.tables.markdown import as_markdown
from leastwise.report.tables.text import as_text

FORMS: dict[str, Callable[[Grid], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "latex": as_latex,
    "html": as_html,
}


def in_form(grid: Grid, form: str) -> str:
    """Write a table in a form of the list.

    Parameters
    ----------
    grid : Grid
        The table.
    form : {"text", "markdown", "latex", "html"}
        The form.

    Examples
    --------
    >>> print(in_form(Grid("", ("", "n"), ((("town", "12"),),), ()), "text"))
           n
    town  12
    """
    if form not in FORMS:
        raise RequestError(f"a table as {form!r} is unknown", fix=f"Say {_either()}")
    return FORMS[form](grid)


def _either() -> str:
    *names, last = (f'"{name}"' for name in FORMS)
    return f"{', '.join(names)} or {last}"
