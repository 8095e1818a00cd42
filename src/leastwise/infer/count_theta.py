"""The likelihood of a negative binomial target along its theta."""

from __future__ import annotations

import numpy as np

from leastwise.infer.dist import Array


def score(y: Array, mean: Array, weights: Array, theta: float) -> float:
    """Return the derivative of the log-likelihood by theta.

    Parameters
    ----------
    y, mean, weights : ndarray, shape (n,)
        Counts, their means, case weights.
    theta : float
        Above 0.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> round(score(one * 3, one, one, 1.0), 12)
    0.140186152773
    """
    from scipy import special

    away = (y - mean) / (mean + theta)
    rows = (
        special.digamma(y + theta)
        - special.digamma(theta)
        - np.log1p(mean / theta)
        - away
    )
    return float(np.sum(weights * rows))


def information(y: Array, mean: Array, weights: Array, theta: float) -> float:
    """Return minus the second derivative of the log-likelihood by theta.

    Parameters
    ----------
    y, mean, weights, theta
        As in `score`.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> information(one * 0, one, one, 1.0)
    -0.25
    """
    from scipy import special

    rows = (
        special.polygamma(1, theta)
        - special.polygamma(1, y + theta)
        - 1.0 / theta
        + 2.0 / (mean + theta)
        - (y + theta) / (mean + theta) ** 2
    )
    return float(np.sum(weights * rows))
