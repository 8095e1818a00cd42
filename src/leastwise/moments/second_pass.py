"""A second pass over the rows, with a fit in hand, in the units of the first.

Residuals, leverages and the meat of robust covariances need the rows again. One
block at a time, so that the memory is that of a few blocks; what is kept for every
row is only what is asked for.
"""

from __future__ import annotations

import numpy as np

from leastwise.moments.blocks import (
    Frame,
    Rows,
    blocks,
    first_row,
    low_parts,
    scaled_weights,
)
from leastwise.moments.double import Array, Double
from leastwise.moments.fitted import Fitted, SecondPass, Want
from leastwise.moments.kernel_again import second_compiled
from leastwise.moments.state import Moments


def second_pass(rows: Rows, m: Moments, fitted: Fitted, want: Want) -> SecondPass:
    """Look at the rows once more.

    Parameters
    ----------
    rows : Rows
        The rows that were folded.
    m : Moments
        What they were folded into: its shift and scale are used again.
    fitted : Fitted
        The fit, in scaled units about the shift.
    want : Want
        What to bring beside the sums of squared residuals. Where a fit is nearly
        exact, ``y'y - b'X'y`` is the small difference of large numbers; the
        residuals, in pairs, are not.

    Returns
    -------
    SecondPass
    """
    return _in_kernel(rows, m, fitted, want) or _in_numpy(rows, m, fitted, want)


def _in_kernel(rows: Rows, m: Moments, fitted: Fitted, want: Want) -> SecondPass | None:
    if low_parts(rows) is not None:
        return None
    w = scaled_weights(rows, m.weight_exponent)
    return second_compiled(rows.X, rows.Y, w, first_row(rows), m.exponent, fitted, want)


def _in_numpy(rows: Rows, m: Moments, fitted: Fitted, want: Want) -> SecondPass:
    # The sizes of values are not looked at in a second pass.
    frame = Frame(first_row(rows), m.exponent, m.weight_exponent, m.grain)
    (n, p), k = rows.X.shape, rows.Y.shape[1]
    sums, largest = Double.zeros(k), np.zeros(k)
    residuals = np.empty((n, k)) if want.residuals else None
    leverages = np.empty(n) if want.leverages else None
    meat = None if want.power is None else Double.zeros((k, 1 + p, 1 + p))
    start = 0
    for u, low, w in blocks(rows, frame):
        part = slice(start, start + len(u))
        start = part.stop
        e = _residuals(u, low, fitted, want.pairs)
        largest = np.maximum(largest, np.abs(e.hi).max(axis=0))
        square = e * e
        if w is not None:
            square = square * Double.of(w[:, None])
        sums = sums + square.sum(axis=0)
        v = np.hstack([np.ones((len(u), 1)), u[:, 1 : 1 + p] - fitted.mean])
        h = _leverages(v, w, fitted) if leverages is not None or want.power else None
        if residuals is not None:
            residuals[part] = e.hi
        if leverages is not None:
            leverages[part] = h
        if meat is not None:
            meat = meat + Double.of(_meat(v, e.hi, w, h, want.power or 0))
    return SecondPass(
        sums,
        largest,
        residuals,
        leverages,
        None if meat is None else meat.rounded(),
        "numpy",
    )


def _residuals(u: Array, low: Array, fitted: Fitted, pairs: bool) -> Double:
    p, k = fitted.slopes.shape
    x, y = slice(1, 1 + p), slice(1 + p, 1 + p + k)
    if not pairs:
        plain = (u[:, y] - u[:, x] @ fitted.slopes.hi) - fitted.level.hi
        return Double.of(plain)
    residual = Double(u[:, y], low[:, y]) - fitted.level[None, :]
    for j in range(p):
        column = Double(u[:, 1 + j, None], low[:, 1 + j, None])
        residual = residual - column * fitted.slopes[j][None, :]
    return residual


def _leverages(v: Array, w: Array | None, fitted: Fitted) -> Array:
    h = ((v[:, 1:] @ fitted.root.T) ** 2).sum(axis=1) + fitted.beside
    return np.asarray(h if w is None else w * h)


def _meat(v: Array, e: Array, w: Array | None, h: Array | None, power: int) -> Array:
    square = (e if w is None else w[:, None] * e) ** 2
    if power and h is not None:
        square = square / (1.0 - h[:, None]) ** power
    return np.stack([(v * s[:, None]).T @ v for s in square.T])
