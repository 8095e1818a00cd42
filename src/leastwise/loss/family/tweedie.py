"""Tweedie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import Family, refuse


@dataclass(frozen=True)
class Tweedie(Family):
    """A variance of ``mu**power``: zeros and a long tail for powers from 1 to 2.

    Jorgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x. Its density has no closed
    form: there is a deviance, and no likelihood.

    Attributes
    ----------
    link : {"log", "identity", "inverse"}
        Of the mean.
    power : float
        Above 1, other than 2.

    Examples
    --------
    >>> Tweedie(power=1.5).variance(4.0)
    8.0
    """

    power: float = 1.5

    usual_link: ClassVar[str] = "log"
    links: ClassVar[tuple[str, ...]] = ("log", "identity", "inverse")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (1.0 < self.power < 2.0 or self.power > 2.0) or np.isinf(self.power):
            raise RequestError(
                f"Tweedie has no power {self.power!r} here",
                fix="Give one above 1, other than 2: these are Poisson() and Gamma()",
            )

    def variance(self, mean: Any, xp: Any = np) -> Any:
        return mean**self.power

    def variance_bend(self, mean: Any, xp: Any = np) -> Any:
        return self.power / mean

    def unit_deviance(self, y: Any, mean: Any, xp: Any = np) -> Any:
        a, b = 1.0 - self.power, 2.0 - self.power
        safe = xp.where(y > 0, y, 1.0)
        own = xp.where(y > 0, safe**b, 0.0) / (a * b)
        return 2.0 * (own - y * mean**a / a + mean**b / b)

    def starting_mean(self, y: Array, weights: Array | None) -> Array:
        level = float(np.average(y, weights=weights))
        return np.where(y > 0, y, max(level, 1e-3) * 0.1)

    def complaint(self, y: Array) -> Complaint | None:
        if self.power > 2.0:
            fix = "Use a power below 2 for zeros"
            return refuse(y <= 0, y, "Tweedie", "targets above 0", fix)
        return refuse(y < 0, y, "Tweedie", "targets of 0 or more", "Use another family")
