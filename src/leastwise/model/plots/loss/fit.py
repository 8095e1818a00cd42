"""The fit over its one input, with its band and the points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.many.base import ManyLoss
from leastwise.model.plots.fit import aside
from leastwise.model.plots.grid import along
from leastwise.model.plots.looked import column_of
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.loss.effect import drawn
from leastwise.model.plots.points import cloud_of
from leastwise.record.panel import Panel


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel."""
    inputs = ask.inputs
    if len(inputs) != 1 or isinstance(ask.model.loss, ManyLoss):
        count = "several predictors" if len(inputs) == 1 else f"{len(inputs)} inputs"
        raise RequestError(
            f"the fit has {count}, a picture of it one",
            fix='m.plot("effect", "name") shows it along one of them',
        )
    (name,) = inputs
    way = along(ask, name)
    x, y = column_of(ask.sample, name), ask.target
    if way.levels:
        codes = {value: i for i, value in enumerate(way.values.tolist())}
        x = np.array([codes[value] for value in x.tolist()], dtype=float)
        x = x + aside(len(x))
    cloud, cells = cloud_of(
        x.astype(np.float64), y, ask.rows, np.abs(y - ask.fitted)
    )  # fmt: skip
    (panel,) = drawn(ask, way, new=True)
    return (
        replace(
            panel,
            kind="fit",
            title="The data and the fit",
            clouds=(cloud,),
            cells=() if way.levels else cells,
        ),
    )
