"""The derivative of a solution: formulas that are linear in the tangents.

With the residuals r, the centred inputs u, the penalties L (a diagonal) and
V = (U'WU + L)^-1, those of Golub and Pereyra [1]_:

    db = V (sum_i u_i (dw_i r_i + w_i (dy_i - dx_i' b)) + sum_i w_i r_i dx_i - dL b)
    dV = -V (sum_i dw_i u_i u_i' + w_i (dx_i u_i' + u_i dx_i') + dL) V

No derivative of a factorisation is taken. They are made of the solution itself, so
that the derivative of a derivative takes the same rule again.

.. [1] G. H. Golub, V. Pereyra (1973), doi:10.1137/0710036.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from leastwise._kit.precision import jax_module
from leastwise.moments.pairs_jax import dot, scaled
from leastwise.pure.fit import Status
from leastwise.pure.mark import unknown_in, unknown_out
from leastwise.pure.parts import Answer, Centred, Rows, Solution, centred, covariance_of

Traced = Any


class _Moved(NamedTuple):
    """Tangents in scaled units; None where nothing moves."""

    X: Traced | None
    Y: Traced | None
    w: Traced | None  # n x 1
    penalty: Traced | None


def change_of(s: Solution, rows: Rows, tangents: Rows, *, intercept: bool) -> Solution:
    """Return the change of a solution, floats only, for a change of its rows.

    Parameters
    ----------
    s : Solution
        Of these rows.
    rows, tangents : Rows
        float64; None in `tangents` where nothing moves.
    intercept : bool
        Whether the model has an intercept.
    """
    jnp = jax_module().numpy
    c = centred(s, rows)
    d = _moved(s, rows, tangents)
    zero = jnp.zeros_like
    fall, turn = zero(c.target), zero(s.inverse)
    pull, mean, weight = zero(s.slopes), zero(s.mean), zero(s.weight)
    p = len(s.kept)
    weighted = c.through if c.w is None else c.w * c.through
    held = c.residual if c.w is None else c.w * c.residual
    if d.Y is not None:
        fall = fall + d.Y
        mean = mean.at[p:].add(_sum(c.w, d.Y))
    if d.X is not None:
        fall = fall - dot(d.X, s.slopes)
        pull = dot(d.X.T, held)
        half = dot(weighted.T, dot(d.X, s.inverse))
        turn = half + half.T
        mean = mean.at[:p].add(_sum(c.w, d.X))
    level = _sum(c.w, fall)
    rss = 2.0 * (held * fall).sum(axis=0)
    slopes = dot(weighted.T, fall) + dot(s.inverse, pull)
    if d.w is not None:
        slopes = slopes + dot(c.through.T, d.w * c.residual)
        rss = rss + (d.w * c.residual**2).sum(axis=0)
        turn = turn + dot(c.through.T, d.w * c.through)
        level = level + (d.w * c.residual).sum(axis=0)
        mean = mean + (d.w * jnp.concatenate([c.u, c.target], axis=1)).sum(axis=0)
        weight = weight + d.w.sum()
    inverse = -turn
    if d.penalty is not None:
        slopes = slopes - dot(s.inverse, d.penalty[:, None] * s.slopes)
        inverse = inverse - dot(s.inverse, d.penalty[:, None] * s.inverse)
    mean = mean / s.weight if intercept else zero(mean)
    level = level / s.weight - dot(s.place, slopes) if intercept else zero(level)
    if c.penalty is not None:
        rss = rss - 2.0 * (c.penalty[:, None] * s.slopes * slopes).sum(axis=0)
    new = s._replace(
        slopes=slopes,
        inverse=inverse,
        mean=mean,
        place=mean[:p],
        weight=weight,
        rss=rss,
    )
    answer = _answer(s, c, d, new, (rss, level, turn), intercept=intercept)
    return new._replace(answer=answer)


def _answer(
    s: Solution,
    c: Centred,
    d: _Moved,
    new: Solution,
    parts: tuple[Traced, Traced, Traced],
    *,
    intercept: bool,
) -> Answer:
    """The change of what is given back, in the units of the columns."""
    jnp = jax_module().numpy
    rss, level, turn = parts
    p = len(s.kept)
    tss, dof = jnp.zeros_like(rss), jnp.zeros_like(s.weight)
    if d.Y is not None:
        target = c.target if c.w is None else c.w * c.target
        tss = 2.0 * (target * d.Y).sum(axis=0)
    if d.w is not None:
        tss = tss + (d.w * c.target**2).sum(axis=0)
    spread = new.inverse
    if c.penalty is not None:
        dof = (c.penalty * jnp.diagonal(new.inverse)).sum()
        if d.penalty is not None:
            dof = dof + (d.penalty * jnp.diagonal(s.inverse)).sum()
        gram = dot(c.u.T, c.u if c.w is None else c.w * c.u)
        half = dot(new.inverse, dot(gram, s.inverse))
        spread = half + half.T + turn
    whole, own = _whole(s, c, new, spread, intercept=intercept)
    sums, ey = s.sums, s.exponent[p:]
    rate = _ratio(rss, s.rss) - _ratio(dof, s.answer.dof)
    some = s.answer.dof > 0
    ends = jnp.where(some, _ratio(s.rss, s.answer.dof), 0.0)
    covariance = own[:, :, None] * rate + whole[:, :, None]
    found = some & jnp.concatenate([jnp.ones(own.shape[0] - p, bool), s.kept])
    errors = s.answer.errors
    if intercept:
        errors = jnp.concatenate([s.answer.level_error[None, :], errors])
    # NaN times the 0 of something that is not asked for would be NaN.
    errors = jnp.where(found[:, None], errors, 0.0)
    share = _ratio(jnp.diagonal(whole), jnp.diagonal(own))[:, None]
    errors = unknown_out(0.5 * errors * (share + rate), found[:, None])
    power = s.power(intercept=intercept)
    both = (found[:, None] & found[None, :])[:, :, None]
    units = power[:, None, :] + power[None, :, :]
    first = int(intercept)
    return Answer(
        slopes=unknown_out(scaled(new.slopes, power[first:]), s.kept[:, None]),
        level=scaled(level, ey),
        errors=errors[first:],
        level_error=errors[0] if intercept else jnp.zeros_like(level),
        covariance=unknown_out(scaled(covariance * ends, units), both),
        rss=scaled(rss, sums),
        tss=scaled(tss, sums),
        dof=dof,
    )


def _whole(
    s: Solution, c: Centred, new: Solution, spread: Traced, *, intercept: bool
) -> tuple[Traced, Traced]:
    """Change and value of the covariance for a residual variance of 1, level first."""
    jnp = jax_module().numpy
    own = covariance_of(s, c)
    if not intercept:
        return spread, own
    across = dot(spread, s.place) + dot(own, new.place)
    corner = dot(s.place, across) + dot(dot(new.place, own), s.place)
    corner = corner - new.weight / s.weight**2
    side = dot(own, s.place)
    level = 1.0 / s.weight + dot(s.place, side)
    change = jnp.block([[corner, -across[None, :]], [-across[:, None], spread]])
    return change, jnp.block([[level, -side[None, :]], [-side[:, None], own]])


def _moved(s: Solution, rows: Rows, tangents: Rows) -> _Moved:
    """Scale the tangents, and mark those by which there is no derivative."""
    jnp = jax_module().numpy
    p = len(s.kept)
    good = s.status != Status.BAD_DATA.value
    whole = s.status == Status.SOLVED.value
    X, Y, w, penalty = tangents
    used: Any = True if rows.w is None else rows.w > 0
    if X is not None:
        # Rows of weight 0 may move; another rank is a jump.
        X = X if rows.w is None else jnp.where(used[:, None], X, 0.0)
        X = scaled(unknown_in(X, whole), -s.exponent[:p])
    if Y is not None:
        Y = scaled(unknown_in(Y, good), -s.exponent[p:])
    if w is not None:
        # A row of weight 0 that is not finite could not be let in.
        there = jnp.isfinite(rows.X).all(axis=1) & jnp.isfinite(rows.Y).all(axis=1)
        known = good & (used | (whole & there))
        w = scaled(unknown_in(w, known), -s.weight_exponent)[:, None]
    if penalty is not None:
        penalty = scaled(unknown_in(penalty, whole), s.penalty_power)
    return _Moved(X, Y, w, penalty)


def _sum(w: Traced | None, a: Traced) -> Traced:
    return (a if w is None else w * a).sum(axis=0)


def _ratio(top: Traced, bottom: Traced) -> Traced:
    """A quotient; 0 where the bottom is 0 and there is no derivative."""
    jnp = jax_module().numpy
    zero = bottom == 0
    return jnp.where(zero, 0.0, top / jnp.where(zero, 1.0, bottom))
