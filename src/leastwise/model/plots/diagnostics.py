"""The four panels of R's ``plot.lm``."""

from __future__ import annotations

from dataclasses import replace

from leastwise.model.plots import leverage, qq, residuals, scale
from leastwise.model.plots.ask import Ask
from leastwise.record.panel import Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the four panels."""
    once = replace(ask, seen=ask.looked)
    return tuple(
        panel
        for plot in (residuals, qq, scale, leverage)
        for panel in plot.panels(once)
    )
