"""Predictions along one column, the others held where the data are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.model.plots.grid import Along, along
from leastwise.moments.double import Array
from leastwise.record.panel import Bars, Curve, Panel, Ribbon


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return a panel for the column, or one for each input."""
    names = ask.model.recipe.inputs if ask.of is None else (ask.of,)
    return tuple(drawn(ask, along(ask, name)) for name in names)


def drawn(ask: Ask, way: Along, *, new: bool = False) -> Panel:
    """Return the predictions along a column with their band.

    Parameters
    ----------
    ask : Ask
        Whose model.
    way : Along
        The rows.
    new : bool
        Whether the band of a new observation is drawn too.
    """
    model, percent = ask.model, f"{100 * ask.level:g}%"
    mean = model.predict(way.rows, interval="confidence", level=ask.level)
    target = model.target
    panel = Panel(
        kind="effect",
        title=f"{target} along {way.name}",
        x_name=way.name,
        y_name=target,
        words=_words(target, way, mean.fit),
        note=f"The others are held at {way.held}." if way.held else "",
    )
    if way.levels:
        places = np.arange(len(way.values), dtype=float)
        bars = Bars(places, mean.fit, mean.low, mean.high, f"mean, {percent}", True)
        return replace(panel, bars=(bars,), names=tuple(map(str, way.values.tolist())))
    ribbons = [
        Ribbon(way.values, mean.low, mean.high, "mean", f"{percent} of the mean")
    ]
    if new:
        one = model.predict(way.rows, interval="prediction", level=ask.level)
        label = f"{percent} of a new observation"
        ribbons.insert(0, Ribbon(way.values, one.low, one.high, "new", label))
    return replace(
        panel,
        curves=(Curve(way.values, mean.fit, "fit", "fit"),),
        ribbons=tuple(ribbons),
    )


def _words(target: str, way: Along, fit: Array) -> str:
    if way.levels:
        pairs = zip(way.values.tolist(), fit, strict=True)
        told = ", ".join(f"{value} {mean:.4g}" for value, mean in pairs)
        return f"Predicted {target} by {way.name}: {told}."
    if not np.isfinite(fit[[0, -1]]).all():
        return f"Predictions of {target} leave the range of float64."
    return (
        f"Predicted {target} is {fit[0]:.4g} at {way.values[0]:.4g} and {fit[-1]:.4g} "
        f"at {way.values[-1]:.4g}."
    )
