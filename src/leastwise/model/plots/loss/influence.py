"""Which rows pull: Cook's distance, leverage, and how far a row is off."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.loss_influence import LossInfluence
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, level_line
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel: of a family as car's ``influencePlot``."""
    found = ask.influence
    if not (np.isfinite(found.leverage) & np.isfinite(found.cook)).any():
        raise RequestError(
            "no Cook's distance is known: no degrees of freedom are left",
            fix="Fit fewer coefficients",
        )
    row, cook = found.row, found.cook
    top = int(np.nanargmax(cook))
    words = (
        f"Row {int(row[top])} pulls most: its Cook's distance is {cook[top]:.2g}."
    )  # fmt: skip
    return (_panel(found, words),)


def _panel(found: InfluenceOfRows, words: str) -> Panel:
    x, cook = found.leverage, found.cook
    family = isinstance(found, LossInfluence)
    y = found.studentized if isinstance(found, LossInfluence) else cook
    area = cook if family else None
    cloud, cells = cloud_of(x, y, found.row, np.nan_to_num(cook), size=area)
    lines = tuple(level_line(x, at) for at in (-2.0, 0.0, 2.0)) if family else ()
    return Panel(
        kind="influence",
        title="Which rows pull",
        x_name="leverage",
        y_name="studentized residual" if family else "Cook's distance",
        words=words,
        clouds=(cloud,),
        cells=cells,
        curves=lines,
        note="The area of a bubble is Cook's distance; lines at residuals of 2."
        if family
        else "",
    )
