"""The minimum of a sum of squares of a model, and its derivative.

Levenberg-Marquardt steps, damped by the sizes of the columns of the Jacobian that have
been seen, so that units of parameters do not matter. The derivative is that of the
condition that the gradient ``J'We`` is 0, with its whole Hessian: Gauss-Newton's part
alone would be wrong where residuals are not 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.moments.pairs_jax import dot
from leastwise.pure.fit import Status
from leastwise.pure.mark import unknown_out

Traced = Any
RUNNING = -1
SLACK = 2.0**-44
LEAST_DAMPING, MOST_DAMPING = 1e-12, 1e20
FIRST_DAMPING, LESS, MORE = 1e-3, 0.1, 4.0
# Steps shorter than this part of the residuals end where they no longer shrink.
NEARLY_NONE, NEAR = 1e-7, 1e-4
ROUNDINGS = 8.0 * 2.0**-53
# Columns of a Jacobian of unit columns that leave less than this are combinations.
LEAST_PIVOT = 2.0**-22


class Plan(NamedTuple):
    """What does not change under tracing.

    Attributes
    ----------
    model : callable
        ``(parameters, data, *extra) -> array``.
    structure : PyTreeDef
        Of the parameters.
    shapes : tuple of tuple of int
        Of the leaves of the parameters.
    dtype : str
        The type of the answer.
    max_steps : int
        Most trials.
    """

    model: Callable[..., Traced]
    structure: Any
    shapes: tuple[tuple[int, ...], ...]
    dtype: str
    max_steps: int

    def tree(self, theta: Traced, dtype: str = "float64") -> Any:
        """Return a vector of parameters in their structure.

        Parameters
        ----------
        theta : array, shape (p,)
            The leaves one after the other.
        dtype : str
            The type to give them.
        """
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        leaves = [
            theta[end - int(np.prod(shape)) : end].reshape(shape).astype(dtype)
            for end, shape in zip(ends, self.shapes, strict=True)
        ]
        return jax_module().tree.unflatten(self.structure, leaves)


class Problem(NamedTuple):
    """What the minimum depends on.

    Attributes
    ----------
    start, data : pytree
        Parameters to start from, and what the model is given.
    y, weights : array
        Targets and weights of one shape; None for weights of 1, at the door.
    extra : tuple of arrays
        What the model closes over.
    """

    start: Any
    data: Any
    y: Traced
    weights: Traced
    extra: tuple[Traced, ...]


class Found(NamedTuple):
    """A minimum.

    Attributes
    ----------
    theta : array, shape (p,)
        The parameters.
    decrement : array, shape ()
        Length of the next Gauss-Newton step, for a sigma of 1.
    steps, status : array of int, shape ()
        Trials, and `Status`.
    """

    theta: Traced
    decrement: Traced
    steps: Traced
    status: Traced


def residuals(plan: Plan, problem: Problem, theta: Traced) -> Traced:
    """Return ``sqrt(w) (y - model)``, a vector.

    Parameters
    ----------
    plan, problem
        The problem.
    theta : array, shape (p,)
        The parameters.
    """
    return _root(problem.weights.ravel()) * _apart(plan, problem, theta)


def _root(w: Traced) -> Traced:
    """A root of weights; at 0, where it has no derivative, 0 is given."""
    jnp = jax_module().numpy
    used = w > 0
    return jnp.where(used, jnp.sqrt(jnp.where(used, w, 1.0)), 0.0)


def _apart(plan: Plan, problem: Problem, theta: Traced) -> Traced:
    """Targets less model; 0 where the weight is and a value is not finite."""
    jnp = jax_module().numpy
    away = problem.y - plan.model(plan.tree(theta), problem.data, *problem.extra)
    away = away.ravel().astype(jnp.float64)
    return jnp.where((problem.weights.ravel() > 0) | jnp.isfinite(away), away, 0.0)


def covariance(plan: Plan, problem: Problem, theta: Traced) -> Traced:
    """Return ``(J'WJ)^-1``.

    Parameters
    ----------
    plan, problem, theta
        As in `residuals`.
    """
    jax = jax_module()
    jnp = jax.numpy
    J = _jacobian(plan, problem, theta)
    size = jax.lax.stop_gradient(_sizes(J))
    unit = J / size
    root = jnp.linalg.cholesky(dot(unit.T, unit))
    inverse = jax.scipy.linalg.cho_solve((root, True), jnp.eye(len(size)))
    return inverse / (size[:, None] * size[None, :])


def _jacobian(plan: Plan, problem: Problem, theta: Traced) -> Traced:
    return jax_module().jacfwd(lambda t: -residuals(plan, problem, t))(theta)


def _sizes(J: Traced) -> Traced:
    jnp = jax_module().numpy
    square = (J * J).sum(axis=0)
    good = (square > 0) & jnp.isfinite(square)
    return jnp.where(good, jnp.sqrt(jnp.where(good, square, 1.0)), 1.0)


@cache
def minimum() -> Any:
    """Make (plan, problem) -> Found, with its derivative."""
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    @partial(jax.jit, static_argnums=0)
    def found(plan: Plan, problem: Problem) -> Found:
        return _found(plan, problem)

    def tangent(plan: Plan, primals: Any, tangents: Any) -> Any:
        (problem,), (moved,) = primals, tangents
        at = found(plan, problem)
        still = jax.tree.map(_still, at)
        return at, still._replace(theta=_change(plan, at, problem, moved))

    found.defjvp(tangent, symbolic_zeros=True)
    return found


def _still(a: Traced) -> Traced:
    jax = jax_module()
    if jax.numpy.issubdtype(a.dtype, jax.numpy.floating):
        return jax.numpy.zeros_like(a)
    return np.zeros(a.shape, jax.dtypes.float0)


def _change(plan: Plan, at: Found, problem: Problem, moved: Problem) -> Traced:
    """The change of theta: one solution with the Hessian."""
    jax = jax_module()
    zero = jax.custom_derivatives.SymbolicZero
    leaves, shape = jax.tree.flatten(problem)
    ways = shape.flatten_up_to(moved)
    still = [isinstance(t, zero) or t.dtype == jax.dtypes.float0 for t in ways]

    def half(theta: Traced, whole: Problem) -> Traced:
        away = _apart(plan, whole, theta)
        return 0.5 * (whole.weights.ravel() * away * away).sum()

    def slope(*places: Traced) -> Traced:
        some = iter(places)
        every = [
            a if is_still else next(some)
            for a, is_still in zip(leaves, still, strict=True)
        ]
        return jax.grad(half)(at.theta, shape.unflatten(every))

    places = [a for a, is_still in zip(leaves, still, strict=True) if not is_still]
    steps = [a for a, is_still in zip(ways, still, strict=True) if not is_still]
    _, change = jax.jvp(slope, places, steps)
    size = jax.lax.stop_gradient(_sizes(_jacobian(plan, problem, at.theta)))
    curve = jax.hessian(half)(at.theta, problem) / (size[:, None] * size[None, :])
    root = jax.numpy.linalg.cholesky(curve)
    solved = -jax.scipy.linalg.cho_solve((root, True), change / size) / size
    return unknown_out(solved, at.status == Status.SOLVED.value)


class _State(NamedTuple):
    """Between two trials."""

    theta: Traced
    rss: Traced
    gradient: Traced
    gram: Traced
    noise: Traced
    scale: Traced  # largest sizes of the columns so far
    damping: Traced
    decrement: Traced
    steps: Traced
    status: Traced


def _look(plan: Plan, problem: Problem, theta: Traced) -> tuple[Traced, ...]:
    """Sum of squares, gradient, J'J, its sizes, and what the gradient rounds."""
    jnp = jax_module().numpy
    e = residuals(plan, problem, theta)
    J = _jacobian(plan, problem, theta)
    target = _root(problem.weights.ravel()) * jnp.where(
        problem.weights.ravel() > 0, problem.y.ravel(), 0.0
    )
    rounding = ROUNDINGS * jnp.sqrt(dot((J * J).T, e * e + target * target))
    return (e * e).sum(), -dot(J.T, e), dot(J.T, J), _sizes(J), rounding


def _length(gradient: Traced, gram: Traced, size: Traced) -> Traced:
    """Length of the Gauss-Newton step; infinite where J has not full rank."""
    jax = jax_module()
    jnp = jax.numpy
    root = jnp.linalg.cholesky(gram / (size[:, None] * size[None, :]))
    along = jax.scipy.linalg.solve_triangular(root, gradient / size, lower=True)
    whole = jnp.isfinite(root).all() & (jnp.diagonal(root) > LEAST_PIVOT).all()
    return jnp.where(whole, jnp.sqrt((along**2).sum()), jnp.inf)


def _found(plan: Plan, problem: Problem) -> Found:
    jax = jax_module()
    jnp = jax.numpy
    theta = jnp.concatenate([jnp.ravel(a) for a in jax.tree.leaves(problem.start)])
    rss, gradient, gram, size, noise = _look(plan, problem, theta)
    w = problem.weights
    good = jnp.isfinite(rss) & jnp.isfinite(gram).all() & (w >= 0).all() & (w > 0).any()
    status = jnp.where(good, RUNNING, Status.BAD_DATA.value).astype(jnp.int32)
    state = _State(
        theta, rss, gradient, gram, noise, size,
        jnp.full_like(rss, FIRST_DAMPING), _length(gradient, gram, size),
        jnp.zeros_like(status), status,
    )  # fmt: skip
    end = jax.lax.while_loop(
        lambda s: (s.status == RUNNING) & (s.steps < plan.max_steps),
        partial(_step, plan, problem),
        state,
    )
    over = jnp.where(end.status == RUNNING, Status.STEPS_EXHAUSTED.value, end.status)
    size = _sizes_of(end.gram)
    root = jnp.linalg.cholesky(end.gram / (size[:, None] * size[None, :]))
    whole = jnp.isfinite(root).all() & (jnp.diagonal(root) > LEAST_PIVOT).all()
    whole = whole & ((w > 0).sum() >= len(theta))
    is_solved = over == Status.SOLVED.value
    over = jnp.where(
        (is_solved | (over == Status.STEPS_EXHAUSTED.value)) & ~whole & good,
        Status.RANK_DEFICIENT.value,
        over,
    )
    over = jnp.where(is_solved & whole & ~_is_minimum(plan, problem, end.theta, size),
                     Status.NO_MINIMUM.value, over)  # fmt: skip
    return Found(end.theta, end.decrement, end.steps, over.astype(jnp.int32))


def _sizes_of(gram: Traced) -> Traced:
    jnp = jax_module().numpy
    square = jnp.diagonal(gram)
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 1.0)


