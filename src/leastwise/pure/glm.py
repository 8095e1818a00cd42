"""`leastwise.pure.glm`: any loss of a linear predictor, as a function of JAX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise._kit.pytree import pytree
from leastwise.moments.pairs_jax import dot, scaled
from leastwise.pure.cost import cost_of
from leastwise.pure.door import in_float64, prepared
from leastwise.pure.fit import Status, raise_unless_solved
from leastwise.pure.mark import or_nan
from leastwise.pure.minimum import Found, minimum
from leastwise.pure.predictors import (
    Basis,
    Data,
    Plan,
    hessian_of,
    inputs,
    ridge_of,
    usable,
)
from leastwise.pure.scope import widely

Traced = Any
MOST_STEPS = 100


@pytree
@dataclass(frozen=True)
class PureGlm:
    """The minimum of a loss as arrays of JAX, for n rows and p inputs.

    Attributes
    ----------
    coefficients, standard_errors : array, shape (p,)
        Slopes; NaN where the column is a combination of the ones before it.
    intercept, intercept_error : array, shape ()
        Zeros in a fit without one.
    covariance : array, shape (q, q)
        Of the coefficients, the intercept first where there is one.
    loss : array, shape ()
        ``sum_i w_i loss(eta_i, y_i)``; half of the deviance for a family.
    dispersion : array, shape ()
        Pearson's, ``sum_i w_i (y_i - mu_i)^2 / V(mu_i) / dof``; 1 where it is known,
        and for a loss of your own, which says minus the log-likelihood.
    dof : array, shape ()
        Rows of positive weight less the coefficients estimated.
    decrement : array, shape ()
        What Newton's next step would be long, in standard errors for a dispersion of
        1: how far the coefficients are from the minimum.
    steps : array of int, shape ()
        Trials, halved steps among them.
    determined : array of bool, shape (p,)
        False where a coefficient is NaN for want of rank.
    status : array of int, shape ()
        See `Status`.
    """

    coefficients: Traced
    intercept: Traced
    standard_errors: Traced
    intercept_error: Traced
    covariance: Traced
    loss: Traced
    dispersion: Traced
    dof: Traced
    decrement: Traced
    steps: Traced
    determined: Traced
    status: Traced

    def or_raise(self) -> PureGlm:
        """Return the fit if it is solved, and raise why not otherwise.

        Raises
        ------
        DataError
            When `status` is not `Status.SOLVED`.
        RequestError
            Inside a transformation, where values are not known yet.
        """
        raise_unless_solved(self.status)
        return self


def glm(
    X: Traced,
    y: Traced,
    weights: Traced | None = None,
    *,
    family: Any,
    offset: Traced | None = None,
    penalty: Traced | None = None,
    intercept: bool = True,
    max_steps: int = MOST_STEPS,
) -> PureGlm:
    """Minimise a loss of a linear predictor, as a function that JAX can transform.

    Minimises ``sum_i w_i loss(b_0 + x_i' b + offset_i, y_i)`` and, with penalties,
    ``1/2 sum_j penalty_j b_j^2`` more, by Newton's method in float64. Goes through
    `jit`, `vmap`, `grad`, `jvp` and `hessian`: the derivative is that of the minimum,
    by the implicit function theorem, with respect to rows, weights, offset, penalties
    and whatever the loss closes over.

    Parameters
    ----------
    X : array, shape (n, p)
        Inputs without a column of ones.
    y : array, shape (n,)
        The target.
    weights : array, shape (n,), optional
        0 or more; rows of weight 0 may hold anything.
    family : Family or callable
        ``lw.family.Poisson()`` and so on, or a loss of your own for one row,
        ``lambda eta, y: ...`` in `jax.numpy`: convex in eta, twice differentiable.
    offset : array, shape (n,), optional
        Added to the linear predictor.
    penalty : array, shape () or (p,), optional
        Ridge penalties, in the units of the columns; not of the intercept.
    intercept : bool
        Whether the model has an intercept.
    max_steps : int
        Most trials of Newton's method.

    Returns
    -------
    PureGlm
        Of the type of the rows. Without a finite minimum (separated classes) the
        coefficients are NaN and `status` says so; without convergence they are where
        the loop stood, and have no derivative.

    Raises
    ------
    RequestError
        When shapes do not fit together, or the loss of a row is not a number.
    DataError
        When values are not real, or a target that is known is none of the family.

    Notes
    -----
    The covariance is ``dispersion (I + P)^-1 I (I + P)^-1`` with the penalties P and
    the expected information I (observed, for a loss of your own). The derivative is
    made with the observed one. A function made anew for each call is compiled for each
    call, unless all of it is under `jit`.

    References
    ----------
    McCullagh and Nelder (1989), doi:10.1007/978-1-4899-3242-6. Blondel et al. (2022),
    arXiv:2105.15183, for derivatives of minima.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> import leastwise as lw
    >>> X, y = jnp.array([[0.0], [1.0], [2.0], [3.0]]), jnp.array([1.0, 2.0, 4.0, 9.0])
    >>> fit = lw.pure.glm(X, y, family=lw.family.Poisson())
    >>> round(float(fit.coefficients[0]), 5), int(fit.status)
    (0.74776, 0)
    >>> slope = lambda y: lw.pure.glm(X, y, family=lw.family.Poisson()).coefficients[0]
    >>> [round(float(d), 4) for d in jax.grad(slope)(y)]
    [-0.177, -0.1005, -0.0239, 0.0526]
    """
    request, rows, _ = prepared(X, y, weights, penalty, intercept=intercept)
    offset = _vector(offset, rows.X.shape[0], "offset")
    if rows.Y.shape[1] != 1 or np.ndim(y) != 1:
        raise RequestError("y is not a vector", fix="Give one number a row")
    cost, extra = cost_of(family)
    _complain(cost.family, y, weights)
    plan = Plan(request, cost, int(max_steps), weights is not None)
    fit: PureGlm = widely(_fit, plan, (rows, offset, extra))
    return fit


def _vector(a: Traced | None, n: int, name: str) -> Traced | None:
    jnp = jax_module().numpy
    if a is None:
        return None
    with float64_scope():
        a = jnp.asarray(a)
        if a.shape not in ((), (n,)):
            raise RequestError(
                f"X has {n} rows and {name} has the shape {a.shape}",
                fix=f"Give one {name} for each row",
            )
        return jnp.broadcast_to(a, (n,))


def _complain(family: Any, y: Traced, weights: Traced | None) -> None:
    """Refuse targets that the family cannot take, where they are known."""
    jax = jax_module()
    if family is None or any(isinstance(a, jax.core.Tracer) for a in (y, weights)):
        return
    values = np.asarray(y, np.float64)
    used = np.isfinite(values)
    if weights is not None:
        used &= np.asarray(weights) > 0
    complaint = family.complaint(values[used])
    if complaint is not None:
        row = int(np.flatnonzero(used)[complaint.row]) + 1
        raise DataError(f"row {row}: {complaint.what}", fix=complaint.fix)


def _fit(plan: Plan, tree: Any) -> PureGlm:
    jnp = jax_module().numpy
    rows, offset, extra = tree
    X, Y, w, penalty = in_float64(rows)
    y = Y[:, 0]
    if w is None:
        # A compiler that knew them to be 1 would count them, at its own pace.
        w = jax_module().lax.optimization_barrier(jnp.ones_like(y))
    offset = jnp.zeros_like(y) if offset is None else offset.astype(jnp.float64)
    data = Data(X, y, w, offset, penalty, extra)
    found = minimum()(plan, data)
    return _named(plan, data, found)


def _named(plan: Plan, data: Data, found: Found) -> PureGlm:
    """Back to the units of the columns, with the covariance."""
    jax = jax_module()
    jnp = jax.numpy
    basis, theta = found.basis, found.theta
    first = int(plan.request.intercept)
    z = inputs(basis, data, intercept=plan.request.intercept)
    y, offset = usable(data)
    used = data.w > 0
    eta = jnp.where(used, offset + dot(z, theta), 0.0)
    value, _, _ = plan.cost.local(eta, y, data.extra)
    loss = (data.w * jnp.where(used, value, 0.0)).sum()
    known = jnp.where(used, plan.cost.information(eta, y, data.extra), 0.0)
    spread, rank = _spread(plan, basis, data, (z, data.w * known))
    if data.penalty is None:
        rank = basis.kept.sum() + first
    dof = used.sum() - rank
    dispersion = jnp.ones_like(loss)
    if plan.cost.family is not None and not plan.cost.family.has_known_dispersion:
        squares = jnp.where(used, plan.cost.pearson(eta, y), 0.0)
        some = dof > 0
        dispersion = (data.w * squares).sum() / jnp.where(some, dof, jnp.nan)
    change = _units(basis, first)
    whole = dot(change, dot(spread, change.T)) * dispersion
    coefficients = dot(change, theta)
    kept = jnp.concatenate([jnp.ones(first, bool), basis.kept])
    nowhere = (found.status == Status.NO_MINIMUM.value) | (
        found.status == Status.BAD_DATA.value
    )
    coefficients = or_nan(coefficients, kept & ~nowhere)
    ended = nowhere | (found.status > Status.BAD_DATA.value)
    errors = or_nan(jnp.sqrt(_positive(jnp.diagonal(whole))), kept & ~ended)
    covariance = or_nan(whole, kept[:, None] & kept[None, :] & ~ended)
    none = jnp.zeros((), errors.dtype)
    numbers = {
        "coefficients": coefficients[first:],
        "intercept": coefficients[0] if first else none,
        "standard_errors": errors[first:],
        "intercept_error": errors[0] if first else none,
        "covariance": covariance,
        "loss": or_nan(loss, ~nowhere),
        "dispersion": or_nan(dispersion, ~ended),
        "dof": dof,
        "decrement": found.decrement,
    }
    return PureGlm(
        **{name: a.astype(plan.request.dtype) for name, a in numbers.items()},
        steps=found.steps,
        determined=basis.kept,
        status=found.status,
    )


def _spread(
    plan: Plan, basis: Basis, data: Data, rows: tuple[Traced, Traced]
) -> tuple[Traced, Traced]:
    """(I + P)^-1 I (I + P)^-1, and what the fit has of degrees of freedom."""
    jax = jax_module()
    z, weights = rows
    bread = hessian_of(plan, basis, z, weights) + ridge_of(plan, basis, data)
    root = jax.numpy.linalg.cholesky(bread)
    half = jax.scipy.linalg.cho_solve((root, True), dot(z.T, weights[:, None] * z))
    return jax.scipy.linalg.cho_solve((root, True), half.T), jax.numpy.trace(half)


def _units(basis: Basis, first: int) -> Traced:
    """Return the matrix that takes theta to the intercept and the slopes."""
    jnp = jax_module().numpy
    slopes = scaled(basis.turn, -basis.exponent[:, None])
    if not first:
        return slopes
    level = jnp.concatenate([jnp.ones(1, slopes.dtype), -dot(basis.place, basis.turn)])
    return jnp.concatenate([level[None, :], jnp.pad(slopes, ((0, 0), (1, 0)))])


def _positive(a: Traced) -> Traced:
    """What a root can be taken of; 1 where there is no variance."""
    jnp = jax_module().numpy
    return jnp.where(a > 0, a, 1.0)
