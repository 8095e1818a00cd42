"""Student's t."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust


@dataclass(frozen=True)
class StudentT(Robust):
    """Minus the log-likelihood of errors that are Student's t.

    ``rho(u) = (dof + 1)/2 log(1 + u^2 / dof)``. Not convex.

    Attributes
    ----------
    dof : float
        Degrees of freedom, above 0.

    References
    ----------
    Lange, Little and Taylor (1989), doi:10.1080/01621459.1989.10478852.

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.loss.StudentT(dof=4).weight(np.array([0.0, 1.0])).tolist()
    [1.25, 1.0]
    """

    dof: float = 4.0

    convex: ClassVar[bool] = False

    def rho(self, u: Any, xp: Any = np) -> Any:
        return 0.5 * (self.dof + 1.0) * xp.log1p(u * u / self.dof)

    def weight(self, u: Array) -> Array:
        return (self.dof + 1.0) / (self.dof + u * u)

    def bend(self, u: Array) -> Array:
        t = u * u / self.dof
        return (1.0 + 1.0 / self.dof) * (1.0 - t) / np.square(1.0 + t)
