"""Standardized residuals against normal quantiles, with an envelope."""

from __future__ import annotations

import numpy as np

from leastwise.infer.order import normal_scores, order_band, quartile_line
from leastwise.model.plots.ask import Ask
from leastwise.model.plots.points import MOST_POINTS, NAMED, even_rows
from leastwise.record.panel import Cloud, Curve, Panel, Ribbon


def panels(ask: Ask) -> tuple[Panel, ...]:
    """Return the panel, as the second of R's ``plot.lm``, with an envelope.

    The envelope is pointwise: where each order statistic of a normal sample lies,
    about the line through the quartiles.
    """
    seen = ask.looked
    usable = np.flatnonzero(np.isfinite(seen.standardized))
    order = usable[np.argsort(seen.standardized[usable], kind="stable")]
    values, n = seen.standardized[order], len(order)
    scores = normal_scores(n)
    level, slope = quartile_line(values)
    chosen = even_rows(scores, MOST_POINTS)
    low, high = order_band(n, chosen, ask.level)
    far = np.argsort(-np.abs(values[chosen]), kind="stable")[:NAMED]
    outside = (values[chosen] < level + slope * low) | (
        values[chosen] > level + slope * high
    )
    ends = scores[[0, -1]]
    panel = Panel(
        kind="qq",
        title="Are residuals normal?",
        x_name="normal quantile",
        y_name="standardized residual",
        words=f"{100 * float(outside.mean()):.0f}% of the points are outside of their "
        f"{100 * ask.level:g}% envelopes.",
        clouds=(
            Cloud(
                scores[chosen],
                values[chosen],
                seen.rows[order][chosen],
                len(seen.rows),
                named=tuple(int(k) for k in far),
            ),
        ),
        curves=(Curve(ends, level + slope * ends, "reference"),),
        ribbons=(
            Ribbon(
                scores[chosen],
                level + slope * low,
                level + slope * high,
                "envelope",
                f"{100 * ask.level:g}% of a normal sample, point by point",
            ),
        ),
    )
    return (panel,)
