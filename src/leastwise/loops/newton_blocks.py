"""Newton's method on rows that pass in blocks: a pass a step.

The same steps as `leastwise.loops.newton`, whose words these are: a step that does not
lower the loss is halved, where it stands is said in standard errors, and the last step
is not taken by the loop: its fold is the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.blocks import Blocks, Passed, Survey, pass_over
from leastwise.loops.newton import (
    IS_ROUNDING,
    NEARLY_NONE,
    NEARLY_THERE,
    NOTHING_LEFT,
)
from leastwise.loops.working import Point, decrement, point_of, rounding_of
from leastwise.loss.family.base import Family

MOST_PASSES = 50
MOST_HALVINGS = 20


@dataclass(frozen=True, eq=False)
class OnBlocks:
    """Where a loop over blocks came to.

    Attributes
    ----------
    status : Status
        How it ended.
    at, to : Point
        Where the last step begins, and where it leads; about the first row.
    passed : Passed
        The pass at its beginning.
    passes : int
        Passes at points; of a first-order solver its steps.
    decrements : tuple of float
        Length of each step, in standard errors of a dispersion of 1.
    left : float
        What is left to the optimum from where the last step leads, in the same unit.
    taken : bool
        Whether the answer is where the step leads, or where it begins.
    """

    status: Status
    at: Point
    to: Point
    passed: Passed
    passes: int
    decrements: tuple[float, ...]
    left: float
    taken: bool = True


def newton_blocks(blocks: Blocks, about: Survey) -> OnBlocks | None:
    """Minimise the loss of rows that pass; None where it is finite nowhere.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    about : Survey
        What is known of them.
    """
    first = about.first
    level = Point(about.level, np.zeros(len(first)))
    at: Point | None = None if isinstance(blocks.loss, Family) else level
    passed = pass_over(blocks, at, first)
    passes = 1
    if passed is None and at is None:
        at, passes = level, 2
        passed = pass_over(blocks, at, first)
    if passed is None:
        return None
    lengths: tuple[float, ...] = ()
    while True:
        to = point_of(passed.moments, passed.fit)
        if at is not None:
            lengths = (*lengths, decrement(passed.moments, at, to))
            unit = passed.unit(about.counted)
            noise = passed.noise + rounding_of(passed.moments, to)
            left = left_of(lengths) + noise
            if is_done(lengths, unit, noise):
                return OnBlocks(Status.CONVERGED, at, to, passed, passes, lengths, left)
            if passes >= MOST_PASSES:
                return OnBlocks(
                    Status.STEPS_EXHAUSTED, at, to, passed, passes, lengths, np.inf
                )
        found, more = _go(blocks, at or level, to, passed if at else None, about)
        passes += more
        if found is None:
            if at is None:
                # Nowhere near is the loss finite: once more, from a level.
                at, passed = level, pass_over(blocks, level, first)
                passes += 1
                if passed is None:
                    return None
                continue
            near = lengths[-1] <= NEARLY_NONE * max(
                unit, float(np.sqrt(abs(passed.total)))
            )
            status = Status.CONVERGED if near else Status.STEPS_EXHAUSTED
            return OnBlocks(
                status, at, to, passed, passes, lengths, left if near else np.inf
            )
        at, passed = found


def _go(
    blocks: Blocks, at: Point, to: Point, before: Passed | None, about: Survey
) -> tuple[tuple[Point, Passed] | None, int]:
    """Take a step, or the part of it that lowers the loss; say how many passes."""
    part = 1.0
    for tried in range(1, MOST_HALVINGS + 1):
        there = to if part == 1.0 else at.toward(to, part)
        passed = pass_over(blocks, there, about.first) if there.is_finite else None
        lower = passed is not None and (
            before is None or passed.total <= before.total + before.slack
        )
        if passed is not None and lower:
            return (there, passed), tried
        if before is None:
            return None, tried
        part *= 0.5
    return None, MOST_HALVINGS


def left_of(lengths: tuple[float, ...]) -> float:
    """Return what is left after the last step: ``q / (1 - q)`` times its length.

    Parameters
    ----------
    lengths : tuple of float
        Of the steps.

    Examples
    --------
    >>> left_of((1.0, 0.1)) <= 0.1 / 9 + 1e-15
    True
    """
    if len(lengths) < 2 or not lengths[-2] > 0:
        return np.inf if lengths and lengths[-1] > 0 else 0.0
    q = min(lengths[-1] / lengths[-2], 0.95)
    return q / (1.0 - q) * lengths[-1]


def is_done(lengths: tuple[float, ...], unit: float, noise: float) -> bool:
    """Say whether nobody would see what is left.

    Parameters
    ----------
    lengths : tuple of float
        Of the steps.
    unit : float
        Root of the dispersion.
    noise : float
        Of rounding.
    """
    last = lengths[-1]
    if last <= max(noise, IS_ROUNDING * unit):
        return True
    return last <= NEARLY_THERE * unit and left_of(lengths) <= NOTHING_LEFT * unit
