"""Steps that look at some of the rows: shuffled epochs, the same for the same seed.

The rows of epoch e are shuffled by a generator of (seed, e) alone, so that a run that
is taken up in the middle of an epoch goes on as it would have.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.checkpoint import Kept, keeper_of
from leastwise.loops.curvature import curvature_at
from leastwise.loops.first_order import BLOW_UP, Walked, rated, records_of
from leastwise.loops.objective import Cases, OfRows
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.progress import Bar
from leastwise.loops.stepping import advance_by, begin, full_gradient, norm_of

Array = np.ndarray[Any, Any]

# Steps between two looks from outside, at most.
MOST_AT_ONCE = 4096


def walk_batches(
    objective: Any,
    params: Any,
    data: Any,
    optimiser: Optimiser,
    *,
    about: str = "",
) -> Walked:
    """Go down with gradients of minibatches.

    Parameters
    ----------
    objective, params, data : Objective, ndarray, named tuple
        The loss of rows, such as `OfRows`, where to start, and all rows.
    optimiser : Optimiser
        The rule, how long, how many rows a step; checked.
    about : str
        What a checkpoint has to agree with, beside the solver.

    Returns
    -------
    Walked
        With a record of all rows at the end of each epoch.
    """
    with float64_scope():
        jax = jax_module()
        data = jax.tree.map(jax.numpy.asarray, data)
        n, here = len(data.y), curvature_at(objective, params, data)
        optimiser = optimiser.over(n)
        tuned, rate = rated(optimiser, here)
        run, steps = optimiser.run, int(optimiser.steps)
        per_epoch = -(-n // (batch := min(int(run.batch or n), n)))
        carry = begin(tuned.key, objective, params, data, rate, steps)
        first = float(norm_of(carry[4]))
        keeper = keeper_of(run, f"{optimiser.fingerprint}, {about}", data)
        carry, kept = keeper.resume(carry, float(rate))
        bar = Bar(steps, run.progress)
        try:
            while True:
                step = int(carry[0])
                epoch, place = divmod(step, per_epoch)
                if place == 0 or step >= steps:
                    kept = _noted(objective, carry, data, kept)
                    bar.show(step, kept[-1][1], kept[-1][2])
                status = status_of(kept[-1], first, steps - step)
                if status is not None:
                    break
                keeper.save(carry, kept, float(rate))
                rows, counted = order_of(n, batch, run.seed, epoch)
                part = slice(
                    place, min(per_epoch, place + MOST_AT_ONCE, place + steps - step)
                )
                limits = np.array([rate, -1.0, np.inf])
                carry = jax.block_until_ready(
                    advance_by(
                        tuned.key, objective, carry, data, limits, steps,
                        rows[part], counted[part],
                    )
                )  # fmt: skip
        except KeyboardInterrupt:
            keeper.save(carry, kept, float(rate), now=True)
            raise
        finally:
            bar.close()
        keeper.save(carry, kept, float(rate), now=True)
        last = next((one for one in reversed(kept) if np.isfinite(one[1])), kept[0])
        return Walked(
            status=status,
            params=last[3].reshape(np.shape(params)),
            value=last[1],
            gradient_norm=last[2],
            steps=int(to_host(carry[0])),
            rate=float(rate),
            curvature=here,
            records=records_of(kept),
        )


def order_of(n: int, batch: int, seed: int, epoch: int) -> tuple[Array, Array]:
    """Return the rows of each batch of an epoch, and which of them count.

    Parameters
    ----------
    n, batch : int
        Rows, and rows a batch.
    seed, epoch : int
        What the shuffle depends on.

    Examples
    --------
    >>> rows, counted = order_of(5, 2, 0, 0)
    >>> rows.shape, sorted(rows[counted].tolist())
    ((3, 2), [0, 1, 2, 3, 4])
    """
    order = np.random.default_rng((seed, epoch)).permutation(n)
    size = -(-n // batch) * batch
    counted = np.arange(size) < n
    return np.resize(order, size).reshape(-1, batch), counted.reshape(-1, batch)


def _noted(objective: OfRows, carry: Any, data: Cases, kept: Kept) -> Kept:
    step = int(carry[0])
    if kept and kept[-1][0] >= step:
        return kept
    value, gradient = full_gradient(objective, carry[1], data)
    one = (step, float(value), float(norm_of(gradient)), to_host(carry[1]).ravel())
    return [*kept, one]


def status_of(one: Any, first: float, left: int) -> Status | None:
    """Say whether a run has ended, and how.

    Parameters
    ----------
    one : tuple
        What was written down last: step, loss, norm of the gradient, parameters.
    first : float
        Norm of the first gradient.
    left : int
        Steps that may still be taken.
    """
    step, value, norm, _ = one
    if not (np.isfinite(value) and np.isfinite(norm)):
        return Status.NOT_FINITE if step == 0 else Status.DIVERGED
    if norm > BLOW_UP * first:
        return Status.DIVERGED
    return Status.STEPS_EXHAUSTED if left <= 0 else None
