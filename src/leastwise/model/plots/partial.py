"""Added variables: target and column, both less what the other columns explain."""

from __future__ import annotations

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.coefficients import chosen
from leastwise.model.plots.looked import Looked
from leastwise.model.plots.points import cloud_of
from leastwise.moments.double import Array
from leastwise.record.panel import Curve, Panel


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return a panel for the coefficient, or one for each.

    The slope of the points is the coefficient, and their residuals those of the fit
    (Frisch and Waugh 1933, doi:10.2307/1907330).
    """
    seen = ask.looked
    return tuple(_panel(ask, seen, j) for j in chosen(ask))


def _panel(ask: Ask, seen: Looked, j: int) -> Panel:
    model = ask.model
    lead = int(model.recipe.intercept)
    name, slope = model.names[lead + j], float(model.estimates[lead + j])
    x = added(ask, j)
    y = seen.residual + slope * x
    cloud, cells = cloud_of(x, y, seen.rows, np.abs(seen.residual))
    ends = np.array([x.min(), x.max()])
    return Panel(
        kind="partial",
        title=f"What {name} adds",
        x_name=f"{name}, others taken off",
        y_name=f"{model.target}, others taken off",
        words=f"The slope is the coefficient, {slope:.4g}.",
        clouds=(cloud,),
        cells=cells,
        curves=(Curve(ends, slope * ends, "fit", "fit"),),
    )


def added(ask: Ask, j: int) -> Array:
    """Return what the other columns leave of a column, row by row.

    With V the inverse of the centred ``X'WX``, that is ``V_j' (x - mean) / V_jj``.

    Parameters
    ----------
    ask : Ask
        Whose rows.
    j : int
        Which column, from 0.
    """
    sample = ask.sample
    fit, design = sample.solved.fit, sample.design
    p = design.X.shape[1]
    root = fit.root
    # In units of the column, so that no unit leaves the range.
    way = root.T @ (root[:, j] / np.abs(root[:, j]).max())
    way = way / way[j]
    moved = (design.origin[:p] - fit.center) + (design.origin_low[:p] - fit.center_low)
    return np.asarray((design.X + moved) @ way)
