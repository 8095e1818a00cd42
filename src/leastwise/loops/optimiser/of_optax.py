"""Any transformation of optax as a solver."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.loops.optimiser.base import Optimiser, Rule

PURPOSE = "this solver"


@dataclass(frozen=True)
class Optax(Optimiser):
    """Any gradient transformation of optax, with its own rate.

    Attributes
    ----------
    transformation : optax.GradientTransformation
        Such as ``optax.lion(1e-3)``; those that search a line are given the loss.
    steps, tolerance, start, run
        See `leastwise.loops.optimiser.base.Optimiser`; the rate is that of the
        transformation.

    References
    ----------
    DeepMind et al. (2020), https://github.com/google-deepmind/optax.

    Examples
    --------
    >>> import optax
    >>> Optax(optax.sgd(0.1), steps=100).steps
    100
    """

    transformation: Any = None

    def __init__(
        self, transformation: Any, rate: float | None = None, **settings: Any
    ) -> None:
        if rate is not None:
            raise RequestError(
                f"rate={rate!r} is for solvers of our own",
                fix="Give the rate to the transformation: Optax(optax.lion(1e-3))",
            )
        object.__setattr__(self, "transformation", transformation)
        super().__init__(**settings)

    def rule(self, rate: Any, steps: Any) -> Rule:
        return rule_of(self.transformation)

    @property
    def fingerprint(self) -> str:
        # The functions of optax are written with their address; what they compute not.
        jax = jax_module()
        with float64_scope():
            t = jax.numpy.zeros(3)
            rule = self.rule(0.0, 1)
            one = jax.make_jaxpr(
                lambda g, s, p: rule.update(g, s, p, g.sum(), lambda q: (q * q).sum())
            )
            text = str(one(t, rule.init(t), t))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"Optax({digest}, steps={self.steps}, tolerance={self.tolerance})"

    @property
    def has_rate(self) -> bool:
        return False

    @property
    def may_be_halved(self) -> bool:
        return False

    def check(self) -> None:
        super().check()
        if not is_transformation(self.transformation):
            raise RequestError(
                f"{self.transformation!r} is no transformation of optax",
                fix="Give one, such as leastwise.Optax(optax.lion(1e-3))",
            )


def is_transformation(value: Any) -> bool:
    """Say whether something has what optax's transformations have."""
    return callable(getattr(value, "init", None)) and callable(
        getattr(value, "update", None)
    )


def rule_of(transformation: Any) -> Rule:
    """Return a transformation of optax as a rule.

    Parameters
    ----------
    transformation : optax.GradientTransformation
        With extra arguments or without.
    """
    optax = need("optax", PURPOSE)
    whole = optax.with_extra_args_support(transformation)

    def update(
        gradient: Any, state: Any, params: Any, value: Any, value_fn: Any
    ) -> Any:
        return whole.update(
            gradient, state, params, value=value, grad=gradient, value_fn=value_fn
        )

    return Rule(whole.init, update)
