"""The bread of a sandwich where the working weights are not the curvature.

In the coordinates of the working rows the Hessian is ``B = sum_i h_i z_i z_i'``, h the
second derivatives, of either sign (less those of the model times its residuals, where
the model is a function). Its eigenvalues are curvatures in units of those of
the working rows: where one is not above 0, the loss has no minimum there.
"""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.infer.cov.base import Bent
from leastwise.infer.cov.ground import Ground, coefficient_rows
from leastwise.infer.dist import Array

# An eigenvalue below this beside the largest is rounding.
NO_CURVATURE = 1e-11
# A coefficient has part in a direction by this of what has most.
PART = 1e-3
MOST_NAMES = 6


def bread_of(ground: Ground) -> Array:
    """Return the inverse of the Hessian in the coordinates, shape (q, q).

    Parameters
    ----------
    ground : Ground
        Working rows of a loss.

    Raises
    ------
    DataError
        Where the Hessian is not positive, with the coefficients.
    """
    bent = bent_of(ground)
    return inverse_of(ground, bent.case_weights * bent.curvature, bend=bent.bend)


def bent_of(ground: Ground) -> Bent:
    """Return how the loss is curved; least squares is by 1 in every row."""
    seen = ground.seen
    if seen.bent is not None:
        return seen.bent
    w = ground.rows.weights
    weights = np.ones(ground.n) if w is None else w
    variance = float(seen.fit.rss[seen.target]) / seen.fit.dof
    m = seen.moments
    unit = 2 * int(m.exponent[m.n_inputs + seen.target]) + m.weight_exponent
    dispersion = float(np.ldexp(variance, unit))
    score = -np.ldexp(ground.residuals(), ground.unit)
    y = seen.rows.Y[:, seen.target]
    return Bent(None, y, y, score, weights, (), dispersion)


def inverse_of(ground: Ground, curvature: Array, *, bend: Array | None = None) -> Array:
    """Return the inverse of ``sum_i c_i z_i z_i' - bend`` in the coordinates.

    Parameters
    ----------
    ground : Ground
        Working rows.
    curvature : ndarray, shape (n,)
        Of each row, case weights included, of either sign.
    bend : ndarray, shape (m, m), optional
        What is taken off, of coefficients.
    """
    total = ground.rows.weights
    part = curvature if total is None else curvature / total
    bread = np.zeros((ground.size, ground.size))
    for here, z, w in ground.walk():
        bread += z.T @ ((w * part[here])[:, None] * z)
    if bend is not None:
        bread -= _in_coordinates(ground, bend)
    bread = 0.5 * (bread + bread.T)
    alive = np.concatenate([[ground.fitted.beside > 0], ground.fitted.root.any(axis=1)])
    inner = bread[np.ix_(alive, alive)]
    found = np.zeros_like(bread)
    if not inner.size:
        return found
    values, vectors = np.linalg.eigh(inner)
    if not values[0] > NO_CURVATURE * max(abs(values[-1]), abs(values[0])):
        direction = np.zeros(ground.size)
        direction[alive] = vectors[:, 0]
        raise _no_minimum(ground, direction, float(values[0]))
    found[np.ix_(alive, alive)] = (vectors / values) @ vectors.T
    return found


def _in_coordinates(ground: Ground, bend: Array) -> Array:
    """Take second derivatives by coefficients to the coordinates."""
    rows, power = coefficient_rows(ground)
    made = np.ldexp(rows, (power - ground.unit)[:, None])
    return np.asarray(np.ldexp(made.T @ bend @ made, -ground.moments.weight_exponent))


def _no_minimum(ground: Ground, direction: Array, value: float) -> DataError:
    rows, _ = coefficient_rows(ground)
    part = np.abs(rows @ direction) / np.linalg.norm(rows, axis=1).clip(1e-300)
    names = ground.seen.bent.names if ground.seen.bent is not None else ()
    told = [
        name
        for name, one in zip(names, part, strict=False)
        if one > PART * part.max(initial=0.0)
    ]
    where = ", ".join(told[:MOST_NAMES]) or "the coefficients"
    if len(told) > MOST_NAMES:
        where += f" and {len(told) - MOST_NAMES} more"
    zero = abs(value) <= NO_CURVATURE
    how = "no curvature" if zero else "a negative curvature"
    return DataError(
        f"the loss has {how} in a combination of {where}: this is no minimum, and the "
        "coefficients have no covariance",
        fix="Start elsewhere with start=, leave out what the data do not tell, or take "
        "a loss that bends upwards",
    )
