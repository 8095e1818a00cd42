"""Tails and quantiles of t and F, from `scipy.special`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def t_two_sided(t: Any, dof: float) -> Array:
    """Return P(|T| >= |t|) for Student's t with `dof` degrees of freedom.

    An infinite `dof` is the normal distribution.

    Examples
    --------
    >>> round(float(t_two_sided(0.0, 3.0)), 12)
    1.0
    """
    from scipy import special

    t = np.abs(np.asarray(t, dtype=np.float64))
    if not dof > 0:
        return np.full(t.shape, np.nan)
    if math.isinf(dof):
        return np.asarray(special.erfc(t / math.sqrt(2.0)))
    # P = I_{dof/(dof + t^2)}(dof/2, 1/2) keeps its digits far out in the tail, its
    # complement keeps them near t = 0, where the argument rounds to 1.
    with np.errstate(over="ignore", invalid="ignore"):
        square = (t / math.sqrt(dof)) ** 2
        far = special.betainc(dof / 2, 0.5, 1.0 / (1.0 + square))
        near = far > 0.5
        if near.any():
            beside = special.betainc(0.5, dof / 2, square / (1.0 + square))
            far = np.where(near, 1.0 - beside, far)
    return np.asarray(far)


def normal_quantile(share: Array) -> Array:
    """Return z with P(Z <= z) equal to `share` for the normal distribution.

    Examples
    --------
    >>> normal_quantile(np.array([0.5])).tolist()
    [0.0]
    """
    from scipy import special

    return np.asarray(special.ndtri(share))


def normal_upper(z: float) -> float:
    """Return P(Z >= z) for the normal distribution.

    Examples
    --------
    >>> normal_upper(0.0)
    0.5
    """
    from scipy import special

    return float(special.ndtr(-z))


def t_quantile(level: float, dof: float) -> float:
    """Return q with P(|T| <= q) equal to `level`, 0 < level < 1.

    Examples
    --------
    >>> round(t_quantile(0.95, 10.0), 6)
    2.228139
    """
    from scipy import special

    if not dof > 0:
        return float("nan")
    if math.isinf(dof):
        return float(-special.ndtri(0.5 - level / 2))
    q = float(special.stdtrit(dof, 0.5 + level / 2))
    # One Newton step on the two-sided tail takes what the library's inverse
    # leaves (about 1e-10) to rounding.
    log_density = (
        special.gammaln((dof + 1) / 2)
        - special.gammaln(dof / 2)
        - 0.5 * np.log(dof * np.pi)
        - (dof + 1) / 2 * np.log1p(q * q / dof)
    )
    error = float(t_two_sided(q, dof)) - (1.0 - level)
    return q + error / (2.0 * float(np.exp(log_density)))


def f_upper(f: float, numerator: float, denominator: float) -> float:
    """Return P(F >= f) for the F distribution.

    With an infinite denominator F is chi-squared over its degrees of freedom.

    Examples
    --------
    >>> f_upper(0.0, 2.0, 5.0)
    1.0
    """
    from scipy import special

    if np.isnan(f) or not (numerator > 0 and denominator > 0):
        return float("nan")
    if np.isinf(f):
        return 0.0
    if np.isinf(denominator):
        return float(special.chdtrc(numerator, numerator * f))
    return float(special.fdtrc(numerator, denominator, f))


def f_quantile(level: float, numerator: float, denominator: float) -> float:
    """Return q with P(F <= q) equal to `level`, 0 < level < 1.

    Examples
    --------
    >>> round(f_quantile(0.95, 1.0, 10.0), 6) == round(t_quantile(0.95, 10.0) ** 2, 6)
    True
    """
    from scipy import special

    if not (numerator > 0 and denominator > 0):
        return float("nan")
    if np.isinf(denominator):
        return float(special.chdtri(numerator, 1.0 - level)) / numerator
    q = float(special.fdtri(numerator, denominator, level))
    # Newton on the logarithm of the tail takes the inverse to rounding.
    for _ in range(2):
        tail = f_upper(q, numerator, denominator)
        half, other = numerator / 2, denominator / 2
        share = numerator * q / (numerator * q + denominator)
        log_density = (
            half * np.log(share) + other * np.log1p(-share) - np.log(q)
        ) - special.betaln(half, other)
        q = q + (tail - (1.0 - level)) / float(np.exp(log_density))
    return q


def chi2_upper(x: float, dof: float) -> float:
    """Return P(X >= x) for the chi-squared distribution.

    Examples
    --------
    >>> chi2_upper(0.0, 2.0)
    1.0
    """
    from scipy import special

    if np.isnan(x) or not dof > 0:
        return float("nan")
    return float(special.chdtrc(dof, x))
