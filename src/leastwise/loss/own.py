"""A loss of the user's own: a function of a linear predictor and a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.loss.base import Array, Loss

# Predictors at which a loss is looked at, beside where it starts.
AROUND = (-3.0, -0.7, 0.0, 0.6, 2.5)


@dataclass(frozen=True)
class Own(Loss):
    """``function(eta, y)``; JAX derives the score and the curvature.

    The function is compiled once for each object: one that is written anew for each
    fit, as a `lambda` in a loop is, is compiled anew.

    Attributes
    ----------
    function : callable
        ``(eta, y) -> loss``, scalars, in ``jax.numpy``.
    mean_function : callable, optional
        ``eta -> mean`` of the target; the predictor itself when None.
    likelihood : bool
        Whether the loss is minus a log-likelihood.

    Examples
    --------
    >>> loss = Own(lambda eta, y: 0.5 * (y - eta) ** 2)
    >>> loss.local(np.array([1.0]), np.array([3.0])).score.tolist()
    [-2.0]
    """

    function: Callable[[Any, Any], Any]
    mean_function: Callable[[Any], Any] | None = None
    likelihood: bool = False

    @property
    def name(self) -> str:
        """What the reader calls it."""
        given = getattr(self.function, "__name__", type(self.function).__name__)
        return "a function" if given == "<lambda>" else str(given)

    @property
    def call(self) -> str:
        """What makes it in Python, as text."""
        return self.name

    @property
    def has_known_dispersion(self) -> bool:
        """Whether the covariance is the inverse of the curvature as it stands."""
        return self.likelihood

    @property
    def weighs_by_curvature(self) -> bool:
        """Whether the working weights are the curvature that a sandwich takes."""
        return False

    def value(self, eta: Any, y: Any) -> Any:
        return self.function(eta, y)

    def start(self, y: Array, weights: Array | None) -> Array:
        level = super().start(y, weights)
        totals = []
        for eta in (level, np.zeros_like(level)):
            value = self._derived(eta, y)[0]
            w = np.ones(len(y)) if weights is None else weights
            with np.errstate(invalid="ignore"):
                total = float(w @ value)
            totals.append(total if np.isfinite(total) else np.inf)
        return np.zeros_like(level) if totals[1] < totals[0] else level

    def mean(self, eta: Array) -> Array:
        return eta if self.mean_function is None else self._of_mean(eta, slope=False)

    def mean_slope(self, eta: Array) -> Array:
        if self.mean_function is None:
            return np.ones_like(eta)
        return self._of_mean(eta, slope=True)

    def _of_mean(self, eta: Array, *, slope: bool) -> Array:
        jax = jax_module()
        f: Any = self.mean_function
        with float64_scope():
            each = jax.vmap(jax.grad(f) if slope else f)
            return np.asarray(to_host(each(np.asarray(eta, np.float64))))


@dataclass(frozen=True, eq=False)
class Looks:
    """A loss at several predictors of each row.

    Attributes
    ----------
    eta : ndarray, shape (m,)
        What was added to where it starts.
    score, curvature : ndarray, shape (m, n)
        Derivatives there; NaN where the loss is not finite.
    """

    eta: Array
    score: Array
    curvature: Array


def look_around(loss: Own, y: Array, eta: Array) -> Looks:
    """Look at a loss about where it starts.

    Parameters
    ----------
    loss : Own
        The loss.
    y, eta : ndarray, shape (n,)
        Targets and predictors.
    """
    score, curvature = [], []
    for away in AROUND:
        value, s, h = loss._derived(eta + away, y)
        good = np.isfinite(value) & np.isfinite(s) & np.isfinite(h)
        score.append(np.where(good, s, np.nan))
        curvature.append(np.where(good, h, np.nan))
    return Looks(np.array(AROUND), np.array(score), np.array(curvature))


def shape_of(loss: Own) -> tuple[tuple[int, ...], str]:
    """Return the shape and the dtype of what a function returns, without a number.

    Parameters
    ----------
    loss : Own
        Its function is called with two float64 scalars that have no value yet.
    """
    jax = jax_module()
    with float64_scope():
        scalar = jax.ShapeDtypeStruct((), np.float64)
        found = jax.eval_shape(loss.function, scalar, scalar)
    if not (hasattr(found, "shape") and hasattr(found, "dtype")):
        raise TypeError(f"returned {type(found).__name__}")
    return tuple(found.shape), str(found.dtype)
