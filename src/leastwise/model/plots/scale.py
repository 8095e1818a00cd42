"""Size of residuals against fitted values: a spread that is not the same everywhere."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.points import cloud_of, smoother
from leastwise.record.panel import Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel, as the third of R's ``plot.lm``."""
    seen = ask.looked
    size = np.sqrt(np.abs(seen.standardized))
    cloud, cells = cloud_of(seen.fitted, size, seen.rows, size)
    panel = Panel(
        kind="scale",
        title="Size of residuals",
        x_name=f"fitted {ask.model.target}",
        y_name="root of |standardized residual|",
        words="A level smooth says that the spread is the same everywhere; a rising "
        "one that it grows.",
        clouds=(cloud,),
        cells=cells,
        curves=(smoother(seen.fitted, size),),
    )
    return (panel,)
