"""Quantile residuals against normal quantiles: the family as a whole."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.order import normal_scores, order_band
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.points import MOST_POINTS, NAMED, even_rows
from leastwise.record.panel import Cloud, Curve, Panel, Ribbon


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel: Dunn and Smyth's residuals, standard normal in a true model.

    The line is that of equality, and the envelope where each order statistic of a
    standard normal sample lies.
    """
    values = np.asarray(ask.model.quantile_residuals())
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    if len(order) < NAMED:
        raise RequestError(
            f"{len(order)} finite residuals are no distribution",
            fix=f"Fit {NAMED} rows or more",
        )
    ordered, n = values[order], len(order)
    scores = normal_scores(n)
    chosen = even_rows(scores, MOST_POINTS)
    x, y = scores[chosen], ordered[chosen]
    low, high = order_band(n, chosen, ask.level)
    outside = float(np.mean((y < low) | (y > high)))
    far = np.argsort(-np.abs(y), kind="stable")[:NAMED]
    ends = scores[[0, -1]]
    percent = f"{100 * ask.level:g}%"
    panel = Panel(
        kind="qq",
        title="Does the family describe the spread?",
        x_name="normal quantile",
        y_name="quantile residual",
        words=f"{100 * outside:.0f}% of the points are outside of their {percent} "
        "envelopes.",
        clouds=(
            Cloud(
                x, y, ask.rows[order][chosen], len(values), named=tuple(far.tolist())
            ),
        ),
        curves=(Curve(ends, ends, "reference", "equality"),),
        ribbons=(
            Ribbon(x, low, high, "envelope", f"{percent} of a normal sample, by point"),
        ),
    )
    return (panel,)
