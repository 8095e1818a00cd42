"""The report of a fit: one HTML file, answer first, that needs only a browser."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from leastwise.record.check import CheckRecord
from leastwise.record.fit import CLASSICAL, FitRecord
from leastwise.record.loss import LossRecord
from leastwise.record.report import Meaning, ReportRecord
from leastwise.report.page import number, tables
from leastwise.report.page.embed import safe_json
from leastwise.report.page.panel import figure, points
from leastwise.report.page.render import fill, template

_STATUS = {
    "ok": "Passes",
    "fails": "Fails",
    "slight": "Slight",
    "unclear": "Cannot tell",
    "none": "Not computed",
}


def render_report(record: ReportRecord) -> str:
    """Write a report as one self-contained HTML page.

    The page works without a network and without JavaScript, which only adds to it:
    rows are told when pointed at, tables sort, intervals can be hidden. Every text
    of the record is escaped.

    Parameters
    ----------
    record : ReportRecord
        What to show.

    Returns
    -------
    str
        The HTML, to be saved as UTF-8.
    """
    names = [f"panel-{k}" for k in range(len(record.panels))]
    pairs = list(zip(record.panels, names, strict=True))
    page = fill(
        template("report.html"),
        {
            "title": html.escape(record.title),
            "css": template("page.css"),
            "report_css": template("report.css"),
            "headline": html.escape(f"{record.answer}."),
            "lede": html.escape(record.lede),
            "parts": "".join(
                (
                    _meanings(record),
                    _coefficients(record),
                    _plots("".join(figure(panel, name) for panel, name in pairs)),
                    _checks(record.checks),
                    _rows(record),
                    _notes(record),
                    _how(record),
                    _command(record),
                )
            ),
            "formula": html.escape(record.fit.formula),
            "points": safe_json([p for panel, n in pairs for p in points(panel, n)]),
            "report_js": template("report.js"),
        },
    )
    # A lone surrogate in a name (a broken file) cannot be saved as UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def _meanings(record: ReportRecord) -> str:
    if not record.meanings:
        return ""
    items = "".join(
        f'<li class="{_class(row)}">'
        f"<b>{html.escape(row.name)}</b> {html.escape(f'{row.short} {row.sure}')}</li>"
        for row in record.meanings
    )
    return _section(
        "meaning",
        "What it says",
        f'<ul class="meanings">{items}</ul><p class="aside">“Goes with” is what rows '
        "show beside each other; whether one brings about the other, no fit can say."
        "</p>",
    )


def _class(row: Meaning) -> str:
    return "clear" if row.clear else "unclear"


def _coefficients(record: ReportRecord) -> str:
    fit = record.fit
    statistic = fit.statistic if isinstance(fit, LossRecord) else "t"
    table = tables.coefficients_of(
        fit.coefficients, fit.level, figures=2, statistic=statistic
    )
    facts = _facts_of_loss(fit) if isinstance(fit, LossRecord) else _facts(fit)
    told = "".join(f"<div><dt>{name}</dt><dd>{v}</dd></div>" for name, v in facts)
    return _section(
        "numbers",
        "Coefficients",
        f'<p class="controls-line" id="controls" hidden><label><input type="checkbox" '
        f'id="intervals" checked> Show intervals</label></p>{table}'
        f'<p class="aside">Standard errors: {html.escape(fit.cov.text)}. Two digits of '
        "them decide how a row is rounded; good digits are those of the estimate that "
        f'rounding has left right.</p><dl class="now facts">{told}</dl>',
    )


def _facts(fit: FitRecord) -> list[tuple[str, str]]:
    share = "R-squared" if fit.centred else "R-squared (about zero)"
    return [
        (share, number.significant(fit.r_squared, 4)),
        ("Adjusted", number.significant(fit.adj_r_squared, 4)),
        ("Residual standard error", number.significant(fit.sigma, 4)),
        (
            f"{_wald(fit)}F on {fit.f_dof[0]:g} and {fit.f_dof[1]:g}",
            f"{number.significant(fit.f, 4)}, p {number.p_value(fit.f_p_value)}",
        ),
        ("AIC", number.significant(fit.aic, 6)),
        ("BIC", number.significant(fit.bic, 6)),
    ]


def _facts_of_loss(fit: LossRecord) -> list[tuple[str, str]]:
    return [
        (
            html.escape(f"{measure.name[0].upper()}{measure.name[1:]}"),
            html.escape(f"{number.significant(measure.value, 6)} {measure.more}"),
        )
        for measure in fit.measures
    ]


def _wald(fit: FitRecord) -> str:
    return "" if fit.cov.name == CLASSICAL.name else "Wald "


def _plots(figures: str) -> str:
    if not figures:
        return ""
    return _section("plots", "Plots", f'<div class="panels">{figures}</div>')


def _checks(checks: Sequence[CheckRecord]) -> str:
    if not checks:
        return ""
    rows = [
        f"<tr>{tables.head(check.name, check.about)}"
        f'<td class="note"><b class="{html.escape(check.status)}">'
        f"{_STATUS[check.status]}.</b> {html.escape(check.verdict)}</td>"
        f"{tables.cell(check.statistic, _statistic(check))}"
        f"{tables.cell(check.p_value, number.p_value(check.p_value))}</tr>"
        for check in checks
    ]
    heads = ("Check", "Verdict", "Statistic", "p")
    fails = [check for check in checks if check.status == "fails"]
    told = ", ".join(html.escape(check.name) for check in fails) or "none"
    advice = "".join(
        f"<li>{html.escape(text)}</li>"
        for text in dict.fromkeys(check.advice for check in checks if check.advice)
    )
    todo = f'<h3>What to do</h3><ul class="notes">{advice}</ul>' if advice else ""
    return _section(
        "checks",
        "Checks",
        f'<p class="lede">Of {len(checks)} checks {len(fails)} '
        f"fail{'s' * (len(fails) == 1)}: {told}.</p>"
        f"{tables.table('check-table', 'Checks', heads, rows)}{todo}",
    )


def _statistic(check: CheckRecord) -> str:
    if math.isnan(check.statistic):
        return number.NOTHING
    shown = number.significant(check.statistic, 4)
    return f"{html.escape(check.statistic_name)} {shown}"


def _rows(record: ReportRecord) -> str:
    rows = record.rows
    if not rows:
        return ""
    parts = ("Fitted", "Residual")
    if isinstance(record.fit, LossRecord):
        parts = ("Without it", "Pull")
    heads = ("Row", *parts, "Leverage", "Studentized", "Cook’s distance")
    body = []
    for row in rows:
        values = (row.fitted, row.residual, row.leverage, row.studentized, row.cook)
        cells = "".join(tables.cell(v, number.significant(v, 4)) for v in values)
        first = f'<th scope="row"><data value="{row.row}">{row.row:,}</data></th>'
        body.append(f"<tr>{first}{cells}</tr>")
    table = tables.table("row-table", "Rows that pull most", heads, body)
    return _section(
        "influence",
        "Rows that pull most",
        f'{table}<p class="aside">Cook’s distance is how far the coefficients move '
        "together when the row is left out; above 1 the row deserves a look.</p>",
    )


def _notes(record: ReportRecord) -> str:
    notes = [*record.missing, *record.fit.notes]
    if not notes:
        return ""
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return _section("notes", "To know", f'<ul class="notes">{items}</ul>')


def _how(record: ReportRecord) -> str:
    rows = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in record.how
    )
    return _section("how", "How it was computed", f'<dl class="how">{rows}</dl>')


def _command(record: ReportRecord) -> str:
    if not record.command:
        return ""
    lines = "".join(
        f'<h3>{html.escape(where)}</h3><pre tabindex="0"><code>{html.escape(line)}'
        "</code></pre>"
        for where, line in record.command
    )
    return _section("again", "The same page again", lines)


def _section(name: str, title: str, body: str) -> str:
    return f'<section id="{name}"><h2>{title}</h2>{body}</section>'
