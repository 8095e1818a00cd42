"""An explanation of a formula as text for a terminal."""

from __future__ import annotations

import textwrap

from leastwise.record.explanation import CategoryRow, ColumnRow, ExplanationRecord
from leastwise.record.fit import RowsRecord
from leastwise.report.number import count, number, on_one_line
from leastwise.report.text import WIDTH, columns

# More levels than this are counted.
MOST_LEVELS = 20


def explanation_text(record: ExplanationRecord) -> str:
    """Write what a formula makes of data.

    Parameters
    ----------
    record : ExplanationRecord
        The explanation.
    """
    lines = [on_one_line(record.formula), _rows_line(record.rows)]
    lines += [_wrap(text) for text in _gap_lines(record.rows)]
    lines += ["", *columns(_table(record)), ""]
    lines.append(
        f"rank {record.rank} of {count(record.coefficients, 'coefficient')}"
        + (", intercept included" if record.intercept else ", no intercept")
    )
    for row in record.aliased:
        text = row.text
        head = "" if text.startswith(f"{row.name} =") else f"{row.name}: "
        lines.append(_wrap(f"left out: {head}{text}"))
    lines += [_wrap(_category(row)) for row in record.categories]
    lines += [_wrap(f"{name}: {remark}") for name, remark in record.learnt]
    if record.categories and record.levels:
        lines.append(_wrap(f"levels that only new rows have: {record.levels}"))
    if record.offsets:
        lines.append(_wrap(f"offset: {' + '.join(record.offsets)}"))
    if record.weights is not None:
        lines.append(_wrap(f"weights: {record.weights[0]} ({record.weights[1]})"))
    lines += [_wrap(f"note: {note}") for note in record.notes]
    return "\n".join(lines)


def _table(record: ExplanationRecord) -> list[list[str]]:
    targets = [["target", *_cells(row)] for row in record.targets]
    intercept = [["constant", "Intercept", "1", "", "", "", ""]]
    inputs = [
        ["left out" if row.left_out else "", *_cells(row)] for row in record.columns
    ]
    body = [*targets, *(intercept if record.intercept else []), *inputs]
    header = ["column", "term", "coding", "mean", "low", "high", ""]
    # The name stands first, what is said about a column last.
    rows = [[*cells[1:], cells[0]] for cells in body]
    return [header, *rows]


def _cells(row: ColumnRow) -> list[str]:
    return [
        on_one_line(row.name),
        on_one_line(row.term),
        row.coding,
        number(row.mean),
        number(row.low),
        number(row.high),
    ]


def _rows_line(rows: RowsRecord) -> str:
    text = f"{count(rows.used, 'row')} used"
    if rows.used != rows.read:
        text += f" of {rows.read:,}, {rows.read - rows.used:,} dropped"
    return text


def _gap_lines(rows: RowsRecord) -> list[str]:
    lines = [f"{reason}: {count(n, 'row')}" for reason, n in rows.dropped]
    if len(rows.gaps) > 1:
        lost = [
            f"{name} {n:,} ({alone:,} nothing else)" for name, n, alone in rows.gaps
        ]
        lines.append(f"rows that lack a value of each: {', '.join(lost)}")
    return lines


def _category(row: CategoryRow) -> str:
    shown = [
        f"{level} {n:,}{' (base)' if level == row.base else ''}"
        for level, n in row.levels[:MOST_LEVELS]
    ]
    more = len(row.levels) - MOST_LEVELS
    if more > 0:
        shown.append(f"{more} more")
    text = f"{row.name}: {count(len(row.levels), 'level')}, {row.coding} coding: "
    text += ", ".join(shown)
    if row.rare:
        kept = ", ".join(row.rare[:MOST_LEVELS])
        more = len(row.rare) - MOST_LEVELS
        text += f"; {row.levels[-1][0]} is {kept}"
        text += f" and {more} more" if more > 0 else ""
    return text


def _wrap(text: str) -> str:
    wrapped = textwrap.wrap(on_one_line(text), WIDTH, subsequent_indent="  ")
    return "\n".join(wrapped)
