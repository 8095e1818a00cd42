"""First-order solvers for squared loss, run on moments: no rows are needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.bowl import bowl_of, checked_start
from leastwise.loops.curvature import Curvature
from leastwise.loops.first_order import Walked, walk
from leastwise.loops.objective import Hill, Quadratic
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.trace import Trace
from leastwise.moments.affine import restore
from leastwise.moments.double import Array
from leastwise.moments.standardise import StandardisedMoments


@dataclass(frozen=True, eq=False)
class Went:
    """Where a solver came to, and how.

    Attributes
    ----------
    status : Status
        How it ended.
    coefficients, standardised : ndarray, shape (m, k)
        In original and in standardised units.
    trace : Trace
        The way there.
    note : str
        What happened, in words; `status.advice` says what to do about it.
    """

    status: Status
    coefficients: Array
    standardised: Array
    trace: Trace
    note: str


def went_on_moments(moments: StandardisedMoments, optimiser: Optimiser) -> Went:
    """Minimise the mean squared error of standardised rows.

    Parameters
    ----------
    moments : StandardisedMoments
        Of the rows; finite.
    optimiser : Optimiser
        The solver; checked.
    """
    start = checked_start(moments, optimiser)
    bowl = bowl_of(moments, start)
    top, real = bowl.values[-1], bowl.values[bowl.values > 0]
    found = walk(
        Quadratic(),
        start,
        Hill(bowl.half, bowl.cross),
        optimiser,
        curvature=Curvature(2.0 * float(top), 2.0 * float(min(real, default=0.0))),
        about="squared loss on moments",
    )
    kept = found.records
    theta = kept.params.reshape(-1, *start.shape)
    trace = Trace(
        step=kept.step,
        loss=float(moments.yy.sum()) + kept.value,
        gradient_norm=kept.gradient_norm,
        distance=np.linalg.norm(theta - bowl.best, axis=(1, 2)),
        standardised=theta,
        coefficients=_restored(moments, theta),
    )
    last = np.asarray(found.params)
    return Went(
        found.status, _restored(moments, last), last, trace, note_of(found, optimiser)
    )


def _restored(moments: StandardisedMoments, theta: Array) -> Array:
    return restore(theta, moments.inputs, moments.targets, intercept=moments.intercept)


def note_of(found: Walked, optimiser: Optimiser) -> str:
    """Return what happened, in words.

    Parameters
    ----------
    found : Walked
        Where it came to.
    optimiser : Optimiser
        What took the steps.
    """
    how = optimiser.name
    if optimiser.has_rate:
        how += f" at rate {found.rate:.6g}"
    taken = f"{found.steps:,} step{'s' * (found.steps != 1)}"
    if found.status is Status.CONVERGED:
        return f"converged in {taken} of {how}"
    largest = found.curvature.largest
    why = ""
    tuned = optimiser.tuned(largest, found.curvature.smallest)
    limit = tuned.largest_rate(largest) if largest > 0 else None
    if limit is not None:
        why = f"; rates below {limit:.6g} converge"
        if found.curvature.moved:
            why += " where it ended"
    if found.status is Status.STEPS_EXHAUSTED:
        return f"not converged after {taken} of {how}{why}"
    return f"{found.status.value} after {taken} of {how}{why}"
