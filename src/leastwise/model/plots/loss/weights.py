"""How much each row counts in a robust fit."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.robust.base import Robust
from leastwise.loss.robust.scaled import Scaled
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, level_line
from leastwise.record.panel import Curve, Panel

STEPS = 201


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel: ``psi(u) / u`` against ``u``, residuals over their scale."""
    model, loss = ask.model, ask.model.loss
    if isinstance(loss, Scaled):
        robust, u = loss.robust, loss.units(ask.fitted, ask.target)
    elif isinstance(loss, Robust):
        robust, u = loss, ask.target - ask.fitted
    else:
        raise RequestError(
            f"{model.kind} weighs no row down",
            fix="Ask for the weights of a robust fit",
        )
    weight = robust.weight(u)
    most = float(robust.weight(np.zeros(1))[0])
    grid = np.linspace(float(u.min()), float(u.max()), STEPS)
    cloud, cells = cloud_of(u, weight, ask.rows, most - weight)
    light = int((weight < most / 2).sum())
    without = int((weight == 0).sum())
    words = f"{light or 'No'} row{'' if light == 1 else 's'} of {len(u):,} "
    words += f"count{'s' * (light == 1)} less than half"
    words += f", {without} of them nothing." if without else "."
    panel = Panel(
        kind="weights",
        title="How much rows count",
        x_name=f"residual of {model.target}, in scales",
        y_name="weight",
        words=words,
        clouds=(cloud,),
        cells=cells,
        curves=(
            level_line(u, most),
            Curve(grid, robust.weight(grid), "fit", f"weights of {robust.name}"),
        ),
    )
    return (panel,)
