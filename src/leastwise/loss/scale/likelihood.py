"""The scale that maximises a likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise.loss.base import Array
from leastwise.loss.robust.base import Robust
from leastwise.loss.scale.base import MScale, Residuals


@dataclass(frozen=True)
class Likelihood(MScale):
    """``sum psi(u) u = n``: the maximum over s of ``-sum rho(r/s) - n log s``.

    With `leastwise.loss.StudentT` the maximum likelihood of errors that are Student's
    t (Lange, Little and Taylor 1989, doi:10.1080/01621459.1989.10478852).

    Examples
    --------
    >>> import leastwise as lw
    >>> lw.scale.Likelihood().text
    'maximum likelihood'
    """

    @property
    def text(self) -> str:
        return "maximum likelihood"

    def chi(self, u: Array, loss: Robust) -> Array:
        return np.asarray(loss.weight(u) * np.square(u))

    def bend(self, u: Array, loss: Robust) -> Array:
        return np.asarray(u * (loss.bend(u) + loss.weight(u)))

    def goal(self, seen: Residuals) -> float:
        return seen.n
