"""The two charts: the rows with their lines, and the way down to the optimum."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np

from leastwise.report.page import draw, number
from leastwise.report.page.axis import Axis, linear_axis, log_axis, step_axis
from leastwise.report.page.record import (
    Band,
    Descent,
    FittedLine,
    Floats,
    PageRecord,
)
from leastwise.report.page.thin import Indices, at, thin_points, thin_steps

# Lines closer than this share of the chart's height are one line to the eye.
SAME_TO_THE_EYE = 0.004
# Earlier lines of the descent that stay visible, and how far apart they stand.
_MOST_GHOSTS, _GHOST_GAP = 9, 0.02
_MOST_GRID = 200


@dataclass(frozen=True)
class Scene:
    """What both charts share: the chosen rows and steps, and the axes.

    Examples
    --------
    >>> unit = Axis("linear", 0.0, 1.0)
    >>> Scene(np.arange(3), np.arange(0), unit, unit, unit, unit).rows.size
    3
    """

    rows: Indices
    steps: Indices
    x: Axis
    y: Axis
    step: Axis
    height: Axis


def scene_of(record: PageRecord) -> Scene:
    """Choose what is drawn and how far the axes reach.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> scene_of(PageRecord("A line", "y ~ x", "", points)).x.kind
    'linear'
    """
    points, band, descent = record.points, record.band, record.descent
    rows = thin_points(points)
    x_axis = linear_axis([at(points.x, rows)], margin=0.02)
    tall: list[Floats] = [at(points.y, rows)]
    if band is not None:
        inside = (band.grid >= x_axis.low) & (band.grid <= x_axis.high)
        tall += [band.low[inside], band.high[inside]]
    unit = Axis("linear", 0.0, 1.0)
    if descent is None or descent.step.size == 0:
        return Scene(rows, np.arange(0), x_axis, linear_axis(tall), unit, unit)
    steps = thin_steps(descent)
    way = at(descent.distance, steps)
    return Scene(
        rows,
        steps,
        x_axis,
        linear_axis(tall),
        step_axis(at(descent.step, steps), way),
        log_axis([way, at(descent.loss, steps)]),
    )


def descent_lines(descent: Descent, steps: Indices) -> tuple[FittedLine, ...]:
    """Return the descent's line at each shown step.

    Examples
    --------
    >>> z = np.zeros(1)
    >>> trace = Descent(np.array([0]), z, z, z, z, z, 0.1)
    >>> descent_lines(trace, np.arange(1))[0].slope
    0.0
    """
    pairs = zip(at(descent.intercept, steps), at(descent.slope, steps), strict=True)
    return tuple(FittedLine(descent.route, float(a), float(b)) for a, b in pairs)


def scatter(record: PageRecord, scene: Scene) -> str:
    """Return the chart of the rows, the band and the lines.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> record = PageRecord("A line", "y ~ x", "", points)
    >>> scatter(record, scene_of(record)).startswith("<figure")
    True
    """
    points = record.points
    fit, truth = record.fitted_line(), record.true_line()
    together, apart = other_lines(record, scene)
    x_axis, y_axis = scene.x, scene.y
    marks = [draw.grid_lines(x_axis, y_axis)]
    if record.band is not None:
        marks.append(_ribbon(record.band, scene, predict=True))
    marks.append(
        draw.dots(
            draw.across(x_axis, at(points.x, scene.rows)),
            draw.down(y_axis, at(points.y, scene.rows)),
        )
    )
    if record.band is not None:
        marks.append(_ribbon(record.band, scene, predict=False))
    for line in (*together, *apart):
        marks.append(draw.line_mark(draw.segment(line, x_axis, y_axis), "other"))
    marks += _descent_marks(record, scene)
    if fit is not None:
        place = draw.segment(fit, x_axis, y_axis)
        marks.append(draw.line_mark(place, "fit", 'id="fit-line"'))
    if truth is not None:
        marks.append(draw.line_mark(draw.segment(truth, x_axis, y_axis), "truth"))
    name = f"{points.y_name} against {points.x_name}"
    svg = draw.drawing(marks, name, _in_words(record))
    box = draw.frame(svg, x_axis, y_axis, points.x_name, points.y_name)
    legend = _scatter_legend(record, scene, together, apart)
    return (
        '<figure id="scatter"><figcaption><h2>The data and the line</h2></figcaption>'
        f"{legend}{box}</figure>"
    )


def convergence(record: PageRecord, scene: Scene) -> str:
    """Return the chart of loss and distance over the steps; empty without a descent.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> record = PageRecord("A line", "y ~ x", "", points)
    >>> convergence(record, scene_of(record))
    ''
    """
    descent, steps = record.descent, scene.steps
    if descent is None or steps.size == 0:
        return ""
    x = draw.across(scene.step, at(descent.step, steps))
    ways = {"loss": descent.loss, "distance": descent.distance}
    marks = [draw.grid_lines(scene.step, scene.height)]
    for kind, values in ways.items():
        y = _heights(scene.height, at(values, steps))
        marks.append(draw.curve(x, y, f"curve {kind}"))
    for kind, values in ways.items():
        y = _heights(scene.height, at(values, steps))[-1:]
        place = (float(x[-1]), float(y[0])) if np.isfinite(y[0]) else None
        marks.append(_marker(kind, place))
    last = float(descent.distance[-1])
    words = (
        f"After step {number.count(int(descent.step[-1]))} the distance to the exact "
        f"answer is {number.significant(last, 2)}."
    )
    svg = draw.drawing(marks, "Loss and distance at each step", words)
    name = "step" if scene.step.kind == "linear" else "step (log scale)"
    legend = _legend(
        (
            ("distance", "distance to the exact answer"),
            ("loss", "loss"),
        )
    )
    box = draw.frame(svg, scene.step, scene.height, name, "log scale")
    return (
        '<figure id="convergence"><figcaption><h2>The way down</h2></figcaption>'
        f"{legend}{box}</figure>"
    )


def marker_places(record: PageRecord, scene: Scene) -> list[dict[str, float | None]]:
    """Return where the two markers of the convergence chart stand at each step.

    Examples
    --------
    >>> z = np.ones(2)
    >>> from leastwise.report.page.record import Points
    >>> trace = Descent(np.array([0, 1]), z, z, z, z, z, 0.1)
    >>> record = PageRecord("A", "y ~ x", "", Points("x", "y", z, z), descent=trace)
    >>> sorted(marker_places(record, scene_of(record))[0])
    ['distance', 'loss', 'x']
    """
    descent, steps = record.descent, scene.steps
    if descent is None:
        return []
    x = draw.across(scene.step, at(descent.step, steps))
    loss = _heights(scene.height, at(descent.loss, steps))
    distance = _heights(scene.height, at(descent.distance, steps))
    return [
        {"x": _rounded(a), "loss": _rounded(b), "distance": _rounded(c)}
        for a, b, c in zip(x, loss, distance, strict=True)
    ]


def other_lines(
    record: PageRecord, scene: Scene
) -> tuple[tuple[FittedLine, ...], tuple[FittedLine, ...]]:
    """Part the other routes' lines: those on the fit to the eye, and those apart.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> lines = tuple(FittedLine(r, 0.0, s) for r, s in [("leastwise", 1), ("b", 2)])
    >>> record = PageRecord("A line", "y ~ x", "", points, lines=lines)
    >>> [len(part) for part in other_lines(record, scene_of(record))]
    [0, 1]
    """
    fit = record.fitted_line()
    together: list[FittedLine] = []
    apart: list[FittedLine] = []
    for line in record.lines:
        if fit is None or line is fit:
            continue
        gap = _gap(line, fit, scene)
        (together if gap < SAME_TO_THE_EYE else apart).append(line)
    return tuple(together), tuple(apart)


def earlier_lines(record: PageRecord, scene: Scene) -> dict[int, FittedLine]:
    """Choose a few lines of the descent, far enough apart to tell one from another.

    Examples
    --------
    >>> from leastwise.report.page.record import Points
    >>> z = np.zeros(3)
    >>> trace = Descent(np.arange(3), z, np.array([0.0, 1.0, 2.0]), z, z, z, 0.1)
    >>> points = Points("x", "y", np.arange(3.0), 2 * np.arange(3.0))
    >>> record = PageRecord("A", "y ~ x", "", points, descent=trace)
    >>> sorted(earlier_lines(record, scene_of(record)))
    [0, 1]
    """
    if record.descent is None or scene.steps.size == 0:
        return {}
    lines = descent_lines(record.descent, scene.steps)
    kept: dict[int, FittedLine] = {}
    wanted, before = 0, None
    for index, line in enumerate(lines[:-1]):
        if index < wanted or len(kept) == _MOST_GHOSTS:
            continue
        far = before is None or _gap(line, before, scene) >= _GHOST_GAP
        if far and _gap(line, lines[-1], scene) >= _GHOST_GAP:
            kept[index] = before = line
            wanted = max(index + 1, int(index * 1.5))
    return kept


def _gap(one: FittedLine, other: FittedLine, scene: Scene) -> float:
    ends = np.array([scene.x.low, scene.x.high])
    # Lines of a diverged descent may overflow here; they are then far apart.
    with np.errstate(over="ignore", invalid="ignore"):
        apart = (one.intercept - other.intercept) + (one.slope - other.slope) * ends
        share = np.abs(apart).max() / (scene.y.high - scene.y.low)
    return float(share) if np.isfinite(share) else np.inf


def _ribbon(band: Band, scene: Scene, *, predict: bool) -> str:
    inside = np.flatnonzero((band.grid >= scene.x.low) & (band.grid <= scene.x.high))
    if inside.size > _MOST_GRID:
        spread = np.linspace(0, inside.size - 1, _MOST_GRID).round().astype(np.intp)
        inside = inside[spread]
    low = band.predict_low if predict else band.low
    high = band.predict_high if predict else band.high
    return draw.ribbon(
        draw.across(scene.x, at(band.grid, inside)),
        draw.down(scene.y, at(low, inside)),
        draw.down(scene.y, at(high, inside)),
        "predict-band" if predict else "band",
    )


def _descent_marks(record: PageRecord, scene: Scene) -> list[str]:
    if record.descent is None or scene.steps.size == 0:
        return []
    marks = []
    for index, line in earlier_lines(record, scene).items():
        place = draw.segment(line, scene.x, scene.y)
        marks.append(draw.line_mark(place, "ghost", f'data-index="{index}"'))
    final = descent_lines(record.descent, scene.steps)[-1]
    last = draw.segment(final, scene.x, scene.y)
    marks.append(draw.line_mark(last, "descent", 'id="descent-line"'))
    return marks


def _marker(kind: str, place: tuple[float, float] | None) -> str:
    x, y = place or (0.0, 0.0)
    hidden = "" if place else ' visibility="hidden"'
    return (
        f'<path class="marker {kind}" id="marker-{kind}" '
        f'd="M{x:.2f} {y:.2f}h0"{hidden}/>'
    )


def _heights(axis: Axis, values: Floats) -> Floats:
    # Zero, the optimum itself, stands on the floor of the chart.
    finite = np.where(np.isfinite(values), values, 1.0)
    heights: Floats = np.where(np.isfinite(values), draw.down(axis, finite), np.nan)
    return heights


def _rounded(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def _in_words(record: PageRecord) -> str:
    total = number.count(len(record.points.x))
    fit = record.fitted_line()
    if fit is None:
        return f"{total} rows."
    rise = "rises" if fit.slope > 0 else "falls" if fit.slope < 0 else "is level"
    return (
        f"{total} rows. The fitted line {rise}: intercept "
        f"{number.significant(fit.intercept)}, slope {number.significant(fit.slope)}."
    )


def _scatter_legend(
    record: PageRecord,
    scene: Scene,
    together: tuple[FittedLine, ...],
    apart: tuple[FittedLine, ...],
) -> str:
    shown, total = scene.rows.size, len(record.points.x)
    rows = f"{number.count(total)} rows"
    if shown < total:
        rows = f"{number.count(shown)} of {number.count(total)} rows"
    entries = [("dots", rows)]
    fit = record.fitted_line()
    if fit is not None:
        entries.append(("fit", fit.route))
    if record.true_line() is not None:
        entries.append(("truth", "ideal line"))
    if record.descent is not None and scene.steps.size:
        entries.append(("descent", "gradient descent"))
    if record.band is not None:
        percent = f"{100 * record.level:g}%"
        entries.append(("band", f"{percent} for the line"))
        entries.append(("predict-band", f"{percent} for a new row"))
    entries += [("other", line.route) for line in apart]
    more = ""
    if fit is not None and together:
        names = ", ".join(line.route for line in together)
        more = (
            f'<p class="aside">Under {html.escape(fit.route)}’s line, the same to '
            f"the eye: {html.escape(names)}.</p>"
        )
    return _legend(entries) + more


def _legend(entries: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    items = "".join(
        f'<li><svg class="key" viewBox="0 0 28 12" aria-hidden="true">{_key(kind)}'
        f"</svg>{html.escape(text)}</li>"
        for kind, text in entries
    )
    return f'<ul class="legend">{items}</ul>'


def _key(kind: str) -> str:
    if kind == "dots":
        return '<path class="dots" d="M6 6h0M14 6h0M22 6h0"/>'
    if kind in ("band", "predict-band"):
        return f'<rect class="{kind}" x="1" y="1" width="26" height="10" rx="2"/>'
    kind = f"curve {kind}" if kind in ("loss", "distance") else kind
    return f'<path class="{kind}" d="M1 6h26"/>'
