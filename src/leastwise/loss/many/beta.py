"""Beta regression: shares between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loss.base import Array, Complaint, first_row
from leastwise.loss.link import LINKS
from leastwise.loss.many.base import ManyLoss, Part


@dataclass(frozen=True)
class Beta(ManyLoss):
    """Shares between 0 and 1: variance ``mu (1 - mu) / (1 + phi)``.

    ``y`` is Beta(mu phi, (1 - mu) phi); the logarithm of the precision phi is estimated
    with the coefficients. Ferrari and Cribari-Neto (2004),
    doi:10.1080/0266476042000214501.

    Parameters
    ----------
    link : {"logit", "probit", "cloglog", "cauchit"}
        Of the mean.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4], "share": [0.2, 0.35, 0.3, 0.6, 0.7]}
    >>> m = lw.glm("share ~ x", data, family=lw.family.Beta())
    >>> m.names
    ('Intercept', 'x', 'log(phi)')
    """

    link: str = "logit"

    range: ClassVar[Literal["real", "positive", "unit"]] = "unit"
    links: ClassVar[tuple[str, ...]] = ("logit", "probit", "cloglog", "cauchit")

    def __post_init__(self) -> None:
        if self.link not in self.links:
            raise RequestError(
                f"Beta has no link {self.link!r}",
                fix=f"Use one of {', '.join(map(repr, self.links))}",
            )

    @property
    def title(self) -> str:
        return f"Beta regression, {self.link} link"

    @property
    def parts(self) -> tuple[Part, ...]:
        return Part("", has_offset=True), Part("log(phi)", "level", natural="phi")

    def value(self, eta: Any, y: Any) -> Any:
        jax = jax_module()
        xp, lgamma = jax.numpy, jax.scipy.special.gammaln
        phi, link = xp.exp(eta[1]), LINKS[self.link]
        one, two = phi * link.mean(eta[0], xp), phi * link.rest(eta[0], xp)
        known = (one - 1.0) * xp.log(y[0]) + (two - 1.0) * xp.log1p(-y[0])
        cost = lgamma(one) + lgamma(two) - lgamma(phi) - known
        return xp.where((one > 0) & (two > 0), cost, xp.inf)

    def mean_of(self, eta: Any) -> Any:
        return LINKS[self.link].mean(eta[0], jax_module().numpy)

    def levels_of(self, y: Array, weights: Array | None) -> Array:
        mean = float(np.average(y[:, 0], weights=weights))
        spread = float(np.average((y[:, 0] - mean) ** 2, weights=weights))
        phi = mean * (1.0 - mean) / spread - 1.0 if spread > 0 else np.inf
        level = float(LINKS[self.link].predictor(np.float64(mean)))
        return np.array([level, np.log(min(max(phi, 0.1), 1e6))])

    def complaint(self, y: Array) -> Complaint | None:
        bad = ~((y[:, 0] > 0) & (y[:, 0] < 1))
        if not bad.any():
            return None
        row = first_row(bad)
        value = y[row, 0]
        fix = "Give shares between 0 and 1; percentages are divided by 100"
        if value in (0.0, 1.0):
            fix = (
                'Use family="quasibinomial", which takes 0 and 1, or leave such rows '
                "out and model them apart"
            )
        return Complaint(
            row, f"Beta takes shares above 0 and below 1, and this is {value:g}", fix
        )

    def runaway(self, part: Part, *, up: bool) -> tuple[str, str]:
        if up:
            return (
                "the inputs fit every share exactly: phi runs to infinity",
                "Leave inputs out, or get more rows",
            )
        return (
            "phi runs to 0: the shares are at 0 and 1",
            'Use family="quasibinomial"',
        )
