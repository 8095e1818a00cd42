"""Rows -> a fit and its derivative, in float64 whatever comes in.

The fit minimises sum_i w_i (y_i - b_0 - x_i' b)^2. Its derivative is that of the
normal equations at the solution, written with the residuals r, the centred inputs u
and V = (U'WU)^-1 [1]_:

    db   = V sum_i u_i (dw_i r_i + w_i (dy_i - dx_i' b)) + V sum_i w_i r_i dx_i
    drss = sum_i dw_i r_i^2 + 2 sum_i w_i r_i (dy_i - dx_i' b)
    dV   = -V (sum_i dw_i u_i u_i' + w_i (dx_i u_i' + u_i dx_i')) V

No derivative of a factorisation is taken, and none has the digits of a Gram to lose.
What multiplies the tangents is computed in float64 and then has the type of the rows:
the way back of a gradient runs outside of any scope of precision.

.. [1] G. H. Golub, V. Pereyra (1973), doi:10.1137/0710036.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module
from leastwise.moments.double import matvec
from leastwise.moments.fold_jax import fold
from leastwise.moments.pairs_jax import dot, scaled
from leastwise.moments.state import Moments
from leastwise.pure.fit import Status
from leastwise.pure.sweep import Swept, solve_by_sweeps
from leastwise.solve.scatter import Scatter, scatter_of

Traced = Any


class Rows(NamedTuple):
    """Rows as arrays of JAX: X (n, p), Y (n, k), w (n,) or None."""

    X: Traced
    Y: Traced
    w: Traced | None


class Request(NamedTuple):
    """What does not change under tracing.

    Attributes
    ----------
    dtype : str
        The type of the answer.
    roundoff : tuple of float
        Unit roundoff of X and of Y as they were given.
    intercept : bool
        Whether the model has an intercept.
    """

    dtype: str
    roundoff: tuple[float, float]
    intercept: bool


class Answer(NamedTuple):
    """Numbers with a derivative; k targets in the last axis.

    Attributes
    ----------
    slopes, errors : array, shape (p, k)
        Coefficients and their standard errors; NaN without rank.
    level, level_error : array, shape (k,)
        The intercept and its standard error.
    rss, tss : array, shape (k,)
        Sums of squares.
    """

    slopes: Traced
    errors: Traced
    level: Traced
    level_error: Traced
    rss: Traced
    tss: Traced


class Verdict(NamedTuple):
    """Numbers without a derivative.

    Attributes
    ----------
    kept : array of bool, shape (p,)
        Columns with a coefficient.
    dof : array, shape ()
        Residual degrees of freedom.
    status : array of int, shape ()
        See `leastwise.pure.Status`.
    """

    kept: Traced
    dof: Traced
    status: Traced


@cache
def solver() -> Any:
    """Make (request, rows) -> (answer, verdict), with its derivative."""
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    @partial(jax.jit, static_argnums=0)
    def solved(request: Request, rows: Rows) -> tuple[Answer, Verdict]:
        with float64_scope():
            return _solved(request, rows)[:2]

    def tangent(request: Request, primals: Any, tangents: Any) -> Any:
        with float64_scope():
            answer, verdict, parts = _solved(request, primals[0])
            known = _known(request, primals[0], parts, verdict)
            known = jax.tree.map(lambda a: a.astype(request.dtype), known)
        change = _change(known, tangents[0], request.intercept)
        none = jax.tree.map(lambda a: np.zeros(a.shape, jax.dtypes.float0), verdict)
        none = none._replace(dof=jax.numpy.zeros_like(verdict.dof))
        return (answer, verdict), (change, none)

    solved.defjvp(jax.jit(tangent, static_argnums=0))
    return solved


class _Parts(NamedTuple):
    moments: Moments
    scatter: Scatter
    swept: Swept
    variance: Traced


def _solved(request: Request, rows: Rows) -> tuple[Answer, Verdict, _Parts]:
    jnp = jax_module().numpy
    X, Y, w = _in_float64(rows)
    m = fold(X, Y, w)
    p, k = X.shape[1], Y.shape[1]
    # Roundoff 0 is that of whole numbers: what is left of them is not rounding.
    unit = jnp.repeat(np.array(request.roundoff), np.array([p, k])) * 2.0**53
    m = Moments(**{**vars(m), "grain": m.grain * unit})
    s = scatter_of(m, intercept=request.intercept)
    swept = solve_by_sweeps(s, m.count - int(request.intercept))
    good = _is_good(m, w)
    rank = swept.kept.sum()
    dof = (m.count - rank - int(request.intercept)).astype(jnp.float64)
    variance = jnp.where(dof > 0, swept.rss.rounded() / jnp.maximum(dof, 1.0), jnp.nan)
    status = jnp.where(rank == p, Status.SOLVED.value, Status.RANK_DEFICIENT.value)
    status = jnp.where(good, status, Status.BAD_DATA.value)
    parts = _Parts(m, s, swept, variance)
    answer = _in_units(request, parts, good)
    answer = Answer(*(a.astype(request.dtype) for a in answer))
    verdict = Verdict(swept.kept, dof.astype(request.dtype), status.astype(jnp.int32))
    return answer, verdict, parts


def _in_float64(rows: Rows) -> Rows:
    jnp = jax_module().numpy
    return Rows(*(None if a is None else a.astype(jnp.float64) for a in rows))


def _is_good(m: Moments, w: Traced | None) -> Traced:
    jnp = jax_module().numpy
    good = jnp.isfinite(m.gram.hi).all() & jnp.isfinite(m.gram.lo).all()
    if w is not None:
        good = good & jnp.all(w >= 0) & jnp.any(w > 0)
    return good


def _in_units(request: Request, parts: _Parts, good: Traced) -> Answer:
    """Undo shift and scale."""
    jnp = jax_module().numpy
    m, s, swept, variance = parts
    p = m.n_inputs
    ex, ey = m.exponent[:p], m.exponent[p:]
    root = jnp.sqrt(jnp.diagonal(swept.inverse.hi)[:, None] * variance[None, :])
    nan = jnp.where(swept.kept & good, 0.0, jnp.nan)[:, None]
    bad = jnp.where(good, 0.0, jnp.nan)
    level, level_error = jnp.zeros_like(variance), jnp.zeros_like(variance)
    if request.intercept:
        mean = s.mean[:p]
        level = (s.mean[p:] - (swept.slopes.T * mean[None, :]).sum(axis=1)).rounded()
        level_error = jnp.sqrt(_level_variance(s, swept) * variance)
    power = ey[None, :] - ex[:, None]
    sums = 2 * ey + m.weight_exponent
    return Answer(
        slopes=scaled(swept.slopes.rounded(), power) + nan,
        errors=scaled(root, power) + nan,
        level=scaled(level, ey) + bad,
        level_error=scaled(level_error, ey) + bad,
        rss=scaled(swept.rss.rounded(), sums) + bad,
        tss=scaled(s.yy.rounded(), sums) + bad,
    )


def _level_variance(s: Scatter, swept: Swept) -> Traced:
    """Variance of the intercept, for a residual variance of 1: 1/W + m' V m."""
    mean = s.mean[: len(swept.kept)]
    return 1.0 / s.weight.rounded() + (
        (matvec(swept.inverse, mean) * mean).sum().rounded()
    )


