"""A loss of linear predictors, and its derivatives, in coordinates that suit it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.moments.pairs_jax import dot, scaled
from leastwise.pure.cost import Cost
from leastwise.pure.parts import Request

Traced = Any
# Predictors of rows of weight 0 beyond this say nothing.
FAR = 100.0
ROUNDINGS = 8.0 * 2.0**-53


class Plan(NamedTuple):
    """What does not change under tracing.

    Attributes
    ----------
    request : Request
        Types and intercept.
    cost : Cost
        Of a row.
    max_steps : int
        Trials, halved steps among them.
    weighted : bool
        Whether weights were given.
    """

    request: Request
    cost: Cost
    max_steps: int
    weighted: bool


class Data(NamedTuple):
    """What the minimum depends on; float64.

    Attributes
    ----------
    X, y, w, offset, penalty : array
        Rows (n, p), (n,), (n,), (n,) and penalties (p,).
    extra : tuple of arrays
        What the cost closes over.
    """

    X: Traced
    y: Traced
    w: Traced
    offset: Traced
    penalty: Traced | None
    extra: tuple[Traced, ...]


class Basis(NamedTuple):
    """Coordinates in which the inputs are orthonormal; constants.

    Attributes
    ----------
    shift, mean, place : array, shape (p,)
        As in `Solution`.
    exponent : array of int, shape (p,)
        Units.
    turn : array, shape (p, p)
        Rows times it are orthonormal; 0 for columns that are not kept.
    kept : array of bool, shape (p,)
        Columns with a coefficient.
    """

    shift: Traced
    mean: Traced
    place: Traced
    exponent: Traced
    turn: Traced
    kept: Traced


class Look(NamedTuple):
    """The loss at a point: value, gradient, Hessian and what a gradient rounds."""

    eta: Traced
    value: Traced
    score: Traced
    gradient: Traced
    hessian: Traced
    noise: Traced


def inputs(basis: Basis, data: Data, *, intercept: bool) -> Traced:
    """Return rows in the coordinates of a basis, the level first.

    Parameters
    ----------
    basis : Basis
        The coordinates.
    data : Data
        The rows.
    intercept : bool
        Whether there is a level.
    """
    jnp = jax_module().numpy
    X = jnp.where(is_there(data)[:, None], data.X, basis.shift)
    z = dot(scaled(X - basis.shift, -basis.exponent) - basis.mean, basis.turn)
    return (
        jnp.concatenate([jnp.ones((len(z), 1), z.dtype), z], axis=1) if intercept else z
    )


def is_there(data: Data) -> Traced:
    """Say which rows are used, or could be: those of weight 0 that are finite.

    Parameters
    ----------
    data : Data
        The rows.
    """
    jnp = jax_module().numpy
    finite = jnp.isfinite(data.X).all(axis=1) & jnp.isfinite(data.y + data.offset)
    return (data.w > 0) | finite


def look_at(plan: Plan, basis: Basis, data: Data, theta: Traced) -> Look:
    """Return the loss and its derivatives by theta.

    Parameters
    ----------
    plan, basis, data
        The problem.
    theta : array, shape (q,)
        The point.
    """
    jnp = jax_module().numpy
    z = inputs(basis, data, intercept=plan.request.intercept)
    used = data.w > 0
    y, offset = usable(data)
    eta = offset + dot(z, theta)
    # What is left out may be anywhere, also where the loss overflows.
    eta = jnp.where(used, eta, jnp.clip(eta, -FAR, FAR))
    value, score, curvature = plan.cost.local(eta, y, data.extra)
    # What is left out may be anything, and 0 times anything may be NaN.
    value, score, curvature = (
        jnp.where(used | jnp.isfinite(a), a, 0.0) for a in (value, score, curvature)
    )
    ridge = ridge_of(plan, basis, data)
    total = (data.w * value).sum() + 0.5 * dot(theta, dot(ridge, theta))
    terms = data.w * (jnp.abs(score) + jnp.abs(curvature) * (1.0 + jnp.abs(eta)))
    return Look(
        eta=eta,
        value=total,
        score=score,
        gradient=dot(z.T, data.w * score) + dot(ridge, theta),
        hessian=hessian_of(plan, basis, z, data.w * curvature) + ridge,
        noise=ROUNDINGS * jnp.sqrt(dot((z * z).T, terms**2)),
    )


def usable(data: Data) -> tuple[Traced, Traced]:
    """Return targets and offsets, with harmless ones in rows of weight 0.

    Parameters
    ----------
    data : Data
        The rows.
    """
    jax = jax_module()
    jnp = jax.numpy
    there = is_there(data)
    first = jax.lax.argmax((data.w > 0).astype(jnp.int32), 0, np.int32)
    some = jax.lax.stop_gradient(data.y[first])
    return jnp.where(there, data.y, some), jnp.where(there, data.offset, 0.0)


def hessian_of(plan: Plan, basis: Basis, z: Traced, weights: Traced) -> Traced:
    """Return ``z'Wz``, with 1 on the diagonal for columns that are not kept.

    Parameters
    ----------
    plan, basis
        The problem.
    z : array, shape (n, q)
        Of `inputs`.
    weights : array, shape (n,)
        Of rows.
    """
    jnp = jax_module().numpy
    gone = (~basis.kept).astype(z.dtype)
    if plan.request.intercept:
        gone = jnp.concatenate([jnp.zeros_like(z[0, :1]), gone])
    return dot(z.T, weights[:, None] * z) + jnp.diag(gone)


def ridge_of(plan: Plan, basis: Basis, data: Data) -> Traced:
    """Return the penalties as a matrix of theta.

    Parameters
    ----------
    plan, basis, data
        The problem.
    """
    jnp = jax_module().numpy
    p = len(basis.kept)
    first = int(plan.request.intercept)
    if data.penalty is None:
        return jnp.zeros((p + first, p + first), data.X.dtype)
    small = scaled(data.penalty, -2 * basis.exponent)
    inner = dot(basis.turn.T, small[:, None] * basis.turn)
    return jnp.pad(inner, (first, 0))
