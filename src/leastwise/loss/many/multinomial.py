"""Multinomial logit: one of several classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.loss.base import Array
from leastwise.loss.many.base import ManyLoss, Part


@dataclass(frozen=True)
class Multinomial(ManyLoss):
    """Several classes in no order: ``log(p_c / p_base) = x'b_c``.

    McFadden (1974). The log-likelihood is concave.

    Parameters
    ----------
    base : str
        The class the others are compared with; the first when empty.
    levels : tuple of str
        The classes, the base first: known from the data.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "seen": ["cat", "dog", "cat", "dog", "dog",
    ...         "cat"]}
    >>> m = lw.glm("seen ~ x", data, family=lw.family.Multinomial())
    >>> m.names
    ('dog: Intercept', 'dog: x')
    """

    base: str = ""
    levels: tuple[str, ...] = ()

    range: ClassVar[Literal["real", "positive", "unit"]] = "unit"

    @property
    def title(self) -> str:
        return f"Multinomial logit regression, base {self.levels[0]}"

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(Part(level) for level in self.levels[1:])

    @property
    def classes(self) -> tuple[str, ...]:
        return self.levels

    def value(self, eta: Any, y: Any) -> Any:
        jax = jax_module()
        xp = jax.numpy
        whole = xp.concatenate([xp.zeros(1, eta.dtype), eta])
        own = xp.sum(xp.where(xp.arange(len(self.levels)) == y[0], whole, 0.0))
        return jax.nn.logsumexp(whole - own)

    def mean_of(self, eta: Any) -> Any:
        jax = jax_module()
        return jax.nn.softmax(jax.numpy.concatenate([jax.numpy.zeros(1), eta]))

    def levels_of(self, y: Array, weights: Array | None) -> Array:
        share = np.bincount(y[:, 0].astype(int), weights, len(self.levels))
        return np.asarray(np.log(share[1:] / share[0]))