def _is_minimum(plan: Plan, problem: Problem, theta: Traced, size: Traced) -> Traced:
    """Say whether the whole Hessian is positive: otherwise this is a saddle."""
    jax = jax_module()
    jnp = jax.numpy

    def half(t: Traced) -> Traced:
        return 0.5 * (residuals(plan, problem, t) ** 2).sum()

    curve = jax.hessian(half)(theta) / (size[:, None] * size[None, :])
    return jnp.isfinite(jnp.linalg.cholesky(curve)).all()


def _step(plan: Plan, problem: Problem, s: _State) -> _State:
    """One trial: taken with less damping after it, or refused with more."""
    jax = jax_module()
    jnp = jax.numpy
    scale = s.scale
    curve = s.gram / (scale[:, None] * scale[None, :])
    root = jnp.linalg.cholesky(curve + s.damping * jnp.eye(len(scale)))
    step = jax.scipy.linalg.cho_solve((root, True), s.gradient / scale) / scale
    theta = s.theta - step
    rss, gradient, gram, size, noise = _look(plan, problem, theta)
    decrement = _length(gradient, gram, size)
    # So near, the length says more than the sum, of which rounding may be the most.
    near = (s.decrement <= NEAR * jnp.sqrt(s.rss)) & (decrement < s.decrement)
    taken = ((rss <= s.rss * (1.0 + SLACK)) | near) & jnp.isfinite(gram).all()
    floor = _length(noise, gram, size)
    small = NEARLY_NONE * jnp.sqrt(rss)
    arrived = (decrement <= floor) | (
        (decrement >= 0.5 * s.decrement) & (decrement <= small)
    )
    arrived = arrived & jnp.isfinite(decrement)
    # Where columns are combinations there is no length: the gradient must vanish.
    flat = (jnp.abs(gradient) <= noise).all()
    still = jnp.abs(step) <= 2.0**-52 * jnp.abs(theta)
    lost = (s.damping * MORE > MOST_DAMPING) | still.all()
    none = s.decrement <= NEARLY_NONE * jnp.sqrt(s.rss)
    over = jnp.where(none, Status.SOLVED.value, Status.STUCK.value)
    after = jnp.where(arrived | flat, Status.SOLVED.value, RUNNING)
    status = jnp.where(taken, after, jnp.where(lost, over, RUNNING)).astype(jnp.int32)
    less = jnp.maximum(s.damping * LESS, LEAST_DAMPING)
    new = _State(
        theta, rss, gradient, gram, noise, jnp.maximum(scale, size), less, decrement,
        s.steps + 1, status,
    )  # fmt: skip
    old = s._replace(damping=s.damping * MORE, steps=s.steps + 1, status=status)
    pick = partial(jnp.where, taken)
    return _State(*(pick(a, b) for a, b in zip(new, old, strict=True)))
