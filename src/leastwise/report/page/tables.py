"""The two tables, and the sentences around them, as HTML."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from leastwise.record.comparison import RouteRecord
from leastwise.record.fit import CoefficientRow
from leastwise.report.page import number
from leastwise.report.page.record import PageRecord

# float64 carries just under 16 decimal digits: the full width of the digit bar.
_ALL_DIGITS = 16.0
# Figures of an estimate in the comparison: all that float64 surely holds.
_FIGURES = 15


def coefficient_table(record: PageRecord) -> str:
    """Return the coefficient table.

    Estimates show as many decimals as their standard error makes worth reading;
    the ``value`` of each cell holds the number itself.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> import numpy as np
    >>> row = CoefficientRow("x", 1.80591, 0.0261, 69.2, 0.0, 1.7546, 1.8572, 15.9)
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> page = PageRecord("A", "y ~ x", "", points, coefficients=(row,))
    >>> '<data value="1.80591">1.8059</data>' in coefficient_table(page)
    True
    """
    return coefficients_of(record.coefficients, record.level, record.truth)


def coefficients_of(
    coefficients: Sequence[CoefficientRow],
    level: float,
    truth: Mapping[str, float] | None = None,
    *,
    figures: int = 3,
    statistic: str = "t",
) -> str:
    """Return a table of coefficients.

    Parameters
    ----------
    coefficients : sequence of CoefficientRow
        A row each.
    level : float
        Coverage of their intervals.
    truth : Mapping of str to float, optional
        Ideal values.
    figures : int
        Of the standard error; they decide the decimals of the row.
    statistic : str
        What an estimate over its standard error is called.
    """
    percent = f"{100 * level:g}%"
    heads = ["Coefficient", "Estimate", "Std. error", statistic, "p"]
    heads += [f"{percent} low", f"{percent} high", "Good digits"]
    if truth is not None:
        heads.insert(2, "Ideal")
    rows = [_coefficient_row(row, truth, figures) for row in coefficients]
    return table("coefficients", "Coefficients", heads, rows)


def route_table(record: PageRecord) -> str:
    """Return the comparison table: one row a route, or why it has no numbers.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> import numpy as np
    >>> gone = RouteRecord("pytorch", *[None] * 7, "not installed")
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> page = PageRecord("A", "y ~ x", "", points, routes=(gone,))
    >>> "not installed" in route_table(page)
    True
    """
    names = _names(record.routes)
    heads = ["Route", *names, "Good digits", "Run", "Set-up", "Memory", "Steps"]
    rows = [_route_row(route, names) for route in record.routes]
    return table("routes", "Routes", heads, rows)


def lede(record: PageRecord) -> str:
    """Return the sentence under the answer: what it was made from, and how it fares.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> import numpy as np
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> lede(PageRecord("A", "y ~ x", "", points, truth={"Intercept": 32.0, "x": 1.8}))
    'The ideal line is <b>32 + 1.8 x</b>; 2 rows, with noise, were made from it.'
    """
    total = number.count(len(record.points.x))
    truth = record.true_line()
    if truth is None:
        return f"{total} rows, <code>{html.escape(record.formula)}</code>."
    sign = number.MINUS if truth.slope < 0 else "+"
    ideal = (
        f"{number.plain(truth.intercept)} {sign} {number.plain(abs(truth.slope))} "
        f"{html.escape(record.points.x_name)}"
    )
    verdict = _verdict(record)
    return (
        f"The ideal line is <b>{ideal}</b>; {total} rows, with noise, "
        f"were made from it.{verdict}"
    )


def headline(record: PageRecord) -> str:
    """Return the answer in one line.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> import numpy as np
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> headline(PageRecord("A", "y ~ x", "y = 1 + 2 x", points))
    'y = 1 + 2 x'
    """
    if record.equation:
        return record.equation
    terms = [(row.name, row.estimate) for row in record.coefficients]
    return number.equation(record.points.y_name, terms)


def notes(record: PageRecord, own: Iterable[str]) -> str:
    """Return the notes as a list: the page's own first, then the record's.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> import numpy as np
    >>> points = Points("x", "y", np.zeros(2), np.ones(2))
    >>> notes(PageRecord("A", "y ~ x", "", points), ["a < b"])
    '<ul class="notes"><li>a &lt; b</li></ul>'
    """
    sentences = [*own, *record.notes]
    if not sentences:
        return ""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in sentences)
    return f'<ul class="notes">{items}</ul>'


def _verdict(record: PageRecord) -> str:
    truth = record.truth or {}
    rows = [row for row in record.coefficients if row.name in truth]
    if not rows:
        return ""
    outside = [r.name for r in rows if not r.low <= truth[r.name] <= r.high]
    percent = f"{100 * record.level:g}%"
    if not outside:
        which = "Both ideal values lie" if len(rows) == 2 else "The ideal values lie"
        which = "The ideal value lies" if len(rows) == 1 else which
        whose = "its" if len(rows) == 1 else "their"
        return f" {which} inside {whose} {percent} interval{'s'[: len(rows) - 1]}."
    names = html.escape(", ".join(outside))
    return f" Outside its {percent} interval: the ideal value of {names}."


def _coefficient_row(
    row: CoefficientRow, truth: Mapping[str, float] | None, figures: int
) -> str:
    # Figures of the standard error decide the decimals of the whole row.
    places = number.places_for(row.std_error, figures)

    def show(value: float) -> str:
        if places is None:
            return number.significant(value, 6)
        return number.fixed(value, places)

    cells = [head(row.name), cell(row.estimate, show(row.estimate), "estimate")]
    if truth is not None:
        ideal = truth.get(row.name)
        shown = number.NOTHING if ideal is None else number.plain(ideal)
        cells.append(cell(ideal, shown))
    cells += [
        cell(row.std_error, number.significant(row.std_error, figures)),
        cell(row.t, number.significant(row.t, 4)),
        cell(row.p_value, number.p_value(row.p_value)),
        cell(row.low, show(row.low), "interval"),
        cell(row.high, show(row.high), "interval"),
        _digits(row.digits),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _route_row(route: RouteRecord, names: list[str]) -> str:
    estimates = route.estimates
    if estimates is None:
        wide, note = len(names) + 5, html.escape(route.note)
        return (
            f'<tr class="missing">{head(route.route)}'
            f'<td class="note" colspan="{wide}">{note}</td></tr>'
        )
    own = ' class="own"' if route.route == "leastwise" else ""
    cells = [head(route.route, route.note)]
    for name in names:
        value = estimates.get(name)
        cells.append(cell(value, _marked(value, _right(route, name)), "estimate"))
    cells += [
        _digits(route.digits),
        cell(route.seconds, number.seconds(route.seconds)),
        cell(route.setup_seconds, number.seconds(route.setup_seconds)),
        cell(route.peak_memory_mib, number.memory(route.peak_memory_mib)),
        cell(route.steps, number.count(route.steps)),
    ]
    return f"<tr{own}>{''.join(cells)}</tr>"


def _right(route: RouteRecord, name: str) -> float | None:
    by_name = route.digits_by_coefficient or {}
    return by_name.get(name, route.digits)


def _marked(value: float | None, digits: float | None) -> str:
    """Write an estimate and underline the figures that are wrong."""
    text = number.significant(value, _FIGURES)
    if value is None or digits is None or not math.isfinite(value):
        return text
    good = _good_figures(value, digits)
    seen, start = 0, len(text)
    for index, letter in enumerate(text):
        if letter == "×":
            break
        if letter.isdigit() and (seen or letter != "0"):
            seen += 1
            if seen > good:
                start = index
                break
    if start == len(text):
        return text
    head, tail = text[:start], text[start:]
    power = tail.find("×")
    end = "" if power < 0 else tail[power:]
    wrong = tail if power < 0 else tail[:power]
    return f'{head}<span class="wrong">{wrong}</span>{end}'


def _good_figures(value: float, digits: float) -> int:
    # A figure is right when the error, |value| / 10**digits, is below half its unit.
    if value == 0 or not math.isfinite(digits):
        return _FIGURES if digits > 0 else 0
    size = math.log10(abs(value))
    return max(0, math.floor(math.floor(size) + 1 + digits - size - math.log10(2)))


def _digits(digits: float | None) -> str:
    if digits is None or math.isnan(digits):
        return cell(None, number.NOTHING)
    share = min(max(digits / _ALL_DIGITS, 0.0), 1.0)
    # Cut, never rounded up: 15.95 is no claim of 16.
    cut = math.floor(10 * digits) / 10 if math.isfinite(digits) else digits
    text = number.fixed(cut, 1)
    return (
        f'<td class="digits"><data value="{float(digits)!r}">{text}</data>'
        f'<i class="bar" style="--share:{share:.3f}"></i></td>'
    )


def _names(routes: tuple[RouteRecord, ...]) -> list[str]:
    names: dict[str, None] = {}
    for route in routes:
        names.update(dict.fromkeys(route.estimates or {}))
    return list(names)


def head(name: str, note: str = "") -> str:
    """Return the name of a row, escaped.

    Examples
    --------
    >>> head("a<b")
    '<th scope="row">a&lt;b</th>'
    """
    more = f' <span class="note">{html.escape(note)}</span>' if note else ""
    return f'<th scope="row">{html.escape(name)}{more}</th>'


def cell(value: float | None, text: str, kind: str = "") -> str:
    """Return a number as shown, with the number itself.

    Examples
    --------
    >>> cell(1.80591, "1.8")
    '<td><data value="1.80591">1.8</data></td>'
    """
    inside = text
    if value is not None:
        # The number itself, every digit; NumPy's own spell their type.
        exact = value if isinstance(value, int) else float(value)
        inside = f'<data value="{exact!r}">{text}</data>'
    name = f' class="{kind}"' if kind else ""
    return f"<td{name}>{inside}</td>"


def table(name: str, title: str, heads: Sequence[str], rows: Sequence[str]) -> str:
    """Return a table that scrolls where it is too wide.

    Examples
    --------
    >>> table("t", "Towns", ["Town"], ["<tr></tr>"])[:20]
    '<div class="scroll" '
    """
    top = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<table id="{name}" aria-label="{title}"><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
