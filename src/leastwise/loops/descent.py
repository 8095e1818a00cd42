"""Full-batch gradient descent for squared loss, run on moments.

The loss of the article's loop over rows, on standardised data, is

    f(b, w) = mean((Xs w + b - ys)**2) = b'b + w'A w - 2 w'g + ys'ys/n,

with A = Xs'Xs/n and g = Xs'ys/n, because standardised columns have mean zero.
Its gradient 2 (A w - g), 2 b needs no rows: a step costs O(p^2) whatever n is,
and the iterates are those of the loop over rows, to rounding.

The Hessian is H = 2 diag(1, A). With L and mu its largest and smallest nonzero
eigenvalue, a fixed rate converges exactly when it is below 2/L, and 2/(L + mu)
shrinks the slowest direction fastest, by (L - mu)/(L + mu) a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.trace import Trace, recorded_steps
from leastwise.moments.affine import restore
from leastwise.moments.standardise import StandardisedMoments
from leastwise.solve.digits import relative_to_digits

Array = np.ndarray[Any, Any]

EPS = 2.0**-52
# A gradient this many times the first one will not come back: stop there.
BLOW_UP = 1e12


@dataclass(frozen=True)
class GradientDescent:
    """How to descend.

    Attributes
    ----------
    rate : float, optional
        Step length; 2/(L + mu) from the eigenvalues of the Hessian when None.
    steps : int
        Most steps to take.
    tolerance : float
        Converged when the gradient is this part of the first one, or is no more
        than the rounding of its own terms.
    start : ndarray, shape (m,) or (m, k), optional
        Standardised coefficients to start from; zero when None.

    Examples
    --------
    >>> GradientDescent(rate=0.1).steps
    5000
    """

    rate: float | None = None
    steps: int = 5000
    # One rounding: go on until the gradient is nothing but rounding.
    tolerance: float = 2.0**-52
    start: Any = None


@dataclass(frozen=True)
class Descent:
    """Where a descent came to.

    Attributes
    ----------
    status : Status
        How it ended.
    rate, largest_rate : float
        The rate used; every rate below the second converges.
    steps : int
        Steps taken.
    coefficients : ndarray, shape (m, k)
        In original units, the intercept first when there is one; NaN when the
        descent diverged.
    standardised : ndarray, shape (m, k)
        The same in standardised units.
    digits : float
        Fewest decimal digits in which a coefficient agrees with the exact least
        squares answer.
    trace : Trace
        The way there.
    note : str
        What happened, in words; `status.advice` says what to do about it.
    """

    status: Status
    rate: float
    largest_rate: float
    steps: int
    coefficients: Array
    standardised: Array
    digits: float
    trace: Trace
    note: str


@dataclass(frozen=True)
class _Problem:
    """The quadratic to go down: f = bottom + (t - best)' hessian/2 (t - best)."""

    half_hessian: Array
    cross: Array
    best: Array
    bottom: float
    largest: float
    smallest: float
    rank: int


def descend(
    moments: StandardisedMoments,
    options: GradientDescent | None = None,
    *,
    optimum: Array | None = None,
) -> Descent:
    """Descend on moments with a fixed rate.

    Parameters
    ----------
    moments : StandardisedMoments
        Of the rows.
    options : GradientDescent, optional
        Rate, steps, tolerance, start.
    optimum : ndarray, shape (m, k), optional
        Exact standardised coefficients, when a better solver has them; from the
        eigenvalues of the moments when None, or when it has a NaN because inputs
        are collinear.

    Returns
    -------
    Descent

    Examples
    --------
    >>> from leastwise.moments.standardise import from_rows
    >>> celsius = np.array([[0.0], [10.0], [40.0]])
    >>> rows = from_rows(celsius, 32 + 1.8 * celsius)
    >>> result = descend(rows, GradientDescent(rate=0.1))
    >>> result.status.value, result.coefficients.ravel().round(9).tolist()
    ('converged', [32.0, 1.8])
    """
    options = options or GradientDescent()
    start = _checked_start(moments, options)
    if not _all_finite(moments):
        return _without_numbers(moments, start, options)
    problem = _quadratic(moments, start, optimum)
    limit = 1.0 / problem.largest if problem.largest > 0 else np.inf
    rate = options.rate
    if rate is None:
        total = problem.largest + problem.smallest
        rate = 1.0 / total if total > 0 else 1.0
    first = 2.0 * float(np.linalg.norm(problem.half_hessian @ start - problem.cross))
    floor = max(options.tolerance * first, _rounding(problem, rate))
    trace = _run(moments, problem, start, (rate, floor, BLOW_UP * first), options.steps)
    return _finish(moments, problem, trace, rate, limit, floor)


