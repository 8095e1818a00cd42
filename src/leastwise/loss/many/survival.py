"""Times until something happens, some of them seen only in part.

``log T = x'b + sigma W``: an accelerated failure time model (Kalbfleisch and Prentice
2002, doi:10.1002/9781118032985). A time without its event says that T is longer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from leastwise._kit.precision import jax_module
from leastwise.loss.base import Array, Complaint, first_row
from leastwise.loss.many.base import ALL_ROWS, ManyLoss, Part
from leastwise.loss.many.tobit import HALF_LOG_TWO_PI


@dataclass(frozen=True)
class Survival(ManyLoss, ABC):
    """Times with censoring: what all distributions of them share.

    Attributes
    ----------
    event : str or None
        Column that is 1 where the event was seen and 0 where the time was cut off;
        None where all were seen.
    """

    event: str | None = None

    range: ClassVar[Literal["real", "positive", "unit"]] = "positive"

    @property
    def column(self) -> str | None:
        return self.event

    @property
    def title(self) -> str:
        return f"{self.name} regression of times"

    @property
    def parts(self) -> tuple[Part, ...]:
        return Part("", has_offset=True), Part("log(sigma)", "level", natural="sigma")

    @abstractmethod
    def log_density(self, z: Any) -> Any:
        """Return the log density of W."""

    @abstractmethod
    def log_rest(self, z: Any) -> Any:
        """Return the log of the probability that W is longer."""

    @abstractmethod
    def quantile_of(self, share: Array) -> Array:
        """Return quantiles of W."""

    def value(self, eta: Any, y: Any) -> Any:
        xp = jax_module().numpy
        level = eta[1] if len(self.parts) > 1 else 0.0
        log_time = xp.log(y[0])
        z = (log_time - eta[0]) * xp.exp(-level)
        seen = level + log_time - self.log_density(z)
        return xp.where(y[1] == 1, seen, -self.log_rest(z))

    def quantile(self, eta: Array, share: float | Array) -> Array:
        """Return times by which a share of the events has happened.

        Parameters
        ----------
        eta : ndarray, shape (n, k)
            Predictors, from ``predict(..., kind="link")``.
        share : float
            Between 0 and 1.

        Examples
        --------
        >>> import leastwise as lw, numpy as np
        >>> lw.family.Weibull().quantile(np.array([[0.0, 0.0]]), 0.5).round(6)
        array([0.693147])
        """
        sigma = np.exp(eta[:, 1]) if eta.shape[1] > 1 else 1.0
        return np.asarray(
            np.exp(eta[:, 0] + sigma * self.quantile_of(np.asarray(share)))
        )

    def levels_of(self, y: Array, weights: Array | None) -> Array:
        log_time = np.log(y[:, 0])
        mean = float(np.average(log_time, weights=weights))
        spread = float(np.average((log_time - mean) ** 2, weights=weights))
        level = 0.5 * np.log(spread) if spread > 0 else 0.0
        return np.array([mean + 0.5, level])[: len(self.parts)]

    def complaint(self, y: Array) -> Complaint | None:
        time = y[:, 0]
        if (time <= 0).any():
            row = first_row(time <= 0)
            return Complaint(
                row,
                f"{self.name} takes times above 0, and this is {time[row]:g}",
                "Leave the row out, or say when in the first unit of time it was",
            )
        bad = ~np.isin(y[:, 1], (0.0, 1.0))
        if bad.any():
            row = first_row(bad)
            return Complaint(
                row,
                f'the event "{self.event}" is {y[row, 1]:g}, neither 0 nor 1',
                "Give 1 where the event was seen, and 0 where the time was cut off",
            )
        if not y[:, 1].any():
            return Complaint(
                ALL_ROWS, "no event was seen in any row", "Get rows with events"
            )
        return None

    def runaway(self, part: Part, *, up: bool) -> tuple[str, str]:
        if up:
            return super().runaway(part, up=up)
        return (
            "the inputs fit every time exactly: sigma runs to 0",
            "Leave inputs out, or get more rows",
        )


@dataclass(frozen=True)
class Weibull(Survival):
    """Weibull times: W has density ``exp(w - exp(w))``; the shape is ``1 / sigma``.

    Parameters
    ----------
    event : str, optional
        Column that is 1 where the event was seen and 0 where the time was cut off.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "t": [5.0, 3.0, 4.0, 2.0, 2.5, 1.0],
    ...         "died": [1, 1, 0, 1, 1, 1]}
    >>> m = lw.glm("t ~ x", data, family=lw.family.Weibull(event="died"))
    >>> m.names
    ('Intercept', 'x', 'log(sigma)')
    """

    def log_density(self, z: Any) -> Any:
        return z - jax_module().numpy.exp(z)

    def log_rest(self, z: Any) -> Any:
        return -jax_module().numpy.exp(z)

    def quantile_of(self, share: Array) -> Array:
        return np.asarray(np.log(-np.log1p(-share)))

    def mean_of(self, eta: Any) -> Any:
        jax = jax_module()
        xp = jax.numpy
        return xp.exp(eta[0] + jax.scipy.special.gammaln(1.0 + xp.exp(eta[1])))


@dataclass(frozen=True)
class Exponential(Survival):
    """Exponential times: Weibull with sigma 1, a rate that does not change.

    Parameters
    ----------
    event : str, optional
        Column that is 1 where the event was seen and 0 where the time was cut off.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.glm("t ~ 1", {"t": [1.0, 2.0, 6.0]}, family=lw.family.Exponential())
    >>> m.predict({"t": [1.0]}).round(9).tolist()
    [3.0]
    """

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("", has_offset=True),)

    def log_density(self, z: Any) -> Any:
        return z - jax_module().numpy.exp(z)

    def log_rest(self, z: Any) -> Any:
        return -jax_module().numpy.exp(z)

    def quantile_of(self, share: Array) -> Array:
        return np.asarray(np.log(-np.log1p(-share)))

    def mean_of(self, eta: Any) -> Any:
        return jax_module().numpy.exp(eta[0])


@dataclass(frozen=True)
class LogNormal(Survival):
    """Times whose logarithm is normal.

    Parameters
    ----------
    event : str, optional
        Column that is 1 where the event was seen and 0 where the time was cut off.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.glm("t ~ 1", {"t": [1.0, 2.0, 4.0]}, family=lw.family.LogNormal())
    >>> round(m.coef["Intercept"], 9)
    0.693147181
    """

    def log_density(self, z: Any) -> Any:
        return -0.5 * z * z - HALF_LOG_TWO_PI

    def log_rest(self, z: Any) -> Any:
        return jax_module().scipy.special.log_ndtr(-z)

    def quantile_of(self, share: Array) -> Array:
        from scipy.special import ndtri

        return np.asarray(ndtri(share))

    def mean_of(self, eta: Any) -> Any:
        xp = jax_module().numpy
        return xp.exp(eta[0] + 0.5 * xp.exp(2.0 * eta[1]))


@dataclass(frozen=True)
class LogLogistic(Survival):
    """Times whose logarithm is logistic; they have a mean where sigma is below 1.

    Parameters
    ----------
    event : str, optional
        Column that is 1 where the event was seen and 0 where the time was cut off.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.glm("t ~ 1", {"t": [1.0, 2.0, 4.0]}, family=lw.family.LogLogistic())
    >>> round(m.coef["Intercept"], 9)
    0.693147181
    """

    def log_density(self, z: Any) -> Any:
        return z + 2.0 * jax_module().nn.log_sigmoid(-z)

    def log_rest(self, z: Any) -> Any:
        return jax_module().nn.log_sigmoid(-z)

    def quantile_of(self, share: Array) -> Array:
        return np.asarray(np.log(share) - np.log1p(-share))

    def mean_of(self, eta: Any) -> Any:
        xp = jax_module().numpy
        angle = xp.pi * xp.exp(eta[1])
        # A missing value is no mean that is infinite.
        endless = angle >= xp.pi
        safe = xp.where(endless, 1.0, angle)
        return xp.where(endless, xp.inf, xp.exp(eta[0]) * safe / xp.sin(safe))
