"""What `leastwise.pure` gives back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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

    Examples
    --------
    >>> Status(1).name
    'RANK_DEFICIENT'
    """

    SOLVED = 0
    RANK_DEFICIENT = 1
    BAD_DATA = 2


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
    rss: Traced
    tss: Traced
    r_squared: Traced
    dof: Traced
    rank: Traced
    determined: Traced
    status: Traced
