"""Quasi-likelihood: a family whose dispersion is estimated."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise.loss.base import Array, Complaint
from leastwise.loss.family.base import refuse
from leastwise.loss.family.binomial import LikeBinomial
from leastwise.loss.family.poisson import LikePoisson


@dataclass(frozen=True)
class QuasiPoisson(LikePoisson):
    """Poisson's mean and variance, times a dispersion; rates need not be whole.

    Wedderburn (1974), doi:10.1093/biomet/61.3.439.

    Examples
    --------
    >>> QuasiPoisson().has_known_dispersion
    False
    """

    def complaint(self, y: Array) -> Complaint | None:
        return refuse(
            y < 0, y, "QuasiPoisson", "targets of 0 or more", "Use another family"
        )


@dataclass(frozen=True)
class QuasiBinomial(LikeBinomial):
    """The binomial mean and variance, times a dispersion.

    Wedderburn (1974), doi:10.1093/biomet/61.3.439.

    Examples
    --------
    >>> QuasiBinomial("probit").link
    'probit'
    """
