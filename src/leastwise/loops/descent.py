"""Full-batch gradient descent for squared loss, run on moments.

The loss of the article's loop over rows, on standardised data, is

    f(b, w) = mean((Xs w + b - ys)**2) = b'b + w'A w - 2 w'g + ys'ys/n,

with A = Xs'Xs/n and g = Xs'ys/n, because standardised columns have mean zero.
Its gradient 2 (A w - g), 2 b needs no rows, and step k of a fixed rate is known in
closed form (`leastwise.loops.spectrum`): the iterates are those of the loop over rows,
to rounding, and no loop runs.

The Hessian is H = 2 diag(1, A). With L and mu its largest and smallest nonzero
eigenvalue, a fixed rate converges exactly when it is below 2/L, and 2/(L + mu)
shrinks the slowest direction fastest, by (L - mu)/(L + mu) a step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.loops.spectrum import Spectrum, spectrum_of
from leastwise.loops.trace import Trace, recorded_steps
from leastwise.moments.affine import restore
from leastwise.moments.standardise import StandardisedMoments
from leastwise.solve.digits import relative_to_digits

Array = np.ndarray[Any, Any]

EPS = 2.0**-52
# A gradient this many times the first one will not come back: stop there.
BLOW_UP = 1e12
# As many as a float64 counts.
MOST_STEPS = 2**53


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


@dataclass(frozen=True, eq=False)
class Descent:
    """Where a descent came to.

    Attributes
    ----------
    status : Status
        How it ended.
    rate, largest_rate : float
        The rate used; every rate below the second converges.
    steps, most_steps : int
        Steps taken, and allowed.
    coefficients : ndarray, shape (m, k)
        In original units, the intercept first when there is one; NaN when the
        descent diverged. Shape (m,) when `single`.
    standardised : ndarray, shape (m, k)
        The same in standardised units.
    moments : StandardisedMoments
        What it ran on.
    spectrum : Spectrum or None
        The way in closed form; None when the moments are not finite.
    bottom : float
        The least loss there is.
    rank : int
        Directions in which the loss is not flat.
    single : bool
        Whether the target had one dimension.
    """

    status: Status
    rate: float
    largest_rate: float
    steps: int
    most_steps: int
    coefficients: Array
    standardised: Array
    moments: StandardisedMoments
    spectrum: Spectrum | None
    bottom: float
    rank: int
    single: bool = False

    def at(self, step: int) -> Array:
        """Return the coefficients after any number of steps, in original units.

        Parameters
        ----------
        step : int
            0 is the start; it may lie behind the last step taken.

        Examples
        --------
        >>> from leastwise.moments.standardise import from_rows
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> way = descend(from_rows(x, 2 * x), GradientDescent(rate=0.25))
        >>> way.at(0).ravel().tolist(), way.at(1).ravel().tolist()
        ([2.0, 0.0], [1.0, 1.0])
        """
        if isinstance(step, bool) or not 0 <= step <= MOST_STEPS:
            raise RequestError(f"step={step!r} is no step", fix="Give 0 or more")
        if self.spectrum is None:
            return self.coefficients
        there = self.spectrum.after(int(step))
        return self._shaped(_restored(self.moments, there))

    @property
    def digits(self) -> float:
        """Fewest digits in which a coefficient agrees with the exact answer."""
        if self.spectrum is None or self.status is Status.DIVERGED:
            return 0.0
        exact = _restored(self.moments, self.spectrum.best)
        return _agreement(self.coefficients.reshape(exact.shape), exact)

    @property
    def trace(self) -> Trace:
        """The way there, at up to 512 steps."""
        if self.spectrum is None:
            one = np.full(1, np.nan)
            theta = self.standardised[None]
            return Trace(np.zeros(1, np.int64), one, one, one, theta, theta)
        step = np.unique(np.minimum(recorded_steps(self.most_steps), self.steps))
        theta = self.spectrum.at(step)
        return Trace(
            step=step,
            loss=self.bottom + self.spectrum.excess(step),
            gradient_norm=self.spectrum.gradient_norm(step),
            distance=self.spectrum.distance(step),
            standardised=theta,
            coefficients=_restored(self.moments, theta),
        )

    @property
    def note(self) -> str:
        """What happened, in words; `status.advice` says what to do about it."""
        if self.spectrum is None:
            return "the moments are not finite"
        bound = f"rates below {self.largest_rate:.6g} converge"
        taken = f"{self.steps} step{'s' * (self.steps != 1)}"
        if self.status is Status.DIVERGED:
            note = f"diverged at rate {self.rate:.6g} after {taken}; {bound}"
        else:
            arrived = self.status is Status.CONVERGED
            word = "converged in" if arrived else "not converged after"
            note = f"{word} {taken} at rate {self.rate:.6g}; {bound}"
        m = len(self.standardised)
        if self.rank < m:
            note += (
                f"; the inputs are collinear (rank {self.rank} of {m}): "
                "one answer of many"
            )
        return note

    def _shaped(self, coefficients: Array) -> Array:
        return coefficients[:, 0] if self.single else coefficients


def descend(
    moments: StandardisedMoments,
    options: GradientDescent | None = None,
    *,
    optimum: Array | None = None,
    single: bool = False,
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
    single : bool
        Whether the target had one dimension.

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
        return _without_numbers(moments, start, options, single)
    half, g = _quadratic(moments)
    values, vectors = np.linalg.eigh(half)
    top = float(values[-1])
    # Eigenvalues below the rounding of the largest are those of collinear inputs.
    values = np.where(values > len(values) * EPS * top, values, 0.0)
    slope = half @ start - g if options.start is not None else -g
    best, away = _aim(start, slope, values, vectors, optimum)
    limit = 1.0 / top if top > 0 else np.inf
    rate = options.rate
    if rate is None:
        low = min(values[values > 0], default=0.0)
        rate = 1.0 / (top + float(low)) if top > 0 else 1.0
    way = spectrum_of(values, vectors, away, best, rate)
    first = 2.0 * _norm(slope)
    floor = max(options.tolerance * first, _rounding(half, g, best, rate))
    step = way.first_stop(floor, BLOW_UP * first, options.steps)
    norm = way.gradient_norm(np.array([step]))[0]
    if norm <= floor:
        status = Status.CONVERGED
    elif rate >= limit or not norm <= BLOW_UP * first:
        status = Status.DIVERGED
    else:
        status = Status.STEPS_EXHAUSTED
    theta = way.after(step)
    if status is Status.DIVERGED:
        theta = np.full_like(theta, np.nan)
    coefficients = _restored(moments, theta)
    return Descent(
        status=status,
        rate=float(rate),
        largest_rate=limit,
        steps=step,
        most_steps=options.steps,
        coefficients=coefficients[:, 0] if single else coefficients,
        standardised=theta,
        moments=moments,
        spectrum=way,
        bottom=float(np.maximum(moments.yy - (g * best).sum(axis=0), 0.0).sum()),
        rank=int(np.count_nonzero(values)),
        single=single,
    )


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
    products = (moments.gram.ravel(), moments.cross.ravel(), moments.yy)
    return bool(np.isfinite(np.concatenate(products + changes)).all())


def _quadratic(moments: StandardisedMoments) -> tuple[Array, Array]:
    """Return A and g of the module's derivation, the intercept first."""
    if not moments.intercept:
        return moments.gram, moments.cross
    p, k = moments.cross.shape
    half, g = np.zeros((p + 1, p + 1)), np.zeros((p + 1, k))
    half[0, 0] = 1.0
    half[1:, 1:], g[1:] = moments.gram, moments.cross
    return half, g


