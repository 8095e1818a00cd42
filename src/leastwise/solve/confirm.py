"""Ask the rows whether a dropped column is the combination that moments say it is.

Moments can say that little is left of a column, not that nothing is: a row that
weighs 1e-30 of the others does not show in them. In the rows it does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise.moments.blocks import Frame, Rows, blocks, first_row
from leastwise.moments.double import Array
from leastwise.moments.state import Moments
from leastwise.solve.rank import ROUNDINGS
from leastwise.solve.result import Fit

# Roundings of float64 in the difference itself, beside one for each column.
STEPS = 8.0


def confirm(rows: Rows, m: Moments, fit: Fit) -> Fit:
    """Mark as doubtful what the rows do not confirm, and nothing else.

    A combination is confirmed when every row, whatever its weight, keeps it to the
    rounding that its values may carry.

    Parameters
    ----------
    rows : Rows
        The rows that were folded.
    m : Moments
        What they were folded into.
    fit : Fit
        The fit of all of them.
    """
    # Where the rows allow no more columns, they confirm anything.
    gone = np.flatnonzero(~fit.kept & ~fit.aliases.beyond)
    if not len(gone):
        return fit
    p = m.n_inputs
    relation = fit.aliases.relations[gone].T
    # Of the first row, from which the fold measures: its own place in the relation.
    if fit.intercept:
        at = m.gram[0, 1 : p + 1] / m.gram[0, 0]
    else:
        at = -m.shift[:p].scaled(-m.exponent[:p])
    level = (relation * at[:, None]).sum().rounded()
    largest = _largest(rows, m, relation.hi, level)
    size = np.abs(relation.hi)
    grain = np.ldexp(m.grain[:p], -m.exponent[:p])
    terms = (size > 0).sum(axis=0) + STEPS
    rounding = ROUNDINGS * (grain @ size)
    rounding += terms * 2.0**-53 * (size.sum(axis=0) + np.abs(level))
    doubtful = np.zeros(p, dtype=bool)
    doubtful[gone] = ~(largest <= rounding)
    return replace(fit, aliases=replace(fit.aliases, doubtful=doubtful))


def _largest(rows: Rows, m: Moments, relation: Array, level: Array) -> Array:
    p = m.n_inputs
    frame = Frame(first_row(rows), m.exponent, m.weight_exponent, m.grain)
    found = np.zeros(relation.shape[1])
    for u, low, _ in blocks(rows, frame):
        left = (u[:, 1 : p + 1] @ relation - level) + low[:, 1 : p + 1] @ relation
        found = np.maximum(found, np.abs(left).max(axis=0))
    return found
