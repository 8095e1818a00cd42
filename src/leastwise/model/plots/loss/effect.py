"""Predictions along one column on the scale of the target, the others held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.family.base import Family
from leastwise.loss.family.binomial import Binomial
from leastwise.model.plots.coefficients import MOST
from leastwise.model.plots.grid import Along, along
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.moments.double import Array
from leastwise.record.panel import Bars, Curve, Panel, Ribbon


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return a panel for the column, or one for each input; of classes each has one."""
    names = ask.inputs if ask.of is None else (ask.of,)
    made: list[Panel] = []
    for name in names:
        if len(made) < MOST:
            made += drawn(ask, along(ask, name))
    return tuple(made)


def drawn(ask: LossAsk, way: Along, *, new: bool = False) -> list[Panel]:
    """Return the predictions along a column with their band.

    Parameters
    ----------
    ask : LossAsk
        Whose model.
    way : Along
        The rows.
    new : bool
        Whether the band of a new observation is drawn too, where there is one.
    """
    model = ask.model
    mean = model.predict(way.rows, interval="confidence", level=ask.level)
    if np.ndim(mean.fit) == 1:
        panel = _panel(ask, way, model.target, (mean.fit, mean.low, mean.high))
        return [_with_new(ask, way, panel) if new else panel]
    labels = getattr(model.loss, "classes", ()) or model.target.split(", ")
    made = []
    for c, label in enumerate(labels):
        what = f"P({model.target} = {label})" if mean.fit.shape[1] > 1 else label
        parts = (mean.fit[:, c], mean.low[:, c], mean.high[:, c])
        made.append(_panel(ask, way, what, parts))
    return made


def _panel(
    ask: LossAsk, way: Along, what: str, parts: tuple[Array, Array, Array]
) -> Panel:
    fit, low, high = parts
    percent = f"{100 * ask.level:g}%"
    panel = Panel(
        kind="effect",
        title=f"{what} along {way.name}",
        x_name=way.name,
        y_name=what,
        words=_words(what, way, fit),
        note=f"The others are held at {way.held}." if way.held else "",
    )
    if way.levels:
        places = np.arange(len(way.values), dtype=float)
        bars = Bars(places, fit, low, high, f"fit, {percent}", True)
        return replace(panel, bars=(bars,), names=tuple(map(str, way.values.tolist())))
    return replace(
        panel,
        curves=(Curve(way.values, fit, "fit", "fit"),),
        ribbons=(Ribbon(way.values, low, high, "mean", f"{percent} of the fit"),),
    )


def _with_new(ask: LossAsk, way: Along, panel: Panel) -> Panel:
    """Add where new observations lie, for families whose targets are numbers."""
    loss = ask.model.loss
    if not isinstance(loss, Family) or isinstance(loss, Binomial) or way.levels:
        return panel
    try:
        one = ask.model.predict(way.rows, interval="prediction", level=ask.level)
    except RequestError:
        # A family without a distribution.
        return panel
    label = f"{100 * ask.level:g}% of a new observation"
    new = Ribbon(way.values, one.low, one.high, "new", label)
    return replace(panel, ribbons=(new, *panel.ribbons))


def _words(what: str, way: Along, fit: Array) -> str:
    if way.levels:
        pairs = zip(way.values.tolist(), fit, strict=True)
        told = ", ".join(f"{value} {mean:.4g}" for value, mean in pairs)
        return f"Predicted {what} by {way.name}: {told}."
    if not np.isfinite(fit[[0, -1]]).all():
        return f"Predictions of {what} leave the range of float64."
    return (
        f"Predicted {what} is {fit[0]:.4g} at {way.values[0]:.4g} and {fit[-1]:.4g} "
        f"at {way.values[-1]:.4g}."
    )
