"""The density of a target at a quantile: what standard errors of it need.

Koenker (2005), Quantile Regression, section 3.4, doi:10.1017/CBO9780511754098.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from leastwise.infer.dist import Array

NORMAL = NormalDist()
# Of the intervals that the bandwidth is best for.
ALPHA = 0.05
# Quartiles of a standard normal are this far apart, as R's quantreg has it.
QUARTILES_APART = 1.34
# A distance below this part of the largest is rounding.
NO_DISTANCE = 1e-8
# A density below this part of the largest is raised to it: the row has nothing to say.
LEAST_DENSITY = 2.0**-30


def hall_sheather(q: float, n: float) -> float:
    """Return the bandwidth of Hall and Sheather (1988), in shares of the rows.

    Parameters
    ----------
    q : float
        The quantile.
    n : float
        Observations.

    Examples
    --------
    >>> round(hall_sheather(0.5, 100), 6)
    0.209316
    """
    x = NORMAL.inv_cdf(q)
    f = NORMAL.pdf(x)
    z = NORMAL.inv_cdf(1.0 - ALPHA / 2.0)
    third = (1.5 * f * f / (2.0 * x * x + 1.0)) ** (1.0 / 3.0)
    return float(n ** (-1.0 / 3.0) * z ** (2.0 / 3.0) * third)


def within(q: float, h: float) -> float:
    """Return a bandwidth that stays between 0 and 1, halved until it does."""
    while q - h <= 0.0 or q + h >= 1.0:
        h /= 2.0
    return h


def between_planes(distance: Array, h: float) -> Array:
    """Return densities from how far apart two quantiles are (Hendricks, Koenker 1992).

    Parameters
    ----------
    distance : ndarray, shape (n,)
        Between the quantiles q + h and q - h, by row. Where they meet or cross, the
        density is 0.
    h : float
        The bandwidth.
    """
    least = NO_DISTANCE * float(np.abs(distance).max(initial=0.0))
    apart = distance > least
    return np.divide(2.0 * h, distance, out=np.zeros(len(distance)), where=apart)


def kernel_density(residuals: Array, q: float, h: float, counts: Array) -> Array:
    """Return densities by a normal kernel about residuals (Powell 1991).

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        About the quantile.
    q, h : float
        The quantile and its bandwidth.
    counts : ndarray, shape (n,)
        How many rows each stands for.
    """
    spread = min(_deviation(residuals, counts), _quartiles(residuals, counts))
    width = (NORMAL.inv_cdf(q + h) - NORMAL.inv_cdf(q - h)) * spread
    if not width > 0:
        return np.zeros(len(residuals))
    u = residuals / width
    return np.exp(-0.5 * u * u) / (math.sqrt(2.0 * math.pi) * width)


def _deviation(r: Array, counts: Array) -> float:
    n = float(counts.sum())
    mean = float(counts @ r) / n
    return math.sqrt(float(counts @ np.square(r - mean)) / max(n - 1.0, 1.0))


def _quartiles(r: Array, counts: Array) -> float:
    each = r if (counts == 1).all() else np.repeat(r, counts.astype(int))
    low, high = np.quantile(each, [0.25, 0.75])
    return float(high - low) / QUARTILES_APART


def near_rows(residuals: Array, q: float, rank: int, on: int) -> tuple[Array, Array]:
    """Return the residuals nearest 0 and their places, as shares of the rows.

    The slope of one on the other is the sparsity, one over the density, where all rows
    have the same (Koenker and Bassett 1978).

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        About the quantile.
    q : float
        The quantile.
    rank : int
        Coefficients.
    on : int
        Rows on the plane.
    """
    n = len(residuals)
    width = max(rank + 1, math.ceil(n * hall_sheather(q, n)))
    places = np.arange(on + 1, min(width + on + 1, n) + 1)
    order = np.argsort(np.abs(residuals), kind="stable")
    return np.sort(residuals[order[places - 1]]), places / (n - rank)
