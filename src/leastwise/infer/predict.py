"""Predictions and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array
from leastwise.moments.double import Double
from leastwise.moments.rebase import in_basis
from leastwise.solve.result import Fit


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
    change : ndarray, shape (p, p), or None
        Slopes and root are those of ``(x - center) change``: columns that nearly
        agree are taken apart before anything is rounded. None for x itself.
    spread : ndarray, shape (1 + p, 1 + p), or None
        ``|spread [1, x - center]|^2`` is the variance of the mean, in squared units of
        the target, where the covariance is another than the classical one.
    most_leverage : float or None
        Largest leverage ``1/weight + |root (x - center)|^2`` of the rows of the fit;
        None where nobody asked yet.
    low, high : ndarray, shape (p,), or None
        Smallest and largest value of each column among them.
    """

    center: Array
    center_low: Array
    target_mean: float
    slopes: Array
    root: Array
    weight: float
    change: Array | None = None
    spread: Array | None = None
    most_leverage: float | None = None
    low: Array | None = None
    high: Array | None = None


def basis_of(fit: Fit, target: int) -> Basis:
    """Return what predictions of one target need of a fit.

    Parameters
    ----------
    fit : Fit
        The fit.
    target : int
        Which target, from 0.
    """
    carried = fit.carried
    slopes = fit.coefficients[int(fit.intercept) :, target]
    return Basis(
        center=fit.center,
        center_low=fit.center_low,
        target_mean=float(fit.target_mean[target]),
        # A slope beyond float64 stays infinite: predictions say so.
        slopes=np.where(np.isnan(slopes), 0.0, slopes)
        if carried is None
        else carried.slopes[:, target],
        root=fit.root if carried is None else carried.root,
        weight=fit.weight if fit.intercept else float("inf"),
        change=None if carried is None else carried.change,
    )


def root_of(covariance: Array) -> Array:
    """Return R with ``R'R`` the covariance, whatever the units and the rank.

    Parameters
    ----------
    covariance : ndarray, shape (q, q)
        Symmetric, not negative but for rounding.

    Examples
    --------
    >>> root = root_of(np.array([[4.0, 2.0], [2.0, 1.0]]))
    >>> (root.T @ root).round(12).tolist()
    [[4.0, 2.0], [2.0, 1.0]]
    """
    size = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    safe = np.where(size > 0, size, 1.0)
    if not np.isfinite(covariance).all():
        return np.full(covariance.shape, np.nan)
    values, vectors = np.linalg.eigh(covariance / safe[:, None] / safe)
    root: Array = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return np.asarray(root * size)


def spread_unit(basis: Basis) -> float:
    """Return the power of two that a spread is held in: its squares stay in range.

    Parameters
    ----------
    basis : Basis
        With a spread.
    """
    size = 0.0 if basis.spread is None else np.abs(basis.spread[:, 0]).max(initial=0.0)
    finite = np.isfinite(size) and size > 0
    return float(np.ldexp(1.0, int(np.frexp(size)[1]) - 1)) if finite else 1.0


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
    leverage ``1/W + |root (x - center)|^2``; under another covariance it is that of
    the level and of the slopes about the means.

    Parameters
    ----------
    basis : Basis
        Of the fit.
    X : ndarray, shape (n, p)
        Rows in the units of the training data; NaN gives NaN.
    origin, origin_low : ndarray, shape (p,), optional
        The true value of a column is its entry plus both: integers beyond 2^53.
    X_low : ndarray, shape (n, p), optional
        What X leaves out of its values.

    Returns
    -------
    mean, leverage : ndarray, shape (n,)
        With a `spread`, its variance in units of the square of `spread_unit` stands in
        place of the leverage.
    """
    # Rows far outside the data may leave float64: infinity, or NaN, says so.
    with np.errstate(over="ignore", invalid="ignore"):
        offset = about_means(basis, X, origin, origin_low, X_low)
        mean = basis.target_mean + offset @ basis.slopes
        if basis.spread is not None:
            about = np.hstack([np.ones((len(offset), 1)), offset])
            spread = basis.spread / spread_unit(basis)
            return mean, np.sum((about @ spread.T) ** 2, axis=1)
        part = np.sum((offset @ basis.root.T) ** 2, axis=1)
        return mean, 1.0 / basis.weight + part


def about_means(
    basis: Basis,
    X: Array,
    origin: Array | float = 0.0,
    origin_low: Array | float = 0.0,
    X_low: Array | None = None,
) -> Array:
    """Return rows less the means of the fit, in the basis of its slopes.

    Parameters
    ----------
    basis, X, origin, origin_low, X_low
        As in `predict_rows`.

    Returns
    -------
    ndarray, shape (n, p)
    """
    if basis.change is not None:
        center = Double.of(basis.center, basis.center_low)
        moved = Double.of(origin) + Double.of(origin_low) - center
        whole = Double.of(X, 0.0 if X_low is None else X_low) + moved
        return np.asarray(in_basis(whole, basis.change).rounded())
    # Large numbers first: origin and center are close, and X is small beside them.
    low = origin_low - basis.center_low
    return X + (origin - basis.center) + (low if X_low is None else low + X_low)