class _Known(NamedTuple):
    """What multiplies the tangents, in scaled units."""

    x_unit: Traced  # p: 2^-exponent
    y_unit: Traced  # k
    w_unit: Traced
    slopes: Traced  # p x k
    residual: Traced  # n x k
    weighted_residual: Traced
    target: Traced  # n x k: centred
    weighted_target: Traced
    inverse: Traced  # p x p: V
    rows: Traced  # n x p: u V
    weighted_rows: Traced
    variances: Traced  # p
    through_mean: Traced  # p: V m
    lever: Traced  # n: 1/W - m' V u
    weighted_lever: Traced
    rss: Traced  # k
    errors: Traced  # p x k
    level_variance: Traced
    level_error: Traced  # k
    back: Traced  # p x k: 2^(ey - ex)
    sums: Traced  # k: units of sums of squares


def _known(request: Request, rows: Rows, parts: _Parts, verdict: Verdict) -> _Known:
    jnp = jax_module().numpy
    m, s, swept, variance = parts
    X, Y, w = _in_float64(rows)
    p = m.n_inputs
    ex, ey = m.exponent[:p], m.exponent[p:]
    z = scaled(jnp.concatenate([X, Y], axis=1) - m.shift.hi, -m.exponent)
    z = z - s.local_mean.hi
    if w is not None:
        # What is left out may be anything, and 0 times anything may be NaN.
        z = jnp.where((w[:, None] > 0) | jnp.isfinite(z), z, 0.0)
        w = scaled(w, -m.weight_exponent)[:, None]
    u, target = z[:, :p], z[:, p:]
    slopes, inverse = swept.slopes.hi, swept.inverse.hi
    residual, through = target - dot(u, slopes), dot(u, inverse)
    nan = jnp.where(verdict.status == Status.BAD_DATA.value, jnp.nan, 0.0)
    variances = jnp.diagonal(inverse)
    level_variance = jnp.zeros_like(s.weight.hi)
    if request.intercept:
        level_variance = _level_variance(s, swept)
    one = jnp.ones_like(s.weight.hi)
    lever = 1.0 / s.weight.hi - dot(through, s.mean.hi[:p])
    return _Known(
        x_unit=scaled(jnp.ones_like(s.mean.hi[:p]), -ex),
        y_unit=scaled(jnp.ones_like(s.mean.hi[p:]), -ey),
        w_unit=scaled(one, -jnp.asarray(m.weight_exponent)),
        slopes=slopes + nan,
        residual=residual,
        weighted_residual=residual if w is None else w * residual,
        target=target,
        weighted_target=target if w is None else w * target,
        inverse=inverse,
        rows=through,
        weighted_rows=through if w is None else w * through,
        variances=variances,
        through_mean=dot(inverse, s.mean.hi[:p]),
        lever=lever,
        weighted_lever=lever if w is None else w[:, 0] * lever,
        rss=swept.rss.hi,
        errors=jnp.sqrt(variances[:, None] * variance),
        level_variance=level_variance,
        level_error=jnp.sqrt(level_variance * variance),
        back=scaled(jnp.ones_like(slopes), ey[None, :] - ex[:, None]),
        sums=scaled(jnp.ones_like(swept.rss.hi), 2 * ey + m.weight_exponent),
    )


