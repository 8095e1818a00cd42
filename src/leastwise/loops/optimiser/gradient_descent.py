"""A fixed rate against the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leastwise.loops.optimiser.base import Optimiser, Rule


@dataclass(frozen=True)
class GradientDescent(Optimiser):
    """How to descend: ``t <- t - rate * gradient``.

    For squared loss no loop runs: its iterates are known in closed form from the
    moments of the rows, and all rates below 2/L converge, L being the largest
    eigenvalue of the Hessian.

    Attributes
    ----------
    rate : float, optional
        Step length. When None, of squared loss 2/(L + mu) from the largest and the
        smallest eigenvalue of the Hessian, which shrinks the slowest direction
        fastest; of other losses 1/L at the start.
    steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`.

    References
    ----------
    Nesterov (2004), doi:10.1007/978-1-4419-8853-9, section 1.2.

    Examples
    --------
    >>> GradientDescent(rate=0.1).steps
    5000
    """

    def largest_rate(self, largest: float) -> float | None:
        return 2.0 / largest

    def rule(self, rate: Any, steps: Any) -> Rule:
        def update(
            gradient: Any, state: Any, params: Any, value: Any, value_fn: Any
        ) -> Any:
            return _scaled(gradient, -rate), state

        return Rule(lambda params: (), update)


def _scaled(tree: Any, factor: Any) -> Any:
    import jax

    return jax.tree.map(lambda leaf: factor * leaf, tree)