def _aim(
    start: Array, slope: Array, values: Array, vectors: Array, optimum: Array | None
) -> tuple[Array, Array]:
    """Return the optimum, and the start less it in the basis of the vectors.

    Collinear inputs have many answers; descent finds the one nearest the start.
    """
    if optimum is None or not np.all(np.isfinite(optimum)):
        real = values > 0
        away = (vectors.T @ slope) * np.divide(
            1.0, values, out=np.zeros_like(values), where=real
        )[:, None]
        return start - vectors @ away, away
    best = np.asarray(optimum, dtype=np.float64).reshape(start.shape)
    return best, vectors.T @ (start - best)


def _rounding(half: Array, g: Array, best: Array, rate: float) -> float:
    """Return what the gradient of a loop cannot fall below, at the end of the way.

    Its terms are rounded; and once rate * gradient is less than half a rounding
    of the coefficients, they no longer move.
    """
    size = np.abs(best)
    terms = np.abs(half) @ size + np.abs(g)
    rounding = 2.0 * (len(terms) + 1) * _norm(terms)
    return EPS * (rounding + 0.5 * _norm(size) / rate)


def _norm(a: Array) -> float:
    return math.sqrt(float(np.vdot(a, a)))


def _restored(moments: StandardisedMoments, theta: Array) -> Array:
    return restore(theta, moments.inputs, moments.targets, intercept=moments.intercept)


def _agreement(estimate: Array, exact: Array) -> float:
    error = np.abs(estimate - exact)
    # An exact zero that is met is right in all digits; one that is missed, in none.
    size = np.where(exact == 0, np.where(error == 0, 1.0, error), np.abs(exact))
    return float(relative_to_digits(error / size).min())


def _without_numbers(
    moments: StandardisedMoments, start: Array, options: GradientDescent, single: bool
) -> Descent:
    nothing = np.full_like(start, np.nan)
    return Descent(
        status=Status.NOT_FINITE,
        rate=np.nan if options.rate is None else options.rate,
        largest_rate=np.nan,
        steps=0,
        most_steps=options.steps,
        coefficients=nothing[:, 0] if single else nothing,
        standardised=nothing,
        moments=moments,
        spectrum=None,
        bottom=np.nan,
        rank=0,
        single=single,
    )
