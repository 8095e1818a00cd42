"""Coefficients with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leastwise.model.plots.ask import Ask
from leastwise.record.fit import FitRecord
from leastwise.record.loss import LossRecord
from leastwise.record.panel import Bars, Panel

INTERCEPT = "Intercept"
# What several models are moved apart by, in places of names.
_APART = 0.16


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel: a bar a coefficient, the intercept left out among others."""
    return (forest_of([ask.model.record(ask.level)], [""]),)


def forest_of(fits: Sequence[FitRecord | LossRecord], titles: Sequence[str]) -> Panel:
    """Return the coefficients of fits, one below the other.

    Parameters
    ----------
    fits : sequence of FitRecord and LossRecord
        One or more, with intervals of one coverage.
    titles : sequence of str
        What they are called.
    """
    names: dict[str, None] = {}
    for fit in fits:
        names.update({r.name: None for r in fit.coefficients if np.isfinite(r.low)})
    shown = [name for name in names if name != INTERCEPT] or list(names)
    bars = []
    for k, (fit, title) in enumerate(zip(fits, titles, strict=True)):
        rows = [r for r in fit.coefficients if r.name in shown and np.isfinite(r.low)]
        aside = _APART * (k - (len(fits) - 1) / 2)
        bars.append(
            Bars(
                np.array([shown.index(r.name) + aside for r in rows]),
                np.array([r.estimate for r in rows]),
                np.array([r.low for r in rows]),
                np.array([r.high for r in rows]),
                title,
            )
        )
    clear = [
        r.name for r in fits[0].coefficients if r.name in shown and r.low * r.high > 0
    ]
    told = ", ".join(clear[:12]) or "none"
    percent = f"{100 * fits[0].level:g}%"
    return Panel(
        kind="forest",
        title="Coefficients" if len(fits) == 1 else "Coefficients of the models",
        x_name=f"estimate and {percent} interval{_units(fits)}",
        y_name="",
        words=f"Intervals without zero: {told}.",
        bars=tuple(bars),
        names=tuple(shown),
        zero=0.0,
    )


def _units(fits: Sequence[FitRecord | LossRecord]) -> str:
    """Name the units of the estimates, where they are those of the target."""
    if any(isinstance(fit, LossRecord) for fit in fits):
        return ""
    same = len({fit.target for fit in fits}) == 1
    return f", in units of {fits[0].target if same else 'the targets'}"
