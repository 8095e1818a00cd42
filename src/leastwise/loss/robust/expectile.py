"""Expectiles: squares that weigh one side more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class Expectile(Robust):
    """Squares that count q above the prediction and 1 - q below.

    ``rho(u) = |q - (u < 0)| u^2``: the mean at q = 0.5, as a quantile is the median
    there. Convex; its minimum is the same at every scale.

    Attributes
    ----------
    q : float
        Between 0 and 1.

    References
    ----------
    Newey and Powell (1987), doi:10.2307/1911031.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [0.0, 1.0, 5.0]}
    >>> m = lw.robust("y ~ 1", data, loss=lw.loss.Expectile(0.8))
    >>> round(m.coef["Intercept"], 9)
    3.5
    """

    q: float = 0.5

    symmetric: ClassVar[bool] = False
    without_scale: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 0 < self.q < 1:
            raise RequestError(
                f"Expectile(q={self.q!r}) is not between 0 and 1",
                fix="Give such as q=0.9",
            )

    def rho(self, u: Any, xp: Any = np) -> Any:
        return xp.where(u < 0, 1.0 - self.q, self.q) * u * u

    def weight(self, u: Array) -> Array:
        return np.where(u < 0, 2.0 * (1.0 - self.q), 2.0 * self.q)

    def bend(self, u: Array) -> Array:
        return self.weight(u)
