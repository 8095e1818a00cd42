"""A solver that walks: gradient descent in the place of the direct solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.engine.plan import Solved
from leastwise.loops.descent import Descent, GradientDescent, descend
from leastwise.loops.from_moments import standardised
from leastwise.moments.double import Array
from leastwise.moments.standardise import StandardisedMoments
from leastwise.solve.digits import MOST_DIGITS, relative_to_digits


def descended(solved: Solved, options: GradientDescent) -> tuple[Solved, Descent]:
    """Replace the direct answer by where gradient descent comes to.

    The residual sum of squares at b is the least one plus (b - b*)'S(b - b*), so
    everything that is said about the fit is said about the b that was reached.

    Parameters
    ----------
    solved : Solved
        The moments and the direct answer, which digits are counted against.
    options : GradientDescent
        Rate, steps, tolerance, start.

    Raises
    ------
    RequestError
        When the descent diverged or met numbers that are not finite.
    """
    fit = solved.fit
    moments = standardised(solved.moments, intercept=fit.intercept)
    walk = descend(moments, options)
    if walk.status in (Status.DIVERGED, Status.NOT_FINITE):
        raise RequestError(f"gradient descent: {walk.note}", fix=walk.status.advice)
    b = walk.coefficients
    # In the units of the fit's sums of squares.
    scale_y = np.ldexp(moments.scale_y, -fit.target_exponent)
    weight = np.ldexp(fit.weight, -fit.weight_exponent)
    extra = _excess(moments, walk.standardised) * weight * scale_y**2
    rss = fit.rss + np.maximum(extra, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(b - fit.coefficients) / np.abs(fit.coefficients)
        larger = np.fmax(np.abs(fit.coefficients), fit.standard_errors)
        beside = np.abs(b - fit.coefficients) / larger
        grown = np.sqrt(np.where(fit.rss > 0, rss / fit.rss, 1.0))
    # The direct answer may be exactly 0, which has no digits; b then has none right.
    most = np.where(fit.coefficients == 0, MOST_DIGITS, fit.digits)
    center = fit.center
    slopes = b[int(fit.intercept) :]
    first = b[0] if fit.intercept else np.zeros(b.shape[1])
    moved = replace(
        fit,
        coefficients=b,
        standard_errors=fit.standard_errors * grown,
        digits=np.minimum(relative_to_digits(error), most),
        worth=np.minimum(relative_to_digits(beside), fit.worth),
        rss=rss,
        explained=fit.tss - rss,
        target_mean=first + center @ slopes,
    )
    plan = replace(solved.plan, reason=f"gradient descent, {walk.status.value}")
    return replace(solved, fit=moved, plan=plan), walk


def _excess(moments: StandardisedMoments, t: Array) -> Array:
    """Return the loss above the least one, at standardised coefficients t."""
    lead = int(moments.intercept)
    gradient = moments.gram @ t[lead:] - moments.cross
    step = np.linalg.lstsq(moments.gram, gradient, rcond=None)[0]
    return np.asarray((gradient * step).sum(axis=0) + (t[:lead] ** 2).sum(axis=0))
