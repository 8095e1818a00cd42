"""Coefficients with their intervals."""

from __future__ import annotations

from leastwise.model.plots.forest import forest_of
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel: a bar a coefficient, the intercept left out among others."""
    return (forest_of([ask.model.record(ask.level)], [""]),)
