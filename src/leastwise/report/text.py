"""Records as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from leastwise.record.comparison import ComparisonRecord
from leastwise.record.fit import CLASSICAL, FitRecord
from leastwise.report.number import count, good_digits, number, on_one_line, p_value

# Narrower than a terminal of 88; notes are wrapped to it.
WIDTH = 88
# More names than this are counted.
MOST_NAMES = 12


def fit_table(record: FitRecord) -> str:
    """Write a fit: what it stands on, the coefficients, how good it is, notes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    percent = f"{100 * record.level:g}%"
    header = [
        "",
        "estimate",
        "std. error",
        "t",
        "p",
        f"{percent} low",
        "high",
        "digits",
    ]
    body = [
        [
            on_one_line(row.name),
            number(row.estimate),
            number(row.std_error, 4),
            number(row.t, 4),
            p_value(row.p_value),
            number(row.low),
            number(row.high),
            good_digits(row.digits),
        ]
        for row in record.coefficients
    ]
    title = on_one_line(record.formula)
    if record.formula.lstrip().startswith("cbind("):
        title += f"  (target {on_one_line(record.target)})"
    lines = [title, _rows_line(record), ""]
    lines += columns([header, *body])
    lines += ["", *_quality_lines(record)]
    if record.cov != CLASSICAL:
        lines += _wrapped(f"standard errors: {record.cov.text}")
    if record.plan:
        lines += _wrapped(f"arithmetic: {record.plan}")
    lines += _aliased_lines(record)
    for note in record.notes:
        lines += _wrapped(f"note: {note}")
    return "\n".join(lines)


def _aliased_lines(record: FitRecord) -> list[str]:
    """Give each column a line; those with the same reason share one."""
    together: dict[tuple[bool, str], list[str]] = {}
    for row in record.aliased:
        together.setdefault((row.left_out, row.text), []).append(row.name)
    lines = []
    for (left_out, text), names in together.items():
        head = "left out" if left_out else "not determined alone"
        more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        which = ", ".join([*names[:MOST_NAMES], *more])
        lines += _wrapped(f"{head}: {which}, because {text}")
    return lines


def _rows_line(record: FitRecord) -> str:
    rows = record.rows
    text = f"{count(rows.used, 'row')} used"
    if rows.used != rows.read:
        why = ", ".join(f"{n} for {on_one_line(reason)}" for reason, n in rows.dropped)
        text += f" of {rows.read:,}, {rows.read - rows.used:,} dropped ({why})"
    return text


def _quality_lines(record: FitRecord) -> list[str]:
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
            lines += _wrapped(f"{route.route}: {route.note}")
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
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(on_one_line(text), WIDTH, subsequent_indent="  ")
