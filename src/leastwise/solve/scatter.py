"""Moments -> the scatter that is solved: centred with an intercept, raw without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.moments.double import PAIR_ROUNDOFF, Array, Double
from leastwise.moments.state import Moments, move

# Centring adds the errors of the sums: e_ij + m_i e_0j + m_j e_i0 + m_i m_j e_00,
# each at most roundoff * extent_i * extent_j because |mean_i| <= extent_i/extent_0.
CENTRING = 4.0


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
        What errors are relative to.
    grain : ndarray, shape (q,)
        Rounding already in the values, in scaled units.
    roundoff : float
        Relative error of each entry.
    """

    xx: Double
    xy: Double
    yy: Double
    mean: Double
    local_mean: Double
    weight: Double
    extent: Array
    grain: Array
    roundoff: float


def scatter_of(m: Moments, *, intercept: bool) -> Scatter:
    """Centre the moments, or carry them back to zero when there is no intercept."""
    p = m.n_inputs
    if intercept:
        weight, sums = m.gram[0, 0], m.gram[0, 1:]
        local = sums / weight
        inner = m.gram[1:, 1:] - sums[:, None] * local[None, :]
        mean = local + m.shift.scaled(-m.exponent)
        roundoff = CENTRING * m.roundoff
    else:
        m = move(m, Double.zeros(len(m.exponent)))
        weight, inner = m.gram[0, 0], m.gram[1:, 1:]
        local = mean = Double.zeros(len(m.exponent))
        roundoff = m.roundoff
    diagonal = np.arange(p, len(inner))
    return Scatter(
        xx=inner[:p, :p],
        xy=inner[:p, p:],
        yy=inner[diagonal, diagonal],
        mean=mean,
        local_mean=local,
        weight=weight,
        extent=m.extent[1:],
        grain=np.ldexp(m.grain, -m.exponent),
        roundoff=roundoff + PAIR_ROUNDOFF,
    )
