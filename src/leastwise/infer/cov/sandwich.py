"""The sandwich with the observed Hessian for bread."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from leastwise.infer.cov.base import Covariance, Estimate
from leastwise.infer.cov.bread import bread_of
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.hc import HC0


@dataclass(frozen=True)
class Sandwich(Covariance):
    """``H^-1 M H^-1``: any covariance's meat M between observed Hessians H.

    The covariance of an M-estimate whatever the distribution (Huber 1967; White 1982,
    doi:10.2307/1912526). The sandwiches of `leastwise.cov` take the working weights
    for bread: Fisher's information in a generalized linear model, as R's ``sandwich``
    does. Where the loss is robust or the user's own they take this one without being
    asked. Leverages are those of the working rows.

    Attributes
    ----------
    meat : Covariance
        Such as ``lw.cov.HC0()`` or ``lw.cov.Cluster("town")``.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 2.5, 5.0, 7.0, 12.0]}
    >>> m = lw.glm("y ~ x", data, family=lw.family.Gamma("log"))
    >>> round(m.with_cov(lw.cov.Sandwich(lw.cov.HC0())).se["x"], 6)
    0.022735
    """

    meat: Covariance = field(default_factory=HC0)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return self.meat.columns

    @property
    def call(self) -> str | None:
        """What makes it in Python; None where arrays were given."""
        inner = self.meat.call
        if self.meat == HC0():
            return "lw.cov.Sandwich()"
        return None if inner is None else f"lw.cov.Sandwich({inner})"

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        bread = bread_of(ground)
        found = self.meat.estimate(ground)
        core = bread @ found.core @ bread
        text = f"{found.text}; the observed Hessian for bread"
        return replace(found, core=0.5 * (core + core.T), text=text)
