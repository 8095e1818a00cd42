"""Wald tests of linear combinations of coefficients, under any covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.combine import Combined, root_of_rows
from leastwise.infer.dist import Array
from leastwise.infer.predict import Basis
from leastwise.moments.double import Double
from leastwise.moments.rebase import in_basis

# A combination whose variance is this much smaller than its parts, beside the others,
# is not told from one that has none.
SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class Combinations:
    """Combinations of coefficients, less the values they are compared with.

    Attributes
    ----------
    estimates : ndarray, shape (q,)
        ``matrix b - values``.
    root : ndarray, shape (q, 1 + p)
        ``root root'`` is their covariance.
    """

    estimates: Array
    root: Array

    @property
    def combined(self) -> Combined:
        """The same with their covariance."""
        return Combined(self.estimates, self.root @ self.root.T)


def combinations_of(
    basis: Basis, sigma: float, matrix: Array, values: Array, *, intercept: bool
) -> Combinations:
    """Estimate combinations of coefficients.

    The intercept is the level less the means times the slopes: a combination is
    written in level and slopes before anything is multiplied, so that what cancels in
    it does so once.

    Parameters
    ----------
    basis, sigma : Basis and float
        Of the fit.
    matrix : ndarray, shape (q, m)
        What each coefficient counts, the intercept first when there is one.
    values : ndarray, shape (q,)
        What is taken off.
    intercept : bool
        Whether the model has an intercept.
    """
    lead = int(intercept)
    levels = matrix[:, 0] if intercept else np.zeros(len(matrix))
    slopes = matrix[:, lead:]
    center = Double.of(basis.center, basis.center_low)
    moved = Double.of(slopes) - center[None, :] * Double.of(levels[:, None])
    if basis.change is not None:
        rows = np.asarray(in_basis(moved, basis.change).rounded())
    else:
        rows = np.asarray(moved.rounded())
    root = root_of_rows(basis, sigma, rows, levels)
    estimates = levels * basis.target_mean + rows @ basis.slopes - values
    return Combinations(estimates, root)


def quadratic(found: Combinations) -> float:
    """Return ``d' V^-1 d``, by the orthogonal triangle of the root of V.

    Raises
    ------
    RequestError
        When V has not the rank of as many combinations: a covariance of few clusters
        cannot test many hypotheses together.
    """
    size = np.sqrt(np.sum(found.root**2, axis=1))
    d = found.estimates
    if np.isnan(size).any() or np.isnan(d).any():
        return float("nan")
    if not size.all():
        still = d[size == 0]
        return float("inf") if still.any() else float("nan")
    scaled = found.root / size[:, None]
    triangle = np.asarray(np.linalg.qr(scaled.T, mode="r"))
    side = np.abs(np.diagonal(triangle))
    if len(side) < len(d) or side.min() < SINGULAR:
        rank = int(np.linalg.matrix_rank(triangle, tol=SINGULAR))
        raise RequestError(
            f"the covariance is of rank {rank} for these {len(d)} hypotheses, and "
            "cannot test them together",
            fix="Test fewer at once, or use another covariance",
        )
    z = np.linalg.solve(triangle.T, d / size)
    return float(z @ z)
