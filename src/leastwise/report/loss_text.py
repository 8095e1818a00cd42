"""A fit of a loss as text for a terminal."""

from __future__ import annotations

from leastwise.record.fit import CLASSICAL
from leastwise.record.loss import LossRecord, Measure
from leastwise.report.number import number, on_one_line
from leastwise.report.tables.grid import Grid, coefficient_rows
from leastwise.report.text import (
    WIDTH,
    aliased_lines,
    folded,
    rows_line,
    within,
    wrapped,
)


def loss_grid(record: LossRecord) -> Grid:
    """Return the table of a fit of a loss: a row a coefficient.

    Parameters
    ----------
    record : LossRecord
        The fit.
    """
    head, rows = coefficient_rows(
        record.coefficients, record.level, statistic=record.statistic
    )
    told = "; ".join(measure_text(m) for m in record.measures)
    lost = [f"Left out: {row.name}, because {row.text}." for row in record.aliased]
    kind = f"{record.kind}, {record.n:,g} observations; {told}."
    errors = f"Standard errors: {record.cov.text}."
    notes = (kind, errors, *lost, *record.notes)
    return Grid(record.formula, head, (rows,), notes)


def loss_table(record: LossRecord, width: int = WIDTH) -> str:
    """Write a fit of a loss: what it stands on, coefficients, how good it is, notes.

    Parameters
    ----------
    record : LossRecord
        The fit.
    width : int
        Columns of the terminal, 20 or more.
    """
    grid = loss_grid(record)
    lines = [*folded(on_one_line(record.formula), width), *folded(record.kind, width)]
    lines += [*folded(rows_line(record.rows), width), ""]
    lines += [*within([list(grid.head), *map(list, grid.body)], width), ""]
    for measure in record.measures:
        lines += folded(measure_text(measure), width)
    lines += wrapped(record.convergence, width)
    if record.cov != CLASSICAL:
        lines += wrapped(f"standard errors: {record.cov.text}", width)
    for line in aliased_lines(record.aliased):
        lines += wrapped(line, width)
    for note in record.notes:
        lines += wrapped(f"note: {note}", width)
    return "\n".join(lines)


def measure_text(measure: Measure) -> str:
    """Write a measure.

    Examples
    --------
    >>> measure_text(Measure("deviance", 12.5, "on 3 degrees of freedom"))
    'deviance 12.5 on 3 degrees of freedom'
    """
    return f"{measure.name} {number(measure.value)} {measure.more}".rstrip()
