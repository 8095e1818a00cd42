"""Steps with the gradients of minibatches of rows that pass in blocks.

The same steps as `leastwise.loops.minibatch`; at the end of an epoch one more pass
brings the loss of all rows and its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.blocks import Blocks, Survey, pass_over
from leastwise.loops.checkpoint import Kept, keeper_of
from leastwise.loops.curvature import Curvature, curvature_at
from leastwise.loops.deal import Hand, batches_of, deals
from leastwise.loops.descend_rows import (
    ARRIVED,
    FIRST_ORDER,
    Units,
    start_of,
    trace_of,
    unit_of,
)
from leastwise.loops.first_order import Walked, rated, records_of
from leastwise.loops.minibatch import status_of
from leastwise.loops.newton_blocks import OnBlocks
from leastwise.loops.objective import Cases, OfRows
from leastwise.loops.on_moments import note_of
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.progress import Bar
from leastwise.loops.stepping import advance_by, begin, full_gradient, norm_of
from leastwise.loops.trace import Trace
from leastwise.loops.working import Problem, decrement, point_of, rounding_of
from leastwise.loss.base import padding
from leastwise.moments.double import Array


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
    walk = _Walk(blocks, units, optimiser, about.weight, shuffled)
    with float64_scope():
        walked = walk.run()
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
class _Walk:
    """Rows, their units, a rule."""

    blocks: Blocks
    units: Units
    optimiser: Optimiser
    weight: float
    shuffled: int

    def run(self) -> Walked:
        jax = jax_module()
        blocks, run = self.blocks, self.optimiser.run
        hand = Hand(min(int(run.batch or 1), blocks.rows), self.shuffled, run.seed)
        objective = OfRows(blocks.loss, blocks.intercept)
        start = start_of(self.optimiser, self.units.lead + len(self.units.mean))
        steps, per_epoch = int(self.optimiser.steps), batches_of(blocks.rows, hand)
        opening = next(deals(blocks, hand, 0, 0, self.cases))
        data = jax.tree.map(jax.numpy.asarray, opening.cases)
        here = curvature_at(objective, start, data)
        tuned, rate = rated(self.optimiser, here)
        # What a checkpoint is of; the first deal is all that is summed.
        about = (
            f"{self.optimiser.fingerprint}, {blocks.loss.call}, "
            f"intercept={blocks.intercept}, {blocks.fingerprint}, "
            f"shuffle={self.shuffled}"
        )
        keeper = keeper_of(run, about, opening.cases)
        carry, kept = keeper.resume(
            begin(tuned.key, objective, start, data, rate, steps), float(rate)
        )
        bar = Bar(steps, run.progress)
        first: float | None = kept[0][2] if kept else None
        limits = np.array([rate, -1.0, np.inf])
        try:
            while True:
                step = int(carry[0])
                epoch, place = divmod(step, per_epoch)
                if place == 0 or step >= steps:
                    kept = self._noted(objective, carry, kept)
                    bar.show(step, kept[-1][1], kept[-1][2])
                first = kept[0][2] if first is None else first
                status = status_of(kept[-1], first, steps - step)
                if status is not None:
                    break
                for deal in deals(blocks, hand, epoch, place, self.cases):
                    keeper.save(carry, kept, float(rate))
                    part = slice(0, steps - int(carry[0]))
                    if part.stop <= 0:
                        break
                    carry = jax.block_until_ready(
                        advance_by(
                            tuned.key, objective, carry,
                            jax.tree.map(jax.numpy.asarray, deal.cases),
                            limits, steps, deal.rows[part], deal.counted[part],
                        )
                    )  # fmt: skip
                    bar.show(int(carry[0]), float(carry[3]), float(norm_of(carry[4])))
        except KeyboardInterrupt:
            keeper.save(carry, kept, float(rate), now=True)
            raise
        finally:
            bar.close()
        keeper.save(carry, kept, float(rate), now=True)
        return _walked(status, carry, kept, start, float(rate), here)

    def cases(self, problem: Problem) -> Cases:
        """Standardise the rows of a piece."""
        units = self.units
        base = np.full(len(problem.rows.Y), units.level)
        if problem.offset is not None:
            base = base + problem.offset
        X = units.columns(np.asarray(problem.rows.X, np.float64))
        return Cases(X, problem.y, problem.case_weights, base, np.float64(units.unit))

    def _noted(self, objective: OfRows, carry: Any, kept: Kept) -> Kept:
        """Write down the loss of all rows, and its gradient: one pass."""
        step = int(carry[0])
        if kept and kept[-1][0] >= step:
            return kept
        value = 0.0
        slope: Array = np.zeros(self.units.lead + len(self.units.mean))
        for problem in self.blocks.every():
            cases = self.cases(problem)
            share = float(cases.weights.sum()) / self.weight
            own, gradient = full_gradient(objective, carry[1], _padded(cases))
            value += share * float(own)
            slope = slope + share * to_host(gradient)
        norm = float(np.linalg.norm(slope))
        return [*kept, (step, value, norm, to_host(carry[1]).ravel())]


def _padded(cases: Cases) -> Cases:
    """Fill rows up to one of few shapes, with rows that weigh nothing."""
    n = len(cases.y)
    size = max(padding(n), n)
    which = np.resize(np.arange(n), size)
    weights = np.where(np.arange(size) < n, cases.weights[which], 0.0)
    return Cases(cases.X[which], cases.y[which], weights, cases.base[which], cases.unit)


def _walked(
    status: Status, carry: Any, kept: Kept, start: Array, rate: float, here: Curvature
) -> Walked:
    last = next((one for one in reversed(kept) if np.isfinite(one[1])), kept[0])
    return Walked(
        status=status,
        params=last[3].reshape(np.shape(start)),
        value=last[1],
        gradient_norm=last[2],
        steps=int(to_host(carry[0])),
        rate=rate,
        curvature=here,
        records=records_of(kept),
    )