def _change(known: _Known, tangents: Rows, intercept: bool) -> Answer:
    """The derivative; linear in the tangents, in the type of the answer."""
    jnp = jax_module().numpy
    a = known
    dX = tangents.X.astype(a.rows.dtype) * a.x_unit
    dY = tangents.Y.astype(a.rows.dtype) * a.y_unit
    fall = dY - dot(dX, a.slopes)
    slopes = dot(a.weighted_rows.T, fall)
    slopes = slopes + dot(a.inverse, dot(dX.T, a.weighted_residual))
    rss = 2.0 * (a.weighted_residual * fall).sum(axis=0)
    tss = 2.0 * (a.weighted_target * dY).sum(axis=0)
    variances = -2.0 * (a.weighted_rows * dot(dX, a.inverse)).sum(axis=0)
    w = None
    if tangents.w is not None:
        w = (tangents.w.astype(a.rows.dtype) * a.w_unit)[:, None]
        slopes = slopes + dot(a.rows.T, w * a.residual)
        rss = rss + (w * a.residual**2).sum(axis=0)
        tss = tss + (w * a.target**2).sum(axis=0)
        variances = variances - (w * a.rows**2).sum(axis=0)
    spread = _ratio(rss, a.rss)
    errors = 0.5 * a.errors * (spread + _ratio(variances, a.variances)[:, None])
    level, level_error = jnp.zeros_like(rss), jnp.zeros_like(rss)
    if intercept:
        level, variance = _level_change(a, dX, fall, w)
        level_error = 0.5 * a.level_error * (spread + variance / a.level_variance)
    return Answer(
        slopes=slopes * a.back,
        errors=errors * a.back,
        level=level / a.y_unit,
        level_error=level_error / a.y_unit,
        rss=rss * a.sums,
        tss=tss * a.sums,
    )


def _level_change(
    a: _Known, dX: Traced, fall: Traced, w: Traced | None
) -> tuple[Traced, Traced]:
    """The derivative of the intercept and of its variance.

    With h_i = 1/W - m' V u_i they are those of one more coefficient:
    db_0 = sum_i h_i (dw_i r_i + w_i (dy_i - dx_i' b)) - m' V sum_i w_i r_i dx_i.
    """
    along = dot(dX, a.through_mean)
    level = dot(a.weighted_lever, fall) - dot(along, a.weighted_residual)
    variance = 2.0 * dot(a.weighted_lever, along)
    if w is not None:
        level = level + dot(a.lever, w * a.residual)
        variance = variance - dot(a.lever**2, w[:, 0])
    return level, variance


def _ratio(top: Traced, bottom: Traced) -> Traced:
    """A quotient; 0 where the bottom is 0 and there is no derivative."""
    jnp = jax_module().numpy
    zero = bottom == 0
    return jnp.where(zero, 0.0, top / jnp.where(zero, 1.0, bottom))
