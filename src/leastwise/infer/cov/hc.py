"""Covariances where each row has a variance of its own: HC0 to HC5.

All are ``B (sum_i w_i^2 e_i^2 c_i x_i x_i') B`` with ``B = (X'WX)^-1``; what differs is
c. A row with frequency weight w counts as w rows, each with its own leverage. A row of
leverage 1 is fitted by a coefficient of its own: HC0 and HC1 take its residual of 0 at
its word, which is too little, and a note says so. HC2 and later divide 0 by 0 there, so
that what the row alone decides has no standard error; the other coefficients do not
depend on it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leastwise.infer.cov.base import Alone, Covariance, Estimate
from leastwise.infer.cov.ground import Ground
from leastwise.infer.dist import Array
from leastwise.moments.fitted import Want

# What is left of 1 - leverage by rounding.
NOTHING_LEFT = 2.0**-40
# More names than this are not told.
MOST_NAMES = 12


class _Robust(Covariance, ABC):
    power: ClassVar[int | None] = None
    """Of 1 / (1 - leverage), where c is one; the kernel knows 0, 1 and 2."""

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        text = f"{self.name}, each row with a variance of its own"
        quick = self._quickly(ground)
        core, alone = self._by_rows(ground) if quick is None else (quick, ())
        notes: tuple[str, ...] = ()
        if self.power == 0 and alone:
            who = ", ".join(one.who for one in alone[:MOST_NAMES])
            notes = (
                f"Coefficients that one row alone decides ({who}) have a variance "
                "without its part, as it leaves no residual: too small.",
            )
            alone = ()
        core = self.factor(ground) * core
        return Estimate(core, ground.dof, text, alone=alone, notes=notes)

    def factor(self, ground: Ground) -> float:
        """Return what the whole is multiplied by for a finite sample."""
        return 1.0

    @abstractmethod
    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""

    def _quickly(self, ground: Ground) -> Array | None:
        """Take one pass of the kernel, where it can answer."""
        if self.power is None or ground.seen.frequency or ground.seen.exact:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            again = ground.look(Want(power=self.power, leverages=True))
        if again.meat is None or again.leverages is None:
            return None
        if float(again.leverages.max(initial=0.0)) > 1.0 - NOTHING_LEFT:
            return None
        fitted, p = ground.fitted, ground.moments.n_inputs
        inner = np.zeros((1 + p, 1 + p))
        inner[0, 0], inner[1:, 1:] = np.sqrt(fitted.beside), fitted.root
        return np.asarray(inner @ again.meat[ground.seen.target] @ inner.T)

    def _by_rows(self, ground: Ground) -> tuple[Array, tuple[Alone, ...]]:
        leverage = Leverages.of(ground).one
        only = np.flatnonzero(leverage > 1.0 - NOTHING_LEFT)
        below = np.where(leverage > 1.0 - NOTHING_LEFT, 0.0, leverage)
        square = ground.residuals() ** 2 * self.discount(below, ground)
        square[only] = 0.0
        return meat_of(ground, square), alone_of(ground, only)


@dataclass(frozen=True, eq=False)
class Leverages:
    """Leverages of rows: of all that a row stands for, and of one of them."""

    one: Array

    @classmethod
    def of(cls, ground: Ground) -> Leverages:
        """Look at the rows again."""
        found = ground.look(Want(leverages=True)).leverages
        if found is None:
            raise AssertionError("a second pass brings what it is asked for")
        copies = ground.seen.copies
        if copies is not None:
            found = found / copies
        return cls(found)


def meat_of(ground: Ground, square: Array) -> Array:
    """Return ``sum_i w_i^2 s_i z_i z_i'``, or with w_i copies of a row w_i of them.

    Parameters
    ----------
    ground : Ground
        The rows.
    square : ndarray, shape (n,)
        Squared residuals, each times what it is multiplied by.
    """
    copies = ground.seen.copies
    counted = square if copies is None else square / copies
    quick = ground.folded(counted)
    if quick is not None:
        return quick
    meat = np.zeros((ground.size, ground.size))
    for part, z, w in ground.walk():
        meat += z.T @ ((w * w * counted[part])[:, None] * z)
    return meat


def alone_of(ground: Ground, rows: Array) -> tuple[Alone, ...]:
    """Return what each of some rows decides alone."""
    found = []
    for row in rows.tolist():
        ((_, z, _),) = ground.walk(slice(row, row + 1))
        found.append(Alone(ground.seen.row_name(row), z[0]))
    return tuple(found)


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

    power: ClassVar[int | None] = 0

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        return np.ones(len(leverage))


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

    power: ClassVar[int | None] = 0

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        return np.ones(len(leverage))

    def factor(self, ground: Ground) -> float:
        """Return n / (n - rank)."""
        return ground.observations / ground.dof if ground.dof > 0 else float("nan")


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

    power: ClassVar[int | None] = 1

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        return 1.0 / (1.0 - leverage)


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

    power: ClassVar[int | None] = 2

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        return 1.0 / (1.0 - leverage) ** 2


@dataclass(frozen=True)
class HC4(_Robust):
    """c = (1 - leverage)^-d with d = min(4, leverage / mean leverage).

    Cribari-Neto (2004), doi:10.1016/S0167-9473(02)00366-3.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC4()).se["x"], 6)
    0.255407
    """

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        power = np.minimum(4.0, beside_the_mean(leverage, ground))
        return np.asarray((1.0 - leverage) ** -power)


@dataclass(frozen=True)
class HC4m(_Robust):
    """c = (1 - leverage)^-d, d = min(1, r) + min(1.5, r), r = leverage / its mean.

    Cribari-Neto and da Silva (2011), doi:10.1007/s10182-010-0141-2.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC4m()).se["x"], 6)
    0.461554
    """

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        ratio = beside_the_mean(leverage, ground)
        power = np.minimum(1.0, ratio) + np.minimum(1.5, ratio)
        return np.asarray((1.0 - leverage) ** -power)


@dataclass(frozen=True)
class HC5(_Robust):
    """c = (1 - leverage)^(-d/2), d = min(r, max(4, 0.7 of the largest r)).

    With r a leverage beside the mean of all. Cribari-Neto, Souza and Vasconcellos
    (2007), doi:10.1080/03610920601126589.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.with_cov(lw.cov.HC5()).se["x"], 6)
    0.170496
    """

    def discount(self, leverage: Array, ground: Ground) -> Array:
        """Return c for leverages below 1."""
        ratio = beside_the_mean(leverage, ground)
        power = np.minimum(ratio, max(4.0, 0.7 * float(ratio.max(initial=0.0))))
        return np.asarray((1.0 - leverage) ** (-0.5 * power))


def beside_the_mean(leverage: Array, ground: Ground) -> Array:
    """Return leverages in units of their mean, rank / n."""
    return leverage * (ground.observations / max(ground.seen.fit.rank, 1))
