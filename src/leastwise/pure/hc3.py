"""`leastwise.pure.hc3`: the fit of `ols`, each row with a variance of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from leastwise._kit.precision import jax_module
from leastwise.pure.door import in_float64, ols, prepared, root_of
from leastwise.pure.fit import PureFit, Status
from leastwise.pure.mark import guarded, or_nan
from leastwise.pure.parts import Rows
from leastwise.pure.scope import widely

Traced = Any


def hc3(
    X: Traced, y: Traced, weights: Traced | None = None, *, intercept: bool = True
) -> PureFit:
    """Fit by least squares, with HC3 standard errors, inside JAX.

    Each row has a variance of its own: ``B (sum_i (w_i e_i / (1 - h_i))^2 x_i x_i') B``
    with ``B = (X'WX)^-1`` and h the leverages, as `leastwise.cov.HC3`. Goes through
    `jit`, `vmap`, `grad`, `jacfwd` and `hessian`, as `ols` does.

    Parameters
    ----------
    X, y, weights, intercept
        As in `ols`.

    Returns
    -------
    PureFit
        That of `ols`, with other standard errors: NaN where a row of leverage 1 leaves
        none, and where the columns agree to more than 7 digits, as they are computed in
        float64 from an orthonormal basis and not in pairs.

    Raises
    ------
    RequestError, DataError
        As `ols`.

    References
    ----------
    MacKinnon and White (1985), doi:10.1016/0304-4076(85)90158-7.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from leastwise import pure
    >>> X, y = jnp.array([[0.0], [1.0], [2.0], [3.0]]), jnp.array([1.0, 3.0, 5.0, 8.0])
    >>> round(float(pure.hc3(X, y).standard_errors[0]), 4)
    0.3653
    """
    fit = ols(X, y, weights, intercept=intercept)
    request, rows, single = prepared(X, y, weights, intercept=intercept)
    # Where there is no classical error, there is none of these.
    constant = jax_module().lax.stop_gradient
    slopes, level = constant(fit.standard_errors), constant(fit.intercept_error)
    known = Known(fit.determined, slopes, level, fit.status)
    how = (request.dtype, request.intercept)
    slopes, level = widely(_found, (*how, single), (rows, known))
    return replace(fit, standard_errors=slopes, intercept_error=level)


class Known(NamedTuple):
    """What is known of a fit, without a derivative.

    Attributes
    ----------
    kept : array of bool, shape (p,)
        Columns with a coefficient.
    slopes, level : array, shapes (p, ...) and (...)
        The classical errors; NaN where there is none.
    status : array of int, shape ()
        Of the fit.
    """

    kept: Traced
    slopes: Traced
    level: Traced
    status: Traced


def _found(how: tuple[str, bool, bool], tree: tuple[Rows, Known]) -> Traced:
    rows, known = tree
    jnp = jax_module().numpy
    dtype, intercept, single = how
    X, Y, w, _ = in_float64(rows)
    # Another rank is a jump.
    X = guarded(X, known.status == Status.SOLVED.value)
    kept = known.kept.astype(jnp.float64)
    slopes, level = _errors(intercept, Rows(X, Y, w), kept)
    if single:
        slopes, level = slopes[..., 0], level[..., 0]
    return (
        or_nan(slopes, ~jnp.isnan(known.slopes)).astype(dtype),
        or_nan(level, ~jnp.isnan(known.level)).astype(dtype),
    )


def _errors(intercept: bool, rows: Rows, kept: Traced) -> tuple[Traced, Traced]:
    """Return the errors of slopes (p, k) and of the level (k,), in float64."""
    jnp = jax_module().numpy
    n, p = rows.X.shape
    w = jnp.ones(n, rows.X.dtype) if rows.w is None else rows.w
    # Rows of weight 0 may hold anything, and have no derivative.
    used = (w > 0)[:, None]
    X, Y = jnp.where(used, rows.X, 0.0) * kept, jnp.where(used, rows.Y, 0.0)
    total = w.sum()
    root = jnp.sqrt(jnp.where(w > 0, w, 1.0))[:, None] * used
    center = w @ X / total if intercept else jnp.zeros(p, X.dtype)
    Y = Y - w @ Y / total if intercept else Y
    z, change = _orthonormal((X - center) * root, kept)
    scaled = Y * root
    residual = scaled - z @ (z.T @ scaled)
    lever = (z**2).sum(axis=1)
    if intercept:
        lever = lever + (root[:, 0] ** 2) / total
    score = residual / (1.0 - lever)[:, None]
    # Rows of what the coefficients are made of, times each score.
    of_slopes = (z @ change.T)[:, :, None] * score[:, None, :]
    slopes = root_of((of_slopes**2).sum(axis=0))
    if not intercept:
        return slopes, jnp.zeros(Y.shape[1], X.dtype)
    beside = root / total * score
    of_level = beside - jnp.einsum("npk,p->nk", of_slopes, center)
    return slopes, root_of((of_level**2).sum(axis=0))


def _orthonormal(u: Traced, kept: Traced) -> tuple[Traced, Traced]:
    """Return z with z'z = I and C with u C = z: Cholesky twice (Yamamoto 2015)."""
    jnp = jax_module().numpy
    size = root_of((u**2).sum(axis=0))
    size = jnp.where((kept > 0) & (size > 0), size, 1.0)
    z, change = u / size, jnp.diag(1.0 / size)
    for _ in range(2):
        gram = z.T @ z + jnp.diag(1.0 - kept)
        lower = jnp.linalg.cholesky(gram)
        inverse = jax_module().scipy.linalg.solve_triangular(
            lower, jnp.eye(len(kept), dtype=u.dtype), lower=True
        )
        z, change = z @ inverse.T, change @ inverse.T
    return z, change
