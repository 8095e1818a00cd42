"""Every plot of a fit of a loss by its name: a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from leastwise._kit.errors import RequestError
from leastwise.loss.many.base import ManyLoss
from leastwise.model.kept_rows import is_function
from leastwise.model.plots.loss import (
    component,
    correlation,
    diagnostics,
    effect,
    fit,
    forest,
    influence,
    leverage,
    profile,
    qq,
    residuals,
    scale,
    weights,
)
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.record.panel import Panel

PLOTS: dict[str, Callable[[LossAsk], tuple[Panel, ...]]] = {
    "fit": fit.panels,
    "forest": forest.panels,
    "effect": effect.panels,
    "residuals": residuals.panels,
    "qq": qq.panels,
    "scale": scale.panels,
    "leverage": leverage.panels,
    "diagnostics": diagnostics.panels,
    "component": component.panels,
    "influence": influence.panels,
    "weights": weights.panels,
    "profile": profile.panels,
    "correlation": correlation.panels,
}


def panels_of(kind: str | None, ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panels of a plot.

    Parameters
    ----------
    kind : str or None
        Its name; None for the natural one.
    ask : LossAsk
        What it is about.
    """
    if kind is None:
        kind = natural(ask)
    if kind not in PLOTS:
        raise RequestError(
            f"there is no plot {kind!r} of this fit",
            fix=f"Use one of {', '.join(PLOTS)}",
        )
    made = PLOTS[kind](ask)
    if not made:
        raise RequestError(
            f"the model has nothing to show in a plot of {kind}",
            fix='It has no input; m.plot("residuals") shows its rows',
        )
    return made


def natural(ask: LossAsk) -> str:
    """Return the plot that shows the most: the fit of one input, else the forest.

    Parameters
    ----------
    ask : LossAsk
        Whose model.
    """
    model = ask.model
    if model.sample is None:
        return "forest"
    if isinstance(model.loss, ManyLoss):
        return "effect" if len(ask.inputs) == 1 else "forest"
    if len(ask.inputs) == 1:
        return "fit"
    return "residuals" if is_function(model) else "forest"
