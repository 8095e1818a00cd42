"""Tobit: a normal target that is cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loss.base import Array, Complaint, first_row
from leastwise.loss.many.base import ALL_ROWS, ManyLoss, Part

HALF_LOG_TWO_PI = 0.5 * float(np.log(2.0 * np.pi))


@dataclass(frozen=True)
class Tobit(ManyLoss):
    """A normal target, seen between two limits only: ``y* = x'b + sigma e``.

    A target at a limit says that ``y*`` is there or beyond. Tobin (1958),
    doi:10.2307/1907382. Predictions are means of what is seen, the limits in.

    Parameters
    ----------
    lower, upper : float or None
        The limits; None for none.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "y": [0.0, 0.0, 1.0, 0.5, 2.5, 3.0]}
    >>> m = lw.glm("y ~ x", data, family=lw.family.Tobit(lower=0))
    >>> m.names
    ('Intercept', 'x', 'log(sigma)')
    """

    lower: float | None = 0.0
    upper: float | None = None

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            given = getattr(self, name)
            if given is not None:
                if not np.isfinite(given):
                    raise RequestError(
                        f"Tobit({name}={given}) is no limit", fix="Use None for none"
                    )
                object.__setattr__(self, name, float(given))
        if self.lower is None and self.upper is None:
            raise RequestError("a Tobit has a limit", fix="Use lw.ols for none")
        if None not in (self.lower, self.upper) and self.lower >= self.upper:  # type: ignore[operator]
            raise RequestError(
                f"lower={self.lower:g} is not below upper={self.upper:g}",
                fix="Turn the limits round",
            )

    @property
    def title(self) -> str:
        limits = [
            f"{name} limit {value:g}"
            for name, value in (("lower", self.lower), ("upper", self.upper))
            if value is not None
        ]
        return f"Tobit regression, {', '.join(limits)}"

    @property
    def parts(self) -> tuple[Part, ...]:
        return Part("", has_offset=True), Part("log(sigma)", "level", natural="sigma")

    def value(self, eta: Any, y: Any) -> Any:
        jax = jax_module()
        xp, normal = jax.numpy, jax.scipy.special.log_ndtr
        unit = xp.exp(-eta[1])
        z = (y[0] - eta[0]) * unit
        cost = 0.5 * z * z + eta[1] + HALF_LOG_TWO_PI
        if self.lower is not None:
            cut = -normal((self.lower - eta[0]) * unit)
            cost = xp.where(y[0] <= self.lower, cut, cost)
        if self.upper is not None:
            cut = -normal((eta[0] - self.upper) * unit)
            cost = xp.where(y[0] >= self.upper, cut, cost)
        return cost

    def mean_of(self, eta: Any) -> Any:
        jax = jax_module()
        xp, below = jax.numpy, jax.scipy.special.ndtr
        sigma = xp.exp(eta[1])
        mean, inside = 0.0, 1.0
        if self.lower is not None:
            a = (self.lower - eta[0]) / sigma
            mean = mean + self.lower * below(a) + sigma * _density(a, xp)
            inside = inside - below(a)
        if self.upper is not None:
            b = (self.upper - eta[0]) / sigma
            mean = mean + self.upper * below(-b) - sigma * _density(b, xp)
            inside = inside - below(-b)
        return mean + inside * eta[0]

    def levels_of(self, y: Array, weights: Array | None) -> Array:
        mean = float(np.average(y[:, 0], weights=weights))
        spread = float(np.average((y[:, 0] - mean) ** 2, weights=weights))
        return np.array([mean, 0.5 * np.log(spread) if spread > 0 else 0.0])

    def complaint(self, y: Array) -> Complaint | None:
        low, high = self._at(y[:, 0])
        for bad, side in (
            (y[:, 0] < (-np.inf if self.lower is None else self.lower), "below"),
            (y[:, 0] > (np.inf if self.upper is None else self.upper), "above"),
        ):
            if bad.any():
                row = first_row(bad)
                limit = self.lower if side == "below" else self.upper
                return Complaint(
                    row,
                    f"{y[row, 0]:g} is {side} the limit of {limit:g}",
                    "Give other limits, or set such targets to the limit",
                )
        if (low | high).all():
            return Complaint(
                ALL_ROWS,
                "every target is at a limit",
                "Get rows that are seen between the limits",
            )
        return None

    def _at(self, y: Array) -> tuple[Array, Array]:
        nothing = np.zeros(len(y), bool)
        low = nothing if self.lower is None else y <= self.lower
        return low, nothing if self.upper is None else y >= self.upper

    def runaway(self, part: Part, *, up: bool) -> tuple[str, str]:
        if up:
            return super().runaway(part, up=up)
        return (
            "the inputs fit every target that is seen exactly: sigma runs to 0",
            "Leave inputs out, or get more rows",
        )


def _density(z: Any, xp: Any) -> Any:
    return xp.exp(-0.5 * z * z - HALF_LOG_TWO_PI)
