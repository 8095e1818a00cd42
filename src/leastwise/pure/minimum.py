"""The minimum of a loss of linear predictors, and its derivative.

Newton's method in coordinates in which the inputs are orthonormal, so that units and
offsets cost no digits. The derivative is that of the condition that the score is 0:
with the score g and its derivative H at the minimum, ``d theta = -H^-1 dg``. It is
made of the solution, so that the derivative of it takes the same rule again.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.moments.pairs_jax import dot
from leastwise.pure.fit import Status
from leastwise.pure.mark import unknown_in, unknown_out
from leastwise.pure.parts import Rows
from leastwise.pure.predictors import (
    FAR,
    Basis,
    Data,
    Look,
    Plan,
    hessian_of,
    inputs,
    is_there,
    look_at,
    ridge_of,
    usable,
)
from leastwise.pure.solve import solver

Traced = Any
RUNNING = -1
# Halvings of a step before it is given up.
LEAST_PART = 2.0**-30
# The loss is allowed this much of itself for rounding.
SLACK = 2.0**-44
# Steps shorter than this, in standard errors, end where they no longer shrink.
NEARLY_NONE, NEAR = 1e-6, 1e-3
# As in `loops/newton.py`: predictors that go on by this much, and by this part of the
# step before, while the step is short and shrinks by no more than this, run away.
RUNAWAY, ON_AND_ON, SHORT, SLOWLY, MOVES = 0.05, 0.8, 0.1, 0.3, 1e-3


class Found(NamedTuple):
    """A minimum, in the coordinates of its basis.

    Attributes
    ----------
    theta : array, shape (q,)
        The level first where there is an intercept.
    basis : Basis
        The coordinates.
    decrement : array, shape ()
        Length of the step that would be next, in standard errors.
    steps, status : array of int, shape ()
        Trials, and `Status`.
    """

    theta: Traced
    basis: Basis
    decrement: Traced
    steps: Traced
    status: Traced


@cache
def minimum() -> Any:
    """Make (plan, data) -> Found, with its derivative."""
    jax = jax_module()

    @partial(jax.custom_jvp, nondiff_argnums=(0,))
    @partial(jax.jit, static_argnums=0)
    def found(plan: Plan, data: Data) -> Found:
        return _found(plan, data)

    def tangent(plan: Plan, primals: Any, tangents: Any) -> Any:
        (data,), (moved,) = primals, tangents
        at = found(plan, data)
        change = _change(plan, at, data, moved)
        still = jax.tree.map(_still, at)
        return at, still._replace(theta=change)

    found.defjvp(tangent, symbolic_zeros=True)
    return found


def _still(a: Traced) -> Traced:
    jax = jax_module()
    if jax.numpy.issubdtype(a.dtype, jax.numpy.floating):
        return jax.numpy.zeros_like(a)
    return np.zeros(a.shape, jax.dtypes.float0)


def _change(plan: Plan, at: Found, data: Data, moved: Data) -> Traced:
    """The change of theta: one solution with the Hessian."""
    jax = jax_module()
    leaves, shape = jax.tree.flatten(data)
    ways = jax.tree.leaves(
        moved,
        is_leaf=lambda t: isinstance(t, jax.custom_derivatives.SymbolicZero),
    )
    whole = at.status == Status.SOLVED.value
    marked = shape.unflatten(ways)
    used = data.w > 0
    z = inputs(at.basis, data, intercept=plan.request.intercept)
    near = jax.numpy.abs(dot(z, at.theta) + usable(data)[1]) <= FAR
    # Another rank is a jump, and a row of weight 0 may be anything.
    marked = marked._replace(
        X=_marked(marked.X, whole | ~used[:, None]),
        w=_marked(marked.w, used | (whole & is_there(data) & near)),
        penalty=_marked(marked.penalty, whole),
    )
    ways = shape.flatten_up_to(marked)
    still = [isinstance(t, jax.custom_derivatives.SymbolicZero) for t in ways]

    def gradient(*places: Traced) -> Traced:
        some = iter(places)
        every = [
            a if is_still else next(some)
            for a, is_still in zip(leaves, still, strict=True)
        ]
        return look_at(plan, at.basis, shape.unflatten(every), at.theta).gradient

    places = [a for a, is_still in zip(leaves, still, strict=True) if not is_still]
    steps = [a for a, is_still in zip(ways, still, strict=True) if not is_still]
    _, change = jax.jvp(gradient, places, steps)
    hessian = look_at(plan, at.basis, data, at.theta).hessian
    solved = -jax.scipy.linalg.cho_solve(
        (jax.numpy.linalg.cholesky(hessian), True), change
    )
    return unknown_out(solved, whole | (at.status == Status.RANK_DEFICIENT.value))


def _marked(change: Traced, known: Traced) -> Traced:
    still = jax_module().custom_derivatives.SymbolicZero
    if change is None or isinstance(change, still):
        return change
    return unknown_in(change, known)


def _basis(plan: Plan, data: Data) -> tuple[Basis, Traced]:
    """Coordinates and `Status` by the one rank rule."""
    jnp = jax_module().numpy
    y, _ = usable(data)
    w = data.w if plan.weighted else None
    s = solver()(plan.request, Rows(data.X, y[:, None], w, data.penalty))
    p = len(s.kept)
    both = s.kept[:, None] & s.kept[None, :]
    whole = jnp.where(both, s.inverse, jnp.eye(p, dtype=s.inverse.dtype))
    turn = jnp.where(both, jnp.linalg.cholesky(whole), 0.0)
    basis = Basis(s.shift[:p], s.mean[:p], s.place, s.exponent[:p], turn, s.kept)
    return basis, s.status


class _State(NamedTuple):
    """Between two trials."""

    theta: Traced
    value: Traced
    way: Traced
    decrement: Traced
    part: Traced
    before: Traced  # length of the last step
    rise: Traced
    steps: Traced
    status: Traced


def _found(plan: Plan, data: Data) -> Found:
    jax = jax_module()
    jnp = jax.numpy
    basis, rank = _basis(plan, data)
    first, begun = _start(plan, basis, data)
    way, decrement, _ = _direction(first)
    good = (rank != Status.BAD_DATA.value) & jnp.isfinite(first.value)
    offset = jnp.where(data.w > 0, data.offset, 0.0)
    allowed = plan.cost.accepts(data.y) | (data.w == 0)
    good = good & jnp.isfinite(offset).all() & allowed.all()
    status = jnp.where(jnp.isfinite(decrement), RUNNING, Status.NO_MINIMUM.value)
    status = jnp.where(good, status, Status.BAD_DATA.value).astype(jnp.int32)
    far = jnp.full_like(first.value, jnp.inf)
    one = jnp.ones_like(first.value)
    state = _State(
        begun,
        first.value,
        way,
        decrement,
        one,
        far,
        far,
        jnp.zeros_like(status),
        status,
    )
    end = jax.lax.while_loop(
        lambda s: (s.status == RUNNING) & (s.steps < plan.max_steps),
        partial(_step, plan, basis, data),
        state,
    )
    over = jnp.where(end.status == RUNNING, Status.STEPS_EXHAUSTED.value, end.status)
    solved = over == Status.SOLVED.value
    status = jnp.where(solved, rank, over).astype(jnp.int32)
    return Found(end.theta, basis, end.decrement, end.steps, status)


def _start(plan: Plan, basis: Basis, data: Data) -> tuple[Look, Traced]:
    """Begin at predictors that the targets say alone, or at a level one."""
    jax = jax_module()
    jnp = jax.numpy
    z = inputs(basis, data, intercept=plan.request.intercept)
    y, offset = usable(data)
    w = data.w
    each = plan.cost.start(y, w)
    each = jnp.where(jnp.isfinite(each), each, 0.0) - offset
    ridge = ridge_of(plan, basis, data)
    gram = hessian_of(plan, basis, z, w) + ridge
    near = jax.scipy.linalg.cho_solve(
        (jnp.linalg.cholesky(gram), True), dot(z.T, w * each)
    )
    level = jnp.zeros_like(near)
    if plan.request.intercept:
        level = level.at[0].set((w * each).sum() / w.sum())
    # One trace for both.
    both = jnp.stack([near, level])
    looks = jax.vmap(partial(look_at, plan, basis, data))(both)
    values = jnp.where(jnp.isfinite(looks.value), looks.value, jnp.inf)
    best = jnp.argmin(values)
    return jax.tree.map(lambda a: a[best], looks), both[best]


def _direction(look: Look) -> tuple[Traced, Traced, Traced]:
    """Newton's step back, its length and what rounding makes of the length."""
    jax = jax_module()
    jnp = jax.numpy
    root = jnp.linalg.cholesky(look.hessian)
    solve = partial(jax.scipy.linalg.solve_triangular, root, lower=True)
    along, noise = solve(look.gradient), solve(look.noise)
    way = jax.scipy.linalg.solve_triangular(root, along, lower=True, trans=1)
    return way, jnp.sqrt((along**2).sum()), jnp.sqrt((noise**2).sum())


