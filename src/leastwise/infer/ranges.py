"""The studentized range: the largest difference between several means."""

from __future__ import annotations

import math

import numpy as np

from leastwise.infer.dist import Array

# Trapezoidal rules over the whole line converge like exp(-2 pi d / h) for integrands
# that are analytic in a strip of width d: halving both steps changes no digit up to
# the eleventh (tests/unit/test_ranges_of_means.py).
STEP_NORMAL, STEP_SPREAD = 0.08, 0.1
# Beyond this many standard deviations, and below exp(-90), nothing adds to a sum.
WIDTH, NEGLIGIBLE = 9.0, 90.0


def range_upper(q: float, means: int, dof: float) -> float:
    """Return P(Q >= q), Q the range of `means` normal means over an estimate of sigma.

    ``P = E_s[1 - W(q s)]`` with ``s^2 ~ chi^2_dof / dof`` and
    ``1 - W(w) = k int phi(z) [Phi(z)^(k-1) - (Phi(z) - Phi(z - w))^(k-1)] dz``,
    where the bracket is a sum of positive terms, so that small tails keep their
    digits.

    Parameters
    ----------
    q : float
        0 or more.
    means : int
        How many means, k, 2 or more.
    dof : float
        Degrees of freedom of the estimate; infinity for a known sigma.

    References
    ----------
    Tukey (1953); Lund and Lund (1983), doi:10.2307/2347300.

    Examples
    --------
    >>> round(range_upper(3.5, 3, 20.0), 10)
    0.0558918491
    """
    if math.isnan(q) or not dof > 0 or means < 2:
        return math.nan
    if q <= 0:
        return 1.0
    if math.isinf(q):
        return 0.0
    if math.isinf(dof):
        return float(_range_of_normals(np.array([q]), means)[0])
    t, density = _spread(dof)
    return float(min(1.0, np.sum(density * _range_of_normals(q * np.exp(t), means))))


def range_quantile(level: float, means: int, dof: float) -> float:
    """Return q with P(Q < q) equal to `level`, 0 < level < 1.

    Examples
    --------
    >>> round(range_quantile(0.95, 3, 20.0), 8)
    3.57793473
    """
    from scipy import optimize

    if not dof > 0 or means < 2:
        return math.nan
    tail, most = 1.0 - level, 4.0
    while range_upper(most, means, dof) > tail:
        most *= 2.0
    found = optimize.brentq(
        lambda q: math.log(range_upper(q, means, dof) / tail), 1e-9, most, xtol=1e-13
    )
    return float(found)


def _spread(dof: float) -> tuple[Array, Array]:
    """Points t = log s, and the weights of s^2 ~ chi^2_dof / dof at them."""
    # Where the density has fallen by exp(-90): u = s^2 - 1 with u - log(1 + u) = y.
    y = 2 * NEGLIGIBLE / dof
    near = math.sqrt(2 * y)
    least = 0.5 * math.log1p(-near) if near < 0.9 else -0.5 * (1 + y)
    most = 0.5 * math.log1p(y + near)
    t = np.arange(least, most, STEP_SPREAD * min(1.0, 4.0 / math.sqrt(2 * dof)))
    # Its constant is what makes the sum 1: the logarithm of a gamma function of a
    # million has not the digits.
    density = np.exp(dof * (t - np.expm1(2 * t) / 2))
    density /= density.sum()
    return t, density


def _range_of_normals(w: Array, means: int) -> Array:
    """P(range of `means` standard normals >= w), for an array of w."""
    from scipy import special

    # The integrand of a large range lies about half of it.
    z = np.arange(-WIDTH, WIDTH, STEP_NORMAL)[None, :] + w[:, None] / 2
    far, near = special.ndtr(z - w[:, None]), special.ndtr(z)
    between = near - far
    total = np.zeros_like(z)
    for i in range(means - 1):
        total += near**i * between ** (means - 2 - i)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    found: Array = means * STEP_NORMAL * np.sum(density * far * total, axis=1)
    return np.minimum(found, 1.0)
