"""The fit over its one input, with bands and points."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.ask import Ask
from leastwise.model.plots.effect import drawn
from leastwise.model.plots.grid import along
from leastwise.model.plots.looked import column_of
from leastwise.model.plots.points import cloud_of
from leastwise.moments.double import Array
from leastwise.record.panel import Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel."""
    inputs = ask.model.recipe.inputs
    if len(inputs) != 1:
        raise RequestError(
            f"the fit has {len(inputs)} inputs, a picture of it one",
            fix='m.plot("effect", "name") shows it along one of them',
        )
    (name,) = inputs
    sample = ask.sample
    way = along(ask, name)
    x = column_of(sample, name)
    p, k = sample.design.X.shape[1], sample.target
    y = sample.design.Y[:, k] + sample.design.origin[p + k]
    if way.levels:
        codes = {value: i for i, value in enumerate(way.values.tolist())}
        x = np.array([codes[value] for value in x.tolist()], dtype=float)
        x = x + aside(len(x))
    x = x.astype(np.float64)
    cloud, cells = cloud_of(x, y, sample.used + 1, _far(ask, y, x, way.levels))
    panel = drawn(ask, way, new=not way.levels)
    return (
        Panel(
            kind="fit",
            title="The data and the fit",
            x_name=panel.x_name,
            y_name=panel.y_name,
            words=panel.words,
            clouds=(cloud,),
            cells=() if way.levels else cells,
            curves=panel.curves,
            ribbons=panel.ribbons,
            bars=panel.bars,
            names=panel.names,
        ),
    )


def _far(ask: Ask, y: Array, x: Array, levels: bool) -> Array:
    """Return how far points are from the fit, to the eye."""
    if levels or not ask.model.dof > 0:
        return np.asarray(np.abs(y - y.mean()))
    return np.abs(ask.looked.residual)


def aside(n: int) -> Array:
    """Return how far points of a level are moved aside, so that each is seen.

    Parameters
    ----------
    n : int
        Points.
    """
    # Evenly spread and the same in each run: the fractions of the golden ratio.
    return np.asarray(0.3 * ((np.arange(n) * 0.6180339887498949) % 1.0 - 0.5))
