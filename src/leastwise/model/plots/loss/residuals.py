"""Residuals against what the fit says: a trend is a link or a form that is off."""

from __future__ import annotations

import numpy as np

from leastwise.loss.family.base import Family
from leastwise.loss.own import Own
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, level_line, smoother
from leastwise.moments.double import Array
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel.

    Of a family deviance residuals, standardized, against the linear predictor, as R's
    ``plot.glm``; of a loss of one's own minus its slope, whose mean is 0 everywhere
    where the form is right; of others what is left of the target.
    """
    x, y, name = ask.predictor, *_of(ask)
    across = "fitted" if ask.is_mean else "linear predictor of"
    cloud, cells = cloud_of(x, y, ask.rows, np.abs(y))
    panel = Panel(
        kind="residuals",
        title="Residuals and the fit",
        x_name=f"{across} {ask.model.target}",
        y_name=name,
        words="A level smooth says that the form is right; a bent one that something "
        "is missing.",
        clouds=(cloud,),
        cells=cells,
        curves=(level_line(x, 0.0), smoother(x, y)),
    )
    return (panel,)


def _of(ask: LossAsk) -> tuple[Array, str]:
    model = ask.model
    if isinstance(model.loss, Family) and not is_function(model):
        found = ask.of_family("deviance residuals").standardized
        if np.isfinite(found).any():
            return found, "standardized deviance residual"
        return ask.of_family("deviance residuals").deviance, "deviance residual"
    if isinstance(model.loss, Own):
        slope = rows_of(model).look.there.score
        return -np.asarray(slope), "minus the slope of the loss"
    return ask.target - ask.fitted, f"residual of {model.target}"
