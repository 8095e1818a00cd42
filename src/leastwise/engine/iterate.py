"""A solver that walks: gradient descent in the place of the direct solve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.engine.plan import Solved
from leastwise.loops.descent import Descent, descend
from leastwise.loops.from_moments import standardised
from leastwise.loops.on_moments import Went, went_on_moments
from leastwise.loops.optimiser import GradientDescent, Optimiser
from leastwise.moments.double import Array
from leastwise.moments.standardise import StandardisedMoments
from leastwise.solve.digits import MOST_DIGITS, relative_to_digits
from leastwise.solve.result import Fit


def descended(solved: Solved, options: Optimiser) -> tuple[Solved, Descent | Went]:
    """Replace the direct answer by where a first-order solver comes to.

    The residual sum of squares at b is the least one plus (b - b*)'S(b - b*), so
    everything that is said about the fit is said about the b that was reached.

    Parameters
    ----------
    solved : Solved
        The moments and the direct answer, which digits are counted against.
    options : Optimiser
        Gradient descent, which needs no loop, or another.

    Raises
    ------
    RequestError
        When the descent diverged or met numbers that are not finite.
    """
    fit = solved.fit
    moments = standardised(solved.moments, intercept=fit.intercept)
    walk = _walked(moments, options)
    name = _named(options)
    if walk.status in (Status.DIVERGED, Status.NOT_FINITE):
        raise RequestError(f"{name}: {walk.note}", fix=walk.status.advice)
    b = walk.coefficients
    # In the units of the fit's sums of squares.
    scale_y = np.ldexp(moments.scale_y, -fit.target_exponent)
    weight = np.ldexp(fit.weight, -fit.weight_exponent)
    extra = _excess(moments, walk.standardised) * weight * scale_y**2
    more = np.maximum(extra, 0.0)
    rss = fit.rss + more
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(b - fit.coefficients) / np.abs(fit.coefficients)
        larger = np.fmax(np.abs(fit.coefficients), fit.standard_errors)
        beside = np.abs(b - fit.coefficients) / larger
        grown = np.sqrt(np.where(fit.rss > 0, rss / fit.rss, 1.0))
        of_rss = np.where(more > 0, more / fit.rss, 0.0)
        of_r_squared = np.where(more > 0, more / fit.explained, 0.0)
    # The direct answer may be exactly 0, which has no digits; b then has none right.
    most = np.where(fit.coefficients == 0, MOST_DIGITS, fit.digits)
    # Of many answers none is the right one, and none has standard errors.
    many = np.where(_undetermined(fit), np.nan, 0.0)[:, None]
    center = fit.center
    slopes = b[int(fit.intercept) :]
    first = b[0] if fit.intercept else np.zeros(b.shape[1])
    moved = replace(
        fit,
        coefficients=b,
        standard_errors=fit.standard_errors * grown + many,
        digits=np.minimum(relative_to_digits(error), most) + many,
        worth=np.minimum(relative_to_digits(beside), fit.worth) + many,
        rss=rss,
        rss_digits=np.minimum(relative_to_digits(of_rss), fit.rss_digits),
        r_squared_digits=np.minimum(
            relative_to_digits(of_r_squared), fit.r_squared_digits
        ),
        explained=fit.tss - rss,
        target_mean=first + center @ slopes,
        # Where a descent stopped is said in the columns.
        carried=None,
    )
    plan = replace(solved.plan, reason=f"{name}, {walk.status.value}")
    return replace(solved, fit=moved, plan=plan), walk


def _named(options: Optimiser) -> str:
    plain = isinstance(options, GradientDescent)
    return "gradient descent" if plain else options.name


def _walked(moments: StandardisedMoments, options: Optimiser) -> Descent | Went:
    options.check()
    if options.run.batch is not None:
        raise RequestError(
            "squared loss is minimised on moments, which have no rows to draw from",
            fix="Leave out batch=, or use leastwise.glm(..., solver=...)",
        )
    if isinstance(options, GradientDescent):
        return descend(moments, options)
    return went_on_moments(moments, options)


def _undetermined(fit: Fit) -> Array:
    """Find coefficients that differ between the least squares solutions.

    Along a relation v with ``v'x = c`` the slopes move by v and the intercept by -c.
    """
    gone = ~fit.kept
    slopes = gone | (fit.aliases.relations.hi[gone] != 0).any(axis=0)
    if not fit.intercept:
        return np.asarray(slopes)
    constant = (fit.aliases.numbers[gone, 0] != 0).any()
    return np.concatenate([[constant], slopes])


def _excess(moments: StandardisedMoments, t: Array) -> Array:
    """Return the loss above the least one, at standardised coefficients t."""
    lead = int(moments.intercept)
    gradient = moments.gram @ t[lead:] - moments.cross
    step = np.linalg.lstsq(moments.gram, gradient, rcond=None)[0]
    return np.asarray((gradient * step).sum(axis=0) + (t[:lead] ** 2).sum(axis=0))
