"""Adam, of optax."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.loops.optimiser.base import Optimiser, Rule, check_part
from leastwise.loops.optimiser.of_optax import PURPOSE, rule_of

# In standardised units, where coefficients are about 1.
FIRST_RATE = 0.1


@dataclass(frozen=True)
class Adam(Optimiser):
    """Adam: gradients over the root of their mean square (Kingma and Ba 2015).

    Attributes
    ----------
    rate : float, optional
        Step length, constant. When None, from 0.1 down to 0 along a cosine over all
        steps: a constant rate leaves it dancing about the optimum.
    steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`.
    decay1, decay2 : float
        Of the running means of gradients and of their squares.
    epsilon : float
        Added to the root.

    References
    ----------
    Kingma and Ba (2015), doi:10.48550/arXiv.1412.6980.

    Examples
    --------
    >>> Adam(1e-2, steps=2000).decay1
    0.9
    """

    decay1: float = 0.9
    decay2: float = 0.999
    epsilon: float = 1e-8

    def rule(self, rate: Any, steps: Any) -> Rule:
        import jax.numpy as jnp

        optax = need("optax", PURPOSE)

        def falling(count: Any) -> Any:
            return (
                0.5 * rate * (1.0 + jnp.cos(jnp.pi * jnp.minimum(count / steps, 1.0)))
            )

        return rule_of(
            optax.adam(
                falling if self.rate is None else rate,
                b1=self.decay1,
                b2=self.decay2,
                eps=self.epsilon,
            )
        )

    @property
    def key(self) -> Optimiser:
        # Whether the rate was chosen says whether it falls.
        return replace(super().key, rate=None if self.rate is None else 1.0)

    @property
    def may_be_halved(self) -> bool:
        return False

    def chosen_rate(self, largest: float, smallest: float) -> float:
        return FIRST_RATE

    def check(self) -> None:
        super().check()
        check_part("decay1", self.decay1)
        check_part("decay2", self.decay2)
        if not self.epsilon > 0:
            raise RequestError(
                f"epsilon={self.epsilon!r} divides by nothing",
                fix="Give a small positive number",
            )
