"""Order statistics of a normal sample: where they are expected, how far they stray."""

from __future__ import annotations

import numpy as np

from leastwise.infer.dist import Array


def normal_scores(n: int) -> Array:
    """Return the normal quantiles of n plotting positions, as R's ``qqnorm``.

    ``ppoints(n)``: (i - a) / (n + 1 - 2 a), with a of 3/8 up to ten points and 1/2
    beyond.

    Parameters
    ----------
    n : int
        How many points.

    Examples
    --------
    >>> normal_scores(3).round(6).tolist()
    [-0.869424, 0.0, 0.869424]
    """
    from scipy import special

    a = 3 / 8 if n <= 10 else 0.5
    return np.asarray(special.ndtri((np.arange(1, n + 1) - a) / (n + 1 - 2 * a)))


def order_band(n: int, chosen: Array, level: float) -> tuple[Array, Array]:
    """Return where each order statistic of a normal sample lies with this coverage.

    The i-th of n uniform values has the distribution Beta(i, n + 1 - i); the band is
    pointwise.

    Parameters
    ----------
    n : int
        Size of the sample.
    chosen : ndarray of int
        Which of them, from 0.
    level : float
        Coverage for each.

    Examples
    --------
    >>> [round(float(v[0]), 6) for v in order_band(1, np.array([0]), 0.95)]
    [-1.959964, 1.959964]
    """
    from scipy import special

    i = np.asarray(chosen, dtype=float) + 1.0
    tail = (1.0 - level) / 2
    low = special.ndtri(special.betaincinv(i, n + 1 - i, tail))
    # By symmetry, so that the upper end keeps its digits.
    high = -special.ndtri(special.betaincinv(n + 1 - i, i, tail))
    return np.asarray(low), np.asarray(high)


def quartile_line(values: Array) -> tuple[float, float]:
    """Return level and slope of the line through the quartiles, as R's ``qqline``.

    Parameters
    ----------
    values : ndarray
        The sample.

    Examples
    --------
    >>> [round(v, 6) for v in quartile_line(np.arange(5.0))]
    [2.0, 1.482602]
    """
    from scipy import special

    low, high = np.quantile(values, [0.25, 0.75])
    normal = float(special.ndtri(0.75))
    slope = float(high - low) / (2 * normal)
    return float(low) + slope * normal, slope
