"""Linear combinations of a fit: what rows of a design predict, and together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array
from leastwise.infer.predict import Basis
from leastwise.moments.double import Double
from leastwise.moments.rebase import in_basis


@dataclass(frozen=True, eq=False)
class Combined:
    """Estimates of several combinations and their covariance.

    Attributes
    ----------
    estimates : ndarray, shape (r,)
        In units of the target.
    covariance : ndarray, shape (r, r)
        Of the estimates.
    errors : ndarray, shape (r,), or None
        Standard errors where a covariance could leave the range of float64, as those
        of an input near 1e160 do.
    """

    estimates: Array
    covariance: Array
    errors: Array | None = None

    @property
    def standard_errors(self) -> Array:
        """Standard errors of the estimates."""
        if self.errors is not None:
            return self.errors
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
    p = len(basis.slopes)
    if basis.spread is not None:
        factor = basis.spread
    else:
        factor = np.zeros((1 + p, 1 + p))
        factor[0, 0] = 1.0 / np.sqrt(basis.weight)
        factor[1:, 1:] = basis.root
        factor *= sigma
    whole = np.hstack([levels[:, None], rows])
    root = whole @ factor.T
    estimates = levels * basis.target_mean + rows @ basis.slopes
    return Combined(estimates, root @ root.T, lengths(root))


def lengths(root: Array) -> Array:
    """Return the lengths of rows, whose squares may leave the range of float64.

    Parameters
    ----------
    root : ndarray, shape (r, q)
        The rows.

    Examples
    --------
    >>> lengths(np.ldexp([[3.0, 4.0], [0.0, 0.0]], 700)).tolist() == [5.0 * 2**700, 0]
    True
    """
    size = np.abs(root).max(axis=1, initial=0.0)
    usable = (size > 0) & np.isfinite(size)
    unit = np.ldexp(1.0, np.frexp(np.where(usable, size, 1.0))[1] - 1)
    return np.asarray(unit * np.sqrt(np.square(root / unit[:, None]).sum(axis=1)))


def combine_coefficients(
    basis: Basis, sigma: float, matrix: Array, *, intercept: bool
) -> Combined:
    """Estimate combinations of coefficients.

    The intercept is the level less the means times the slopes. A combination is
    written in level and slopes before anything is multiplied, in pairs, so that what
    cancels in it (a line at a date, its columns counted from 1970) loses no digits.

    Parameters
    ----------
    basis, sigma : Basis and float
        Of the fit.
    matrix : ndarray, shape (r, m)
        What each coefficient counts, the intercept first when there is one.
    intercept : bool
        Whether the model has an intercept.
    """
    levels = matrix[:, 0] if intercept else np.zeros(len(matrix))
    center = Double.of(basis.center, basis.center_low)
    slopes, change = matrix[:, int(intercept) :], basis.change
    with np.errstate(over="ignore", invalid="ignore"):
        moved = Double.of(slopes) - Double.of(levels[:, None]) * center[None, :]
        rows = moved.rounded() if change is None else in_basis(moved, change).rounded()
        if change is None:
            # A pair ends before float64 does: a slope alone has nothing to cancel.
            rows = np.where(levels[:, None] != 0, rows, slopes)
        return combine(basis, sigma, np.asarray(rows), levels)
