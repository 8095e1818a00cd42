"""A table as text cells, before anybody has chosen a language for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from leastwise.record.fit import CLASSICAL, CoefficientRow, FitRecord
from leastwise.record.loss import LossRecord
from leastwise.record.table import TableRecord, Under
from leastwise.report.number import by_error, good_digits, number, on_one_line, p_value

# p below which a star is added; only where stars were asked for.
STARS = (0.05, 0.01, 0.001)
UNDER: dict[Under, str] = {
    "std_error": "standard errors in brackets",
    "interval": "intervals in square brackets",
    "t": "t statistics in brackets",
    "p_value": "p-values in brackets",
}


@dataclass(frozen=True)
class Grid:
    """A table of cells.

    Attributes
    ----------
    caption : str
        What it shows.
    head : tuple of str
        Names of the columns; the first is that of the names.
    groups : tuple of tuples of rows
        The body; a rule stands between groups.
    notes : tuple of str
        What stands under it.

    Examples
    --------
    >>> Grid("", ("", "n"), (((("town", "12"),)),), ()).body
    (('town', '12'),)
    """

    caption: str
    head: tuple[str, ...]
    groups: tuple[tuple[tuple[str, ...], ...], ...]
    notes: tuple[str, ...]

    @property
    def body(self) -> tuple[tuple[str, ...], ...]:
        """All rows, whatever their group."""
        return tuple(row for group in self.groups for row in group)


def fit_grid(record: FitRecord) -> Grid:
    """Return the table of one fit: a row a coefficient.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    head, rows = coefficient_rows(record.coefficients, record.level)
    return Grid(record.formula, head, (rows,), tuple(fit_notes(record)))


def coefficient_rows(
    coefficients: Sequence[CoefficientRow], level: float, *, statistic: str = "t"
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the head and the rows of a table of coefficients.

    Parameters
    ----------
    coefficients : sequence of CoefficientRow
        What it shows.
    level : float
        Coverage of the intervals.
    statistic : str
        What estimates over standard errors are called.
    """
    percent = f"{100 * level:g}%"
    ends = (f"{percent} low", "high")
    head = ("", "estimate", "std. error", statistic, "p", *ends, "digits")
    rows = tuple(
        (
            on_one_line(row.name),
            by_error(row.estimate, row.std_error),
            by_error(row.std_error, row.std_error),
            number(row.t, 4),
            p_value(row.p_value),
            by_error(row.low, row.std_error),
            by_error(row.high, row.std_error),
            good_digits(row.digits),
        )
        for row in coefficients
    )
    return head, rows


def fit_notes(record: FitRecord) -> list[str]:
    """Say what stands under the table of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    share = "R-squared" if record.centred else "R-squared about zero"
    good = (
        f"{record.n:,g} observations, {record.dof:,g} degrees of freedom; residual "
        f"standard error {number(record.sigma, 4)}, {share} "
        f"{number(record.r_squared, 4)}."
    )
    lost = [f"Left out: {row.name}, because {row.text}." for row in record.aliased]
    return [good, _errors(record), *lost, *record.notes]


def models_grid(record: TableRecord) -> Grid:
    """Return the table of fits side by side: a column a fit.

    Parameters
    ----------
    record : TableRecord
        The fits.
    """
    rows: list[tuple[str, ...]] = []
    for name in record.names:
        found = [record.cell(i, name) for i in range(len(record.fits))]
        label = on_one_line(record.labels.get(name, name))
        rows.append((label, *(_estimate(row, record.stars) for row in found)))
        rows.append(("", *(_below(row, record.under) for row in found)))
    known = [_facts(fit) for fit in record.fits]
    names = dict.fromkeys(name for facts in known for name in facts)
    facts = tuple((name, *(own.get(name, "") for own in known)) for name in names)
    head = ("", *map(on_one_line, record.titles))
    return Grid("", head, (tuple(rows), facts), tuple(_models_notes(record)))


def _facts(fit: FitRecord | LossRecord) -> dict[str, str]:
    """What stands under the coefficients of one fit, by name."""
    facts = {"n": f"{fit.n:,g}"}
    if isinstance(fit, LossRecord):
        return facts | {m.name: number(m.value, 4) for m in fit.measures}
    return facts | {
        "R-squared": _share(fit.r_squared),
        "adjusted": _share(fit.adj_r_squared),
        "sigma": number(fit.sigma, 4),
    }


def _models_notes(record: TableRecord) -> list[str]:
    under = UNDER[record.under]
    if record.under == "interval":
        levels = sorted({fit.level for fit in record.fits})
        under = f"{', '.join(f'{100 * v:g}%' for v in levels)} {under}"
    kinds = [_errors(fit) for fit in record.fits]
    notes = [f"{under[0].upper()}{under[1:]}."]
    if len(set(kinds)) == 1:
        notes.append(kinds[0])
    else:
        notes += [
            f"{on_one_line(title)}: {kind[0].lower()}{kind[1:]}"
            for title, kind in zip(record.titles, kinds, strict=True)
        ]
    if record.stars:
        marks = (f"{'*' * i} p < {p:g}" for i, p in enumerate(STARS, 1))
        notes.append(f"{', '.join(marks)}.")
    about = {fit.centred for fit in record.fits if isinstance(fit, FitRecord)}
    if about == {True, False}:
        notes.append("R-squared is about zero in models without an intercept.")
    for title, fit in zip(record.titles, record.fits, strict=True):
        if isinstance(fit, LossRecord):
            notes.append(f"{on_one_line(title)}: {fit.kind}.")
        notes += [
            f"{on_one_line(title)}: {row.name} is left out, because {row.text}."
            for row in fit.aliased
        ]
    return notes


def _errors(record: FitRecord | LossRecord) -> str:
    kind = "classical" if record.cov.name == CLASSICAL.name else record.cov.text
    return f"Standard errors: {kind}."


def _estimate(row: CoefficientRow | None, stars: bool) -> str:
    if row is None:
        return ""
    text = by_error(row.estimate, row.std_error)
    if not stars or math.isnan(row.p_value):
        return text
    return text + "*" * sum(row.p_value < bound for bound in STARS)


def _below(row: CoefficientRow | None, under: Under) -> str:
    if row is None or math.isnan(row.estimate):
        return ""
    if under == "interval":
        ends = (by_error(v, row.std_error) for v in (row.low, row.high))
        return f"[{', '.join(ends)}]"
    if under == "p_value":
        return f"({p_value(row.p_value)})"
    if under == "t":
        return f"({number(row.t, 3)})"
    return f"({by_error(row.std_error, row.std_error)})"


def _share(value: float) -> str:
    # A share is read in thousandths, but 0.99997 is not 1.
    if math.isnan(value):
        return "-"
    text = f"{value:.3f}"
    return text if text not in ("1.000", "0.000") or value in (0, 1) else f"{value:.6g}"