def _checked_start(moments: StandardisedMoments, options: GradientDescent) -> Array:
    if options.rate is not None and not 0 < options.rate < np.inf:
        raise RequestError(
            f"rate={options.rate} is not a step length",
            fix="Give a positive number, or None to have it chosen",
        )
    if options.steps < 1:
        raise RequestError(f"steps={options.steps}", fix="Take at least 1 step")
    if not 0 <= options.tolerance < 1:
        raise RequestError(
            f"tolerance={options.tolerance}", fix="Give a number from 0 to below 1"
        )
    p, k = moments.cross.shape
    m = p + int(moments.intercept)
    if m == 0:
        raise RequestError(
            "there is nothing to fit", fix="Add an input or an intercept"
        )
    if options.start is None:
        return np.zeros((m, k))
    start = np.asarray(options.start, dtype=np.float64)
    if start.shape not in ((m, k), (m,)) or start.size != m * k:
        raise RequestError(
            f"start has shape {start.shape}", fix=f"Give shape ({m}, {k})"
        )
    if not np.all(np.isfinite(start)):
        raise RequestError("start is not finite", fix="Start from finite numbers")
    return start.reshape(m, k)


def _all_finite(moments: StandardisedMoments) -> bool:
    changes = (moments.scale_x, moments.scale_y, moments.mean_x, moments.mean_y)
    products = (moments.gram, moments.cross, moments.yy)
    return all(bool(np.all(np.isfinite(a))) for a in (*products, *changes))


def _quadratic(
    moments: StandardisedMoments, start: Array, optimum: Array | None
) -> _Problem:
    p, k = moments.cross.shape
    lead = int(moments.intercept)
    a = np.zeros((p + lead, p + lead))
    g = np.zeros((p + lead, k))
    a[:lead, :lead] = 1.0
    a[lead:, lead:], g[lead:] = moments.gram, moments.cross
    values, vectors = np.linalg.eigh(a)
    # Eigenvalues below the rounding of the largest are those of collinear inputs.
    real = values > len(values) * EPS * values[-1]
    if optimum is None or not np.all(np.isfinite(optimum)):
        # Collinear inputs have many answers; descent finds the one nearest the start.
        v = vectors[:, real]
        best = start + v @ ((v.T @ (g - a @ start)) / values[real][:, None])
    else:
        best = np.asarray(optimum, dtype=np.float64).reshape(g.shape)
    bottom = np.maximum(moments.yy - np.sum(g * best, axis=0), 0.0).sum()
    smallest = float(values[real][0]) if real.any() else 0.0
    largest = float(max(values[-1], 0.0))
    return _Problem(a, g, best, float(bottom), largest, smallest, int(real.sum()))


def _rounding(problem: _Problem, rate: float) -> float:
    """What the gradient cannot fall below, at the end of the way.

    Its terms are rounded; and once rate * gradient is less than half a rounding
    of the coefficients, they no longer move.
    """
    size = np.abs(problem.best)
    terms = np.abs(problem.half_hessian) @ size + np.abs(problem.cross)
    rounding = 2.0 * (len(terms) + 1) * np.linalg.norm(terms)
    return float(EPS * (rounding + 0.5 * np.linalg.norm(size) / rate))


