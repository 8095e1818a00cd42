"""The few SVG marks the charts are made of.

Every drawing is a square of 1000 by 1000 that is stretched to its box; strokes
and dots keep their size in pixels (``vector-effect``), and text stands outside
as HTML. So one drawing, made on the server, serves a phone and a desk.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np

from leastwise.report.page.axis import Axis, Scale
from leastwise.report.page.record import FittedLine, Floats

SIDE = 1000.0
# Dots in so many layers: where rows crowd, the layers add up and look darker.
_LAYERS = 6
# Letters of all ticks together that fit side by side on the narrowest screen.
_ROOM_ON_A_PHONE = 26

Segment = tuple[float, float, float, float]


def across(axis: Scale, values: Floats) -> Floats:
    """Return horizontal places in the drawing.

    Examples
    --------
    >>> across(Axis("linear", 0.0, 2.0), np.array([1.0])).tolist()
    [500.0]
    """
    places: Floats = axis.places(values) * SIDE
    return places


def down(axis: Scale, values: Floats) -> Floats:
    """Return vertical places in the drawing, counted from the top.

    Examples
    --------
    >>> down(Axis("linear", 0.0, 2.0), np.array([2.0])).tolist()
    [0.0]
    """
    places: Floats = (1.0 - axis.places(values)) * SIDE
    return places


def segment(line: FittedLine, x_axis: Axis, y_axis: Axis) -> Segment | None:
    """Return the part of a line inside the drawing, or None.

    Examples
    --------
    >>> unit = Axis("linear", 0.0, 1.0)
    >>> segment(FittedLine("fit", 0.0, 2.0), unit, unit)
    (0.0, 1000.0, 500.0, 0.0)
    >>> segment(FittedLine("fit", float("nan"), 2.0), unit, unit) is None
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        ends = line.intercept + line.slope * np.array([x_axis.low, x_axis.high])
        start, stop = (float(v) for v in y_axis.places(ends))
    if not (math.isfinite(start) and math.isfinite(stop)):
        return None
    rise = stop - start
    enter, leave = 0.0, 1.0
    if rise == 0.0:
        if not 0.0 <= start <= 1.0:
            return None
    else:
        # Where along the line (0 left, 1 right) it crosses bottom and top.
        first, second = sorted((-start / rise, (1.0 - start) / rise))
        enter, leave = max(enter, first), min(leave, second)
        if enter >= leave:
            return None
    corners = (enter, 1.0 - start - rise * enter, leave, 1.0 - start - rise * leave)
    x1, y1, x2, y2 = (round(c * SIDE, 2) + 0.0 for c in corners)
    return x1, y1, x2, y2


def line_mark(place: Segment | None, kind: str, extra: str = "") -> str:
    """Return a straight line; hidden when there is no place for it.

    Examples
    --------
    >>> line_mark((0, 1, 2, 3), "fit")
    '<line class="fit" x1="0" y1="1" x2="2" y2="3"/>'
    """
    x1, y1, x2, y2 = place or (0, 0, 0, 0)
    hidden = "" if place else ' visibility="hidden"'
    more = f" {extra}" if extra else ""
    return (
        f'<line class="{kind}"{more} x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" '
        f'y2="{y2:g}"{hidden}/>'
    )


def dots(x: Floats, y: Floats) -> str:
    """Return round dots as strokes without length, in a few layers.

    Examples
    --------
    >>> dots(np.array([5.0]), np.array([7.25]))
    '<path class="dots" d="M5 7.2h0"/>'
    """
    layers = []
    for k in range(min(_LAYERS, len(x))):
        pairs = zip(x[k::_LAYERS], y[k::_LAYERS], strict=True)
        path = "".join(f"M{_short(a)} {_short(b)}h0" for a, b in pairs)
        layers.append(f'<path class="dots" d="{path}"/>')
    return "".join(layers)


