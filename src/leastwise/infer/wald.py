"""Wald tests: several combinations of coefficients against numbers, at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import Array, f_upper

# A combination that the others leave so little of is one of them.
REDUNDANT = 1e-10
# Of numbers that decimals were rounded to, and a few operations on them.
ROUNDING = 1e-9
# A correlation in float64 does not tell what is left from nothing below this.
SINGULAR = 1e-7


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
    root = _triangle(correlation)
    z = np.linalg.solve(root, scaled)
    f = float(z @ z) / q
    return Wald(f, (q, dof), f_upper(f, q, dof))


def _triangle(correlation: Array) -> Array:
    """Cholesky's triangle, refused where the covariance has not the rank."""
    try:
        root = np.linalg.cholesky(correlation)
    except np.linalg.LinAlgError:
        root = np.zeros_like(correlation)
    if np.diagonal(root).min() < SINGULAR:
        raise RequestError(
            f"the covariance has no rank for {len(root)} hypotheses together",
            fix="Test fewer of them at once: m.linear(...) takes each on its own",
        )
    return np.asarray(root)


def dependence(matrix: Array, right: Array, i: int) -> tuple[Array, float]:
    """Say what combination of the rows before it a row is.

    Parameters
    ----------
    matrix, right : ndarray, shapes (q, m) and (q,)
        Rows R and numbers r of ``R b = r``.
    i : int
        A row that is a combination.

    Returns
    -------
    parts : ndarray, shape (i,)
        What each counts in it, 0 for rounding.
    apart : float
        What its number is beside that combination of the others'; 0 for rounding.

    Examples
    --------
    >>> rows, right = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([1.0, 3.0])
    >>> parts, apart = dependence(rows, right, 1)
    >>> parts.round(12).tolist(), round(apart, 12)
    ([2.0], 1.0)
    """
    size = np.abs(matrix[: i + 1]).max(axis=0)
    scaled = matrix[: i + 1] / np.where(size > 0, size, 1.0)
    parts = np.linalg.lstsq(scaled[:i].T, scaled[i], rcond=None)[0]
    parts = np.where(np.abs(parts) > ROUNDING, parts, 0.0)
    terms = parts * right[:i]
    apart = float(right[i] - terms.sum())
    largest = float(np.abs(terms).sum() + abs(right[i]))
    return parts, apart if abs(apart) > ROUNDING * largest else 0.0


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
