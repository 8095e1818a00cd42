"""Standardized Pearson residuals against leverage, with contours of Cook's distance."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.leverage import contours
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, level_line, smoother
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel, as the fifth of R's ``plot.glm``."""
    found = ask.of_family("leverages")
    y = found.standardized_pearson
    if not np.isfinite(y).any():
        raise RequestError(
            "no residual can be standardized: no degrees of freedom are left, or the "
            "fit is exact",
            fix='m.plot("residuals") shows them as they are',
        )
    cloud, cells = cloud_of(found.leverage, y, found.row, found.cook)
    far = int((found.cook > 1).sum())
    panel = Panel(
        kind="leverage",
        title="Residuals and leverage",
        x_name="leverage",
        y_name="standardized Pearson residual",
        words=f"{far or 'No'} row{' has' if far < 2 else 's have'} a Cook's distance "
        "above 1.",
        clouds=(cloud,),
        cells=cells,
        curves=(
            level_line(found.leverage, 0.0),
            smoother(found.leverage, y),
            *contours(found.leverage, y, ask.model.rank),
        ),
    )
    return (panel,)
