"""Linear combinations of a fit: what rows of a design predict, and together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array
from leastwise.infer.predict import Basis


@dataclass(frozen=True, eq=False)
class Combined:
    """Estimates of several combinations and their covariance.

    Attributes
    ----------
    estimates : ndarray, shape (r,)
        In units of the target.
    covariance : ndarray, shape (r, r)
        Of the estimates.
    """

    estimates: Array
    covariance: Array

    @property
    def standard_errors(self) -> Array:
        """Standard errors of the estimates."""
        found: Array = np.sqrt(np.maximum(np.diagonal(self.covariance), 0.0))
        return found

    def contrast(self, matrix: Array) -> Combined:
        """Return combinations of the combinations.

        Parameters
        ----------
        matrix : ndarray, shape (s, r)
            A row for each.
        """
        return Combined(matrix @ self.estimates, matrix @ self.covariance @ matrix.T)


def combine(basis: Basis, sigma: float, rows: Array, levels: Array) -> Combined:
    """Estimate combinations of the level and of the slopes about the means.

    ``estimate = levels y_mean + rows slopes`` with covariance ``G G'``, where
    ``G = [levels, rows] F'`` and F'F is the covariance of level and slopes.

    Parameters
    ----------
    basis : Basis
        Of the fit.
    sigma : float
        Residual standard error.
    rows : ndarray, shape (r, p)
        What slopes are multiplied by, less the means where the level counts, in the
        basis of the fit (see `leastwise.infer.predict.about_means`).
    levels : ndarray, shape (r,)
        How often the level counts: 1 for a mean, 0 for a slope or a difference.
    """
    root = root_of_rows(basis, sigma, rows, levels)
    estimates = levels * basis.target_mean + rows @ basis.slopes
    return Combined(estimates, root @ root.T)


def root_of_rows(basis: Basis, sigma: float, rows: Array, levels: Array) -> Array:
    """Return G with ``G G'`` the covariance of combinations; see `combine`."""
    p = len(basis.slopes)
    if basis.spread is not None:
        factor = basis.spread
    else:
        factor = np.zeros((1 + p, 1 + p))
        factor[0, 0] = 1.0 / np.sqrt(basis.weight)
        factor[1:, 1:] = basis.root
        factor *= sigma
    whole = np.hstack([levels[:, None], rows])
    return np.asarray(whole @ factor.T)
