"""The loss of a quantile with its corner rounded off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import ROUNDOFF, Array, Loss, Pointwise
from leastwise.loss.quantile import check_share

# Roundings in a score.
ROUNDINGS = 8.0
# A working weight is no less than this part of the largest: rows far from the plane
# have none, and 1/w would be without bound.
LEAST = 1e-7


@dataclass(frozen=True)
class SmoothQuantile(Loss):
    """``q r + h log(1 + exp(-r / h))`` of a residual r: `Quantile` where h goes to 0.

    It is the expectation of the loss of a quantile when logistic noise of scale h is
    added to the residual: convex, with derivatives everywhere, and above the loss of
    the quantile by at most ``h log 2`` a row. Its second derivative is a kernel
    estimate of the density of the target at the quantile, of bandwidth h.

    Parameters
    ----------
    q : float
        The quantile, between 0 and 1.
    width : float
        h, in units of the target, above 0.

    Raises
    ------
    RequestError
        When q is not between 0 and 1, or the width not above 0.

    References
    ----------
    Fernandes, Guerre and Horta (2021), doi:10.1080/07350015.2019.1660177. He, Pan, Tan
    and Zhou (2023), doi:10.1016/j.jeconom.2021.07.010.

    Examples
    --------
    >>> import numpy as np
    >>> there = SmoothQuantile(0.9, 0.01).local(np.zeros(2), np.array([1.0, -1.0]))
    >>> there.value.round(6).tolist(), there.score.round(6).tolist()
    ([0.9, 0.1], [-0.9, 0.1])
    """

    q: float = 0.5
    width: float = 1.0

    def __post_init__(self) -> None:
        check_share(self.q)
        if not 0 < self.width < np.inf:
            raise RequestError(
                f"width={self.width!r}",
                fix="Give a finite number above 0, in units of the target",
            )

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return f"quantile {self.q:g}, smoothed over {self.width:.3g}"

    @property
    def has_known_dispersion(self) -> bool:
        """Whether the covariance is the inverse of the curvature as it stands."""
        return True

    @property
    def weighs_by_curvature(self) -> bool:
        """Whether the working weights are the curvature: they have a floor."""
        return False

    @property
    def in_target_units(self) -> bool:
        """Whether predictors are in units of the target."""
        return True

    def value(self, eta: Any, y: Any) -> Any:
        """Return the loss of one row."""
        import jax

        r = y - eta
        return self.q * r + self.width * jax.nn.softplus(-r / self.width)

    def local(self, eta: Array, y: Array) -> Pointwise:
        """Return loss, score and working weight of rows."""
        r = y - eta
        u = r / self.width
        # logaddexp and a half of tanh overflow nowhere.
        value = self.q * r + self.width * np.logaddexp(0.0, -u)
        below = 0.5 * (1.0 - np.tanh(0.5 * u))
        bent = self._bend(u)
        curvature = np.maximum(bent, LEAST * 0.25 / self.width)
        # The score moves by the curvature times the rounding of the residual.
        off = ROUNDINGS + bent * (np.abs(y) + np.abs(eta))
        return Pointwise(value, below - self.q, curvature, ROUNDOFF * off)

    def observed(self, eta: Array, y: Array) -> Array:
        """Return the second derivative of rows."""
        return self._bend((y - eta) / self.width)

    def _bend(self, u: Array) -> Array:
        return np.asarray(0.25 * (1.0 - np.square(np.tanh(0.5 * u))) / self.width)
