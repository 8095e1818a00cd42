"""How many digits of the estimates of a model are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.levenberg import Found
from leastwise.loops.mapping import MappedRows
from leastwise.moments.double import Array
from leastwise.solve.digits import relative_to_digits
from leastwise.solve.result import Fit

# Steps of parameters by which the rounding of a model is found, and how many.
NUDGE, NUDGES = 2.0**-32, 4
# What a second difference of rounding is, in units of it; and one ulp of the target.
OF_DIFFERENCE, ULP = 0.5, 2.0**-52
# Roundings in a derivative.
OF_SLOPE = 2.0**-52


def certify(
    found: Found,
    fit: Fit,
    *,
    noise: float,
    slope: float = OF_SLOPE,
    rounded: float = 0.0,
) -> tuple[Array, float, float]:
    """Say how many digits of the estimates are right.

    Parameters
    ----------
    found : Found
        How the loop ended.
    fit : Fit
        Of the rows of least squares there.
    noise : float
        What rounding makes of the residuals: root of ``sum w e^2``.
    slope : float
        The part of a derivative that rounding is.
    rounded : float
        What is lost when an estimate is rounded, as a part of it.

    Returns
    -------
    certified, left, grain
        Digits of each parameter; what is left to the minimum, in standard errors; the
        rounding of the residuals, as a part of them.
    """
    theta, free = found.point.theta, found.point.free
    left = _left(found, noise)
    slopes = slope * _of_slopes(found, fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = fit.standard_errors[:, 0] * (left + slopes)
        digits = relative_to_digits(error / np.abs(theta[free]) + rounded)
    digits = np.where(theta[free] == 0, np.nan, digits)
    if found.status is not Status.CONVERGED:
        digits = np.zeros_like(digits)
    certified = np.full(len(theta), np.nan)
    certified[free] = digits
    rss = found.point.rss
    return certified, left, noise / float(np.sqrt(rss)) if rss > 0 else 0.0


def _left(found: Found, noise: float) -> float:
    """Bound what is left in standard errors: of the loop, and of rounding."""
    point, near = found.point, found.near
    sigma = float(np.sqrt(point.rss / point.dof))
    if not sigma > 0:
        return 0.0
    worst = float(near.curvature[-1]) if len(near.curvature) else 0.0
    bent = 1.0 / max(1.0 - worst, 1e-3)
    return bent * (near.decrement + noise / sigma)


def _of_slopes(found: Found, fit: Fit) -> Array:
    """Bound what the rounding of the Jacobian does, in standard errors of each.

    The score ``J'W r`` of residuals that are not small is rounded as J is:
    ``|V| |J|' |W r|``, the sum over rows by Cauchy and Schwarz. In units of that
    rounding.
    """
    point = found.point
    sigma = float(np.sqrt(point.rss / point.dof))
    if not sigma > 0:
        return np.zeros(len(fit.coefficients))
    norms = np.sqrt(np.diagonal(point.gram)[point.free])
    inflated = np.nan_to_num(fit.standard_errors[:, 0]) / sigma * norms
    spread = np.abs(np.nan_to_num(fit.correlation)) @ inflated
    return np.asarray(np.sqrt(point.rss) / sigma * spread)


def noise_of(curve: MappedRows, theta: Array) -> float:
    """Find what rounding makes of the residuals: root of ``sum w e^2``.

    Parameters
    ----------
    curve : MappedRows
        The model with its rows.
    theta : ndarray, shape (p,)
        Where.

    Notes
    -----
    Second differences over tiny steps, of parameters and of columns (a power of a
    column is rounded too), hold nothing of the model but its rounding
    (More and Wild 2011, doi:10.1137/100786125).
    """
    w = 1.0 if curve.weights is None else curve.weights[:, None]
    here = curve.values(theta)
    most = ULP * np.abs(curve.target) + ULP * np.abs(here)
    make = np.random.default_rng(0)
    for _ in range(NUDGES):
        step = NUDGE * np.abs(theta) * make.choice([-1.0, 1.0], len(theta))
        moves = {
            name: NUDGE * column * make.choice([-1.0, 1.0], len(column))
            for name, column in curve.columns.items()
        }
        up, down = (
            replace(
                curve, columns={k: c + s * moves[k] for k, c in curve.columns.items()}
            ).values(theta + s * step)
            for s in (1.0, -1.0)
        )
        pair = up + down - 2 * here
        most = np.maximum(most, OF_DIFFERENCE * np.abs(pair))
    return float(np.sqrt(np.sum(w * most**2)))
