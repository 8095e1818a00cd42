"""Studentized residuals against leverage, as bubbles of Cook's distance."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.points import cloud_of, level_line
from leastwise.record.panel import Curve, Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel, as car's ``influencePlot``: lines at 2 and at 2 and 3 p/n."""
    seen = ask.looked
    cloud, cells = cloud_of(
        seen.leverage, seen.studentized, seen.rows, seen.cook, size=seen.cook
    )
    mean = seen.rank / len(seen.rows)
    ends = np.array([np.nanmin(seen.studentized), np.nanmax(seen.studentized)])
    most = float(np.nanmax(seen.leverage))
    upright = [
        Curve(np.full(2, times * mean), ends, "reference")
        for times in (2, 3)
        if times * mean <= most
    ]
    top = int(np.nanargmax(seen.cook))
    panel = Panel(
        kind="influence",
        title="Which rows pull",
        x_name="leverage",
        y_name="studentized residual",
        words=f"Row {seen.rows[top]} pulls most: its Cook's distance is "
        f"{float(seen.cook[top]):.2g}.",
        clouds=(cloud,),
        cells=cells,
        curves=(
            *(level_line(seen.leverage, y) for y in (-2.0, 0.0, 2.0)),
            *upright,
        ),
        note="The area of a bubble is Cook's distance; lines at residuals of 2 and at "
        "two and three times the mean leverage.",
    )
    return (panel,)
