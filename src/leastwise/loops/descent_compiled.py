"""Rows -> the end of a descent in one call of the compiled kernel.

It serves few inputs of full rank and a start of zero; everything else is for
`leastwise.loops.descent`, which does the same in NumPy.
"""

from __future__ import annotations

import ctypes

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.descent import Descent
from leastwise.loops.optimiser import GradientDescent
from leastwise.moments.double import Array
from leastwise.moments.kernel import (
    is_read,
    kernel_roundoff,
    library,
    rows_at,
    threads_for,
)
from leastwise.moments.standardise import StandardisedMoments

# Slices of the fold, and the products they take a number.
SLICES, PRODUCTS = 2, 3
MOST_INPUTS = 16


def descend_quickly(
    X: Array, Y: Array, options: GradientDescent, *, intercept: bool, single: bool
) -> Descent | None:
    """Descend on plain float64 arrays, or return None.

    Parameters
    ----------
    X, Y : ndarray of float64, shapes (n, p) and (n, k)
        With at least one row.
    options : GradientDescent
        Rate, steps, tolerance.
    intercept : bool
        Whether the model has an intercept.
    single : bool
        Whether the target had one dimension.
    """
    kernel = library()
    (n, p), k = X.shape, Y.shape[1]
    if kernel is None or options.start is not None or not 0 < p <= MOST_INPUTS:
        return None
    if not (k and is_read(X) and is_read(Y)):
        return None
    options.check()
    m = p + intercept
    out = np.empty(6 + 2 * m * k + 2 * (p + k) + p * p + p * k)
    out[:3] = options.rate or 0.0, options.steps, options.tolerance
    shift = np.concatenate([X[0], Y[0]])
    rows = rows_at(X, Y, None, shift, SLICES)
    refused = kernel.lw_descend(
        ctypes.byref(rows),
        threads_for(PRODUCTS * n * (1 + p + k) ** 2),
        ctypes.c_double(kernel_roundoff(n, SLICES)),
        intercept,
        ctypes.c_void_p(out.ctypes.data),
    )
    if refused:
        return None
    return _taken_apart(out, (p, k, m), options, single)


def _taken_apart(
    out: Array, shape: tuple[int, int, int], options: GradientDescent, single: bool
) -> Descent:
    """Take the array apart: lw_descent of native/solve.h, in its order."""
    p, k, m = shape
    rate, steps, _, limit, converged, diverged = out[:6].tolist()
    at = 6 + 2 * m * k
    coefficients, theta = out[6:at].reshape(2, m, k)
    mean_x, scale_x = out[at : at + 2 * p].reshape(2, p)
    at += 2 * p
    mean_y, scale_y = out[at : at + 2 * k].reshape(2, k)
    at += 2 * k
    moments = StandardisedMoments(
        mean_x=mean_x,
        mean_y=mean_y,
        scale_x=scale_x,
        scale_y=scale_y,
        gram=out[at : at + p * p].reshape(p, p),
        cross=out[at + p * p :].reshape(p, k),
        yy=np.ones(k),
        intercept=m > p,
    )
    if diverged:
        coefficients, theta = np.full((m, k), np.nan), np.full((m, k), np.nan)
    return Descent(
        status=Status.CONVERGED
        if converged
        else Status.DIVERGED
        if diverged
        else Status.STEPS_EXHAUSTED,
        rate=rate,
        largest_rate=limit,
        steps=int(steps),
        coefficients=coefficients[:, 0] if single else coefficients,
        standardised=theta,
        moments=moments,
        options=options,
        single=single,
    )
