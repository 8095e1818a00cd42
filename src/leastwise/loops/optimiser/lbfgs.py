"""L-BFGS, of optax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.loops.optimiser.base import Optimiser, Rule, is_whole
from leastwise.loops.optimiser.of_optax import PURPOSE, rule_of


@dataclass(frozen=True)
class LBFGS(Optimiser):
    """Limited-memory BFGS with a line search (Liu and Nocedal 1989).

    Attributes
    ----------
    rate : None
        The line search finds it.
    steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`; not for minibatches, whose
        losses cannot be compared.
    memory : int
        Pairs of steps and changes of the gradient that are kept.

    References
    ----------
    Liu and Nocedal (1989), doi:10.1007/BF01589116.

    Examples
    --------
    >>> LBFGS(steps=100).memory
    10
    """

    memory: int = 10

    def rule(self, rate: Any, steps: Any) -> Rule:
        optax = need("optax", PURPOSE)
        return rule_of(optax.lbfgs(memory_size=self.memory))

    @property
    def has_rate(self) -> bool:
        return False

    @property
    def may_be_halved(self) -> bool:
        return False

    def check(self) -> None:
        super().check()
        if self.rate is not None:
            raise RequestError(
                f"rate={self.rate!r} is for solvers without a line search",
                fix="Leave it out",
            )
        if self.run.batch is not None:
            raise RequestError(
                "L-BFGS compares losses, and those of different batches say nothing",
                fix="Leave out batch=, or take leastwise.Adam()",
            )
        if not is_whole(self.memory, 1):
            raise RequestError(f"memory={self.memory!r}", fix="Keep 1 pair or more")
