"""Residuals against fitted values: curvature, and spread that changes."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.points import cloud_of, level_line, smoother
from leastwise.record.panel import Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel, as the first of R's ``plot.lm``."""
    seen, target = ask.looked, ask.model.target
    cloud, cells = cloud_of(
        seen.fitted, seen.residual, seen.rows, np.abs(seen.residual)
    )
    panel = Panel(
        kind="residuals",
        title="Residuals and fitted values",
        x_name=f"fitted {target}",
        y_name=f"residual of {target}",
        words="A level smooth says that the mean is well described; a bent one that "
        "something is missing.",
        clouds=(cloud,),
        cells=cells,
        curves=(level_line(seen.fitted, 0.0), smoother(seen.fitted, seen.residual)),
    )
    return (panel,)
