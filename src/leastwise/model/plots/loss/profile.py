"""Profiles: the signed root of what holding a coefficient costs."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import t_quantile
from leastwise.model.plots.coefficients import MOST
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.record.panel import Curve, Panel
from leastwise.rows.table import did_you_mean, shown


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return a panel for the coefficient, or one for each (Bates and Watts 1988, 6.1).

    A profile that is straight is one for which an interval of Wald is right.
    """
    model = ask.model
    if ask.of is not None and ask.of not in model.names:
        raise RequestError(
            f'there is no coefficient "{ask.of}"',
            fix=f"{did_you_mean(ask.of, model.names)}There are {shown(model.names)}",
        )
    there = np.isfinite(model.standard_errors)
    names = [n for n, usable in zip(model.names, there, strict=True) if usable]
    if not names:
        raise RequestError(
            "no coefficient has a standard error to measure a profile by",
            fix="Fit fewer coefficients",
        )
    chosen = names if ask.of is None else [ask.of]
    return tuple(_panel(ask, name) for name in chosen[:MOST])


def _panel(ask: LossAsk, name: str) -> Panel:
    model = ask.model
    estimate, error = model.coef[name], model.se[name]
    found = model.profile_curve(name, level=max(ask.level, 0.99))
    root = np.sign(found.value - estimate) * np.sqrt(found.rise)
    dof = np.inf if model.loss.has_known_dispersion else model.dof
    goal = t_quantile(ask.level, dof)
    ends = found.value[[0, -1]]
    wald = (found.value - estimate) / error
    off = np.abs(root - wald)[np.isfinite(root)]
    straight = float(off.max(initial=0.0)) < 0.1 * goal
    return Panel(
        kind="profile",
        title=f"Profile of {name}",
        x_name=name,
        y_name="signed root of the rise",
        words="The profile is nearly straight: Wald's interval is right."
        if straight
        else "The profile is bent: profile() gives better intervals than Wald's.",
        curves=(
            *(
                Curve(ends, np.full(2, y), "contour", label)
                for y, label in (
                    (goal, f"{100 * ask.level:g}% interval"),
                    (-goal, ""),
                )
            ),
            Curve(found.value, wald, "reference", "Wald"),
            Curve(found.value, root, "fit", "profile"),
        ),
    )
