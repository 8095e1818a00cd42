"""Component plus residual: the part of one column, with what is left of the target."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.coefficients import chosen
from leastwise.model.plots.looked import Looked
from leastwise.model.plots.points import cloud_of, smoother
from leastwise.record.panel import Curve, Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return a panel for the coefficient, or one for each.

    A smooth that leaves the line says that the column enters with another shape
    (Wood 1973, doi:10.2307/1267380).
    """
    seen = ask.looked
    return tuple(_panel(ask, seen, j) for j in chosen(ask))


def _panel(ask: Ask, seen: Looked, j: int) -> Panel:
    model, sample = ask.model, ask.sample
    lead = int(model.recipe.intercept)
    name, slope = model.names[lead + j], float(model.estimates[lead + j])
    x = np.asarray(sample.design.X[:, j] + sample.design.origin[j])
    part = slope * (x - x.mean())
    cloud, cells = cloud_of(x, part + seen.residual, seen.rows, np.abs(seen.residual))
    ends = np.array([x.min(), x.max()])
    line = Curve(ends, slope * (ends - x.mean()), "fit", "fit")
    smooth = (smoother(x, part + seen.residual),) if len(np.unique(x)) > 2 else ()
    return Panel(
        kind="component",
        title=f"The part of {name}",
        x_name=name,
        y_name=f"part of {name}, plus residual",
        words="A smooth that leaves the line asks for another shape of the column.",
        clouds=(cloud,),
        cells=cells,
        curves=(line, *smooth),
    )
