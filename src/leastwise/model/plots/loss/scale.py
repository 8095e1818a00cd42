"""Size of residuals: a spread that is not the one the family says."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, smoother
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel, as the third of R's ``plot.glm``."""
    found, x = ask.of_family("scale"), ask.predictor
    if not np.isfinite(found.standardized).any():
        raise RequestError(
            "no residual can be standardized: no degrees of freedom are left, or the "
            "fit is exact",
            fix='m.plot("residuals") shows them as they are',
        )
    size = np.sqrt(np.abs(found.standardized))
    cloud, cells = cloud_of(x, size, ask.rows, size)
    across = "fitted" if ask.is_mean else "linear predictor of"
    panel = Panel(
        kind="scale",
        title="Size of residuals",
        x_name=f"{across} {ask.model.target}",
        y_name="root of |standardized deviance residual|",
        words="A level smooth says that the spread is as the family says; a rising one "
        "that it grows faster.",
        clouds=(cloud,),
        cells=cells,
        curves=(smoother(x, size),),
    )
    return (panel,)