def ribbon(x: Floats, low: Floats, high: Floats, kind: str) -> str:
    """Return the area between two curves, over the points where both are finite.

    Examples
    --------
    >>> ribbon(np.array([0.0, 9.0]), np.array([4.0, 4.0]), np.array([2.0, 1.0]), "band")
    '<path class="band" d="M0 2L9 1L9 4L0 4Z"/>'
    """
    usable = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[usable], low[usable], high[usable]
    if x.size < 2:
        return ""
    there = [f"{_short(a)} {_short(b)}" for a, b in zip(x, high, strict=True)]
    back = [f"{_short(a)} {_short(b)}" for a, b in zip(x, low, strict=True)]
    return f'<path class="{kind}" d="M{"L".join(there + back[::-1])}Z"/>'


def curve(x: Floats, y: Floats, kind: str) -> str:
    """Return a curve that breaks where a value is not finite.

    Examples
    --------
    >>> curve(np.array([0.0, 1.0, 2.0]), np.array([3.0, np.nan, 5.0]), "loss")
    '<path class="loss" d="M0 3M2 5"/>'
    """
    path, command = "", "M"
    for a, b in zip(x, y, strict=True):
        if not (math.isfinite(a) and math.isfinite(b)):
            command = "M"
            continue
        path += f"{command}{_short(a)} {_short(b)}"
        command = "L"
    return f'<path class="{kind}" d="{path}"/>'


def drawing(marks: Sequence[str], name: str, description: str) -> str:
    """Return an SVG image with a name and a description for those who cannot see it.

    Examples
    --------
    >>> drawing([], "A line", "It rises.")[:30]
    '<svg viewBox="0 0 1000 1000" p'
    """
    return (
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" '
        f'aria-label="{html.escape(name)}. {html.escape(description)}">'
        f"{''.join(marks)}</svg>"
    )


def grid_lines(x_axis: Scale, y_axis: Scale) -> str:
    """Return the hairlines behind a drawing, one a tick of the upright axis.

    Examples
    --------
    >>> unit = Axis("linear", 0.0, 1.0)
    >>> grid_lines(unit, unit).count("h1000")
    6
    """
    rows = "".join(
        f"M0 {_short((1 - tick.place) * SIDE)}h1000" for tick in y_axis.ticks()
    )
    columns = "".join(
        f"M{_short(tick.place * SIDE)} 1000v-14" for tick in x_axis.ticks()
    )
    return f'<path class="grid" d="{rows}{columns}"/>'


def frame(svg: str, x_axis: Scale, y_axis: Scale, x_name: str, y_name: str) -> str:
    """Return a drawing in its box, with ticks and axis names as HTML around it.

    Examples
    --------
    >>> unit = Axis("linear", 0.0, 1.0)
    >>> "a&lt;b" in frame("", unit, unit, "a<b", "y")
    True
    """
    y_ticks, x_ticks = y_axis.ticks(), x_axis.ticks()
    gutter = max((len(tick.text) for tick in y_ticks), default=1)
    widths = [len(tick.text) for tick in x_ticks] or [1]
    crowd = " crowd" if sum(widths) > _ROOM_ON_A_PHONE else ""
    upright = "".join(
        f'<span style="top:{100 * (1 - tick.place):.2f}%">{tick.text}</span>'
        for tick in y_ticks
    )
    level = "".join(
        f'<span style="left:{100 * tick.place:.2f}%">{tick.text}</span>'
        for tick in x_ticks
    )
    return (
        f'<div class="frame" style="--gutter:{gutter}ch;'
        f'--last:{widths[-1]}">'
        f'<div class="y-name">{html.escape(y_axis.name(y_name))}</div>'
        f'<div class="y-ticks" aria-hidden="true">{upright}</div>'
        f'<div class="plot">{svg}</div>'
        f'<div class="x-ticks{crowd}" aria-hidden="true">{level}</div>'
        f'<div class="x-name">{html.escape(x_axis.name(x_name))}</div></div>'
    )


def _short(value: float) -> str:
    # A tenth of a thousandth of the width: less than a pixel on any screen.
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
