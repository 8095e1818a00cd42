"""Records as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from leastwise.record.comparison import ComparisonRecord
from leastwise.record.fit import CLASSICAL, AliasedRow, FitRecord, RowsRecord
from leastwise.report.number import (
    count,
    good_digits,
    number,
    on_one_line,
    p_value,
    room,
)
from leastwise.report.tables.grid import fit_grid

# Where the output is no terminal; sentences are never wider.
WIDTH, NARROWEST = 88, 20
# More names than this are counted.
MOST_NAMES = 12


def fit_table(record: FitRecord, width: int = WIDTH) -> str:
    """Write a fit: what it stands on, the coefficients, how good it is, notes.

    Estimates and intervals have the decimals of two digits of the standard error.

    Parameters
    ----------
    record : FitRecord
        The fit.
    width : int
        Columns of the terminal, 20 or more. A table that is wider goes on below.
    """
    title = on_one_line(record.formula)
    if record.formula.lstrip().startswith("cbind("):
        title += f"  (target {on_one_line(record.target)})"
    grid = fit_grid(record)
    table = within([list(grid.head), *map(list, grid.body)], width)
    lines = [*folded(title, width), *folded(rows_line(record.rows), width), ""]
    lines += [*table, ""]
    for line in quality_lines(record):
        lines += folded(line, width)
    if record.cov != CLASSICAL:
        lines += wrapped(f"standard errors: {record.cov.text}", width)
    if record.plan:
        lines += wrapped(f"arithmetic: {record.plan}", width)
    for line in aliased_lines(record.aliased):
        lines += wrapped(line, width)
    for note in record.notes:
        lines += wrapped(f"note: {note}", width)
    return "\n".join(lines)


def terminal_width() -> int:
    """Return the columns of the terminal; 88 where the output is none.

    Examples
    --------
    >>> terminal_width() >= 20
    True
    """
    import shutil

    return max(shutil.get_terminal_size((WIDTH, 24)).columns, NARROWEST)


def within(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align rows of cells in a terminal: what is too wide goes on below.

    The first column stands before each part; a name that takes more than two fifths
    of the width is broken over lines, and loses nothing.

    Examples
    --------
    >>> table = [["", "estimate", "t"], ["distance", "12.5", "3.1"]]
    >>> print(*within(table, 20), sep="\\n")
              estimate
    distance      12.5
    <BLANKLINE>
                t
    distance  3.1
    """
    most = max(2 * width // 5, 8)
    tall = [_broken(row, most) for row in rows]
    name = max(room(line[0]) for lines in tall for line in lines)
    sizes = [max(room(row[i]) for row in rows) for i in range(len(rows[0]))]
    parts: list[list[int]] = [[]]
    used = name
    for i in range(1, len(sizes)):
        if parts[-1] and used + 2 + sizes[i] > width:
            parts.append([])
            used = name
        parts[-1].append(i)
        used += 2 + sizes[i]
    lines: list[str] = []
    for part in parts:
        chosen = [[line[0], *(line[i] for i in part)] for ls in tall for line in ls]
        lines += [*([""] if lines else []), *columns(chosen)]
    return lines


def _broken(row: Sequence[str], most: int) -> list[list[str]]:
    """Break the first cell over lines; the others stand on the last of them."""
    pieces: list[str] = []
    piece = ""
    for letter in row[0]:
        if room(piece + letter) > (most if not pieces else most - 1):
            pieces.append(piece if not pieces else f" {piece}")
            piece = ""
        piece += letter
    pieces.append(piece if not pieces else f" {piece}")
    gap = [""] * (len(row) - 1)
    return [*([text, *gap] for text in pieces[:-1]), [pieces[-1], *row[1:]]]


def aliased_lines(aliased: Sequence[AliasedRow]) -> list[str]:
    """Say why columns are left out; those with the same reason share a line.

    Parameters
    ----------
    aliased : sequence of AliasedRow
        The columns.
    """
    together: dict[tuple[bool, str], list[str]] = {}
    for row in aliased:
        together.setdefault((row.left_out, row.text), []).append(row.name)
    lines = []
    for (left_out, text), names in together.items():
        head = "left out" if left_out else "not determined alone"
        more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        which = ", ".join([*names[:MOST_NAMES], *more])
        lines.append(f"{head}: {which}, because {text}")
    return lines


def rows_line(rows: RowsRecord) -> str:
    """Say how many rows are used, and why the others are not.

    Parameters
    ----------
    rows : RowsRecord
        The rows.

    Examples
    --------
    >>> rows_line(RowsRecord(3, 2, (("missing value in x", 1),)))
    '2 rows used of 3, 1 dropped (1 for missing value in x)'
    """
    text = f"{count(rows.used, 'row')} used"
    if rows.used != rows.read:
        why = ", ".join(f"{n} for {on_one_line(reason)}" for reason, n in rows.dropped)
        text += f" of {rows.read:,}, {rows.read - rows.used:,} dropped ({why})"
    return text


def quality_lines(record: FitRecord) -> list[str]:
    """Say how good the fit is.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    kind = "" if record.centred else " (uncentred: there is no intercept)"
    numerator, denominator = record.f_dof
    lines = [
        f"residual standard error {number(record.sigma)} on {record.dof:g} "
        f"degree{'s' * (record.dof != 1)} of freedom",
        f"R-squared {number(record.r_squared)}{kind}, adjusted "
        f"{number(record.adj_r_squared)}",
    ]
    kind_of_f = "" if record.cov.name == CLASSICAL.name else "Wald "
    if numerator > 0:
        lines.append(
            f"{kind_of_f}F {number(record.f)} on {numerator:g} and {denominator:g}, "
            f"p {p_value(record.f_p_value)}"
        )
    lines.append(
        f"log-likelihood {number(record.log_likelihood)}, AIC {number(record.aic)}, "
        f"BIC {number(record.bic)}"
    )
    return lines


def comparison_table(record: ComparisonRecord) -> str:
    """Write a comparison of routes, the ideal and the exact answer first.

    Parameters
    ----------
    record : ComparisonRecord
        The routes.
    """
    names = list(record.best)
    header = [
        "",
        *map(on_one_line, names),
        "digits",
        "run",
        "set-up",
        "memory",
        "steps",
    ]
    rows = [header]
    if record.truth is not None:
        rows.append(
            ["truth", *(number(record.truth.get(n), 10) for n in names), *[""] * 5]
        )
    rows.append(
        ["exact answer", *(number(record.best[n], 10) for n in names), *[""] * 5]
    )
    for route in record.routes:
        if route.estimates is None:
            rows.append([route.route, *["-"] * (len(names) + 5)])
            continue
        rows.append(
            [
                route.route,
                *(number(route.estimates.get(name), 10) for name in names),
                good_digits(route.digits),
                seconds(route.seconds),
                seconds(route.setup_seconds),
                "-"
                if route.peak_memory_mib is None
                else f"{route.peak_memory_mib:.1f} MiB",
                "-" if route.steps is None else f"{route.steps:,}",
            ]
        )
    lines = [
        on_one_line(record.formula),
        f"digits are counted against {record.best_source}",
        "",
    ]
    lines += [*columns(rows), ""]
    for route in record.routes:
        if route.note:
            lines += wrapped(f"{route.route}: {route.note}")
    return "\n".join(lines)


def seconds(value: float | None) -> str:
    """Write a time in the unit that reads best.

    Examples
    --------
    >>> seconds(0.00123), seconds(2.5), seconds(4e-5), seconds(None)
    ('1.23 ms', '2.5 s', '40 us', '-')
    """
    if value is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align rows of cells: the first column to the left, the others to the right.

    Examples
    --------
    >>> columns([["", "n"], ["town", "12"]])
    ['       n', 'town  12']
    """
    widths = [max(room(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell + gap if i == 0 else gap + cell
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            for gap in (" " * (width - room(cell)),)
        ).rstrip()
        for row in rows
    ]


def folded(line: str, width: int) -> list[str]:
    """Return a line as it is where it fits, else over several.

    Examples
    --------
    >>> folded("a short line", 40)
    ['a short line']
    """
    return [line] if room(line) <= width else wrapped(line, width)


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    """Return a sentence over lines of at most 88 columns, or of the terminal.

    Examples
    --------
    >>> wrapped("one two three four", 20)
    ['one two three four']
    """
    import textwrap

    least = min(max(width, NARROWEST), WIDTH)
    return textwrap.wrap(on_one_line(text), least, subsequent_indent="  ")
