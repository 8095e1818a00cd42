"""The page of a report, written to its file."""

from __future__ import annotations

import os
from pathlib import Path

from leastwise._kit.errors import RequestError
from leastwise.record.report import ReportRecord
from leastwise.report.page.report import render_report


def write_page(path: str | os.PathLike[str], record: ReportRecord) -> None:
    """Write the page of a report.

    Parameters
    ----------
    path : str or path
        The HTML file.
    record : ReportRecord
        What it shows.

    Raises
    ------
    RequestError
        When the file cannot be written.
    """
    text = render_report(record)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError(
            f"the report cannot be written ({error.strerror or error})",
            where=os.fspath(path),
            fix="Name a file in a folder that exists and can be written",
        ) from None
