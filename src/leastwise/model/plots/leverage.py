"""Standardized residuals against leverage, with contours of Cook's distance."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.looked import refuse_exact
from leastwise.model.plots.points import cloud_of, level_line, smoother
from leastwise.moments.double import Array
from leastwise.record.panel import Curve, Panel

# Where R draws them.
CONTOURS = (0.5, 1.0)
_GRID = 101


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel, as the fifth of R's ``plot.lm``."""
    seen = ask.looked
    refuse_exact(seen)
    cloud, cells = cloud_of(seen.leverage, seen.standardized, seen.rows, seen.cook)
    far = int((seen.cook > 1).sum())
    panel = Panel(
        kind="leverage",
        title="Residuals and leverage",
        x_name="leverage",
        y_name="standardized residual",
        words=f"{far or 'No'} row{' has' if far < 2 else 's have'} a Cook's distance "
        "above 1.",
        clouds=(cloud,),
        cells=cells,
        curves=(
            level_line(seen.leverage, 0.0),
            smoother(seen.leverage, seen.standardized),
            *contours(seen.leverage, seen.standardized, seen.rank),
        ),
    )
    return (panel,)


def contours(leverage: Array, residual: Array, rank: int) -> list[Curve]:
    """Return where Cook's distance has the values that R draws.

    Parameters
    ----------
    leverage, residual : ndarray, shape (n,)
        Of the rows; the latter standardized.
    rank : int
        Coefficients estimated.
    """
    most = float(np.nanmax(leverage))
    tall = 1.15 * float(np.nanmax(np.abs(residual)))
    h = np.linspace(min(0.02 * most, most), min(most * 1.02, 0.999), _GRID)
    made = []
    for distance in CONTOURS:
        height = np.sqrt(distance * rank * (1.0 - h) / h)
        # A contour beyond all points would leave them no room.
        height = np.where(height <= tall, height, np.nan)
        for sign in (1.0, -1.0):
            label = f"Cook's distance {distance:g}" if sign > 0 else ""
            if np.isfinite(height).any():
                made.append(Curve(h, sign * height, "contour", label))
    return made
