"""A covariance in coordinates, as that of the coefficients and of predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.base import Alone, Estimate
from leastwise.infer.cov.ground import (
    Ground,
    basis_rows,
    coefficient_rows,
    slopes_in_coordinates,
)
from leastwise.infer.dist import Array, f_upper

# A standard error below this beside the classical one is rounding.
NO_ERROR = 1e-12
# A part of a direction below this is rounding.
NO_PART = 1e-9
# So is an eigenvalue of a covariance below this beside the largest.
NO_VARIANCE = 1e-13


@dataclass(frozen=True, eq=False)
class Spread:
    """What a covariance says of the coefficients and of predictions.

    Attributes
    ----------
    covariance : ndarray, shape (m, m)
        Of the coefficients, in original units; NaN for aliased ones and for those
        that a row or a cluster alone decides. Infinite where float64 ends.
    standard_errors : ndarray, shape (m,)
        Roots of the diagonal, also where its squares leave the range of float64.
    root : ndarray, shape (1 + p, 1 + p)
        ``|root [1, x - center]|^2`` is the variance of the mean of a prediction.
    alone : tuple of (Alone, ndarray of bool)
        Who alone decides which coefficients.
    cancelled : ndarray of bool, shape (m,)
        Coefficients whose variance is 0 but for rounding.
    """

    covariance: Array
    standard_errors: Array
    root: Array
    alone: tuple[tuple[Alone, Array], ...]
    cancelled: Array


def spread_of(ground: Ground, found: Estimate) -> Spread:
    """Bring a covariance to the units of the data.

    Parameters
    ----------
    ground : Ground
        The rows it was estimated from.
    found : Estimate
        The covariance in coordinates.
    """
    rows, power = coefficient_rows(ground)
    gone = np.isnan(ground.seen.fit.coefficients[:, ground.seen.target])
    if not ground.dof > 0:
        gone = np.ones(len(gone), bool)
    alone = tuple((one, depends_on(rows, one.direction) & ~gone) for one in found.alone)
    for _, those in alone:
        gone = gone | those
    inner = rows @ found.core @ rows.T
    inner = 0.5 * (inner + inner.T)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        covariance = np.ldexp(inner, power[:, None] + power[None, :])
        errors = np.ldexp(np.sqrt(np.diagonal(inner)), power)
    cancelled = _cancelled(ground, rows, inner) & ~gone
    gone = gone | cancelled
    covariance[gone, :] = covariance[:, gone] = np.nan
    errors[gone] = np.nan
    return Spread(covariance, errors, _root(ground, found), alone, cancelled)


def _cancelled(ground: Ground, rows: Array, inner: Array) -> Array:
    """Find variances that are rounding: residuals that add up to 0 in each group."""
    fit, target = ground.seen.fit, ground.seen.target
    if ground.seen.exact or not fit.dof > 0:
        return np.zeros(len(rows), bool)
    m = ground.seen.moments
    other = int(m.exponent[m.n_inputs + target])
    variance = np.ldexp(fit.rss[target] / fit.dof, 2 * (other - ground.unit))
    equal = variance * (rows**2).sum(axis=1)
    found: Array = np.abs(np.diagonal(inner)) < NO_ERROR**2 * equal
    return found


def depends_on(rows: Array, direction: Array) -> Array:
    """Say which coefficients have a part of a direction.

    Parameters
    ----------
    rows : ndarray, shape (m, q)
        What coordinates each coefficient is made of.
    direction : ndarray, shape (q,)
        In the coordinates.
    """
    size = np.linalg.norm(rows, axis=1) * np.linalg.norm(direction)
    found: Array = np.abs(rows @ direction) > NO_PART * size
    return found


def _root(ground: Ground, found: Estimate) -> Array:
    rows, power = basis_rows(ground)
    if found.alone or not np.isfinite(found.core).all():
        return np.full((len(rows), len(rows)), np.nan)
    values, vectors = np.linalg.eigh(found.core)
    half = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    with np.errstate(over="ignore", under="ignore"):
        root = np.ldexp(half @ rows.T, power)
    if len(root) <= len(rows):
        return np.asarray(np.pad(root, ((0, len(rows) - len(root)), (0, 0))))
    return np.asarray(np.linalg.qr(root, mode="r"))


@dataclass(frozen=True)
class Wald:
    """A Wald test that all inputs have a coefficient of zero.

    Attributes
    ----------
    f, p_value : float
        ``b' V^-1 b / q`` and its p-value; NaN where V has not rank q.
    numerator, denominator : float
        Degrees of freedom.
    note : str or None
        Why there is none.
    """

    f: float
    p_value: float
    numerator: float
    denominator: float
    note: str | None = None


def wald(ground: Ground, found: Estimate) -> Wald:
    """Test all inputs at once under a covariance.

    Parameters
    ----------
    ground : Ground
        The rows it was estimated from.
    found : Estimate
        The covariance in coordinates.
    """
    fit, nan = ground.seen.fit, float("nan")
    q = fit.rank - int(fit.intercept)
    inner = found.core[1:, 1:]
    varies = fit.tss[ground.seen.target] > 0 and fit.dof > 0
    if not q or not varies or found.alone or not np.isfinite(inner).all():
        return Wald(nan, nan, float(q), found.dof)
    coordinates = slopes_in_coordinates(ground)
    if ground.seen.exact and coordinates.any():
        return Wald(np.inf, 0.0, float(q), found.dof)
    values, vectors = np.linalg.eigh(0.5 * (inner + inner.T))
    values, vectors = values[-q:], vectors[:, -q:]
    if not values[0] > NO_VARIANCE * values[-1]:
        why = "has a smaller rank, for want of clusters, rows or lags"
        if values[0] < -NO_VARIANCE * np.abs(values[-1]):
            why = "gives a negative variance to some combination of them"
        note = f"F is undefined: the covariance of the {q} inputs {why}."
        return Wald(nan, nan, float(q), found.dof, note)
    f = float(((vectors.T @ coordinates) ** 2 / values).sum() / q)
    return Wald(f, f_upper(f, q, found.dof), float(q), found.dof)
