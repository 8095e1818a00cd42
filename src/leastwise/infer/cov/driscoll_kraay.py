"""The covariance of panels whose units go together, and in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.base import Covariance, Estimate, names_among
from leastwise.infer.cov.ground import Ground
from leastwise.infer.cov.groups import groups_of, sums_within
from leastwise.infer.cov.hac import check_lags
from leastwise.infer.cov.lags import Kernel, check_kernel, kernel_weights, long_run


@dataclass(frozen=True, eq=False)
class DriscollKraay(Covariance):
    """Rows at one time may go together, and with those of times before and after.

    Scores ``w e x`` are added up at each time; V is the `HAC` of these sums. The times
    are those that occur, in their order; gaps between them are not counted.

    sandwich's ``vcovPL`` gives the same with ``adjust = TRUE``, its default, and a lag
    of ``T^(1/4)`` ("NW1987"); Stata's ``xtscc`` and this take ``4 (T / 100)^(2/9)``.
    t and F have T - 1 degrees of freedom, as in Stata.

    Parameters
    ----------
    time : str or array_like, shape (n,)
        A column of the data, or one value for each of its rows.
    lags : int, optional
        The last lag; ``floor(4 (T / 100)^(2/9))`` when None.
    kernel : {"bartlett", "parzen", "quadratic_spectral", "truncated", "tukey_hanning"}
        How the weight falls with the lag; with the bandwidth lags + 1.
    adjust : bool
        Times ``n / (n - rank)``.

    References
    ----------
    Driscoll and Kraay (1998), doi:10.1162/003465398557825.

    Examples
    --------
    >>> import leastwise as lw
    >>> panel = {"y": [1.0, 3.0, 5.0, 8.0, 9.0, 9.0], "x": [0, 1, 2, 3, 4, 5],
    ...          "year": [1, 1, 2, 2, 3, 3]}
    >>> m = lw.ols("y ~ x", panel)
    >>> round(m.with_cov(lw.cov.DriscollKraay("year", lags=1)).se["x"], 6)
    0.150317
    """

    time: Any
    lags: int | None = None
    kernel: Kernel = "bartlett"
    adjust: bool = False

    def __post_init__(self) -> None:
        check_kernel(self.kernel)
        check_lags(self.lags)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return names_among(self.time)

    @property
    def word(self) -> str | None:
        """What asks for it on the command line; None where nothing does."""
        if self.call != DriscollKraay(self.time, self.lags).call or self.call is None:
            return None
        lags = "" if self.lags is None else f",{self.lags}"
        return None if "," in self.time else f"driscoll_kraay:{self.time}{lags}"

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        times = groups_of(ground.seen, self.time, "the time")
        lags = self.lags
        if lags is None:
            lags = int(np.floor(4 * (times.count / 100) ** (2 / 9)))
        if lags >= times.count:
            raise RequestError(
                f"lags={lags} with {times.count} points in time", fix="Give fewer lags"
            )
        residual = ground.residuals()
        sums = np.zeros((times.count, ground.size))
        for part, z, w in ground.walk():
            sums_within(times, (w * residual[part])[:, None] * z, sums, part)
        more = 0 if self.kernel == "truncated" else 1
        bandwidth = max(float(lags + more), 0.5)
        core = long_run(sums, kernel_weights(self.kernel, bandwidth, times.count))
        if self.adjust:
            dof = ground.dof
            core = core * (ground.observations / dof if dof > 0 else float("nan"))
        text = (
            f"Driscoll and Kraay, {times.count} points in {times.what}, {lags} "
            f"lag{'s' * (lags != 1)}"
        )
        return Estimate(core, float(times.count - 1), text)
