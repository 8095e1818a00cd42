"""Component plus residual: the part of one column in the linear predictor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.family.base import Family
from leastwise.model.kept_rows import is_function
from leastwise.model.plots.coefficients import MOST
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import cloud_of, smoother
from leastwise.moments.double import Array
from leastwise.record.panel import Curve, Panel
from leastwise.rows.table import did_you_mean, shown


@dataclass(frozen=True, eq=False)
class _Slope:
    name: str
    value: float
    column: Array


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return a panel for the coefficient, or one for each, with working residuals.

    A smooth that leaves the line says that the column enters with another shape
    (Landwehr, Pregibon and Shoemaker 1984, doi:10.2307/2288374).
    """
    if is_function(ask.model) or not isinstance(ask.model.loss, Family):
        raise RequestError(
            f"{ask.model.kind} has no working residuals to take apart",
            fix='m.plot("effect") shows what it predicts along a column',
        )
    working = ask.of_family("parts").working
    return tuple(_panel(ask, slope, working) for slope in _slopes(ask))


def _slopes(ask: LossAsk) -> list[_Slope]:
    model, design = ask.model, ask.sample.design
    lead = len(model.names) - design.X.shape[1]
    names, values = model.names[lead:], model.estimates[lead:]
    if ask.of is not None and ask.of not in names:
        raise RequestError(
            f'there is no slope "{ask.of}"',
            fix=f"{did_you_mean(ask.of, names)}The slopes are {shown(names)}",
        )
    chosen = [
        j
        for j, name in enumerate(names)
        if np.isfinite(values[j]) and ask.of in (None, name)
    ]
    return [
        _Slope(names[j], float(values[j]), design.X[:, j] + design.origin[j])
        for j in chosen[:MOST]
    ]


def _panel(ask: LossAsk, slope: _Slope, working: Array) -> Panel:
    x = slope.column
    part = slope.value * (x - x.mean())
    cloud, cells = cloud_of(x, part + working, ask.rows, np.abs(working))
    ends = np.array([x.min(), x.max()])
    line = Curve(ends, slope.value * (ends - x.mean()), "fit", "fit")
    smooth = (smoother(x, part + working),) if len(np.unique(x)) > 2 else ()
    return Panel(
        kind="component",
        title=f"The part of {slope.name}",
        x_name=slope.name,
        y_name=f"part of {slope.name}, plus working residual",
        words="A smooth that leaves the line asks for another shape of the column.",
        clouds=(cloud,),
        cells=cells,
        curves=(line, *smooth),
    )
