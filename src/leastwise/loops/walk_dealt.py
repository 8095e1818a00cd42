"""Steps with the gradients of minibatches of rows that pass in blocks.

The same steps as `leastwise.loops.minibatch`; at the end of an epoch one more pass
brings the loss of all rows and its gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.checkpoint import Kept, keeper_of
from leastwise.loops.curvature import Curvature, curvature_at
from leastwise.loops.deal import Hand, batches_of, deals
from leastwise.loops.first_order import Walked, rated, records_of
from leastwise.loops.minibatch import status_of
from leastwise.loops.objective import Dealt
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.passing import Passing
from leastwise.loops.progress import Bar
from leastwise.loops.stepping import advance_by, begin, full_gradient, norm_of
from leastwise.loss.base import padding
from leastwise.moments.double import Array

P = TypeVar("P")
D = TypeVar("D", bound=Dealt)


@dataclass(frozen=True, eq=False)
class Dealing(Generic[P, D]):
    """Rows that pass, and how to go down on batches of them.

    Attributes
    ----------
    source : Passing
        The rows.
    cases : callable
        Makes what the objective reads of a piece.
    objective : Objective
        The mean loss of some rows.
    optimiser : Optimiser
        The rule, how long, how many rows a step; checked.
    weight : float
        Sum of the case weights of all rows.
    shuffled : int
        Rows that batches are drawn from at a time.
    about : str
        What a checkpoint has to agree with, beside solver and rows.
    """

    source: Passing[P]
    cases: Callable[[P], D]
    objective: Any
    optimiser: Optimiser
    weight: float
    shuffled: int
    about: str

    def first(self, hand: Hand) -> D:
        """Return the rows that are dealt first."""
        return next(deals(self.source, hand, 0, 0, self.cases)).cases

    def fingerprint(self) -> str:
        """Say what a checkpoint is of."""
        return (
            f"{self.optimiser.fingerprint}, {self.about}, {self.source.fingerprint}, "
            f"shuffle={self.shuffled}"
        )

    def noted(self, carry: Any, kept: Kept) -> Kept:
        """Write down the loss of all rows, and its gradient: one pass."""
        step = int(carry[0])
        if kept and kept[-1][0] >= step:
            return kept
        value, slope = 0.0, np.zeros(np.shape(carry[1]))
        for piece in self.source.every():
            cases = self.cases(piece)
            share = float(cases.weights.sum()) / self.weight
            own, gradient = full_gradient(self.objective, carry[1], _padded(cases))
            value += share * float(own)
            slope = slope + share * to_host(gradient)
        norm = float(np.linalg.norm(slope))
        return [*kept, (step, value, norm, to_host(carry[1]).ravel())]


def walk_dealt(dealing: Dealing[P, D], start: Array) -> Walked:
    """Go down with gradients of minibatches of rows that pass in blocks.

    Parameters
    ----------
    dealing : Dealing
        The rows, and how.
    start : ndarray
        Where to start.

    Returns
    -------
    Walked
        With a record of all rows at the end of each epoch.
    """
    with float64_scope():
        return _walk(dealing, start)


def _walk(dealing: Dealing[P, D], start: Array) -> Walked:
    jax = jax_module()
    source, objective, run = dealing.source, dealing.objective, dealing.optimiser.run
    hand = Hand(min(int(run.batch or 1), source.rows), dealing.shuffled, run.seed)
    steps = int(dealing.optimiser.steps)
    per_epoch = batches_of(source.rows, hand)
    opening = dealing.first(hand)
    data = jax.tree.map(jax.numpy.asarray, opening)
    here = curvature_at(objective, start, data)
    tuned, rate = rated(dealing.optimiser, here)
    # What a checkpoint is of; the first deal is all that is summed.
    keeper = keeper_of(run, dealing.fingerprint(), opening)
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
                kept = dealing.noted(carry, kept)
                bar.show(step, kept[-1][1], kept[-1][2])
            first = kept[0][2] if first is None else first
            status = status_of(kept[-1], first, steps - step)
            if status is not None:
                break
            for deal in deals(source, hand, epoch, place, dealing.cases):
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


def _padded(cases: D) -> D:
    """Fill rows up to one of few shapes, with rows that weigh nothing."""
    n = len(cases.y)
    size = max(padding(n), n)
    which = np.resize(np.arange(n), size)
    filled = cases.taken(which)
    return filled.weighing(np.where(np.arange(size) < n, filled.weights, 0.0))


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
