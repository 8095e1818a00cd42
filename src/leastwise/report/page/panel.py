"""A panel as a figure of the page: the record that matplotlib draws too."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from leastwise.record.panel import Bars, Cells, Cloud, Panel
from leastwise.report.page import draw
from leastwise.report.page.axis import Places, Scale, linear_axis
from leastwise.report.page.record import Floats

# Shades that cells are drawn in.
_SHADES = 6
# Widths of the smallest and the largest bubble, in pixels.
_BUBBLE = (3.0, 30.0)
# Points that may be larger.
_FEW = 150
_CURVES = {"fit": "fit", "smooth": "smooth", "reference": "ideal", "contour": "contour"}
_RIBBONS = {"mean": "band", "new": "predict-band", "envelope": "envelope"}


def figure(panel: Panel, name: str) -> str:
    """Return the figure of a panel.

    Parameters
    ----------
    panel : Panel
        What is drawn.
    name : str
        Its id in the page.

    Examples
    --------
    >>> panel = Panel("fit", "A <line>", "x", "y", "It rises.")
    >>> "A &lt;line&gt;" in figure(panel, "panel-0")
    True
    """
    x_axis, y_axis = axes_of(panel)
    marks = [draw.grid_lines(x_axis, y_axis)]
    for ribbon in panel.ribbons:
        marks.append(
            draw.ribbon(
                draw.across(x_axis, ribbon.x),
                draw.down(y_axis, ribbon.low),
                draw.down(y_axis, ribbon.high),
                _RIBBONS[ribbon.kind],
            )
        )
    marks += [_cells(cells, x_axis, y_axis) for cells in panel.cells]
    marks += [_cloud(cloud, x_axis, y_axis) for cloud in panel.clouds]
    if panel.zero is not None:
        marks.append(_zero(panel, x_axis, y_axis))
    for bars in panel.bars:
        marks.append(_bars(bars, x_axis, y_axis))
    for curve in panel.curves:
        kind = _CURVES[curve.kind]
        x, y = draw.across(x_axis, curve.x), draw.down(y_axis, curve.y)
        marks.append(draw.curve(x, y, kind))
    words = f"{panel.words} {panel.note}".strip()
    svg = draw.drawing(marks, panel.title, words)
    named = "".join(_names(cloud, x_axis, y_axis) for cloud in panel.clouds)
    box = draw.frame(svg + named, x_axis, y_axis, panel.x_name, panel.y_name)
    tall = ""
    drawn = sum(len(cloud.x) for cloud in panel.clouds)
    few = " few" if drawn <= _FEW else ""
    if panel.names and not panel.upright:
        tall = f' style="--tall:{max(2.4 * len(panel.names) + 1, 7):.1f}rem"'
    return (
        f'<figure class="panel of-{html.escape(panel.kind)}{few}" id="{name}"{tall}>'
        f"<figcaption><h3>{html.escape(panel.title)}</h3></figcaption>{_legend(panel)}"
        f'{box}<p class="aside">{html.escape(words)}</p></figure>'
    )


def axes_of(panel: Panel) -> tuple[Scale, Scale]:
    """Return the axes of a panel: all that is drawn lies within.

    Parameters
    ----------
    panel : Panel
        What is drawn.
    """
    across: list[Floats] = [cloud.x for cloud in panel.clouds]
    upward: list[Floats] = [cloud.y for cloud in panel.clouds]
    across += [curve.x for curve in panel.curves]
    upward += [curve.y for curve in panel.curves]
    across += [cells.x_edges for cells in panel.cells]
    upward += [cells.y_edges for cells in panel.cells]
    for ribbon in panel.ribbons:
        across.append(ribbon.x)
        upward += [ribbon.low, ribbon.high]
    ends: list[Floats] = [np.zeros(0)]
    for bars in panel.bars:
        ends += [bars.low, bars.high, bars.estimate]
    if panel.zero is not None:
        ends.append(np.array([panel.zero]))
    if not panel.names:
        # Bubbles need room.
        wide = 0.04 if all(cloud.size is None for cloud in panel.clouds) else 0.09
        return linear_axis(across or ends, wide), linear_axis(upward or ends, wide)
    names = Places(panel.names, downward=not panel.upright)
    if panel.upright:
        return names, linear_axis([*upward, *ends])
    return linear_axis(ends), names


def points(panel: Panel, name: str) -> list[dict[str, Any]]:
    """Return what a reader may point at: places, and the rows that are there.

    Parameters
    ----------
    panel : Panel
        What is drawn.
    name : str
        Its id in the page.

    Examples
    --------
    >>> points(Panel("fit", "A line", "x", "y", ""), "panel-0")
    []
    """
    x_axis, y_axis = axes_of(panel)
    found = []
    for cloud in panel.clouds:
        x, y = x_axis.places(cloud.x), 1.0 - y_axis.places(cloud.y)
        found.append(
            {
                "panel": name,
                "x_name": panel.x_name,
                "y_name": panel.y_name,
                "x": [round(float(v), 4) for v in x],
                "y": [round(float(v), 4) for v in y],
                # The place of a jittered point among levels is no value.
                "x_value": None if panel.names else _six(cloud.x),
                "y_value": _six(cloud.y),
                "row": cloud.rows.tolist(),
            }
        )
    return found


def _six(values: Floats) -> list[float]:
    return [float(f"{v:.6g}") for v in values]


def _cloud(cloud: Cloud, x_axis: Scale, y_axis: Scale) -> str:
    x, y = draw.across(x_axis, cloud.x), draw.down(y_axis, cloud.y)
    if cloud.size is None:
        return draw.dots(x, y)
    size = np.nan_to_num(cloud.size)
    share = np.sqrt(size / (float(size.max(initial=0.0)) or 1.0))
    width = _BUBBLE[0] + (_BUBBLE[1] - _BUBBLE[0]) * share
    return "".join(
        f'<path class="dots bubble" style="stroke-width:{w:.1f}px" '
        f'd="M{a:.1f} {b:.1f}h0"/>'
        for a, b, w in zip(x, y, width, strict=True)
    )


def _names(cloud: Cloud, x_axis: Scale, y_axis: Scale) -> str:
    x, y = x_axis.places(cloud.x), 1.0 - y_axis.places(cloud.y)
    return "".join(
        f'<span class="named{" to-left" if x[k] > 0.8 else ""}" aria-hidden="true" '
        f'style="left:{100 * x[k]:.2f}%;top:{100 * y[k]:.2f}%">{cloud.rows[k]}</span>'
        for k in cloud.named
    )


def _cells(cells: Cells, x_axis: Scale, y_axis: Scale) -> str:
    x, y = draw.across(x_axis, cells.x_edges), draw.down(y_axis, cells.y_edges)
    # The root, so that thin cells are seen beside full ones.
    share = np.sqrt(cells.counts / max(int(cells.counts.max(initial=0)), 1))
    level = np.ceil(share * _SHADES).astype(int)
    paths = []
    for shade in range(1, _SHADES + 1):
        path = "".join(
            f"M{x[i]:.0f} {y[j]:.0f}H{x[i + 1]:.0f}V{y[j + 1]:.0f}H{x[i]:.0f}Z"
            for i, j in zip(*np.nonzero(level == shade), strict=True)
        )
        opacity = 0.75 * shade / _SHADES
        paths.append(f'<path class="cells" style="opacity:{opacity:.2f}" d="{path}"/>')
    return "".join(paths)


def _bars(bars: Bars, x_axis: Scale, y_axis: Scale) -> str:
    if bars.upright:
        x = draw.across(x_axis, bars.place)
        low, high = draw.down(y_axis, bars.low), draw.down(y_axis, bars.high)
        lines = "".join(
            f"M{a:.1f} {b:.1f}V{c:.1f}" for a, b, c in zip(x, low, high, strict=True)
        )
        y = draw.down(y_axis, bars.estimate)
    else:
        y = draw.down(y_axis, bars.place)
        low, high = draw.across(x_axis, bars.low), draw.across(x_axis, bars.high)
        lines = "".join(
            f"M{b:.1f} {a:.1f}H{c:.1f}" for a, b, c in zip(y, low, high, strict=True)
        )
        x = draw.across(x_axis, bars.estimate)
    dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True))
    return f'<path class="whisker" d="{lines}"/><path class="estimate" d="{dots}"/>'


def _zero(panel: Panel, x_axis: Scale, y_axis: Scale) -> str:
    at = np.array([panel.zero or 0.0])
    if panel.upright:
        return f'<path class="ideal" d="M0 {draw.down(y_axis, at)[0]:.1f}H1000"/>'
    return f'<path class="ideal" d="M{draw.across(x_axis, at)[0]:.1f} 0V1000"/>'


def _legend(panel: Panel) -> str:
    entries = [(_RIBBONS[r.kind], r.label) for r in panel.ribbons if r.label]
    entries += [(_CURVES[c.kind], c.label) for c in panel.curves if c.label]
    for cloud in panel.clouds:
        drawn = len(cloud.x)
        rows = f"{cloud.total:,} rows"
        if drawn < cloud.total:
            shaded = ", the others shaded by their number" if panel.cells else ""
            rows = f"{drawn:,} of {rows}{shaded}"
        entries.append(("dots", rows))
    items = "".join(
        f'<li class="{kind}-key"><svg class="key" viewBox="0 0 28 12" '
        f'aria-hidden="true">{_key(kind)}</svg>{html.escape(text)}</li>'
        for kind, text in entries
    )
    return f'<ul class="legend">{items}</ul>' if items else ""


def _key(kind: str) -> str:
    if kind == "dots":
        return '<path class="dots" d="M6 6h0M14 6h0M22 6h0"/>'
    if kind in _RIBBONS.values():
        return f'<rect class="{kind}" x="1" y="1" width="26" height="10" rx="2"/>'
    return f'<path class="{kind}" d="M1 6h26"/>'
