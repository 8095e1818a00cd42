"""Sums over lags of scores that follow each other: kernels and their bandwidths."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import Array

Kernel = Literal[
    "bartlett", "parzen", "quadratic_spectral", "truncated", "tukey_hanning"
]
KERNELS: tuple[str, ...] = get_args(Kernel)
# Weights below this are those of no lag, as in sandwich.
NO_WEIGHT = 1e-7
# Lags up to which each is a product of matrices; beyond, a transform takes all at once.
MOST_LAGS = 64
# Newey and West (1994), Andrews (1991): the factor, and one over the power of n.
_NEWEY_WEST = {
    "bartlett": (1.1447, 1, 2 / 9),
    "parzen": (2.6614, 2, 4 / 25),
    "quadratic_spectral": (1.3221, 2, 2 / 25),
}
_ANDREWS = {
    "truncated": 0.6611,
    "bartlett": 1.1447,
    "parzen": 2.6614,
    "tukey_hanning": 1.7462,
    "quadratic_spectral": 1.3221,
}


def check_kernel(kernel: str) -> None:
    """Refuse a kernel that does not exist."""
    if kernel not in KERNELS:
        raise RequestError(
            f"kernel={kernel!r} is unknown", fix=f"Use one of {', '.join(KERNELS)}"
        )


def kernel_weights(kernel: str, bandwidth: float, n: int) -> Array:
    """Return the weights of lags 0, 1, ... up to the last that has one.

    Parameters
    ----------
    kernel : str
        One of `KERNELS`.
    bandwidth : float
        A lag l has the weight of ``l / bandwidth``.
    n : int
        Number of scores.

    Examples
    --------
    >>> kernel_weights("bartlett", 3.0, 10).round(6).tolist()
    [1.0, 0.666667, 0.333333]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.arange(n) / bandwidth
        x[0] = 0.0
    if kernel == "truncated":
        w = np.where(x > 1, 0.0, 1.0)
    elif kernel == "bartlett":
        w = np.maximum(1.0 - x, 0.0)
    elif kernel == "parzen":
        near, far = 1 - 6 * x**2 + 6 * x**3, 2 * (1 - np.minimum(x, 1.0)) ** 3
        w = np.where(x < 0.5, near, far)
    elif kernel == "tukey_hanning":
        w = np.where(x > 1, 0.0, (1 + np.cos(np.pi * np.minimum(x, 1.0))) / 2)
    else:
        w = _quadratic_spectral(x)
    last = int(np.flatnonzero(np.abs(w) > NO_WEIGHT)[-1])
    return np.asarray(w[: last + 1])


def _quadratic_spectral(x: Array) -> Array:
    y = 6 * np.pi * x / 5
    small = y < 0.05
    safe = np.where(small, 1.0, y)
    far = 3 / safe**2 * (np.sin(safe) / safe - np.cos(safe))
    # Near 0 the difference cancels: its series to y^8.
    s = y**2
    near = 1 - s / 10 * (1 - s / 28 * (1 - s / 54 * (1 - s / 88)))
    return np.asarray(np.where(small, near, far))


def long_run(scores: Array, weights: Array) -> Array:
    """Return ``sum_l k_l (C_l + C_l')`` with C_l the products at lag l.

    Parameters
    ----------
    scores : ndarray, shape (n, q)
        In their order.
    weights : ndarray, shape (L + 1,)
        Of lags 0 to L.
    """
    n = len(scores)
    if len(weights) <= MOST_LAGS:
        total = 0.5 * weights[0] * (scores.T @ scores)
        for lag in range(1, min(len(weights), n)):
            total = total + weights[lag] * (scores[: n - lag].T @ scores[lag:])
        return np.asarray(total + total.T)
    # The matrix of weights is a band of a circulant one, which a transform applies.
    size = 1 << int(np.ceil(np.log2(2 * n)))
    ring = np.zeros(size)
    last = min(len(weights), n)
    ring[:last] = weights[:last]
    ring[-(last - 1) :] = weights[1:last][::-1]
    turned = np.fft.rfft(ring).real
    blurred = np.empty_like(scores)
    for j in range(scores.shape[1]):
        there = np.fft.rfft(scores[:, j], size) * turned
        blurred[:, j] = np.fft.irfft(there, size)[:n]
    total = scores.T @ blurred
    return np.asarray(0.5 * (total + total.T))


def newey_west_bandwidth(sums: Array, kernel: str, *, whitened: bool) -> float:
    """Return the bandwidth of Newey and West (1994).

    Parameters
    ----------
    sums : ndarray, shape (n,)
        Scores of all coefficients but the intercept, added up.
    kernel : str
        Bartlett, Parzen or quadratic spectral.
    whitened : bool
        Whether a first order autoregression was taken off.
    """
    if kernel not in _NEWEY_WEST:
        raise RequestError(
            f'the {kernel} kernel has no bandwidth of "newey_west"',
            fix='Use bandwidth="andrews", or give a number',
        )
    factor, order, rate = _NEWEY_WEST[kernel]
    n = len(sums)
    before = n + int(whitened)
    m = int(np.floor((3 if whitened else 4) * (before / 100) ** rate))
    lags = np.arange(1, min(m, n - 1) + 1)
    sigma = np.array([sums[: n - j] @ sums[j:] for j in lags]) / n
    s0 = sums @ sums / n + 2 * sigma.sum()
    sq = 2 * (lags**order * sigma).sum()
    if s0 == 0:
        return 0.0
    rate = 1 / (2 * order + 1)
    return float(factor * ((sq / s0) ** 2) ** rate * before**rate)


def andrews_bandwidth(columns: Array, kernel: str) -> float:
    """Return the bandwidth of Andrews (1991), by first order autoregressions.

    Parameters
    ----------
    columns : ndarray, shape (n, p)
        Scores of the coefficients, without the intercept.
    kernel : str
        One of `KERNELS`.
    """
    n = len(columns)
    one = two = below = 0.0
    for x in columns.T:
        before, after = x[:-1] - x[:-1].mean(), x[1:] - x[1:].mean()
        square = float(before @ before)
        rho = float(before @ after) / square if square > 0 else 0.0
        variance = float(((after - rho * before) ** 2).mean())
        share = variance**2
        below += share / (1 - rho) ** 4
        two += 4 * rho**2 * share / (1 - rho) ** 8
        one += 4 * rho**2 * share / ((1 - rho) ** 6 * (1 + rho) ** 2)
    if not below > 0:
        return 0.0
    if kernel == "bartlett":
        return float(_ANDREWS[kernel] * (n * one / below) ** (1 / 3))
    return float(_ANDREWS[kernel] * (n * two / below) ** (1 / 5))


def whiten(scores: Array) -> tuple[Array, Array]:
    """Take a first order vector autoregression off scores.

    Returns
    -------
    left : ndarray, shape (n - 1, q)
        What is left.
    colour : ndarray, shape (q, q)
        ``(I - A)^-1``, which brings a long-run covariance of what is left back.
    """
    before, after = scores[:-1], scores[1:]
    along = np.linalg.lstsq(before, after, rcond=None)[0]
    left = after - before @ along
    return left, np.linalg.pinv(np.eye(len(along)) - along.T)
