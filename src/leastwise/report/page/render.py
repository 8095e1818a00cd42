"""The page: one HTML file that needs nothing but a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from importlib.resources import files

from leastwise._kit.errors import RequestError
from leastwise.report.page import number, tables
from leastwise.report.page.chart import Scene, convergence, scatter, scene_of
from leastwise.report.page.embed import frames, payload, safe_json
from leastwise.report.page.record import PageRecord
from leastwise.report.page.thin import drawable

_MARK = re.compile(r"\{\{([a-z_]+)\}\}")


def render_page(record: PageRecord) -> str:
    """Write the record as one self-contained HTML page.

    The page works without a network and, but for the player, without
    JavaScript. Every text of the record is escaped.

    Parameters
    ----------
    record : PageRecord
        What to show.

    Returns
    -------
    str
        The HTML, to be saved as UTF-8.

    Examples
    --------
    >>> import numpy as np
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> render_page(PageRecord("A line", "y ~ x", "y = 1 x", points))[:15]
    '<!doctype html>'
    """
    scene = scene_of(record)
    page = fill(
        template("page.html"),
        {
            "title": html.escape(record.title),
            "css": template("page.css"),
            "headline": html.escape(tables.headline(record)),
            "lede": tables.lede(record),
            "charts": _charts(record, scene),
            "tables": _sections(record),
            "notes": tables.notes(record, _own_notes(record, scene)),
            "formula": html.escape(record.formula),
            "record": safe_json(payload(record, scene)),
            "player_js": template("player.js"),
            "readout_js": template("readout.js"),
        },
    )
    # A lone surrogate in a name (a broken file) cannot be saved as UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def fill(template: str, parts: Mapping[str, str]) -> str:
    """Put the parts in the places of a template, in one pass.

    One pass, so that a part that looks like a place is left alone.

    Examples
    --------
    >>> fill("<p>{{a}} {{b}}</p>", {"a": "{{b}}", "b": "2"})
    '<p>{{b}} 2</p>'
    """

    def part(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in parts:
            raise RequestError(
                f"no part is called {name!r}; there are {', '.join(sorted(parts))}",
                where="page template",
                fix="Rename the place in the template or add the part.",
            )
        return parts[name]

    return _MARK.sub(part, template)


def template(name: str) -> str:
    """Return a template of the page.

    Examples
    --------
    >>> template("page.html")[:15]
    '<!doctype html>'
    """
    folder = files("leastwise.report.page") / "templates"
    return (folder / name).read_text(encoding="utf-8")


def _charts(record: PageRecord, scene: Scene) -> str:
    second = convergence(record, scene)
    alone = "" if second else " alone"
    return (
        f'<div class="charts{alone}">{scatter(record, scene)}'
        f"{_player(record, scene)}{second}</div>"
    )


def _player(record: PageRecord, scene: Scene) -> str:
    steps = frames(record, scene)
    descent = record.descent
    if not steps or descent is None:
        return ""
    last, fit = steps[-1]["text"], record.fitted_line()
    goals = {}
    if fit is not None:
        goals = {
            "intercept": number.significant(fit.intercept, 6),
            "slope": number.significant(fit.slope, 6),
        }
    goals["step"] = f"of {last['step']}"
    cells = "".join(
        f'<div><dt>{name.capitalize()}</dt><dd id="now-{name}">{last[name]}</dd>'
        f'<dd class="goal">{_goal(name, goals)}</dd></div>'
        for name in ("step", "intercept", "slope", "loss", "distance")
    )
    return fill(
        template("player.html"),
        {
            "last": str(len(steps) - 1),
            "last_step": last["step"],
            "rate": number.plain(descent.rate),
            "numbers": cells,
        },
    )


def _goal(name: str, goals: Mapping[str, str]) -> str:
    if name == "step":
        return goals["step"]
    if name in goals:
        return f"exact {goals[name]}"
    return "to the exact answer" if name == "distance" else "&nbsp;"


def _sections(record: PageRecord) -> str:
    parts = []
    if record.coefficients:
        parts.append(
            "<section><h2>Coefficients</h2>"
            f"{tables.coefficient_table(record)}"
            '<p class="aside">Good digits: decimal digits of the estimate that '
            "rounding has left right; a float64 has room for about 16.</p></section>"
        )
    if record.routes:
        source = html.escape(record.best_source)
        against = f"Good digits are counted against {source}. " if source else ""
        table = tables.route_table(record)
        if 'class="wrong"' in table:
            against += (
                'Figures <span class="wrong">underlined</span> are past the last '
                "good digit. "
            )
        parts.append(
            f"<section><h2>The same line, by every route</h2>{table}"
            f'<p class="aside">{against}Run is the median of one run after set-up; '
            "memory is the peak above what was held before.</p></section>"
        )
    return "".join(parts)


def _own_notes(record: PageRecord, scene: Scene) -> list[str]:
    notes = []
    total, usable = len(record.points.x), drawable(record.points).size
    if usable < total:
        notes.append(
            f"{number.count(total - usable)} of {number.count(total)} rows hold a "
            "value that is not finite and are not drawn."
        )
    if scene.rows.size < usable:
        notes.append(
            f"The chart draws {number.count(scene.rows.size)} of "
            f"{number.count(usable)} rows, chosen evenly over "
            f"{record.points.x_name}; the fit uses all of them."
        )
    recorded = 0 if record.descent is None else int(record.descent.step.size)
    if scene.steps.size < recorded:
        notes.append(
            f"The player shows {number.count(scene.steps.size)} of "
            f"{number.count(recorded)} recorded steps, densest at the start."
        )
    return notes
