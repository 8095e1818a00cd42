"""`leastwise.pure.ols`: shapes are checked here, everything else is arithmetic."""

from __future__ import annotations

from typing import Any

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.pure.fit import PureFit
from leastwise.pure.parts import Request, Rows, Solution
from leastwise.pure.scope import widely
from leastwise.pure.solve import solver

Traced = Any


def ols(
    X: Traced,
    y: Traced,
    weights: Traced | None = None,
    *,
    penalty: Traced | None = None,
    intercept: bool = True,
) -> PureFit:
    """Fit by least squares, as a function that JAX can transform.

    Minimises ``sum_i w_i (y_i - b_0 - x_i' b)^2`` by the normal equations, folded in
    slices and solved in pairs of float64, whatever type comes in. Goes through `jit`,
    `vmap`, `grad`, `jacfwd` and `hessian`; the derivative is that of the solution and
    not of the steps to it. Weights of 0 are a mask: such rows may hold anything.

    Parameters
    ----------
    X : array, shape (n, p)
        Inputs without a column of ones; float, integer or boolean.
    y : array, shape (n,) or (n, k)
        One target or several.
    weights : array, shape (n,), optional
        Analytic weights, 0 or more.
    penalty : array, shape () or (p,), optional
        Ridge penalties, 0 or more, in the units of the columns: adds
        ``sum_j penalty_j b_j^2``. The intercept is not penalised.
    intercept : bool
        Whether the model has an intercept.

    Returns
    -------
    PureFit
        Of the type of the rows: float32 from float32. What cannot be determined is
        NaN, and `status` says why.

    Raises
    ------
    RequestError
        When shapes do not fit together.
    DataError
        When values are not real numbers, or there are none.

    Notes
    -----
    Rows of float32 are folded and solved in float64 in a scope of its own; the flag
    of the process is not touched. There is no second pass over the rows: `rss` is
    the difference ``y'y - b'X'y`` of sums that are good to about 2^-88, and keeps few
    digits of its own where it is less than 2^-60 of them. Where `rss` is 0 the
    standard errors have no derivative, and 0 is given. Where a column is a combination
    of others the derivatives by X and by penalties are NaN, as any change of it changes
    the rank. Standard errors with penalties are those of sampling, ``V X'WX V`` with
    ``V = (X'WX + penalty)^-1``.

    References
    ----------
    Golub and Pereyra (1973), doi:10.1137/0710036.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from leastwise import pure
    >>> X, y = jnp.array([[0.0], [1.0], [2.0]]), jnp.array([1.0, 3.0, 5.5])
    >>> fit = pure.ols(X, y)
    >>> round(float(fit.coefficients[0]), 6), round(float(fit.intercept), 6)
    (2.25, 0.916667)
    >>> mask = jnp.array([1.0, 1.0, 0.0])
    >>> float(pure.ols(X, y, mask).coefficients[0])
    2.0
    """
    request, rows, single = prepared(X, y, weights, penalty, intercept=intercept)
    fit: PureFit = widely(_fit, (request, single), rows)
    return fit


def _fit(how: tuple[Request, bool], rows: Rows) -> PureFit:
    """The fit in the type that is asked for, from within a scope of float64."""
    request, single = how
    return _named(solver()(request, in_float64(rows)), request, single=single)


def in_float64(rows: Rows) -> Rows:
    """Return rows as float64.

    Parameters
    ----------
    rows : Rows
        Of any floating type.
    """
    return Rows(*(None if a is None else a.astype("float64") for a in rows))


