"""Steps that keep some of the step before."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from leastwise.loops.optimiser.base import Optimiser, Rule, check_part

# Where the smallest curvature is not known.
USUAL_DECAY = 0.9


@dataclass(frozen=True)
class Momentum(Optimiser):
    """The heavy ball: ``v <- decay v + gradient``, ``t <- t - rate v`` (Polyak 1964).

    Attributes
    ----------
    rate, steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`.
    decay : float, optional
        How much of a step is kept, 0 to below 1. When None,
        ``((sqrt L - sqrt mu) / (sqrt L + sqrt mu))^2``, the best for a quadratic, with
        the rate ``4 / (sqrt L + sqrt mu)^2``.

    References
    ----------
    Polyak (1964), doi:10.1016/0041-5553(64)90137-5.

    Examples
    --------
    >>> Momentum(rate=0.1, decay=0.9).decay
    0.9
    """

    decay: float | None = None

    def rule(self, rate: Any, steps: Any) -> Rule:
        return _rule(rate, _kept(self.decay), ahead=False)

    def largest_rate(self, largest: float) -> float | None:
        return 2.0 * (1.0 + _kept(self.decay)) / largest

    def chosen_rate(self, largest: float, smallest: float) -> float:
        if smallest <= 0:
            return 1.0 / largest if largest > 0 else 1.0
        return 4.0 / (math.sqrt(largest) + math.sqrt(smallest)) ** 2

    def tuned(self, largest: float, smallest: float) -> Optimiser:
        if self.decay is not None or smallest <= 0:
            return self
        return replace(self, decay=_ratio(largest, smallest) ** 2)

    def check(self) -> None:
        super().check()
        check_part("decay", self.decay)


@dataclass(frozen=True)
class Nesterov(Optimiser):
    """The accelerated gradient: as the heavy ball, with the gradient one step ahead.

    Attributes
    ----------
    rate, steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`.
    decay : float, optional
        How much of a step is kept, 0 to below 1. When None,
        ``(sqrt L - sqrt mu) / (sqrt L + sqrt mu)``, with the rate 1/L.

    References
    ----------
    Nesterov (2004), doi:10.1007/978-1-4419-8853-9, section 2.2.

    Examples
    --------
    >>> Nesterov(rate=0.1).decay is None
    True
    """

    decay: float | None = None

    def rule(self, rate: Any, steps: Any) -> Rule:
        return _rule(rate, _kept(self.decay), ahead=True)

    def largest_rate(self, largest: float) -> float | None:
        decay = _kept(self.decay)
        return 2.0 * (1.0 + decay) / (1.0 + 2.0 * decay) / largest

    def tuned(self, largest: float, smallest: float) -> Optimiser:
        if self.decay is not None or smallest <= 0:
            return self
        return replace(self, decay=_ratio(largest, smallest))

    def check(self) -> None:
        super().check()
        check_part("decay", self.decay)


def _kept(decay: float | None) -> float:
    return USUAL_DECAY if decay is None else decay


def _ratio(largest: float, smallest: float) -> float:
    top, low = math.sqrt(largest), math.sqrt(smallest)
    return (top - low) / (top + low)


def _rule(rate: Any, decay: Any, *, ahead: bool) -> Rule:
    import jax

    def init(params: Any) -> Any:
        return jax.tree.map(jax.numpy.zeros_like, params)

    def update(
        gradient: Any, state: Any, params: Any, value: Any, value_fn: Any
    ) -> Any:
        kept = jax.tree.map(lambda v, g: decay * v + g, state, gradient)
        moved = (
            jax.tree.map(lambda v, g: decay * v + g, kept, gradient) if ahead else kept
        )
        return jax.tree.map(lambda v: -rate * v, moved), kept

    return Rule(init, update)
