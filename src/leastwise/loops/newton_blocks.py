"""Newton's method on rows that pass in blocks: a pass a step.

The same steps as `leastwise.loops.newton`, whose words these are: a step that does not
lower the loss is halved, where it stands is said in standard errors, and the last step
is not taken by the loop: its fold is the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.status import Status
from leastwise.loops.blocks import Blocks, Passed, Survey, loses, pass_over
from leastwise.loops.newton import (
    IS_ROUNDING,
    MOVES,
    NEARLY_NONE,
    NEARLY_THERE,
    NOTHING_LEFT,
    ON_AND_ON,
    RUNAWAY,
    SHORT,
    SLOWLY,
)
from leastwise.loops.working import Point, decrement, point_of, rounding_of
from leastwise.loss.family.base import Family
from leastwise.moments.double import Array

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
    running : ndarray of bool, shape (1 + p,), or None
        Where the loss falls for ever: which coefficients run, the level first.
    """

    status: Status
    at: Point
    to: Point
    passed: Passed
    passes: int
    decrements: tuple[float, ...]
    left: float
    taken: bool = True
    running: Array | None = None


@dataclass(frozen=True, eq=False)
class _Stand:
    """A point of the loop; none where rows have predictors of their own."""

    at: Point | None
    passed: Passed
    passes: int
    lengths: tuple[float, ...] = ()
    rises: tuple[float, ...] = ()
    before: Point | None = None

    @property
    def to(self) -> Point:
        return point_of(self.passed.moments, self.passed.fit)

    def measured(self) -> _Stand:
        """Add the length of the step that could be taken."""
        if self.at is None:
            return self
        length = decrement(self.passed.moments, self.at, self.to)
        return replace(self, lengths=(*self.lengths, length))

    def ended(self, status: Status, left: float) -> OnBlocks:
        at = self.to if self.at is None else self.at
        return OnBlocks(
            status, at, self.to, self.passed, self.passes, self.lengths, left
        )


def newton_blocks(blocks: Blocks, about: Survey) -> OnBlocks | None:
    """Minimise the loss of rows that pass; None where it is finite nowhere.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    about : Survey
        What is known of them.
    """
    stand = _begin(blocks, about)
    while stand is not None:
        stand = stand.measured()
        if stand.at is not None:
            unit = stand.passed.unit(about.counted)
            noise = stand.passed.noise + rounding_of(stand.passed.moments, stand.to)
            left = left_of(stand.lengths) + noise
            if is_done(stand.lengths, unit, noise):
                return stand.ended(Status.CONVERGED, left)
            if _runs_away(blocks, stand, about, unit):
                gone = stand.ended(Status.SEPARATED, np.inf)
                return replace(gone, running=_running(stand))
            if stand.passes >= MOST_PASSES:
                return stand.ended(Status.STEPS_EXHAUSTED, np.inf)
        found = _go(blocks, stand, about)
        if found is None and stand.at is None:
            # Nowhere near is the loss finite: once more, from a level.
            stand = _from_level(blocks, about, stand.passes + 1)
            continue
        if found is None:
            size = float(np.sqrt(abs(stand.passed.total)))
            near = stand.lengths[-1] <= NEARLY_NONE * max(unit, size)
            status = Status.CONVERGED if near else Status.STEPS_EXHAUSTED
            return stand.ended(status, left if near else np.inf)
        stand = found
    return None


def _begin(blocks: Blocks, about: Survey) -> _Stand | None:
    if isinstance(blocks.loss, Family):
        passed = pass_over(blocks, None, about.first)
        if passed is not None:
            return _Stand(None, passed, 1)
    return _from_level(blocks, about, 1)


def _from_level(blocks: Blocks, about: Survey, passes: int) -> _Stand | None:
    level = Point(about.level, np.zeros(len(about.first)))
    passed = pass_over(blocks, level, about.first)
    return None if passed is None else _Stand(level, passed, passes)


def _go(blocks: Blocks, stand: _Stand, about: Survey) -> _Stand | None:
    """Take a step, or the part of it that lowers the loss."""
    at, to, before = stand.at, stand.to, stand.passed
    part = 1.0
    for tried in range(1, MOST_HALVINGS + 1):
        there = to if at is None or part == 1.0 else at.toward(to, part)
        passed = None
        if there.is_finite:
            passed = pass_over(blocks, there, about.first, before=at)
        lower = at is None or (
            passed is not None and passed.total <= before.total + before.slack
        )
        if passed is not None and lower:
            return _Stand(
                there, passed, stand.passes + tried, stand.lengths,
                (*stand.rises, passed.rise), at,
            )  # fmt: skip
        if at is None:
            return None
        part *= 0.5
    return None


def _runs_away(blocks: Blocks, stand: _Stand, about: Survey, unit: float) -> bool:
    """Say whether predictors go on for ever though the loss gains next to nothing.

    As `leastwise.loops.newton` does; that no row loses by it takes a pass.
    """
    if len(stand.rises) < 3 or len(stand.lengths) < 2 or stand.before is None:
        return False
    one, two = stand.rises[-2:]
    last, length = stand.lengths[-2:]
    on = two >= RUNAWAY and two >= ON_AND_ON * one
    if not (on and length <= SHORT * unit and length >= SLOWLY * last):
        return False
    return not loses(blocks, (stand.before, stand.at), about.first, MOVES * two)


def _running(stand: _Stand) -> Array:
    """Say which coefficients run, the level first."""
    at, before = stand.at, stand.before
    if at is None or before is None:
        return np.zeros(0, bool)
    m = stand.passed.moments
    p = m.n_inputs
    d = np.append(at.level - before.level, at.slopes - before.slopes)
    d[1:] = np.ldexp(d[1:], m.exponent[:p])
    reach = np.abs(d) * m.extent[: p + 1] / m.extent[0]
    return np.asarray(reach > MOVES * reach.max())


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
