"""Which plots a report of a fit of a loss shows."""

from __future__ import annotations

from dataclasses import replace

from leastwise._kit.errors import LeastwiseError
from leastwise.loss.family.base import Family
from leastwise.loss.many.base import ManyLoss
from leastwise.loss.robust.base import Robust
from leastwise.loss.robust.scaled import Scaled
from leastwise.model.kept_rows import is_function
from leastwise.model.plots.forest import INTERCEPT
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.loss.registry import panels_of
from leastwise.record.panel import Panel

# Inputs of which a plot is shown; rows and parameters whose profiles take no time.
EFFECTS, CHEAP_ROWS, CHEAP_PARAMETERS = 6, 5000, 6


def panels(ask: LossAsk, missing: list[str]) -> list[Panel]:
    """Return the plots that a fit has; why one is missing goes to `missing`.

    Parameters
    ----------
    ask : LossAsk
        Whose model, and what its rows do.
    missing : list of str
        Reasons are added.
    """
    made: list[Panel] = []
    for kind, of in _kinds(ask):
        try:
            made += panels_of(kind, replace(ask, of=of))
        except LeastwiseError as error:
            missing.append(f"No plot of {kind}: {error}")
    return made


def _kinds(ask: LossAsk) -> list[tuple[str, str | None]]:
    """Return the names of the plots, and what each is about."""
    model, inputs = ask.model, ask.inputs
    slopes = [name for name in model.names if name != INTERCEPT]
    forest = [("forest", None)] if slopes and not is_function(model) else []
    correlation = [("correlation", None)] if _pairs(ask) else []
    if model.sample is None:
        return [*forest, *correlation]
    effects = [("effect", name) for name in inputs[:EFFECTS]]
    if isinstance(model.loss, ManyLoss):
        return [*forest, *effects]
    first = [("fit", None)] if len(inputs) == 1 else [*forest, *effects]
    return [*first, *_of_rows(ask), *correlation, *_profiles(ask)]


def _of_rows(ask: LossAsk) -> list[tuple[str, str | None]]:
    loss = ask.model.loss
    names = ["residuals"]
    if ask.seen is not None and isinstance(loss, Family):
        names += ["qq", "scale", "leverage"]
    if isinstance(loss, Robust | Scaled):
        names.append("weights")
    if ask.seen is not None:
        names.append("influence")
    return [(name, None) for name in names]


def _pairs(ask: LossAsk) -> bool:
    """Say whether correlations are worth a look: of parameters of a function."""
    se = ask.model.standard_errors
    return is_function(ask.model) and int((se > 0).sum()) > 1


def _profiles(ask: LossAsk) -> list[tuple[str, str | None]]:
    model = ask.model
    few = model.n <= CHEAP_ROWS and len(model.names) <= CHEAP_PARAMETERS
    there = model.standard_errors > 0
    if not (is_function(model) and few and there.any() and model.sigma > 0):
        return []
    return [("profile", None)]
