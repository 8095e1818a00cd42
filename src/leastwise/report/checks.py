"""Checks as text for a terminal."""

from __future__ import annotations

import textwrap

from leastwise.record.check import CheckRecord, ChecksRecord
from leastwise.report.number import number, on_one_line, p_value
from leastwise.report.text import WIDTH, columns

STATUS = {
    "ok": "ok",
    "fails": "FAILS",
    "slight": "little",
    "unclear": "?",
    "none": "-",
}
# More columns than this do not fit, and are in the record alone.
MOST_COLUMNS = 8


def checks_text(record: ChecksRecord) -> str:
    """Write checks: a table, then what each says and what to do.

    Parameters
    ----------
    record : ChecksRecord
        The checks.
    """
    head = ["", "", "statistic", "df", "p", ""]
    body = [
        [
            check.name,
            check.statistic_name,
            number(check.statistic),
            ", ".join(f"{value:g}" for value in check.df),
            p_value(check.p_value),
            STATUS[check.status],
        ]
        for check in record.checks
    ]
    lines = [on_one_line(record.formula), f"{record.n:,.10g} observations", ""]
    lines += columns([head, *body])
    about = ""
    for check in record.checks:
        if check.about != about:
            about = check.about
            lines += ["", about]
        lines += _wrapped(f"{check.name}: {check.verdict}")
    lines += _advice(record.checks)
    for check in record.checks:
        lines += _details(check)
    return "\n".join(lines)


def _advice(checks: tuple[CheckRecord, ...]) -> list[str]:
    told = dict.fromkeys(check.advice for check in checks if check.advice)
    lines = ["", "what to do"] if told else []
    for advice in told:
        lines += _wrapped(advice)
    return lines


def _details(check: CheckRecord) -> list[str]:
    if not check.table or len(check.header) > MOST_COLUMNS:
        return []
    body = [
        [c if isinstance(c, str) else number(c, 4) for c in row] for row in check.table
    ]
    names = [on_one_line(name) for name in check.header]
    cells = [[on_one_line(cell) for cell in row] for row in body]
    return ["", check.name, *columns([names, *cells])]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        on_one_line(text), WIDTH, initial_indent="  ", subsequent_indent="    "
    )
