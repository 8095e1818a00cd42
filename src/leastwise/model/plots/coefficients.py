"""Which coefficients a plot is about."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.plots.ask import Ask
from leastwise.rows.table import did_you_mean, shown

# Panels that can be read on one page.
MOST = 12


def chosen(ask: Ask) -> list[int]:
    """Return the slopes a plot is about, from 0: the one asked for, or all.

    Parameters
    ----------
    ask : Ask
        What is asked.

    Raises
    ------
    RequestError
        When there is no such slope, or it was left out.
    """
    model = ask.model
    lead = int(model.recipe.intercept)
    names = model.names[lead:]
    known = np.isfinite(model.estimates[lead:])
    if ask.of is None:
        return [int(j) for j in np.flatnonzero(known)[:MOST]]
    if ask.of not in names:
        raise RequestError(
            f'there is no slope "{ask.of}"',
            fix=f"{did_you_mean(ask.of, names)}The slopes are {shown(names)}",
        )
    j = names.index(ask.of)
    if not known[j]:
        raise RequestError(
            f'"{ask.of}" was left out of the fit', fix="Ask for one that is in it"
        )
    return [j]
