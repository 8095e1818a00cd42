"""The covariance where the errors of rows near in time may go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.infer.cov.base import Covariance, Estimate, names_among
from leastwise.infer.cov.ground import Ground, raw_rows
from leastwise.infer.cov.groups import values_of
from leastwise.infer.cov.lags import (
    Kernel,
    andrews_bandwidth,
    check_kernel,
    kernel_weights,
    long_run,
    newey_west_bandwidth,
    whiten,
)
from leastwise.infer.dist import Array

# No lag has a weight.
NO_BANDWIDTH = 1e-6
AUTOMATIC = ("newey_west", "andrews")


@dataclass(frozen=True, eq=False)
class HAC(Covariance):
    """Errors that go together with those before and after: Newey and West.

    ``V = B (sum_l k(l / b) (C_l + C_l')) B``, with C_l the products of scores ``w e x``
    that are l rows apart.

    - With `lags`, the Bartlett weight of lag l is ``1 - l / (lags + 1)``, as in
      sandwich's ``NeweyWest(lag=)``, statsmodels and Stata; other kernels have the
      bandwidth lags + 1, the truncated one lags.
    - Without, the bandwidth is found in the scores: Newey and West (1994), cut to whole
      lags for the Bartlett kernel (sandwich's ``NeweyWest``), as it is for others
      (``kernHAC(bw = bwNeweyWest)``), or Andrews (1991) by autoregressions of the first
      order (``kernHAC``). Both add up columns in their units: in other units it is
      another bandwidth. The intercept is left out of them, as in sandwich.
    - The scores are taken as they follow each other in the data, or in the order of a
      column. Rows that were dropped leave no gap: their neighbours count as adjacent.

    sandwich's defaults are ``prewhite = TRUE`` for both and ``adjust = TRUE`` for
    ``kernHAC``; here they are False, as statsmodels has it. t and F have the residual
    degrees of freedom. Scores of all rows are held: n (1 + p) numbers.

    Parameters
    ----------
    lags : int, optional
        The last lag, 0 or more; found in the data when None.
    kernel : {"bartlett", "parzen", "quadratic_spectral", "truncated", "tukey_hanning"}
        How the weight falls with the lag.
    bandwidth : float or {"newey_west", "andrews"}
        In place of lags.
    prewhite : bool
        Take a first order vector autoregression off the scores first (Andrews and
        Monahan 1992).
    adjust : bool
        Times ``n / (n - rank)``.
    order : str or array_like, shape (n,), optional
        Time: a column of the data, or one value for each of its rows, no two equal.

    References
    ----------
    Newey and West (1987), doi:10.2307/1913610, and (1994), doi:10.2307/2297912;
    Andrews (1991), doi:10.2307/2938229; Andrews and Monahan (1992),
    doi:10.2307/2951574.

    Examples
    --------
    >>> import leastwise as lw
    >>> sales = {"y": [1.0, 3.0, 5.0, 8.0, 9.0, 9.0], "x": [0, 1, 2, 3, 4, 5]}
    >>> m = lw.ols("y ~ x", sales)
    >>> round(m.with_cov(lw.cov.HAC(lags=1)).se["x"], 6)
    0.18009
    """

    lags: int | None = None
    kernel: Kernel = "bartlett"
    bandwidth: float | str = "newey_west"
    prewhite: bool = False
    adjust: bool = False
    order: Any = None

    def __post_init__(self) -> None:
        check_kernel(self.kernel)
        check_lags(self.lags)
        given = self.bandwidth
        if isinstance(given, str):
            if given not in AUTOMATIC:
                raise RequestError(
                    f"bandwidth={given!r} is unknown",
                    fix='Use "newey_west", "andrews" or a number',
                )
            if self.lags is None and given == "newey_west":
                # Says so where there is none.
                newey_west_bandwidth(np.ones(3), self.kernel, whitened=False)
        elif not given > 0:
            raise RequestError(
                f"bandwidth={given!r} is not above 0", fix="Give a number of rows"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return names_among(self.order)

    @property
    def word(self) -> str | None:
        """What asks for it on the command line; None where nothing does."""
        plain = self.call == HAC(lags=self.lags).call
        return ("hac" if self.lags is None else f"hac:{self.lags}") if plain else None

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        refuse_counts(ground, "HAC")
        scores = ground.scores()
        if self.order is not None:
            scores = scores[in_time(ground, self.order)]
        colour = None
        if self.prewhite:
            scores, colour = whiten(scores)
        bandwidth, told = self._bandwidth(ground, scores)
        core = long_run(scores, kernel_weights(self.kernel, bandwidth, len(scores)))
        if colour is not None:
            core = colour @ core @ colour.T
        if self.adjust:
            dof = ground.dof
            core = core * (ground.observations / dof if dof > 0 else float("nan"))
        words = self.kernel.replace("_", " ")
        text = f"HAC, {words} kernel, {told}" + ", prewhitened" * self.prewhite
        return Estimate(core, ground.dof, text, notes=_gaps(ground, self.order))

    def _bandwidth(self, ground: Ground, scores: Array) -> tuple[float, str]:
        if self.lags is not None:
            if self.lags >= ground.n:
                raise RequestError(
                    f"lags={self.lags} with {ground.n} rows", fix="Give fewer lags"
                )
            more = 0 if self.kernel == "truncated" else 1
            lags = f"{self.lags} lag" + "s" * (self.lags != 1)
            # No lag at all is the weight of lag 0.
            return max(float(self.lags + more), 0.5), lags
        if not isinstance(self.bandwidth, str):
            return float(self.bandwidth), f"bandwidth {self.bandwidth:g}"
        raw = raw_rows(ground)
        if self.bandwidth == "andrews":
            found = andrews_bandwidth(scores @ raw.T, self.kernel)
            return max(found, NO_BANDWIDTH), f"bandwidth {found:.6g} (Andrews)"
        sums = scores @ raw.sum(axis=0)
        found = newey_west_bandwidth(sums, self.kernel, whitened=self.prewhite)
        if self.kernel == "bartlett":
            last = int(np.floor(found))
            return last + 1.0, f"{last} lag{'s' * (last != 1)} (Newey and West 1994)"
        return max(found, NO_BANDWIDTH), f"bandwidth {found:.6g} (Newey and West 1994)"


def check_lags(lags: Any) -> None:
    """Refuse what is no number of lags."""
    whole = isinstance(lags, (int, np.integer)) and not isinstance(lags, bool)
    if lags is not None and not (whole and lags >= 0):
        raise RequestError(
            f"lags={lags!r} is no number of lags",
            fix="Give 0, 1, 2, ... or leave it out",
        )


def refuse_counts(ground: Ground, name: str) -> None:
    """Refuse rows that stand for many: they have no order among themselves."""
    if ground.seen.frequency:
        raise RequestError(
            f"{name} takes one row for each point in time, not frequency weights",
            fix="Repeat the rows in their order",
        )


def in_time(ground: Ground, order: Any) -> Array:
    """Return rows in the order of a column.

    Raises
    ------
    DataError
        When two rows are at one time.
    """
    values, name = values_of(ground.seen, order, "the order")
    found: Array = np.argsort(values.numbers, kind="stable")
    ordered = values.numbers[found]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(same):
        one, two = (ground.seen.row_name(int(found[same[0] + i])) for i in (0, 1))
        raise DataError(
            f"{one} and {two} both have {values.text(int(found[same[0]]))} in {name}: "
            "which comes first is not known",
            fix="For several rows at each time use DriscollKraay, or Cluster",
        )
    return found


def _gaps(ground: Ground, order: Any) -> tuple[str, ...]:
    used, read = ground.seen.used, ground.seen.read
    if used is None or read is None or order is not None:
        return ()
    return (
        f"{read - len(used)} rows were left out of the fit: those before and after "
        "them count as neighbours in time.",
    )
