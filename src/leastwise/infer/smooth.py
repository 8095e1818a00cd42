"""A line through points that follows them: lowess."""

from __future__ import annotations

import numpy as np

from leastwise.infer.dist import Array

ROBUST_STEPS = 3


def lowess(x: Array, y: Array, share: float = 2 / 3) -> Array:
    """Smooth y over x by lines through the neighbours, robustly.

    At each x a line is fitted to the nearest share of the points, with tricube
    weights of the distance; three times more with bisquare weights of the residuals,
    so that outliers do not pull it. This is R's ``lowess(x, y, f=share, delta=0)``.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Points, x in rising order. The work grows with n squared.
    share : float
        Part of the points that count as neighbours, above 0, at most 1.

    Returns
    -------
    ndarray, shape (n,)
        The smooth at each x.

    References
    ----------
    Cleveland (1979), doi:10.1080/01621459.1979.10481038.

    Examples
    --------
    >>> lowess(np.arange(5.0), 2.0 * np.arange(5.0)).round(9).tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    n = len(x)
    if n < 2:
        return np.array(y, dtype=float)
    count = max(min(int(share * n + 1e-7), n), 2)
    span = float(x[-1] - x[0])
    near = _windows(x, count)
    robust = np.ones(n)
    smooth = np.zeros(n)
    for step in range(ROBUST_STEPS + 1):
        smooth = _lines(x, y, near, robust, span)
        if step == ROBUST_STEPS:
            break
        size = np.abs(y - smooth)
        # Six times the median of the sizes.
        middle = np.sort(size)
        bound = 3.0 * (middle[n // 2] + middle[n - n // 2 - 1])
        if bound < 1e-7 * float(size.mean()):
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = size / bound
        robust = np.where(ratio <= 0.001, 1.0, (1.0 - ratio**2) ** 2)
        robust = np.where(ratio > 0.999, 0.0, robust)
    return smooth


def _windows(x: Array, count: int) -> Array:
    """Return the first of the `count` nearest points of each x."""
    n = len(x)
    first = np.empty(n, dtype=np.intp)
    left = 0
    for i in range(n):
        while left + count < n and x[i] - x[left] > x[left + count] - x[i]:
            left += 1
        first[i] = left
    return np.stack([first, first + count - 1], axis=1)


def _lines(x: Array, y: Array, near: Array, robust: Array, span: float) -> Array:
    smooth = np.empty(len(x))
    for i, (first, last) in enumerate(near):
        reach = max(x[i] - x[first], x[last] - x[i])
        # Ties with the last neighbour count too.
        low = np.searchsorted(x, x[i] - 0.999 * reach, side="left")
        high = np.searchsorted(x, x[i] + 0.999 * reach, side="right")
        low, high = min(low, first), max(high, last + 1)
        part, values = x[low:high], y[low:high]
        distance = np.abs(part - x[i])
        inside = distance <= 0.999 * reach
        close = distance <= 0.001 * reach
        with np.errstate(divide="ignore", invalid="ignore"):
            tricube = (1.0 - (distance / reach) ** 3) ** 3
        weight = np.where(inside, np.where(close, 1.0, tricube), 0.0)
        weight = weight * robust[low:high]
        total = float(weight.sum())
        if total <= 0:
            # R takes the point itself.
            smooth[i] = y[i]
            continue
        weight = weight / total
        if reach > 0:
            center = float(weight @ part)
            spread = float(weight @ (part - center) ** 2)
            if np.sqrt(spread) > 0.001 * span:
                tilt = (x[i] - center) / spread
                weight = weight * (tilt * (part - center) + 1.0)
        smooth[i] = float(weight @ values)
    return smooth
