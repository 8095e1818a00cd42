"""Wald tests: several combinations of coefficients against numbers, at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leastwise.infer.dist import Array, f_upper

# A combination that the others leave so little of is one of them.
REDUNDANT = 1e-10


@dataclass(frozen=True)
class Wald:
    """A joint test.

    Attributes
    ----------
    statistic : float
        F.
    df : tuple of float
        Degrees of freedom, of the hypotheses and of the residuals.
    p_value : float
        Of F.
    """

    statistic: float
    df: tuple[float, float]
    p_value: float


def wald(estimates: Array, covariance: Array, dof: float) -> Wald:
    """Test whether all of some estimates are zero.

    ``F = d' C^-1 d / q`` with (q, dof) degrees of freedom.

    Parameters
    ----------
    estimates : ndarray, shape (q,)
        Combinations less the numbers they should be.
    covariance : ndarray, shape (q, q)
        Theirs; of full rank.
    dof : float
        Of the residuals.

    Examples
    --------
    >>> wald(np.array([2.0]), np.array([[4.0]]), 10.0).statistic
    1.0
    """
    q = len(estimates)
    size = np.sqrt(np.diagonal(covariance))
    if (size == 0).all():
        f = math.inf if (estimates != 0).any() else math.nan
        return Wald(f, (q, dof), f_upper(f, q, dof))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = estimates / size
        correlation = covariance / size[:, None] / size
    if not (np.isfinite(correlation).all() and np.isfinite(scaled).all()):
        return Wald(math.nan, (q, dof), math.nan)
    root = np.linalg.cholesky(correlation)
    z = np.linalg.solve(root, scaled)
    f = float(z @ z) / q
    return Wald(f, (q, dof), f_upper(f, q, dof))


def redundant(matrix: Array, covariance: Array) -> list[int]:
    """Find combinations that those before them, and the covariance, leave nothing of.

    Parameters
    ----------
    matrix : ndarray, shape (q, m)
        A row for each combination.
    covariance : ndarray, shape (m, m)
        Of the coefficients: its units make the rows comparable.
    """
    size = np.sqrt(np.maximum(np.diagonal(covariance), 0.0))
    scaled = matrix * np.where(size > 0, size, 1.0)
    kept: list[Array] = []
    found = []
    for i, row in enumerate(scaled):
        length = float(np.linalg.norm(row))
        left = row.copy()
        # Twice is enough (Kahan; Parlett 1980).
        for _ in range(2):
            for other in kept:
                left = left - (left @ other) * other
        if not float(np.linalg.norm(left)) > REDUNDANT * length:
            found.append(i)
        else:
            kept.append(left / np.linalg.norm(left))
    return found
