"""The page's two charts as one PNG, drawn by matplotlib."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.report.page import number, tables
from leastwise.report.page.axis import Axis
from leastwise.report.page.chart import (
    Scene,
    earlier_lines,
    other_lines,
    scene_of,
)
from leastwise.report.page.record import FittedLine, PageRecord
from leastwise.report.page.thin import at

# The page's light colours (Okabe-Ito); a PNG has no dark mode.
PAPER, INK, QUIET, HAIR = "#fdfdfc", "#1b1e23", "#5a616b", "#e9ebee"
FIT, DESCENT, DOT = "#0072b2", "#d55e00", "#7d858f"


def save_picture(
    record: PageRecord, path: str | PathLike[str], *, dots_per_inch: int = 160
) -> None:
    """Draw the record's charts into a PNG file.

    Needs matplotlib. Only its object interface is used: the caller's pyplot
    figures, style and backend stay as they are.

    Parameters
    ----------
    record : PageRecord
        What to draw; without a descent there is one panel.
    path : str or path
        The file to write.
    dots_per_inch : int
        Resolution; the picture is 11 by 4.8 inches.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from leastwise.report.page.record import Points
    >>> points = Points("x", "y", np.arange(3.0), np.arange(3.0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = pathlib.Path(folder) / "line.png"
    ...     save_picture(PageRecord("A line", "y ~ x", "y = 1 x", points), target)
    ...     target.read_bytes()[1:4]
    b'PNG'
    """
    module = need("matplotlib.figure", "a picture")
    canvas = need("matplotlib.backends.backend_agg", "a picture")
    scene = scene_of(record)
    figure = module.Figure(figsize=(11, 4.8), dpi=dots_per_inch, facecolor=PAPER)
    # Saved by this canvas whatever backend the caller has chosen.
    canvas.FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    title = tables.headline(record)
    figure.suptitle(
        title, x=0.012, ha="left", color=INK, size=15, weight="bold", parse_math=False
    )
    if scene.steps.size:
        left, right = figure.subplots(1, 2, width_ratios=(1.65, 1))
        _draw_way_down(right, record, scene)
    else:
        left = figure.subplots()
    _draw_rows(left, record, scene)
    try:
        # No version in the file: the same record gives the same bytes.
        figure.savefig(fspath(path), format="png", metadata={"Software": None})
    except OSError as error:
        raise RequestError(
            f"the picture cannot be written ({error.strerror or error})",
            where=fspath(path),
            fix="Name a file in a folder that exists and can be written.",
        ) from error


def _draw_rows(axes: Any, record: PageRecord, scene: Scene) -> None:
    points, band = record.points, record.band
    percent = f"{100 * record.level:g}%"
    _prepare(axes, scene.x, scene.y, by_place=False)
    if band is not None:
        shade = {"color": FIT, "linewidth": 0}
        axes.fill_between(
            band.grid,
            band.predict_low,
            band.predict_high,
            alpha=0.09,
            label=f"{percent} for a new row",
            **shade,
        )
    shown, total = scene.rows.size, len(points.x)
    rows = number.count(total)
    if shown < total:
        rows = f"{number.count(shown)} of {rows}"
    axes.plot(
        at(points.x, scene.rows),
        at(points.y, scene.rows),
        linestyle="none",
        marker="o",
        markersize=3,
        markeredgewidth=0,
        color=DOT,
        alpha=0.6,
        label=f"{rows} rows",
    )
    if band is not None:
        axes.fill_between(
            band.grid,
            band.low,
            band.high,
            alpha=0.3,
            label=f"{percent} for the line",
            **shade,
        )
    _draw_lines(axes, record, scene)
    axes.set_xlabel(
        scene.x.name(points.x_name), color=QUIET, loc="right", parse_math=False
    )
    axes.set_ylabel(
        scene.y.name(points.y_name), color=QUIET, loc="top", parse_math=False
    )
    _legend(axes)


def _draw_lines(axes: Any, record: PageRecord, scene: Scene) -> None:
    fit, truth = record.fitted_line(), record.true_line()
    _, apart = other_lines(record, scene)
    for index, line in enumerate(earlier_lines(record, scene).values()):
        label = "gradient descent" if index == 0 else None
        _line(axes, line, scene, color=DESCENT, linewidth=0.9, alpha=0.6, label=label)
    for line in apart:
        _line(
            axes,
            line,
            scene,
            color=QUIET,
            linewidth=1.3,
            linestyle=":",
            label=line.route,
        )
    if fit is not None:
        _line(axes, fit, scene, color=FIT, linewidth=2.6, label=fit.route)
    if truth is not None:
        _line(
            axes,
            truth,
            scene,
            color=INK,
            linewidth=1.2,
            linestyle=(0, (5, 4)),
            label="ideal line",
        )


def _draw_way_down(axes: Any, record: PageRecord, scene: Scene) -> None:
    descent, steps = record.descent, scene.steps
    if descent is None:
        return
    _prepare(axes, scene.step, scene.height, by_place=True)
    x = scene.step.places(at(descent.step, steps))
    for values, style in (
        (descent.distance, {"color": DESCENT, "label": "distance to the exact answer"}),
        (descent.loss, {"color": QUIET, "linestyle": "--", "label": "loss"}),
    ):
        y = at(values, steps)
        finite = np.isfinite(y)
        places = scene.height.places(np.where(finite, y, 1.0))
        axes.plot(x, np.where(finite, places, np.nan), linewidth=1.6, **style)
    name = "step" if scene.step.kind == "linear" else "step (log scale)"
    axes.set_xlabel(name, color=QUIET, loc="right")
    axes.set_ylabel("log scale", color=QUIET, loc="top")
    _legend(axes, "lower left")


def _prepare(axes: Any, x_axis: Axis, y_axis: Axis, *, by_place: bool) -> None:
    """Give the panel the page's look and the page's ticks.

    By place: the panel runs from 0 to 1 both ways, as bent axes are drawn on
    the page; else it runs over the values themselves.
    """
    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=HAIR, linewidth=0.8)
    axes.tick_params(color=HAIR, labelcolor=QUIET, labelsize=9, length=3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(HAIR)
    for axis, set_ticks, set_limits in (
        (x_axis, axes.set_xticks, axes.set_xlim),
        (y_axis, axes.set_yticks, axes.set_ylim),
    ):
        low, high = (0.0, 1.0) if by_place else (axis.low, axis.high)
        marks = axis.ticks()
        places = [low + mark.place * (high - low) for mark in marks]
        set_ticks(places, [mark.text for mark in marks])
        set_limits(low, high)


def _line(axes: Any, line: FittedLine, scene: Scene, **style: Any) -> None:
    ends = np.array([scene.x.low, scene.x.high])
    heights = line.intercept + line.slope * ends
    if np.isfinite(heights).all():
        axes.plot(ends, heights, solid_capstyle="butt", **style)


def _legend(axes: Any, where: str = "best") -> None:
    legend = axes.legend(
        loc=where, fontsize=8.5, frameon=False, labelcolor=QUIET, handlelength=1.9
    )
    for text in legend.get_texts():
        # A dollar sign in a name is a dollar sign, not mathematics.
        text.set_parse_math(False)
