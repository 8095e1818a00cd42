"""Predictions and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array


@dataclass(frozen=True)
class Basis:
    """What a prediction needs of a fit: nothing of the training rows.

    Attributes
    ----------
    center, center_low : ndarray, shape (p,)
        Means of the inputs as a pair (0 without an intercept).
    target_mean : float
        Mean of the target (0 without an intercept).
    slopes : ndarray, shape (p,)
        Coefficients of the inputs, 0 for dropped ones.
    root : ndarray, shape (p, p)
        ``|root (x - center)|^2`` is the variance of the slopes' part, in units of
        sigma^2.
    weight : float
        Sum of weights; 1/weight is the variance of the mean in units of sigma^2;
        inf without an intercept.
    """

    center: Array
    center_low: Array
    target_mean: float
    slopes: Array
    root: Array
    weight: float


def predict_rows(
    basis: Basis,
    X: Array,
    origin: Array | float = 0.0,
    origin_low: Array | float = 0.0,
    X_low: Array | None = None,
) -> tuple[Array, Array]:
    """Predict rows, and their leverage.

    The mean is ``y_mean + (x - center)' b``, whose terms are as small as the data
    allow: no difference of large numbers. Its variance is sigma^2 times the
    leverage ``1/W + |root (x - center)|^2``.

    Parameters
    ----------
    basis : Basis
        Of the fit.
    X : ndarray, shape (n, p)
        Rows in the units of the training data; NaN gives NaN.
    origin, origin_low : ndarray, shape (p,), optional
        The true value of a column is its entry plus both: integers beyond 2^53.

    Returns
    -------
    mean, leverage : ndarray, shape (n,)
    """
    # Rows far outside the data may leave float64: infinity, or NaN, says so.
    with np.errstate(over="ignore", invalid="ignore"):
        return _predict(basis, X, origin, origin_low)


def _predict(
    basis: Basis, X: Array, origin: Array | float, origin_low: Array | float
) -> tuple[Array, Array]:
    # Large numbers first: origin and center are close, and X is small beside them.
    offset = X + (origin - basis.center) + (origin_low - basis.center_low)
    mean = basis.target_mean + offset @ basis.slopes
    leverage = 1.0 / basis.weight + np.sum((offset @ basis.root.T) ** 2, axis=1)
    return mean, leverage
