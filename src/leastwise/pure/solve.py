"""Rows -> a fit, in pairs of float64, with the derivative of the solution.

The fit minimises sum_i w_i (y_i - b_0 - x_i' b)^2 + sum_j penalty_j b_j^2: a fold, a
solution by sweeps, and units. `change.py` has its derivative.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.moments.double import Double, matvec
from leastwise.moments.fold_jax import fold
from leastwise.moments.pairs_jax import scaled
from leastwise.moments.state import Moments
from leastwise.pure.change import change_of
from leastwise.pure.fit import Status
from leastwise.pure.parts import Answer, Request, Rows, Solution, centred, covariance_of
from leastwise.pure.sweep import Swept, solve_by_sweeps
from leastwise.solve.scatter import Scatter, scatter_of

Traced = Any


@cache
def solver() -> Any:
    """Make (request, rows) -> Solution, in float64, with its derivative."""
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    @partial(jax.jit, static_argnums=0)
    def solved(request: Request, rows: Rows) -> Solution:
        return _solved(request, rows)

    def tangent(request: Request, primals: Any, tangents: Any) -> Any:
        (rows,), (moved,) = primals, tangents
        still = jax.custom_derivatives.SymbolicZero
        moved = Rows(*(None if isinstance(t, still) else t for t in moved))
        solution = solved(request, rows)
        change = change_of(solution, rows, moved, intercept=request.intercept)
        return solution, jax.tree.map(_tangent, solution, change)

    def _tangent(value: Traced, change: Traced) -> Traced:
        if jax.numpy.issubdtype(value.dtype, jax.numpy.floating):
            # The shift is a constant, as no answer depends on it.
            return jax.numpy.zeros_like(value) if change is value else change
        return np.zeros(value.shape, jax.dtypes.float0)

    solved.defjvp(tangent, symbolic_zeros=True)
    return solved


def _solved(request: Request, rows: Rows) -> Solution:
    jnp = jax_module().numpy
    X, Y, w, penalty = rows
    m = fold(X, Y, w)
    p, k = X.shape[1], Y.shape[1]
    # Roundoff 0 is that of whole numbers: what is left of them is not rounding.
    unit = jnp.repeat(np.array(request.roundoff), np.array([p, k])) * 2.0**53
    m = Moments(**{**vars(m), "grain": m.grain * unit})
    s = scatter_of(m, intercept=request.intercept)
    limit = m.count - int(request.intercept)
    if penalty is not None:
        small = scaled(penalty, -2 * m.exponent[:p] - m.weight_exponent)
        ridge = jnp.diag(small)
        s = replace(s, xx=s.xx + Double(ridge, jnp.zeros_like(ridge)))
        limit = limit + (penalty > 0).sum()
    swept = solve_by_sweeps(s, limit)
    good = _is_good(m, rows)
    rank = swept.kept.sum()
    dof = (m.count - rank - int(request.intercept)).astype(jnp.float64)
    rss = swept.rss
    if penalty is not None:
        dof = dof + (small * jnp.diagonal(swept.inverse.hi)).sum()
        held = swept.slopes * Double(small, jnp.zeros_like(small))[:, None]
        rss = rss - (held * swept.slopes).sum(axis=0)
    residual = rss.rounded()
    status = jnp.where(rank == p, Status.SOLVED.value, Status.RANK_DEFICIENT.value)
    status = jnp.where(good, status, Status.BAD_DATA.value)
    solution = Solution(
        slopes=swept.slopes.hi,
        inverse=swept.inverse.hi,
        mean=s.local_mean.hi,
        place=s.mean.hi[:p],
        weight=s.weight.hi,
        rss=jnp.where(residual > 0, residual, 0.0),
        shift=m.shift.hi,
        exponent=m.exponent,
        weight_exponent=jnp.asarray(m.weight_exponent, jnp.int32),
        kept=swept.kept,
        status=status.astype(jnp.int32),
        answer=None,  # type: ignore[arg-type]
    )
    whole = _whole(solution, rows, (s, swept), intercept=request.intercept)
    answer = _in_units(solution, (s, swept), (whole, dof), good=good)
    return solution._replace(answer=answer)


def _is_good(m: Moments, rows: Rows) -> Traced:
    jnp = jax_module().numpy
    good = jnp.isfinite(m.gram.hi).all() & jnp.isfinite(m.gram.lo).all()
    if rows.w is not None:
        good = good & jnp.all(rows.w >= 0) & jnp.any(rows.w > 0)
    if rows.penalty is not None:
        ridge = rows.penalty
        good = good & jnp.all(ridge >= 0) & jnp.isfinite(ridge).all()
    return good


def _whole(
    solution: Solution, rows: Rows, parts: tuple[Scatter, Swept], *, intercept: bool
) -> Traced:
    """Covariance of level and slopes for a residual variance of 1."""
    jnp = jax_module().numpy
    s, swept = parts
    p = len(solution.kept)
    if rows.penalty is None:
        of_slopes, inverse = swept.inverse.hi, swept.inverse
    else:
        of_slopes = covariance_of(solution, centred(solution, rows))
        inverse = Double(of_slopes, jnp.zeros_like(of_slopes))
    if not intercept:
        return of_slopes
    mean = s.mean[:p]
    side = matvec(inverse, mean)
    corner = 1.0 / s.weight.rounded() + (side * mean).sum().rounded()
    edge = side.rounded()
    return jnp.block([[corner, -edge[None, :]], [-edge[:, None], of_slopes]])


def _in_units(
    solution: Solution,
    parts: tuple[Scatter, Swept],
    spread: tuple[Traced, Traced],
    *,
    good: Traced,
) -> Answer:
    """Undo shift and scale."""
    jnp = jax_module().numpy
    (s, swept), (whole, dof) = parts, spread
    p, kept = len(solution.kept), solution.kept
    intercept = len(whole) > p
    ey = solution.exponent[p:]
    variance = solution.rss / jnp.where(dof > 0, dof, jnp.nan)
    bad = jnp.where(good, 0.0, jnp.nan)
    nan = jnp.where(kept & good, 0.0, jnp.nan)[:, None]
    power = solution.power(intercept=intercept)
    errors = scaled(jnp.sqrt(jnp.diagonal(whole)[:, None] * variance), power)
    level, level_error = jnp.zeros_like(variance), jnp.zeros_like(variance)
    if intercept:
        mean = s.mean[:p]
        level = (s.mean[p:] - (swept.slopes.T * mean[None, :]).sum(axis=1)).rounded()
        level_error = errors[0]
    found = jnp.concatenate([jnp.ones(len(whole) - p, bool), kept])
    both = jnp.where(found[:, None] & found[None, :], 0.0, jnp.nan)[:, :, None]
    units = power[:, None, :] + power[None, :, :]
    first = int(intercept)
    return Answer(
        slopes=scaled(swept.slopes.rounded(), power[first:]) + nan,
        errors=errors[first:] + nan,
        level=scaled(level, ey) + bad,
        level_error=level_error + bad,
        covariance=scaled(whole[:, :, None] * variance, units) + both + bad,
        rss=scaled(solution.rss, solution.sums) + bad,
        tss=scaled(s.yy.rounded(), solution.sums) + bad,
        dof=dof,
    )
