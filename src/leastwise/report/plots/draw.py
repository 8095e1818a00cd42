"""Panels in matplotlib: each mark of a record has one look, readable in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.record.panel import Bars, Cells, Cloud, Curve, Panel, Ribbon

# Okabe-Ito; told apart by lightness, dashes and markers too.
INK, QUIET, HAIR = "#1b1e23", "#5a616b", "#d9dce0"
DOT, FIT, SMOOTH = "#565d66", "#0072b2", "#b34700"
MODELS = ("#0072b2", "#d55e00", "#1b1e23", "#009e73", "#cc79a7", "#e69f00")
MARKERS = ("o", "s", "D", "^", "v", "P")
LINES: dict[str, dict[str, Any]] = {
    "fit": {"color": FIT, "linewidth": 2.2, "zorder": 4},
    "smooth": {"color": SMOOTH, "linewidth": 1.6, "linestyle": "--", "zorder": 5},
    "reference": {"color": QUIET, "linewidth": 0.9, "linestyle": ":", "zorder": 1},
    "contour": {"color": QUIET, "linewidth": 0.9, "linestyle": "-.", "zorder": 2},
}
SHADES: dict[str, dict[str, Any]] = {
    "new": {"color": FIT, "alpha": 0.10},
    "mean": {"color": FIT, "alpha": 0.28},
    "envelope": {"color": "#8a939e", "alpha": 0.25},
}
# Width and height of one panel, in inches.
SIZE = (5.4, 4.0)


def draw(panels: Sequence[Panel], ax: Any = None) -> Any:
    """Draw panels and return where they are.

    Parameters
    ----------
    panels : sequence of Panel
        What to draw.
    ax : Axes, or sequence of Axes, optional
        One for each panel; a new figure of pyplot's when None.

    Returns
    -------
    Axes, or ndarray of Axes
        The latter when there are several panels.
    """
    need("matplotlib", "a plot")
    places = _new(len(panels)) if ax is None else np.ravel(np.array(ax, dtype=object))
    if len(places) != len(panels):
        raise RequestError(
            f"{len(places)} axes for {len(panels)} panels", fix="Give one for each"
        )
    for panel, place in zip(panels, places, strict=True):
        draw_panel(panel, place)
    return places[0] if len(places) == 1 else places


def draw_panel(panel: Panel, axes: Any) -> None:
    """Draw one panel.

    Parameters
    ----------
    panel : Panel
        What to draw.
    axes : Axes
        Where.
    """
    for ribbon in panel.ribbons:
        _ribbon(axes, ribbon)
    for cells in panel.cells:
        _cells(axes, cells)
    for cloud in panel.clouds:
        _cloud(axes, cloud)
    for k, bars in enumerate(panel.bars):
        _bars(axes, bars, k)
    for curve in panel.curves:
        _curve(axes, curve)
    if panel.zero is not None:
        across = axes.axhline if panel.upright else axes.axvline
        across(panel.zero, color=QUIET, linewidth=0.9, linestyle=":", zorder=1)
    _names(axes, panel)
    axes.set_title(panel.title, loc="left", fontsize=11, color=INK, parse_math=False)
    axes.set_xlabel(panel.x_name, color=INK, parse_math=False)
    axes.set_ylabel(panel.y_name, color=INK, parse_math=False)
    axes.tick_params(color=HAIR, labelcolor=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if panel.note:
        note = axes.annotate(
            panel.note, (0, -0.24), xycoords="axes fraction", fontsize=8, color=QUIET,
            annotation_clip=False, wrap=True,
        )  # fmt: skip
        note.set_parse_math(False)
    _legend(axes)


def _new(count: int) -> Any:
    pyplot = need("matplotlib.pyplot", "a plot")
    wide = 1 if count == 1 else 2 if count <= 4 else 3
    tall = math.ceil(count / wide)
    figure, axes = pyplot.subplots(
        tall, wide, figsize=(SIZE[0] * wide, SIZE[1] * tall), layout="constrained",
        squeeze=False,
    )  # fmt: skip
    places = axes.ravel()
    for spare in places[count:]:
        figure.delaxes(spare)
    return places[:count]


def _ribbon(axes: Any, ribbon: Ribbon) -> None:
    axes.fill_between(
        ribbon.x,
        ribbon.low,
        ribbon.high,
        linewidth=0,
        zorder=0.5,
        label=ribbon.label,
        **SHADES[ribbon.kind],
    )


def _cells(axes: Any, cells: Cells) -> None:
    # The root, so that thin cells are seen beside full ones; empty ones are paper.
    shade = np.ma.masked_equal(np.sqrt(cells.counts.T), 0)
    most = float(shade.max())
    axes.pcolormesh(
        cells.x_edges, cells.y_edges, shade, cmap="Greys", vmin=-0.15 * most,
        vmax=1.4 * most, zorder=0.8, rasterized=True,
    )  # fmt: skip


def _cloud(axes: Any, cloud: Cloud) -> None:
    size: Any = 16.0
    if cloud.size is not None:
        most = float(np.nanmax(cloud.size)) or 1.0
        size = 6.0 + 600.0 * np.nan_to_num(cloud.size) / most
    few = len(cloud.x) < 200
    axes.scatter(
        cloud.x, cloud.y, s=size, facecolors="none" if few else DOT, edgecolors=DOT,
        linewidths=0.9 if few else 0, alpha=0.85 if few else 0.45, zorder=3,
    )  # fmt: skip
    for k in cloud.named:
        axes.annotate(
            str(cloud.rows[k]), (cloud.x[k], cloud.y[k]), xytext=(5, 3),
            textcoords="offset points", fontsize=8, color=INK, zorder=6,
        )  # fmt: skip


def _bars(axes: Any, bars: Bars, k: int) -> None:
    colour, marker = MODELS[k % len(MODELS)], MARKERS[k % len(MARKERS)]
    lines = axes.vlines if bars.upright else axes.hlines
    lines(bars.place, bars.low, bars.high, color=colour, linewidth=1.8, zorder=3)
    at = (bars.place, bars.estimate)
    axes.plot(
        *(at if bars.upright else at[::-1]), linestyle="none", marker=marker,
        markersize=6, color=colour, zorder=4, label=bars.label or None,
    )  # fmt: skip


def _curve(axes: Any, curve: Curve) -> None:
    axes.plot(curve.x, curve.y, label=curve.label or None, **LINES[curve.kind])


def _names(axes: Any, panel: Panel) -> None:
    if not panel.names:
        return
    places = range(len(panel.names))
    if panel.upright:
        ticks = axes.set_xticks(places, panel.names)
        axes.set_xlim(-0.6, len(panel.names) - 0.4)
    else:
        ticks = axes.set_yticks(places, panel.names)
        axes.set_ylim(len(panel.names) - 0.4, -0.6)
    for tick in ticks:
        # A dollar sign in a name is a dollar sign, not mathematics.
        for label in (tick.label1, tick.label2):
            label.set_parse_math(False)


def _legend(axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    legend = axes.legend(
        handles, labels, loc="best", fontsize=8, frameon=False, labelcolor=INK
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
