"""One loop for every first-order solver: full gradients, under jit, in parts.

Between the parts, which end where something is written down, the host sees how far it
is: it shows that, saves it, and can be interrupted. The parts are no part of the
numbers: however the steps are cut, the bits are the same.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise._kit.status import Status
from leastwise.loops.checkpoint import Keeper, keeper_of
from leastwise.loops.curvature import Curvature, curvature_at
from leastwise.loops.objective import Objective
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.progress import Bar
from leastwise.loops.stepping import advance, begin, norm_of, size_of
from leastwise.loops.trace import recorded_steps

Array = np.ndarray[Any, Any]

EPS = 2.0**-52
# A gradient this many times the first one will not come back: stop there.
BLOW_UP = 1e12
# A rate that was chosen and overshoots is cut to this part, so many times.
CUT, MOST_CUTS = 0.25, 12
# A gradient above this part of the first one is far from the end.
FAR = 1e-3
# Seconds that a part should take, at most about.
PART_SECONDS = 0.25
FIRST_PART = 256


@dataclass(frozen=True, eq=False)
class Walked:
    """Where a loop came to.

    Attributes
    ----------
    status : Status
        How it ended.
    params : pytree of ndarray
        Where it stands; of a loop that diverged, the last place that was finite.
    value, gradient_norm : float
        There.
    steps : int
        Steps taken.
    rate : float
        Step length; NaN for a solver that has its own.
    curvature : Curvature
        Of the loss at the start, or at the last finite place of a loop that diverged.
    records : Records
        The way there.
    """

    status: Status
    params: Any
    value: float
    gradient_norm: float
    steps: int
    rate: float
    curvature: Curvature
    records: Records


@dataclass(frozen=True, eq=False)
class Records:
    """What was written down on the way: one entry a record.

    Attributes
    ----------
    step : ndarray of int, shape (t,)
        Steps taken.
    value, gradient_norm : ndarray, shape (t,)
        Loss, and norm of its gradient.
    params : ndarray, shape (t, m)
        Parameters, flat.
    """

    step: Array
    value: Array
    gradient_norm: Array
    params: Array


def walk(
    objective: Objective,
    params: Any,
    data: Any,
    optimiser: Optimiser,
    *,
    curvature: Curvature | None = None,
    about: str = "",
) -> Walked:
    """Go down with full gradients.

    Parameters
    ----------
    objective : Objective
        The loss.
    params : pytree of ndarray
        Where to start.
    data : pytree of ndarray
        What the loss is of.
    optimiser : Optimiser
        The rule, and how long; checked.
    curvature : Curvature, optional
        Eigenvalues of the Hessian, when they are known.
    about : str
        What a checkpoint has to agree with, beside the solver.

    Returns
    -------
    Walked
    """
    with float64_scope():
        jax = jax_module()
        data = jax.tree.map(jax.numpy.asarray, data)
        here = curvature
        if here is None:
            here = curvature_at(objective, params, data)
        tuned, rate = rated(optimiser, here)
        keeper = keeper_of(optimiser.run, f"{optimiser.fingerprint}, {about}", data)
        found = _Loop(objective, data, tuned, float(rate), keeper).run(params, here)
        may_be_cut = optimiser.rate is None and optimiser.may_be_halved
        for _ in range(MOST_CUTS if may_be_cut else 0):
            found = _looked_at(found, objective, data, curvature)
            if not _overshoots(found, tuned):
                break
            rate *= CUT
            found = _Loop(objective, data, tuned, float(rate), keeper).run(params, here)
        return _looked_at(found, objective, data, curvature)


def rated(optimiser: Optimiser, here: Curvature) -> tuple[Optimiser, float]:
    """Return a solver with all that it chooses from the curvature, and its rate.

    Parameters
    ----------
    optimiser : Optimiser
        The solver.
    here : Curvature
        At the start.
    """
    rate = optimiser.rate
    if rate is None:
        rate = optimiser.chosen_rate(here.largest, here.smallest)
    return optimiser.tuned(here.largest, here.smallest), float(rate)


def _looked_at(
    found: Walked, objective: Objective, data: Any, known: Curvature | None
) -> Walked:
    """Add the curvature where a loop came to, if it is larger than at the start."""
    if known is not None or found.status in (Status.CONVERGED, Status.NOT_FINITE):
        return found
    there = curvature_at(objective, found.params, data)
    if not there.largest > found.curvature.largest:
        return found
    return replace(found, curvature=replace(there, moved=True))


def _overshoots(found: Walked, optimiser: Optimiser) -> bool:
    """Say whether a loop goes to and fro, or away, because its rate is too large."""
    if found.status is Status.DIVERGED:
        return True
    top = found.curvature.largest
    limit = optimiser.largest_rate(top) if top > 0 else None
    if found.status is not Status.STEPS_EXHAUSTED or limit is None:
        return False
    return found.rate >= limit or _goes_round(found)


def _goes_round(found: Walked) -> bool:
    """Say whether the second half of a loop gained nothing, far from the end.

    Where a loss is straight far out, the curvature there does not bound that of the
    optimum, and steps can jump over it for ever.
    """
    value, norm = found.records.value, found.records.gradient_norm
    half = found.records.step <= found.steps // 2
    far = found.gradient_norm > FAR * norm[0]
    return bool(far and found.value >= value[half].min())


@dataclass(frozen=True, eq=False)
class _Loop:
    """A loss, a rule and a rate."""

    objective: Objective
    data: Any
    optimiser: Optimiser
    rate: float
    keeper: Keeper

    def run(self, params: Any, curvature: Curvature) -> Walked:
        jax = jax_module()
        key, steps = self.optimiser.key, int(self.optimiser.steps)
        carry = begin(key, self.objective, params, self.data, self.rate, steps)
        first, begun = float(norm_of(carry[4])), float(carry[3])
        ends = np.unique(recorded_steps(steps))
        carry, kept = self.keeper.resume(carry, self.rate)
        part = FIRST_PART
        bar = Bar(steps, self.optimiser.run.progress)
        last = carry
        try:
            while True:
                told = _told(jax, carry)
                if not kept or told[0] > kept[-1][0]:
                    kept.append(told)
                step, value, norm, _ = told
                if np.isfinite(value) and np.isfinite(norm):
                    last = carry
                floor = self._floor(carry, first)
                stop = floor if self.optimiser.tolerance > 0 else -1.0
                status = self._status(told, floor, first, begun)
                if status is not None:
                    break
                bar.show(step, value, norm)
                self.keeper.save(carry, kept, self.rate)
                until = min(
                    int(ends[np.searchsorted(ends, step, "right")]), step + part
                )
                limits = np.array([self.rate, stop, BLOW_UP * first])
                began = time.monotonic()
                carry = jax.block_until_ready(
                    advance(key, self.objective, carry, self.data, limits, steps, until)
                )
                took = time.monotonic() - began
                if until == step + part and took < PART_SECONDS:
                    part *= 2
        except KeyboardInterrupt:
            self.keeper.save(carry, kept, self.rate, now=True)
            raise
        finally:
            bar.close()
        self.keeper.save(carry, kept, self.rate, now=True)
        _, value, norm, _ = _told(jax, last)
        return Walked(
            status=status,
            params=jax.tree.map(to_host, last[1]),
            value=value,
            gradient_norm=norm,
            steps=step,
            rate=self.rate,
            curvature=curvature,
            records=records_of(kept),
        )

    def _floor(self, carry: Any, first: float) -> float:
        """Return the gradient at which the loop has arrived; none is below 0."""
        rounding = EPS * size_of(self.objective, carry[1], self.data)
        return max(self.optimiser.tolerance * first, rounding)

    def _status(
        self, told: Any, floor: float, first: float, begun: float
    ) -> Status | None:
        step, value, norm, _ = told
        steps = self.optimiser.steps
        if not (np.isfinite(value) and np.isfinite(norm)):
            return Status.NOT_FINITE if step == 0 else Status.DIVERGED
        if norm <= floor and (step >= steps or self.optimiser.tolerance > 0):
            return Status.CONVERGED
        if norm > BLOW_UP * first:
            return Status.DIVERGED
        if step < steps:
            return None
        # The gradient of some losses is bounded: they cannot blow up.
        return Status.DIVERGED if value > begun else Status.STEPS_EXHAUSTED


def _told(jax: Any, carry: Any) -> tuple[int, float, float, Array]:
    flat = [to_host(leaf).ravel() for leaf in jax.tree.leaves(carry[1])]
    return (
        int(carry[0]),
        float(carry[3]),
        float(norm_of(carry[4])),
        np.concatenate([*flat, np.zeros(0)]),
    )


def records_of(kept: list[tuple[int, float, float, Array]]) -> Records:
    """Return what was written down as arrays."""
    step, value, norm, params = zip(*kept, strict=True)
    return Records(np.array(step), np.array(value), np.array(norm), np.stack(params))
