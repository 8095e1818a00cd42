"""First-order solvers for a loss of a linear predictor, of rows that pass in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.blocks import Blocks, Survey, pass_over
from leastwise.loops.descend_rows import (
    ARRIVED,
    FIRST_ORDER,
    Units,
    start_of,
    trace_of,
    unit_of,
)
from leastwise.loops.newton_blocks import OnBlocks
from leastwise.loops.objective import Cases, OfRows
from leastwise.loops.on_moments import note_of
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.trace import Trace
from leastwise.loops.walk_dealt import Dealing, walk_dealt
from leastwise.loops.working import Problem, decrement, point_of, rounding_of


@dataclass(frozen=True, eq=False)
class WalkedBlocks:
    """Where a first-order solver came to on blocks.

    Attributes
    ----------
    found : OnBlocks
        The place, with the step that Newton's method would take, not taken.
    trace : Trace
        The way there.
    note : str
        What happened, in words.
    status : Status
        How the loop itself ended.
    """

    found: OnBlocks | None
    trace: Trace
    note: str
    status: Status


def walk_blocks(
    blocks: Blocks, about: Survey, optimiser: Optimiser, shuffled: int
) -> WalkedBlocks:
    """Go down with gradients of minibatches, and say how far that came.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    about : Survey
        What is known of them.
    optimiser : Optimiser
        The rule, how long, how many rows a step; checked.
    shuffled : int
        Rows that batches are drawn from at a time.
    """
    units, optimiser = _units(blocks, about), optimiser.over(blocks.rows)
    walk = Dealing(
        blocks, _Standardised(units), OfRows(blocks.loss, blocks.intercept), optimiser,
        weight=about.weight, shuffled=shuffled,
        about=f"{blocks.loss.call}, intercept={blocks.intercept}",
    )  # fmt: skip
    start = start_of(optimiser, units.lead + len(units.mean))
    walked = walk_dealt(walk, start)
    note, trace = note_of(walked, optimiser), trace_of(units, walked)
    at = units.point(np.asarray(walked.params))
    passed = None
    if walked.status is Status.STEPS_EXHAUSTED:
        passed = pass_over(blocks, at, about.first)
    if passed is None:
        status = walked.status
        if status is Status.STEPS_EXHAUSTED:
            status = Status.NOT_FINITE
        return WalkedBlocks(None, trace, note, status)
    to = point_of(passed.moments, passed.fit)
    length = decrement(passed.moments, at, to)
    noise = passed.noise + rounding_of(passed.moments, to)
    near = length <= max(ARRIVED * passed.unit(about.counted), noise)
    found = OnBlocks(
        Status.CONVERGED if near else Status.STEPS_EXHAUSTED,
        at,
        to,
        passed,
        walked.steps,
        (length,),
        FIRST_ORDER * length + noise if near else np.inf,
        taken=False,
    )
    return WalkedBlocks(found, trace, note, walked.status)


def _units(blocks: Blocks, about: Survey) -> Units:
    scale = np.where(about.scale > 2.0**-45 * np.abs(about.mean), about.scale, 0.0)
    scale = np.where(about.kept, scale, 0.0)
    unit = unit_of(blocks.loss, about.level, about.spread, about.target_spread)
    level = about.level if blocks.intercept else 0.0
    return Units(about.mean, scale, about.first, level, unit, int(blocks.intercept))


@dataclass(frozen=True, eq=False)
class _Standardised:
    """Makes standardised rows of a piece."""

    units: Units

    def __call__(self, problem: Problem) -> Cases:
        units = self.units
        base = np.full(len(problem.rows.Y), units.level)
        if problem.offset is not None:
            base = base + problem.offset
        X = units.columns(np.asarray(problem.rows.X, np.float64))
        return Cases(X, problem.y, problem.case_weights, base, np.float64(units.unit))
