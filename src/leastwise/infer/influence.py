"""What each row does to a fit, without a fit for each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.infer.cov.ground import Ground, coefficient_rows
from leastwise.infer.dist import Array

# A leverage this near to 1 is 1: the row fits itself, and what is left of it is
# rounding. R has 10 times the spacing of float64 here; coordinates keep fewer digits.
FULL = 1.0 - 1e-11


@dataclass(frozen=True, eq=False)
class Influences:
    """What each of n rows does to a fit of m coefficients.

    Attributes
    ----------
    leverage, residual, left_out, standardized, studentized : ndarray, shape (n,)
        See `leastwise.model.influence.Influence`.
    cook, dffits, covratio : ndarray, shape (n,)
        The same.
    dfbetas : ndarray, shape (n, m)
        The same.
    """

    leverage: Array
    residual: Array
    left_out: Array
    standardized: Array
    studentized: Array
    cook: Array
    dffits: Array
    covratio: Array
    dfbetas: Array


def influences(ground: Ground) -> Influences:
    """Measure what leaving out each row would change, in O(n p^2).

    Parameters
    ----------
    ground : Ground
        The fit and its rows.
    """
    n, rank = ground.n, ground.seen.fit.rank
    e, counted = ground.residuals(), ground.seen.frequency
    toward, size = _toward(ground)
    leverage, dfbetas = np.empty(n), np.empty((n, len(toward)))
    root = np.empty(n)
    for part, z, w in ground.walk():
        # One of the rows that a row stands for, where weights count rows.
        v = np.full(len(w), ground.once) if counted else w
        leverage[part] = v * np.einsum("ij,ij->i", z, z)
        root[part] = np.sqrt(v)
        dfbetas[part] = z @ toward.T
    full = leverage >= FULL
    leverage[full] = 1.0
    free = 1.0 - leverage
    scaled = root * e
    rss, dof = _rss(ground, e), ground.dof
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sigma = np.sqrt(rss / dof) if dof > 0 else np.nan
        own = np.where(full, 0.0, scaled * scaled / free)
        left = rss - own
        # Where a row is all of the residual sum, what is left is rounding: 0 or less.
        left = np.where(left > 8 * np.finfo(float).eps * rss, left, 0.0)
        without = np.sqrt(left / (dof - 1.0)) if dof > 1 else np.full(n, np.nan)
        # A full row leaves no residual: every ratio to it is 0/0.
        part_free = np.where(full, np.nan, free)
        ratio = scaled / np.sqrt(part_free)
        standardized = _finite(ratio / sigma)
        studentized = _finite(ratio / without)
        cook = standardized**2 * leverage / part_free / rank
        dffits = _finite(ratio / without * np.sqrt(leverage / part_free))
        base = (dof - 1.0 + studentized**2) / dof if dof > 0 else np.full(n, np.nan)
        covratio = 1.0 / (base**rank * part_free)
        each = root * scaled / part_free / without
        dfbetas *= np.where(full, 0.0, each)[:, None]
        dfbetas /= size
        dfbetas[~np.isfinite(dfbetas)] = np.nan
    dfbetas[:, _gone(ground)] = np.nan
    residual = np.ldexp(e, ground.unit)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = residual / part_free
    return Influences(
        leverage, residual, left_out, standardized, studentized, cook, dffits,
        covratio, dfbetas,
    )  # fmt: skip


def _toward(ground: Ground) -> tuple[Array, Array]:
    """What coordinates coefficients are made of, and how long these rows are."""
    toward, _ = coefficient_rows(ground)
    size = np.sqrt((toward**2).sum(axis=1))
    return toward, np.where(size > 0, size, np.nan)


def _gone(ground: Ground) -> Array:
    fit = ground.seen.fit
    return np.asarray(np.isnan(fit.coefficients[:, ground.seen.target]))


def _rss(ground: Ground, e: Array) -> float:
    """The weighted sum of squared residuals; of the copies of counted rows."""
    weights = ground.rows.weights
    if weights is None:
        return float(e @ e)
    down = 0 if ground.seen.frequency else -ground.moments.weight_exponent
    rss = float(e @ (np.ldexp(np.asarray(weights, float), down) * e))
    return rss * (ground.once if ground.seen.frequency else 1.0)


def _finite(values: Array) -> Array:
    """Infinity is 0 in a denominator, as R has it."""
    return np.where(np.isfinite(values), values, np.nan)
