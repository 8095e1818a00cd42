"""Separation: inputs that tell the targets apart, said with their names."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Design
from leastwise.loops.newton import Newton
from leastwise.model.describe import some
from leastwise.moments.double import Array

# A row is fitted by what runs away when its predictor moves by this part of the most.
MOVES = 1e-3


def separation_error(found: Newton, design: Design, y: Array) -> DataError:
    """Return the error of coefficients that run away, with their names.

    Albert and Anderson (1984), doi:10.1093/biomet/71.1.1.

    Parameters
    ----------
    found : Newton
        Whose status is SEPARATED.
    design : Design
        The rows.
    y : ndarray, shape (n,)
        The target.
    """
    if not np.ptp(y):
        return DataError(
            f"every target is {y[0]:g}: the likelihood has no maximum, and the "
            "coefficients run to infinity",
            fix="Get rows with other targets; there is nothing to estimate here",
        )
    running, rising = found.direction, found.rising
    if running is None or rising is None:
        raise AssertionError("a separated loop says what runs away")
    names = [name for name, runs in zip(design.names, running[1:], strict=True) if runs]
    moving = np.abs(rising) > MOVES * float(np.abs(rising).max())
    alone = [name for name in names if _tells_apart(design, name, y, moving)]
    which = some(alone or names or ["Intercept"])
    count = int(moving.sum())
    rows = "all rows" if moving.all() else f"{count:,} of {len(y):,} rows"
    kind = "complete" if moving.all() else "quasi-complete"
    one = len(alone or names) <= 1
    return DataError(
        f"{which} tell{'s' * one} the target of {rows} without error ({kind} "
        "separation): the likelihood has no maximum, and the "
        f"coefficient{'s run' if not one else ' runs'} to infinity",
        fix=f"Leave {'it' if one else 'some of them'} out, join levels, or get rows in "
        "which the target is mixed",
    )


def _tells_apart(design: Design, name: str, y: Array, moving: Array) -> bool:
    """Say whether one input alone parts the targets of the rows that move."""
    x = design.X[:, design.names.index(name)]
    if moving.all():
        levels = np.unique(y)
        if len(levels) != 2:
            return False
        low, high = x[y == levels[0]], x[y == levels[1]]
        return bool(low.max() <= high.min() or high.max() <= low.min())
    return bool(np.array_equal(x != 0, moving))