def prepared(
    X: Traced,
    y: Traced,
    weights: Traced | None,
    penalty: Traced | None = None,
    *,
    intercept: bool,
) -> tuple[Request, Rows, bool]:
    """Check rows, make them floating point, and say whether there is one target.

    Parameters
    ----------
    X, y, weights, penalty, intercept
        As in `ols`.
    """
    jnp = jax_module().numpy
    default = jnp.result_type(float)
    # Arrays of NumPy keep their float64; those of JAX have the type they have.
    with float64_scope():
        X, y = jnp.asarray(X), jnp.asarray(y)
        weights = None if weights is None else jnp.asarray(weights)
        penalty = None if penalty is None else jnp.asarray(penalty)
    _check(X, y, weights)
    if penalty is not None and penalty.shape not in ((), X.shape[1:]):
        raise RequestError(
            f"X has {X.shape[1]} columns and penalty has the shape {penalty.shape}",
            fix="Give one number, or one for each column of X",
        )
    floats = [a.dtype for a in (X, y) if jnp.issubdtype(a.dtype, jnp.floating)]
    with float64_scope():
        dtype = jnp.result_type(*floats) if floats else default
        columns = y if y.ndim == 2 else y[:, None]
        w = None if weights is None else _as_float(weights)
        if penalty is not None:
            penalty = jnp.broadcast_to(_as_float(penalty), X.shape[1:])
        rows = Rows(_as_float(X), _as_float(columns), w, penalty)
    request = Request(str(dtype), (_roundoff(X), _roundoff(y)), bool(intercept))
    return request, rows, y.ndim == 1


def _as_float(a: Traced) -> Traced:
    jnp = jax_module().numpy
    # Whole numbers are exact in float64, up to 2^53.
    return a if jnp.issubdtype(a.dtype, jnp.floating) else a.astype(jnp.float64)


def _roundoff(a: Traced) -> float:
    jnp = jax_module().numpy
    if not jnp.issubdtype(a.dtype, jnp.floating):
        return 0.0
    return float(jnp.finfo(a.dtype).eps) / 2


def _check(X: Traced, y: Traced, weights: Traced | None) -> None:
    """Say what is wrong with shapes and types, before anything is traced."""
    jnp = jax_module().numpy
    if X.ndim != 2:
        raise RequestError(
            f"X has {X.ndim} dimensions, not 2",
            fix="Give X[:, None] for one input; use jax.vmap for a batch",
        )
    if y.ndim not in (1, 2):
        raise RequestError(
            f"y has {y.ndim} dimensions, not 1 or 2",
            fix="Give one number a row, or k of them; use jax.vmap for a batch",
        )
    n = X.shape[0]
    if y.shape[0] != n:
        raise RequestError(
            f"X has {n} rows and y has {y.shape[0]}", fix="Give one y for each row"
        )
    if weights is not None and weights.shape != (n,):
        raise RequestError(
            f"X has {n} rows and weights have the shape {weights.shape}",
            fix="Give one weight for each row",
        )
    if n == 0:
        raise DataError("there are no rows", fix="Give at least one row")
    for name, a in (("X", X), ("y", y), ("weights", weights)):
        if a is not None and jnp.issubdtype(a.dtype, jnp.complexfloating):
            raise DataError(f"{name} is complex", fix="Give real numbers")


def _named(s: Solution, request: Request, *, single: bool) -> PureFit:
    jnp = jax_module().numpy
    answer = s.answer
    varies = answer.tss != 0
    ratio = answer.rss / jnp.where(varies, answer.tss, 1.0)
    some = answer.dof > 0
    variance = jnp.where(some, answer.rss / jnp.where(some, answer.dof, 1.0), jnp.nan)
    numbers = {
        "coefficients": answer.slopes,
        "intercept": answer.level,
        "standard_errors": answer.errors,
        "intercept_error": answer.level_error,
        "covariance": answer.covariance,
        "rss": answer.rss,
        "tss": answer.tss,
        "r_squared": jnp.where(varies, 1.0 - ratio, jnp.nan),
        "sigma": root_of(variance),
    }
    if single:
        numbers = {name: a[..., 0] for name, a in numbers.items()}
    return PureFit(
        **{name: a.astype(request.dtype) for name, a in numbers.items()},
        dof=answer.dof.astype(request.dtype),
        rank=s.kept.sum().astype(jnp.int32) + int(request.intercept),
        determined=s.kept,
        status=s.status,
    )


def root_of(a: Traced) -> Traced:
    """Return a square root; at 0, where it has no derivative, 0 is given for it.

    Parameters
    ----------
    a : array
        0 or more, or NaN.
    """
    jnp = jax_module().numpy
    zero = a == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, a)))
