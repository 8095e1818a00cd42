"""Ordered logit and probit: classes in an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loss.base import Array
from leastwise.loss.link import LINKS
from leastwise.loss.many.base import ManyLoss, Part


@dataclass(frozen=True)
class Ordered(ManyLoss):
    """Classes in an order: ``P(y <= c) = F(t_c - x'b)`` with thresholds t.

    The proportional odds model (McCullagh 1980) with its relatives. The log-likelihood
    is concave in coefficients and thresholds together (Pratt 1981,
    doi:10.2307/2287052). The thresholds stand for the intercept.

    Parameters
    ----------
    link : {"logit", "probit", "cloglog"}
        F is logistic, normal, or ``1 - exp(-exp(x))``.
    levels : tuple of str
        The classes, lowest first; known from the data where these declare an order.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "size": ["S", "M", "S", "L", "M", "L"]}
    >>> m = lw.glm("size ~ x", data, family=lw.family.Ordered(levels=("S", "M", "L")))
    >>> m.names
    ('x', 'S|M', 'M|L')
    """

    link: str = "logit"
    levels: tuple[str, ...] = ()

    range: ClassVar[Literal["real", "positive", "unit"]] = "unit"

    def __post_init__(self) -> None:
        if self.link not in ("logit", "probit", "cloglog"):
            raise RequestError(
                f"Ordered has no link {self.link!r}",
                fix="Use one of 'logit', 'probit', 'cloglog'",
            )
        object.__setattr__(self, "levels", tuple(map(str, self.levels)))

    @property
    def title(self) -> str:
        return f"Ordered {self.link} regression"

    @property
    def parts(self) -> tuple[Part, ...]:
        pairs = zip(self.levels[:-1], self.levels[1:], strict=True)
        return (
            Part("", "inputs", has_offset=True),
            *(Part(f"{low}|{high}", "level", follows=True) for low, high in pairs),
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return self.levels

    def value(self, eta: Any, y: Any) -> Any:
        xp = jax_module().numpy
        k = len(self.levels) - 1
        at, where = eta[1:] - eta[0], xp.arange(k)
        # The ends of the interval; what is not there is 0 and left out below.
        low = xp.sum(xp.where(where == y[0] - 1, at, 0.0))
        high = xp.sum(xp.where(where == y[0], at, 0.0))
        first, last = y[0] == 0, y[0] == k
        inner = ~(first | last)
        rises = high > low
        below = xp.where(inner & rises, low, 0.0)
        above = xp.where(inner & rises, high, 1.0)
        below_all, rest_all = _tails(self.link)
        middle = -_log_between(self.link, below, above)
        cost = xp.where(
            first,
            -below_all(xp.where(first, high, 0.0)),
            xp.where(last, -rest_all(xp.where(last, low, 0.0)), middle),
        )
        in_order = xp.all(eta[2:] > eta[1:-1])
        return xp.where(in_order, cost, xp.inf)

    def mean_of(self, eta: Any) -> Any:
        xp = jax_module().numpy
        below, rest = _tails(self.link)
        at = eta[1:] - eta[0]
        inner = xp.exp(_log_between(self.link, at[:-1], at[1:]))
        return xp.concatenate([xp.exp(below(at[:1])), inner, xp.exp(rest(at[-1:]))])

    def levels_of(self, y: Array, weights: Array | None) -> Array:
        share = np.bincount(y[:, 0].astype(int), weights, len(self.levels))
        below = np.cumsum(share)[:-1] / share.sum()
        return np.append(0.0, LINKS[self.link].predictor(below))


def _tails(link: str) -> tuple[Any, Any]:
    """Return log F and log(1 - F)."""
    jax = jax_module()
    if link == "logit":
        return jax.nn.log_sigmoid, lambda x: jax.nn.log_sigmoid(-x)
    if link == "probit":
        normal = jax.scipy.special.log_ndtr
        return normal, lambda x: normal(-x)
    xp = jax.numpy
    return lambda x: xp.log(-xp.expm1(-xp.exp(x))), lambda x: -xp.exp(x)


def _log_between(link: str, low: Any, high: Any) -> Any:
    """Return ``log(F(high) - F(low))``, in the tails too."""
    jax = jax_module()
    xp = jax.numpy
    if link == "logit":
        # F(b) - F(a) = F(b) (1 - F(a)) (1 - exp(a - b)).
        gap = xp.log(-xp.expm1(low - high))
        return jax.nn.log_sigmoid(high) + jax.nn.log_sigmoid(-low) + gap
    if link == "probit":
        flip = low + high > 0
        one = xp.where(flip, -high, low)
        two = xp.where(flip, -low, high)
        below, above = map(jax.scipy.special.log_ndtr, (one, two))
        return above + xp.log(-xp.expm1(below - above))
    rate = xp.exp(low)
    return -rate + xp.log(-xp.expm1(rate - xp.exp(high)))
