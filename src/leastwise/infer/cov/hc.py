"""Covariances where each row has a variance of its own: HC0 to HC3."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar

from leastwise.infer.cov.base import (
    Covariance,
    Estimate,
    Seen,
    residual_dof,
    sandwich,
)
from leastwise.moments.fitted import Want
from leastwise.moments.second_pass import second_pass


class _Robust(Covariance, ABC):
    """``B (sum_i w_i^2 e_i^2 c_i x_i x_i') B``; what differs is c."""

    power: ClassVar[int] = 0

    def estimate(self, seen: Seen) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        want = Want(power=self.power)
        again = second_pass(seen.rows, seen.moments, seen.fitted, want)
        if again.meat is None:
            raise AssertionError("a second pass brings the meat that it is asked for")
        spread = self.factor(seen) * sandwich(seen, again.meat[seen.target])
        text = f"{self.name}, each row with a variance of its own"
        return Estimate(spread, residual_dof(seen.fit), text)

    def factor(self, seen: Seen) -> float:
        """Return what the whole is multiplied by for a finite sample."""
        return 1.0


@dataclass(frozen=True)
class HC0(_Robust):
    """Each row its own variance: c = 1 (White 1980, doi:10.2307/1912934).

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC0()).se["x"], 6)
    0.115758
    """


@dataclass(frozen=True)
class HC1(_Robust):
    """HC0 times n / (n - rank) (Hinkley 1977, doi:10.1080/00401706.1977.10489550).

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC1()).se["x"], 6)
    0.163707
    """

    def factor(self, seen: Seen) -> float:
        """Return n / (n - rank)."""
        fit = seen.fit
        return float(fit.observations / fit.dof) if fit.dof > 0 else float("nan")


@dataclass(frozen=True)
class HC2(_Robust):
    """c = 1 / (1 - leverage), unbiased where variances are equal.

    MacKinnon and White (1985), doi:10.1016/0304-4076(85)90158-7.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC2()).se["x"], 6)
    0.20354
    """

    power: ClassVar[int] = 1


@dataclass(frozen=True)
class HC3(_Robust):
    """c = 1 / (1 - leverage)^2, close to the jackknife.

    MacKinnon and White (1985), doi:10.1016/0304-4076(85)90158-7.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC3()).se["x"], 6)
    0.365335
    """

    power: ClassVar[int] = 2
