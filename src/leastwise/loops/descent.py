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

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.loops.bowl import Bowl, bowl_of, checked_start, norm_of
from leastwise.loops.optimiser import GradientDescent as GradientDescent
from leastwise.loops.optimiser.base import MOST_STEPS
from leastwise.loops.trace import Trace, recorded_steps
from leastwise.moments.affine import restore
from leastwise.moments.standardise import StandardisedMoments
from leastwise.solve.digits import relative_to_digits

Array = np.ndarray[Any, Any]

EPS = 2.0**-52
# A gradient this many times the first one will not come back: stop there.
BLOW_UP = 1e12


@dataclass(frozen=True, eq=False)
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
        descent diverged. Shape (m,) when `single`.
    standardised : ndarray, shape (m, k)
        The same in standardised units.
    moments : StandardisedMoments
        What it ran on.
    options : GradientDescent
        What was asked for.
    optimum : ndarray, shape (m, k), or None
        Exact standardised coefficients from elsewhere.
    single : bool
        Whether the target had one dimension.
    """

    status: Status
    rate: float
    largest_rate: float
    steps: int
    coefficients: Array
    standardised: Array
    moments: StandardisedMoments
    options: GradientDescent
    optimum: Array | None = None
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
        >>> way.at(0).ravel().tolist(), way.at(1).ravel().round(9).tolist()
        ([2.0, 0.0], [1.0, 1.0])
        """
        if isinstance(step, bool) or not 0 <= step <= MOST_STEPS:
            raise RequestError(f"step={step!r} is no step", fix="Give 0 or more")
        bowl = self._bowl
        if bowl is None:
            return self.coefficients
        there = _restored(self.moments, bowl.way(self.rate).after(int(step)))
        return there[:, 0] if self.single else there

    @property
    def digits(self) -> float:
        """Fewest digits in which a coefficient agrees with the exact answer."""
        bowl = self._bowl
        if bowl is None or self.status is Status.DIVERGED:
            return 0.0
        exact = _restored(self.moments, bowl.best)
        return _agreement(self.coefficients.reshape(exact.shape), exact)

    @property
    def trace(self) -> Trace:
        """The way there, at up to 512 steps."""
        bowl = self._bowl
        if bowl is None:
            one = np.full(1, np.nan)
            theta = self.standardised[None]
            return Trace(np.zeros(1, np.int64), one, one, one, theta, theta)
        way = bowl.way(self.rate)
        step = np.unique(np.minimum(recorded_steps(self.options.steps), self.steps))
        theta = way.at(step)
        bottom = np.maximum(self.moments.yy - (bowl.cross * bowl.best).sum(axis=0), 0)
        return Trace(
            step=step,
            loss=float(bottom.sum()) + way.excess(step),
            gradient_norm=way.gradient_norm(step),
            distance=way.distance(step),
            standardised=theta,
            coefficients=_restored(self.moments, theta),
        )

    @property
    def note(self) -> str:
        """What happened, in words; `status.advice` says what to do about it."""
        bowl = self._bowl
        if bowl is None:
            return "the moments are not finite"
        bound = f"rates below {self.largest_rate:.6g} converge"
        taken = f"{self.steps} step{'s' * (self.steps != 1)}"
        if self.status is Status.DIVERGED:
            note = f"diverged at rate {self.rate:.6g} after {taken}; {bound}"
        else:
            arrived = self.status is Status.CONVERGED
            word = "converged in" if arrived else "not converged after"
            note = f"{word} {taken} at rate {self.rate:.6g}; {bound}"
        m, rank = len(bowl.values), int(np.count_nonzero(bowl.values))
        if rank < m:
            note += (
                f"; the inputs are collinear (rank {rank} of {m}): one answer of many"
            )
        return note

    @property
    def _bowl(self) -> Bowl | None:
        if self.status is Status.NOT_FINITE:
            return None
        start = checked_start(self.moments, self.options)
        return bowl_of(self.moments, start, self.optimum)


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
    start = checked_start(moments, options)
    status, rate, limit, step = Status.NOT_FINITE, options.rate or np.nan, np.nan, 0
    theta = np.full_like(start, np.nan)
    if _all_finite(moments):
        bowl = bowl_of(moments, start, optimum)
        top = float(bowl.values[-1])
        limit = 1.0 / top if top > 0 else np.inf
        rate = options.rate or _best_rate(bowl.values)
        way = bowl.way(rate)
        first = 2.0 * norm_of(bowl.slope)
        floor, ceiling = (
            max(options.tolerance * first, _rounding(bowl, rate)),
            BLOW_UP * first,
        )
        stop = floor if options.tolerance > 0 else None
        step = way.first_stop(stop, ceiling, options.steps)
        norm = way.gradient_norm(np.array([step]))[0]
        status = Status.STEPS_EXHAUSTED
        if norm <= floor:
            status = Status.CONVERGED
        elif rate >= limit or not norm <= ceiling:
            status = Status.DIVERGED
        if status is not Status.DIVERGED:
            theta = way.after(step)
    coefficients = _restored(moments, theta)
    return Descent(
        status=status,
        rate=float(rate),
        largest_rate=limit,
        steps=step,
        coefficients=coefficients[:, 0] if single else coefficients,
        standardised=theta,
        moments=moments,
        options=options,
        optimum=optimum,
        single=single,
    )


def _all_finite(moments: StandardisedMoments) -> bool:
    changes = (moments.scale_x, moments.scale_y, moments.mean_x, moments.mean_y)
    products = (moments.gram.ravel(), moments.cross.ravel(), moments.yy)
    return bool(np.isfinite(np.concatenate(products + changes)).all())


def _best_rate(values: Array) -> float:
    """Return 2/(L + mu) of the Hessian 2 A."""
    top, low = values[-1], min(values[values > 0], default=0.0)
    return 1.0 / float(top + low) if top > 0 else 1.0


def _rounding(bowl: Bowl, rate: float) -> float:
    """Return what the gradient of a loop cannot fall below, at the end of the way.

    Its terms are rounded; and once rate * gradient is less than half a rounding
    of the coefficients, they no longer move.
    """
    size = np.abs(bowl.best)
    terms = np.abs(bowl.half) @ size + np.abs(bowl.cross)
    rounding = 2.0 * (len(terms) + 1) * norm_of(terms)
    return EPS * (rounding + 0.5 * norm_of(size) / rate)


def _restored(moments: StandardisedMoments, theta: Array) -> Array:
    return restore(theta, moments.inputs, moments.targets, intercept=moments.intercept)


def _agreement(estimate: Array, exact: Array) -> float:
    error = np.abs(estimate - exact)
    # An exact zero that is met is right in all digits; one that is missed, in none.
    size = np.where(exact == 0, np.where(error == 0, 1.0, error), np.abs(exact))
    return float(relative_to_digits(error / size).min())
