"""One self-contained HTML page from one frozen record."""

from __future__ import annotations

from leastwise.report.page.record import (
    Band,
    Descent,
    FittedLine,
    PageRecord,
    Points,
    line_of,
)
from leastwise.report.page.render import render_page

__all__ = [
    "Band",
    "Descent",
    "FittedLine",
    "PageRecord",
    "Points",
    "line_of",
    "render_page",
]
