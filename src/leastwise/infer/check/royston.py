"""Shapiro and Wilk's W with Royston's p-value, and its relative by Francia."""

from __future__ import annotations

import math

import numpy as np

from leastwise.infer.dist import Array

# Coefficients of AS R94, lowest power first.
_LAST = (0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
_NEXT = (0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
_EDGE = (-2.273, 0.459)
_FEW_MEAN = (0.544, -0.39978, 0.025054, -6.714e-4)
_FEW_LOG = (1.3822, -0.77857, 0.062767, -0.0020322)
_MEAN = (-1.5861, -0.31082, -0.083751, 0.0038915)
_LOG = (-0.4803, -0.082676, 0.0030302)
# Up to here the p-value has a form of its own.
FEW = 11


def shapiro_wilk(x: Array) -> tuple[float, float]:
    """Return W and its p-value (Royston 1995, AS R94, doi:10.2307/2986146).

    Parameters
    ----------
    x : ndarray, shape (n,)
        3 to 5000 values in order, not all the same.

    Examples
    --------
    >>> w, p = shapiro_wilk(np.array([-1.0, 0.0, 1.0]))
    >>> round(w, 12), round(p, 6)
    (1.0, 1.0)
    """
    a = _weights(len(x))
    scaled = x / (x[-1] - x[0])
    scaled = scaled - scaled.mean()
    a = a - a.mean()
    size = math.sqrt(float(a @ a) * float(scaled @ scaled))
    cross = float(a @ scaled)
    rest = (size - cross) * (size + cross) / size**2
    return 1.0 - rest, _p_value(rest, len(x))


def _weights(n: int) -> Array:
    from scipy import special

    half = n // 2
    if n == 3:
        root = math.sqrt(0.5)
        return np.array([-root, 0.0, root])
    m = special.ndtri((np.arange(1, half + 1) - 0.375) / (n + 0.25))
    total = 2.0 * float(m @ m)
    small = 1.0 / math.sqrt(n)
    last = _polynomial(_LAST, small) - m[0] / math.sqrt(total)
    if n > 5:
        after = -m[1] / math.sqrt(total) + _polynomial(_NEXT, small)
        top = total - 2.0 * m[0] ** 2 - 2.0 * m[1] ** 2
        factor = math.sqrt(top / (1.0 - 2.0 * last**2 - 2.0 * after**2))
        ends = [last, after]
    else:
        top = total - 2.0 * m[0] ** 2
        factor = math.sqrt(top / (1.0 - 2.0 * last**2))
        ends = [last]
    weights = -m / factor
    weights[: len(ends)] = ends
    middle = [0.0] * (n % 2)
    return np.concatenate([-weights, middle, weights[::-1]])


def _p_value(rest: float, n: int) -> float:
    from scipy import special

    if n == 3:
        w = max(0.75, 1.0 - rest)
        return max(0.0, 6.0 / math.pi * (math.asin(math.sqrt(w)) - math.pi / 3.0))
    if not rest > 0:
        return 1.0
    y, log_n = math.log(rest), math.log(n)
    if n <= FEW:
        edge = _polynomial(_EDGE, float(n))
        if y >= edge:
            return 1e-99
        y = -math.log(edge - y)
        mean = _polynomial(_FEW_MEAN, float(n))
        spread = math.exp(_polynomial(_FEW_LOG, float(n)))
    else:
        mean = _polynomial(_MEAN, log_n)
        spread = math.exp(_polynomial(_LOG, log_n))
    return float(special.ndtr((mean - y) / spread))


def _polynomial(coefficients: tuple[float, ...], x: float) -> float:
    return float(np.polynomial.polynomial.polyval(x, coefficients))


def francia(x: Array) -> tuple[float, float]:
    """Return the correlation with normal scores, and the p-value of its square.

    Shapiro and Francia (1972); Royston (1993), doi:10.1007/BF01891203.

    Parameters
    ----------
    x : ndarray, shape (n,)
        At least 5 values in order, not all the same.

    Examples
    --------
    >>> r, p = francia(np.array([-1.2, -0.5, 0.0, 0.5, 1.2]))
    >>> r > 0.99, p > 0.9
    (True, True)
    """
    from scipy import special

    n = len(x)
    scores = special.ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    scores = scores / math.sqrt(float(scores @ scores))
    centred = (x - x.mean()) / (x[-1] - x[0])
    centred = centred / math.sqrt(float(centred @ centred))
    r = float(scores @ centred)
    gap = scores - centred
    # 1 - r = |gap|^2 / 2 keeps its digits.
    half = 0.5 * float(gap @ gap)
    rest = half * (2.0 - half)
    if not rest > 0:
        return r, 1.0
    u = math.log(n)
    v = math.log(u)
    mean = -1.2725 + 1.0521 * (v - u)
    spread = 1.0308 - 0.26758 * (v + 2.0 / u)
    return r, float(special.ndtr((mean - math.log(rest)) / spread))
