"""The four panels of R's ``plot.glm``, or those of them that a fit has."""

from __future__ import annotations

from dataclasses import replace

from leastwise.loss.family.base import Family
from leastwise.loss.quantile import Quantile
from leastwise.model.plots.loss import influence, leverage, qq, residuals, scale
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.quantile_residuals import has_quantile_residuals
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panels: of a loss that is no family residuals and influence."""
    if isinstance(ask.model.loss, Quantile):
        # What a row does to a quantile has no derivative.
        return residuals.panels(ask)
    once = replace(ask, seen=ask.influence)
    plots = [residuals.panels]
    if has_quantile_residuals(ask.model):
        plots.append(qq.panels)
    if isinstance(ask.model.loss, Family):
        plots += [scale.panels, leverage.panels]
    else:
        plots.append(influence.panels)
    return tuple(panel for plot in plots for panel in plot(once))
