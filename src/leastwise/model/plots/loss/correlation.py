"""How estimates hang together: the correlations of pairs."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.record.panel import Bars, Panel

# Pairs that can be read, and a correlation that says two are hardly told apart.
MOST_PAIRS, CLOSE = 15, 0.95


def panels(ask: LossAsk) -> tuple[Panel, ...]:
    """Return the panel: the strongest correlations of two estimates."""
    model = ask.model
    se = model.standard_errors
    there = np.flatnonzero(np.isfinite(se) & (se > 0))
    if len(there) < 2:
        raise RequestError(
            "a correlation is of two estimates with standard errors",
            fix='m.plot("forest") shows the estimates',
        )
    r = model.covariance[np.ix_(there, there)] / se[there] / se[there, None]
    i, j = np.triu_indices(len(there), 1)
    values = np.clip(r[i, j], -1.0, 1.0)
    order = np.argsort(-np.abs(values), kind="stable")[:MOST_PAIRS]
    names = [
        f"{model.names[there[i[k]]]}, {model.names[there[j[k]]]}" for k in order
    ]  # fmt: skip
    shown = values[order]
    close = [name for name, v in zip(names, shown, strict=True) if abs(v) > CLOSE]
    words = (
        f"Hardly told apart: {'; '.join(close)}."
        if close
        else f"The strongest is {shown[0]:.2g}, of {names[0]}."
    )
    left_out = len(values) - len(order)
    panel = Panel(
        kind="correlation",
        title="How estimates hang together",
        x_name="correlation of the estimates",
        y_name="",
        words=words,
        bars=(
            Bars(
                np.arange(len(order), dtype=float),
                shown,
                np.minimum(shown, 0.0),
                np.maximum(shown, 0.0),
            ),
        ),
        names=tuple(names),
        zero=0.0,
        note=f"{left_out} weaker pairs are not shown." if left_out else "",
    )
    return (panel,)
