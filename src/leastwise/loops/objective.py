"""What a first-order loop goes down: a scalar of parameters and data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from leastwise.loss.base import Loss


class Objective(ABC):
    """A mean loss that JAX can differentiate. Subclasses are frozen dataclasses."""

    @abstractmethod
    def value(self, params: Any, data: Any) -> Any:
        """Return the loss, a scalar.

        Parameters
        ----------
        params : pytree
            Where.
        data : pytree of arrays
            Of which rows.
        """

    @abstractmethod
    def size(self, params: Any, data: Any) -> Any:
        """Return the norm of the sums of absolute terms of the gradient.

        A rounding of that much is in the gradient, wherever it is.
        """


class Hill(NamedTuple):
    """A quadratic ``t'At - 2 t'g``, with t and g of shape (m, k)."""

    half: Any
    cross: Any


@dataclass(frozen=True)
class Quadratic(Objective):
    """The mean squared error, of moments, less what it is at zero."""

    def value(self, params: Any, data: Hill) -> Any:
        return (params * (data.half @ params - 2.0 * data.cross)).sum()

    def size(self, params: Any, data: Hill) -> Any:
        import jax.numpy as jnp

        terms = jnp.abs(data.half) @ jnp.abs(params) + jnp.abs(data.cross)
        return 2.0 * (len(params) + 1) * jnp.linalg.norm(terms)


class Dealt(Protocol):
    """Rows that can be dealt in batches: a named tuple."""

    @property
    def y(self) -> Any:
        """Targets, a row each."""

    @property
    def weights(self) -> Any:
        """Case weights."""

    def taken(self, which: Any) -> Self:
        """Return some rows."""

    def joined(self, parts: Sequence[Self]) -> Self:
        """Return the rows of several, one after the other."""

    def weighing(self, weights: Any) -> Self:
        """Return them with other weights."""


class Cases(NamedTuple):
    """Standardised rows.

    Attributes
    ----------
    X : array, shape (n, p)
        Inputs.
    y, weights, base : array, shape (n,)
        Targets, case weights, and predictors at parameters of zero.
    unit : scalar
        What a predictor is measured in.
    """

    X: Any
    y: Any
    weights: Any
    base: Any
    unit: Any

    def taken(self, which: Any) -> Cases:
        """Return some rows."""
        X, y, weights, base, unit = self
        return Cases(X[which], y[which], weights[which], base[which], unit)

    def joined(self, parts: Sequence[Cases]) -> Cases:
        """Return the rows of several, one after the other."""
        each = zip(*(part[:-1] for part in parts), strict=True)
        X, y, weights, base = map(np.concatenate, each)
        return Cases(X, y, weights, base, self.unit)

    def weighing(self, weights: Any) -> Cases:
        """Return them with other weights."""
        return self._replace(weights=weights)


@dataclass(frozen=True)
class OfRows(Objective):
    """The mean of a pointwise loss of ``base + unit (t_0 + x't)``.

    Attributes
    ----------
    loss : Loss
        What a row costs.
    intercept : bool
        Whether there is t_0.
    """

    loss: Loss
    intercept: bool = True

    def predictor(self, params: Any, data: Cases) -> Any:
        """Return eta of rows."""
        lead = int(self.intercept)
        eta = data.X @ params[lead:]
        if lead:
            eta = eta + params[0]
        return data.base + data.unit * eta

    def part(self, data: Cases, rows: Any, counted: Any) -> Cases:
        """Return some rows; those that do not count weigh nothing.

        Parameters
        ----------
        data : Cases
            All rows.
        rows : array of int, shape (b,)
            Which.
        counted : array of bool, shape (b,)
            Which of them count.
        """
        weights = data.weights[rows] * counted
        return Cases(data.X[rows], data.y[rows], weights, data.base[rows], data.unit)

    def value(self, params: Any, data: Cases) -> Any:
        import jax

        each = jax.vmap(self.loss.value)(self.predictor(params, data), data.y)
        counted = jax.numpy.where(data.weights > 0, each, 0.0)
        return (data.weights * counted).sum() / data.weights.sum()

    def size(self, params: Any, data: Cases) -> Any:
        import jax
        import jax.numpy as jnp

        eta = self.predictor(params, data)
        slope = jax.grad(self.loss.value)
        score = jax.vmap(slope)(eta, data.y)
        curvature = jax.vmap(jax.grad(slope))(eta, data.y)
        terms = jnp.abs(score) + jnp.abs(curvature) * (1.0 + jnp.abs(eta))
        share = data.weights / data.weights.sum() * data.unit
        sums = jnp.abs(data.X).T @ (share * terms)
        # A score has some roundings of its own.
        return 4.0 * jnp.hypot(jnp.linalg.norm(sums), (share * terms).sum())
