"""Every plot by its name: a file and a line here."""

from __future__ import annotations

from collections.abc import Callable

from leastwise._kit.errors import RequestError
from leastwise.model.plots import (
    component,
    diagnostics,
    effect,
    fit,
    forest,
    influence,
    leverage,
    partial,
    qq,
    residuals,
    scale,
)
from leastwise.model.plots.ask import Ask
from leastwise.record.panel import Panel

PLOTS: dict[str, Callable[[Ask], tuple[Panel, ...]]] = {
    "fit": fit.panels,
    "forest": forest.panels,
    "effect": effect.panels,
    "residuals": residuals.panels,
    "qq": qq.panels,
    "scale": scale.panels,
    "leverage": leverage.panels,
    "diagnostics": diagnostics.panels,
    "partial": partial.panels,
    "component": component.panels,
    "influence": influence.panels,
}


def panels_of(kind: str | None, ask: Ask) -> tuple[Panel, ...]:
    """Return the panels of a plot.

    Parameters
    ----------
    kind : str or None
        Its name; None for the natural one.
    ask : Ask
        What it is about.
    """
    if kind is None:
        kind = natural(ask)
    if kind not in PLOTS:
        raise RequestError(
            f"there is no plot {kind!r}", fix=f"Use one of {', '.join(PLOTS)}"
        )
    return PLOTS[kind](ask)


def natural(ask: Ask) -> str:
    """Return the plot that shows the most: the fit of one input, else the forest.

    Parameters
    ----------
    ask : Ask
        Whose model.
    """
    there = ask.model.sample is not None
    return "fit" if there and len(ask.model.recipe.inputs) == 1 else "forest"
