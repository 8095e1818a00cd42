"""A robust loss: what a residual costs, in units of a scale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import jax_module
from leastwise.loss.base import ROUNDOFF, Array, Loss, Pointwise

# Roundings in a residual, a weight and their product.
PSI_ROUNDINGS = 8.0


@dataclass(frozen=True)
class Robust(Loss, ABC):
    """``s^2 rho((y - eta) / s)``: large residuals count less than their squares.

    With ``u = (y - eta) / s`` the score is ``-s psi(u)``, psi the slope of rho, and the
    curvature psi'(u). The weight ``psi(u) / u`` is never negative and never below
    the curvature of the parabola that touches the loss from above (of the losses here
    it falls in ``|u|``), so that each weighted least squares step lowers the loss
    (Huber 1981, 7.8). As a loss by itself the scale is 1.
    """

    convex: ClassVar[bool] = True
    """Whether a sum of such losses has one minimum."""
    symmetric: ClassVar[bool] = True
    """Whether u and -u cost the same."""
    is_density: ClassVar[bool] = True
    """Whether ``exp(-rho)`` has an integral, so that a scale has a likelihood."""
    without_scale: ClassVar[bool] = False
    """Whether the minimum is the same in units of every scale."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not (isinstance(value, (int, float)) and 0 < value < np.inf):
                raise RequestError(
                    f"{self.name}({one.name}={value!r}): a number above 0 is needed",
                    fix=f"Leave it out: {one.name} is then {one.default!r}",
                )

    @abstractmethod
    def rho(self, u: Any, xp: Any = np) -> Any:
        """Return what a residual costs."""

    @abstractmethod
    def weight(self, u: Array) -> Array:
        """Return psi(u) / u, at 0 its limit."""

    @abstractmethod
    def bend(self, u: Array) -> Array:
        """Return psi'(u)."""

    @property
    def in_target_units(self) -> bool:
        """Whether predictors are in units of the target."""
        return True

    @property
    def weighs_by_curvature(self) -> bool:
        """Whether the working weights are the curvature that a sandwich takes."""
        return False

    def value(self, eta: Any, y: Any) -> Any:
        return self.rho(y - eta, jax_module().numpy)

    def local(self, eta: Array, y: Array) -> Pointwise:
        return look(self, eta, y, 1.0)

    def observed(self, eta: Array, y: Array) -> Array:
        return self.bend(y - eta)


def look(loss: Robust, eta: Array, y: Array, scale: Array | float) -> Pointwise:
    """Return loss, score and working weight of rows at a scale.

    Parameters
    ----------
    loss : Robust
        What a residual costs.
    eta, y : ndarray, shape (n,)
        Linear predictors and targets.
    scale : ndarray, shape (n,), or float
        Of the residuals.
    """
    with np.errstate(all="ignore"):
        residual = y - eta
        u = residual / scale
        weight = loss.weight(u)
        value = np.square(scale) * loss.rho(u)
        off = weight * (np.abs(y) + PSI_ROUNDINGS * np.abs(residual))
    return Pointwise(value, -weight * residual, weight, ROUNDOFF * off)