def _run(
    moments: StandardisedMoments,
    problem: _Problem,
    start: Array,
    limits: tuple[float, float, float],
    steps: int,
) -> Trace:
    jax = jax_module()
    with float64_scope():
        # jit of one and the same function: compiled once for a shape.
        out = jax.jit(_iterate)(
            problem.half_hessian,
            problem.cross,
            problem.best,
            start,
            np.asarray(limits),
            recorded_steps(steps),
        )
        step, excess, gradient_norm, distance, theta = map(to_host, out)
    # After it has stopped, the remaining records repeat the last.
    new = np.concatenate([[True], step[1:] > step[:-1]])
    theta = theta[new]
    return Trace(
        step=step[new],
        loss=problem.bottom + excess[new],
        gradient_norm=gradient_norm[new],
        distance=distance[new],
        standardised=theta,
        coefficients=_restored(moments, theta),
    )


def _iterate(
    half_hessian: Any, cross: Any, best: Any, start: Any, limits: Any, record_at: Any
) -> Any:
    """Descend and write down step, excess loss, gradient, distance, coefficients."""
    import jax
    import jax.numpy as jnp

    rate, floor, ceiling = limits[0], limits[1], limits[2]

    def gradient(theta: Any) -> Any:
        return 2.0 * (half_hessian @ theta - cross)

    def is_moving(g: Any) -> Any:
        norm = jnp.linalg.norm(g)
        # A NaN compares false: the loop stops.
        return (norm > floor) & (norm <= ceiling)

    def until(carry: Any, next_record: Any) -> Any:
        def goes_on(state: Any) -> Any:
            return (state[0] < next_record) & is_moving(state[2])

        def one_step(state: Any) -> Any:
            theta = state[1] - rate * state[2]
            return state[0] + 1, theta, gradient(theta)

        step, theta, g = jax.lax.while_loop(goes_on, one_step, carry)
        away = theta - best
        excess = jnp.sum(away * (half_hessian @ away))
        record = (step, excess, jnp.linalg.norm(g), jnp.linalg.norm(away), theta)
        return (step, theta, g), record

    begin = (jnp.zeros((), record_at.dtype), start, gradient(start))
    return jax.lax.scan(until, begin, record_at)[1]


def _restored(moments: StandardisedMoments, theta: Array) -> Array:
    return restore(theta, moments.inputs, moments.targets, intercept=moments.intercept)


def _finish(
    moments: StandardisedMoments,
    problem: _Problem,
    trace: Trace,
    rate: float,
    limit: float,
    floor: float,
) -> Descent:
    steps, norm = int(trace.step[-1]), float(trace.gradient_norm[-1])
    if norm <= floor:
        status = Status.CONVERGED
    elif rate >= limit or not norm <= BLOW_UP * float(trace.gradient_norm[0]):
        status = Status.DIVERGED
    else:
        status = Status.STEPS_EXHAUSTED
    coefficients, theta = trace.coefficients[-1], trace.standardised[-1]
    digits = _agreement(coefficients, _restored(moments, problem.best))
    bound = f"rates below {limit:.6g} converge"
    taken = f"{steps} step{'s' * (steps != 1)}"
    if status is Status.DIVERGED:
        note = f"diverged at rate {rate:.6g} after {taken}; {bound}"
        coefficients, theta = np.full_like(theta, np.nan), np.full_like(theta, np.nan)
        digits = 0.0
    else:
        word = "converged in" if status is Status.CONVERGED else "not converged after"
        note = f"{word} {taken} at rate {rate:.6g}; {bound}"
    if problem.rank < len(theta):
        note += (
            f"; the inputs are collinear (rank {problem.rank} of {len(theta)}): "
            "one answer of many"
        )
    return Descent(status, rate, limit, steps, coefficients, theta, digits, trace, note)


def _agreement(estimate: Array, exact: Array) -> float:
    error = np.abs(estimate - exact)
    # An exact zero that is met is right in all digits; one that is missed, in none.
    size = np.where(exact == 0, np.where(error == 0, 1.0, error), np.abs(exact))
    return float(relative_to_digits(error / size).min())


def _without_numbers(
    moments: StandardisedMoments, start: Array, options: GradientDescent
) -> Descent:
    nothing = np.full_like(start, np.nan)
    one = np.full(1, np.nan)
    trace = Trace(np.zeros(1, np.int64), one, one, one, start[None], nothing[None])
    rate = np.nan if options.rate is None else options.rate
    status = Status.NOT_FINITE
    note = "the moments are not finite"
    return Descent(status, rate, np.nan, 0, nothing, nothing, 0.0, trace, note)
