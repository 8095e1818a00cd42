"""A design as the rows that are folded."""

from __future__ import annotations

import numpy as np

from leastwise.design.layout import Design
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array, Double


def rows_of(design: Design) -> Rows:
    """Return a design as the rows that are folded, the offset taken off."""
    Y, Y_low, roundoff = design.Y, design.Y_low, design.roundoff
    if design.offset is not None:
        Y, Y_low = _less_offset(design, design.offset)
        p = design.X.shape[1]
        # The difference carries the rounding of both.
        roundoff = np.concatenate([roundoff[:p], np.maximum(roundoff[p:], 2.0**-52)])
    return Rows(
        X=design.X,
        Y=Y,
        weights=design.weights,
        origin=design.origin,
        origin_low=design.origin_low,
        roundoff=roundoff,
        X_low=design.X_low,
        Y_low=Y_low,
    )


def _less_offset(design: Design, offset: Array) -> tuple[Array, Array]:
    difference = Double.of(design.Y, 0.0 if design.Y_low is None else design.Y_low)
    low = 0.0 if design.offset_low is None else design.offset_low
    difference = difference - Double.of(offset, low)[:, None]
    return difference.hi, difference.lo
