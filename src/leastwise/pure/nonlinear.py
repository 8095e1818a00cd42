"""`leastwise.pure.nonlinear`: a model of your own, as a function of JAX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise._kit.pytree import pytree
from leastwise.pure.fit import Status, raise_unless_solved
from leastwise.pure.levenberg import (
    Found,
    Plan,
    Problem,
    covariance,
    minimum,
    residuals,
)
from leastwise.pure.mark import or_nan
from leastwise.pure.scope import widely

Traced = Any
MOST_STEPS = 200


@pytree
@dataclass(frozen=True)
class PureNonlinear:
    """A nonlinear least squares fit as arrays of JAX.

    Attributes
    ----------
    parameters, standard_errors : pytree
        Of the structure of `start`.
    covariance : array, shape (p, p)
        Of the parameters in the order of `jax.tree.leaves`.
    unscaled_covariance : array, shape (p, p)
        The same for a residual variance of 1: with weights of 1 over the variances of
        measurements that are known.
    rss : array, shape ()
        Weighted sum of squares of the residuals.
    sigma : array, shape ()
        Residual standard deviation, ``sqrt(rss / dof)``.
    dof : array, shape ()
        Numbers of positive weight less the parameters.
    decrement : array, shape ()
        Length of the next Gauss-Newton step, in standard errors for a sigma of 1.
    steps : array of int, shape ()
        Trials.
    status : array of int, shape ()
        See `Status`.
    """

    parameters: Any
    standard_errors: Any
    covariance: Traced
    unscaled_covariance: Traced
    rss: Traced
    sigma: Traced
    dof: Traced
    decrement: Traced
    steps: Traced
    status: Traced

    def or_raise(self) -> PureNonlinear:
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


def nonlinear(
    model: Callable[[Any, Any], Traced],
    start: Any,
    data: Any,
    y: Traced,
    weights: Traced | None = None,
    *,
    max_steps: int = MOST_STEPS,
) -> PureNonlinear:
    """Fit a model of your own by least squares, as a function that JAX can transform.

    Minimises ``sum_i w_i (y_i - model(parameters, data)_i)^2`` by the method of
    Levenberg and Marquardt in float64. Goes through `jit`, `vmap`, `grad`, `jvp` and
    `hessian`: the derivative is that of the minimum, by the implicit function theorem
    and with the whole Hessian, with respect to data, targets, weights and whatever the
    model closes over. It does not depend on the start.

    Parameters
    ----------
    model : callable
        ``(parameters, data) -> array`` of the shape of y, in `jax.numpy`, twice
        differentiable.
    start : pytree of floats or arrays
        Where to start; its structure is that of the parameters.
    data : pytree of arrays
        What the model is given; not changed in type below float64.
    y : array, shape (n,) or any other
        Targets.
    weights : array of the shape of y, optional
        0 or more; where 0, y may be anything.
    max_steps : int
        Most trials.

    Returns
    -------
    PureNonlinear
        Of the type of y and of the data. Where the data do not determine the parameters
        `status` is `Status.RANK_DEFICIENT`, the errors are NaN and so is a derivative.

    Raises
    ------
    RequestError
        When the model does not give the shape of y.
    DataError
        When there are fewer numbers than one.

    Notes
    -----
    The covariance is ``sigma^2 (J'WJ)^-1`` with the Jacobian J, as `nls` in R has it.
    A function made anew for each call is compiled for each call, unless all of it is
    under `jit`.

    References
    ----------
    Marquardt (1963), doi:10.1137/0111030. Blondel et al. (2022), arXiv:2105.15183.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from leastwise import pure
    >>> decay = lambda p, x: p["a"] * jnp.exp(-x / p["tau"])
    >>> x, y = jnp.array([0.0, 1.0, 2.0, 4.0]), jnp.array([2.1, 1.2, 0.8, 0.2])
    >>> fit = pure.nonlinear(decay, {"a": 1.0, "tau": 1.0}, x, y)
    >>> round(float(fit.parameters["tau"]), 4), int(fit.status)
    (1.8976, 0)
    >>> tau = lambda y: pure.nonlinear(decay, {"a": 1.0, "tau": 1.0}, x, y)
    >>> jax.grad(lambda y: tau(y).parameters["tau"])(y).shape
    (4,)
    """
    jax = jax_module()
    jnp = jax.numpy
    default = jnp.result_type(float)
    with float64_scope():
        tree = jax.tree.map(jnp.asarray, (start, data, y, weights))
    start, data, y, weights = tree
    floats = [
        a.dtype
        for a in jax.tree.leaves((data, y))
        if jnp.issubdtype(a.dtype, jnp.floating)
    ]
    with float64_scope():
        dtype = str(jnp.result_type(*floats)) if floats else str(default)
    _check(start, y, weights)
    closed, extra = _closed(model, (start, data, y))
    plan = Plan(
        closed, jax.tree.structure(start), _shapes(start), dtype, int(max_steps)
    )
    fit: PureNonlinear = widely(_fit, plan, Problem(start, data, y, weights, extra))
    return fit


def _shapes(start: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(a.shape for a in jax_module().tree.leaves(start))


def _check(start: Any, y: Traced, weights: Traced | None) -> None:
    jax = jax_module()
    jnp = jax.numpy
    if y.size == 0:
        raise DataError("y is empty", fix="Give at least one number")
    if weights is not None and weights.shape != y.shape:
        raise RequestError(
            f"y has the shape {y.shape} and weights {weights.shape}",
            fix="Give one weight for each number of y",
        )
    leaves = jax.tree_util.tree_leaves_with_path(start)
    if not leaves:
        raise RequestError("start has no parameters", fix="Give at least one number")
    for path, a in leaves:
        if jnp.issubdtype(a.dtype, jnp.complexfloating):
            name = jax.tree_util.keystr(path)
            raise RequestError(f"start{name} is complex", fix="Give real numbers")


def _closed(
    model: Callable[..., Traced], arguments: tuple[Any, Any, Traced]
) -> tuple[Callable[..., Traced], tuple[Traced, ...]]:
    """Return the model as a function of everything it depends on."""
    jax = jax_module()
    start, data, y = arguments

    def wide(a: Traced) -> Any:
        is_float = jax.numpy.issubdtype(a.dtype, jax.numpy.floating)
        return jax.ShapeDtypeStruct(a.shape, "float64" if is_float else a.dtype)

    with float64_scope():
        given = jax.tree.map(wide, data)
        places = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, "float64"), start)
        made = jax.eval_shape(model, places, given)
        shape = getattr(made, "shape", None)
        if shape != y.shape:
            raise RequestError(
                f"the model gives the shape {shape} and y has {y.shape}",
                fix="Return one number for each of y",
            )
        closed, extra = jax.closure_convert(model, places, given)
    # A function of its own each time would be compiled each time.
    return (closed, tuple(extra)) if extra else (model, ())


def _fit(plan: Plan, problem: Problem) -> PureNonlinear:
    jax = jax_module()
    jnp = jax.numpy

    def wide(a: Traced) -> Traced:
        is_float = jnp.issubdtype(a.dtype, jnp.floating)
        return a.astype(jnp.float64) if is_float else a

    start = jax.tree.map(lambda a: a.astype(jnp.float64), problem.start)
    weights = problem.weights
    if weights is None:
        # A compiler that knew them to be 1 would count them, at its own pace.
        weights = jax.lax.optimization_barrier(jnp.ones(problem.y.shape))
    whole = Problem(
        # No answer depends on the start.
        jax.lax.stop_gradient(start),
        jax.tree.map(wide, problem.data),
        problem.y.astype(jnp.float64),
        weights.astype(jnp.float64),
        problem.extra,
    )
    return _named(plan, whole, minimum()(plan, whole))


def _named(plan: Plan, problem: Problem, found: Found) -> PureNonlinear:
    jnp = jax_module().numpy
    e = residuals(plan, problem, found.theta)
    rss = (e * e).sum()
    dof = (problem.weights > 0).sum() - len(found.theta)
    some = dof > 0
    variance = rss / jnp.where(some, dof, jnp.nan)
    unscaled = covariance(plan, problem, found.theta)
    spread = unscaled * variance
    known = found.status == Status.SOLVED.value
    # Where the loop still was, is an answer that has no derivative.
    place = (found.status != Status.BAD_DATA.value) & jnp.isfinite(found.theta)
    diagonal = jnp.diagonal(spread)
    errors = jnp.where(
        diagonal > 0, jnp.sqrt(jnp.where(diagonal > 0, diagonal, 1.0)), diagonal
    )
    typed = {
        "covariance": or_nan(spread, known),
        "unscaled_covariance": or_nan(unscaled, known),
        "rss": rss,
        "sigma": jnp.where(
            rss > 0, jnp.sqrt(jnp.where(rss > 0, variance, 1.0)), 0.0 * variance
        ),
        "dof": dof,
        "decrement": found.decrement,
    }
    return PureNonlinear(
        parameters=plan.tree(or_nan(found.theta, place), plan.dtype),
        standard_errors=plan.tree(or_nan(errors, known), plan.dtype),
        **{name: a.astype(plan.dtype) for name, a in typed.items()},
        steps=found.steps,
        status=found.status,
    )
