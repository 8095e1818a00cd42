"""Moments -> the scatter that is solved: centred with an intercept, raw without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.namespace import namespace
from leastwise.moments.double import PAIR_ROUNDOFF, Array, Double, scale_by
from leastwise.moments.state import Moments, move


@dataclass(frozen=True)
class Scatter:
    """Cross-products ready to be solved, in units of ``2**exponent``.

    Attributes
    ----------
    xx, xy, yy : Double, shapes (p, p), (p, k), (k,)
        Cross-products about the mean, or about zero without an intercept.
    mean : Double, shape (q,)
        Weighted mean of each column in scaled units, shift included; zero
        without an intercept.
    local_mean : Double, shape (q,)
        The same, measured from the shift.
    weight : Double, shape ()
        Sum of weights.
    extent : ndarray, shape (q,)
        What errors of the entries here are relative to.
    fold_extent, fold_roundoff : ndarray, shape (1 + q,), and float
        The same of the augmented Gram about the shift, before our own algebra.
    grain : ndarray, shape (q,)
        Rounding already in the values, in scaled units.
    roundoff : float
        Relative error of each entry.
    intercept : bool
        Whether the cross-products are about the mean.
    """

    xx: Double
    xy: Double
    yy: Double
    mean: Double
    local_mean: Double
    weight: Double
    extent: Array
    fold_extent: Array
    fold_roundoff: float
    grain: Array
    roundoff: float
    intercept: bool


def scatter_of(m: Moments, *, intercept: bool) -> Scatter:
    """Centre the moments, or carry them back to zero when there is no intercept."""
    p = m.n_inputs
    shift = m.shift.scaled(-m.exponent)
    if intercept:
        weight, sums = m.gram[0, 0], m.gram[0, 1:]
        local = sums / weight
        inner = m.gram[1:, 1:] - sums[:, None] * local[None, :]
        mean = local + shift
    else:
        # The zero that takes the place of the mean, measured from the shift.
        local, mean = -shift, Double.zeros(len(m.exponent))
        moved = move(m, mean)
        weight, inner = moved.gram[0, 0], moved.gram[1:, 1:]
    diagonal = np.arange(p, len(inner))
    return Scatter(
        xx=inner[:p, :p],
        xy=inner[:p, p:],
        yy=inner[diagonal, diagonal],
        mean=mean,
        local_mean=local,
        weight=weight,
        # An entry has the errors e_ij - m_i e_0j - m_j e_i0 + m_i m_j e_00.
        extent=m.extent[1:] + namespace(local.hi).abs(local.hi) * m.extent[0],
        fold_extent=m.extent,
        fold_roundoff=m.roundoff,
        grain=scale_by(m.grain, -m.exponent),
        roundoff=m.roundoff + PAIR_ROUNDOFF,
        intercept=intercept,
    )
