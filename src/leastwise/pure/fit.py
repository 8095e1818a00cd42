"""What `leastwise.pure` gives back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise._kit.precision import jax_module
from leastwise._kit.pytree import pytree

# An array of JAX, tracers included.
Traced = Any


class Status(IntEnum):
    """How a fit ended: the number in `PureFit.status`.

    Attributes
    ----------
    SOLVED
        Every coefficient is determined.
    RANK_DEFICIENT
        A column is a combination of the ones before it: its coefficient and its
        standard error are NaN, the others are those of the fit without it.
    BAD_DATA
        A value or a weight is not finite, a weight is negative, or no weight is
        positive: everything is NaN.
    STEPS_EXHAUSTED
        A loop was still moving after `max_steps`.
    NO_MINIMUM
        The loss falls without end along a line (separated classes), or its curvature
        is not positive: there are no finite estimates.
    STUCK
        No step lowers the loss, and the slope is not zero to rounding: the function is
        not differentiable there, or its derivative is wrong.

    Examples
    --------
    >>> Status(1).name
    'RANK_DEFICIENT'
    """

    SOLVED = 0
    RANK_DEFICIENT = 1
    BAD_DATA = 2
    STEPS_EXHAUSTED = 3
    NO_MINIMUM = 4
    STUCK = 5

    @property
    def reason(self) -> str:
        """What happened, in words; empty where the fit is solved."""
        return _REASONS[self][0]

    @property
    def advice(self) -> str:
        """What to do about it; empty where the fit is solved."""
        return _REASONS[self][1]


_REASONS = {
    Status.SOLVED: ("", ""),
    Status.RANK_DEFICIENT: (
        "a coefficient is not determined by the rows: a column is a combination of "
        "others, and there is no derivative",
        "Leave the column out, or give a penalty",
    ),
    Status.BAD_DATA: (
        "a value, a weight or a penalty is not finite, one of the latter is negative, "
        "or no weight is positive",
        "Correct the rows, or give them weight 0",
    ),
    Status.STEPS_EXHAUSTED: (
        "the loop was still moving after its last step",
        "Allow more steps with max_steps=, or start nearer",
    ),
    Status.NO_MINIMUM: (
        "the loss has no finite minimum, or its curvature is not positive there",
        "Look for an input that separates the classes; give a penalty",
    ),
    Status.STUCK: (
        "no step lowers the loss, yet its slope is not zero",
        "Check that the function is differentiable at the data",
    ),
}


def raise_unless_solved(status: Traced) -> None:
    """Raise what a status says, for one fit or a batch of them.

    Parameters
    ----------
    status : array of int
        Concrete.

    Raises
    ------
    DataError
        When a fit is not solved: with the reason and what to do.
    RequestError
        Inside a transformation, where values are not known yet.
    """
    jax = jax_module()
    if isinstance(status, jax.core.Tracer):
        raise RequestError(
            "or_raise was called inside of a transformation of JAX, where a status has "
            "no value yet",
            fix="Call it on what the transformed function returns; inside, use status",
        )
    codes = np.asarray(status)
    wrong = np.argwhere(codes != Status.SOLVED.value)
    if not len(wrong):
        return
    first = tuple(int(i) for i in wrong[0])
    found = Status(int(codes[first]))
    where = ""
    if codes.ndim:
        place = ", ".join(str(i + 1) for i in first)
        where = f"fit {place} of {codes.size} ({len(wrong)} have failed): "
    raise DataError(f"{where}{found.reason} ({found.name})", fix=found.advice)


@pytree
@dataclass(frozen=True)
class PureFit:
    """A least squares fit as arrays of JAX.

    Shapes are for n rows, p inputs and one target; k targets put a last axis of k
    behind `coefficients` and `standard_errors` and make the scalars that speak of a
    target vectors of k.

    Attributes
    ----------
    coefficients, standard_errors : array, shape (p,)
        Slopes and their classical standard errors; NaN where the column is a
        combination of the ones before it.
    intercept, intercept_error : array, shape ()
        The intercept and its standard error; zeros in a fit without one.
    covariance : array, shape (q, q)
        Of the coefficients: the intercept first where there is one, then the inputs.
    sigma : array, shape ()
        Residual standard deviation, ``sqrt(rss / dof)``.
    rss, tss : array, shape ()
        Weighted sums of squares: residual, and total about the mean (about zero
        without an intercept).
    r_squared : array, shape ()
        ``1 - rss / tss``; NaN where the target does not vary.
    dof : array, shape ()
        Rows of positive weight less the coefficients estimated; where it is 0 the
        standard errors are NaN.
    rank : array of int, shape ()
        Coefficients estimated, the intercept included.
    determined : array of bool, shape (p,)
        False where a coefficient is NaN for want of rank.
    status : array of int, shape ()
        See `Status`.
    """

    coefficients: Traced
    intercept: Traced
    standard_errors: Traced
    intercept_error: Traced
    covariance: Traced
    sigma: Traced
    rss: Traced
    tss: Traced
    r_squared: Traced
    dof: Traced
    rank: Traced
    determined: Traced
    status: Traced

    def or_raise(self) -> PureFit:
        """Return the fit if it is solved, and raise why not otherwise.

        Outside of `jit` this refuses what inside is marked: a derivative at a point
        where there is none is NaN there.

        Raises
        ------
        DataError
            When `status` is not `Status.SOLVED`.
        RequestError
            Inside a transformation, where values are not known yet.
        """
        raise_unless_solved(self.status)
        return self