def _step(plan: Plan, basis: Basis, data: Data, s: _State) -> _State:
    """One trial: a step is taken, or halved."""
    jnp = jax_module().numpy
    theta = s.theta - s.part * s.way
    look = look_at(plan, basis, data, theta)
    taken = look.value <= s.value + SLACK * jnp.abs(s.value)
    way, decrement, noise = _direction(look)
    size = jnp.sqrt(1.0 + jnp.abs(look.value))
    # So near, the length says more than the loss, of which rounding is the most.
    near = (s.decrement <= NEAR * size) & (decrement < s.decrement)
    taken = (taken | near) & jnp.isfinite(decrement)
    length = s.part * s.decrement
    small = NEARLY_NONE * size
    arrived = (decrement <= noise) | (
        (decrement >= 0.5 * s.decrement) & (decrement <= small)
    )
    z = inputs(basis, data, intercept=plan.request.intercept)
    rising = jnp.where(data.w > 0, -s.part * dot(z, s.way), 0.0)
    rise = jnp.abs(rising).max()
    runs = (rise >= RUNAWAY) & (rise >= ON_AND_ON * s.rise)
    runs = runs & (length <= SHORT) & (length >= SLOWLY * s.before)
    lost = (look.score * rising > 0) & (jnp.abs(rising) > MOVES * rise)
    runs = runs & ~(lost & (data.w > 0)).any()
    gone = (s.part * 0.5 < LEAST_PART) | (s.decrement <= small)
    # Where rounding is all that is left no step lowers the loss.
    stuck = jnp.where(s.decrement <= small, Status.SOLVED.value, Status.STUCK.value)
    after = jnp.where(arrived, Status.SOLVED.value, RUNNING)
    after = jnp.where(runs, Status.NO_MINIMUM.value, after)
    status = jnp.where(taken, after, jnp.where(gone, stuck, RUNNING))
    new = _State(
        theta, look.value, way, decrement, jnp.ones_like(s.part), length, rise,
        s.steps + 1, status.astype(jnp.int32),
    )  # fmt: skip
    old = s._replace(part=0.5 * s.part, steps=s.steps + 1, status=new.status)
    pick = partial(jnp.where, taken)
    return _State(*(pick(a, b) for a, b in zip(new, old, strict=True)))
