"""Standardised second moments: all that gradient descent needs of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise.moments.affine import Affine

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class StandardisedMoments:
    """Means, scales, and the products of standardised columns.

    With an intercept x_s = (x - mean)/sd, population sd; without one nothing is
    subtracted and the scale is the root mean square. A column that does not vary
    keeps scale 1 and has a zero row in `gram`.

    Attributes
    ----------
    mean_x, scale_x : ndarray, shape (p,)
        How the inputs are standardised.
    mean_y, scale_y : ndarray, shape (k,)
        How the targets are standardised.
    gram : ndarray, shape (p, p)
        ``Xs' Xs / n``: with an intercept the correlation matrix.
    cross : ndarray, shape (p, k)
        ``Xs' Ys / n``.
    yy : ndarray, shape (k,)
        Mean square of each standardised target: 1, or 0 when it is constant.
    intercept : bool
        Whether the model has an intercept.
    """

    mean_x: Array
    mean_y: Array
    scale_x: Array
    scale_y: Array
    gram: Array
    cross: Array
    yy: Array
    intercept: bool = True

    @property
    def inputs(self) -> Affine:
        """The change of units of the inputs."""
        return Affine(self.mean_x, self.scale_x)

    @property
    def targets(self) -> Affine:
        """The change of units of the targets."""
        return Affine(self.mean_y, self.scale_y)


def from_rows(X: Array, Y: Array, *, intercept: bool = True) -> StandardisedMoments:
    """Standardise rows in two passes and take their products.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        Inputs, without a column of ones.
    Y : ndarray, shape (n,) or (n, k)
        Targets.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    StandardisedMoments

    Examples
    --------
    >>> m = from_rows(np.array([[0.0], [2.0]]), np.array([1.0, 5.0]))
    >>> m.mean_x.tolist(), m.scale_y.tolist(), m.cross.tolist()
    ([1.0], [2.0], [[1.0]])
    """
    x = np.asarray(X, dtype=np.float64)
    y = np.asarray(Y, dtype=np.float64).reshape(len(x), -1)
    mean_x, scale_x, xs = _standardised(x, intercept)
    mean_y, scale_y, ys = _standardised(y, intercept)
    n = len(x)
    return StandardisedMoments(
        mean_x=mean_x,
        mean_y=mean_y,
        scale_x=scale_x,
        scale_y=scale_y,
        gram=xs.T @ xs / n,
        cross=xs.T @ ys / n,
        yy=np.mean(ys**2, axis=0),
        intercept=intercept,
    )


def _standardised(z: Array, intercept: bool) -> tuple[Array, Array, Array]:
    # A power of two first, exact: the squares of 1e300 and 1e-300 stay in range.
    exponent = np.frexp(np.max(np.abs(z), axis=0, initial=0.0))[1]
    z = np.ldexp(z, -exponent)
    mean = np.zeros(z.shape[1])
    if intercept:
        mean = z.mean(axis=0)
        # The second look removes the rounding error of the first mean.
        mean = mean + (z - mean).mean(axis=0)
        z = z - mean
        # A constant column: all that is left is the rounding of its mean.
        z = np.where(np.ptp(z, axis=0) == 0.0, 0.0, z)
    scale = np.sqrt(np.mean(z**2, axis=0))
    varies = scale > 0
    z = z / np.where(varies, scale, 1.0)
    scale = np.where(varies, np.ldexp(scale, exponent), 1.0)
    return np.ldexp(mean, exponent), scale, z
