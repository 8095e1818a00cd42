"""A loss of several predictors: a row costs ``l(eta_1, ..., eta_k, y)``.

Each predictor has coefficients of its own: of all columns, or a constant alone (the
logarithm of a scale, a threshold). The loss is written once with `jax.numpy`; its k
slopes and its k x k curvature are derived.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.loss.base import ROUNDOFF, ROWS, Array, Complaint, Loss, padding

# Roundings in a score of several predictors, of the size of its terms.
MANY_ROUNDINGS = 16.0
# Numbers in the curvatures of the rows that are looked at together.
MOST_AT_ONCE = 1 << 22
# In place of a row, in a complaint about all of them.
ALL_ROWS = -1


@dataclass(frozen=True)
class Part:
    """What one predictor is made of.

    Attributes
    ----------
    name : str
        Before the names of its coefficients; of a constant its own name.
    kind : {"all", "inputs", "level"}
        Intercept and inputs, inputs alone, or a constant.
    follows : bool
        Whether the constant moves with the first predictor, as a threshold does.
    natural : str
        What the exponential of the constant is called, where it is a logarithm.
    has_offset : bool
        Whether an offset is added to it.
    """

    name: str
    kind: Literal["all", "inputs", "level"] = "all"
    follows: bool = False
    natural: str = ""
    has_offset: bool = False


@dataclass(frozen=True, eq=False)
class Jet:
    """What rows cost, with first and second derivatives by k predictors.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The loss.
    score : ndarray, shape (k, n)
        First derivatives.
    curvature : ndarray, shape (k, k, n)
        Second derivatives.
    """

    value: Array
    score: Array
    curvature: Array


class ManyLoss(Loss, ABC):
    """Minus the log-likelihood of a row that hangs on several predictors.

    Subclasses are frozen dataclasses of plain numbers and text. ``value(eta, y)`` takes
    eta of shape (k,) and y of shape (d,).
    """

    range: ClassVar[Literal["real", "positive", "unit"]] = "real"

    @property
    def has_known_dispersion(self) -> bool:
        return True

    @property
    def title(self) -> str:
        """What is fitted, in words."""
        return f"{self.name} regression"

    @property
    @abstractmethod
    def parts(self) -> tuple[Part, ...]:
        """The k predictors."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Levels of the target, where means are their probabilities."""
        return ()

    @property
    def column(self) -> str | None:
        """Another column of the data that the loss reads beside the target."""
        return None

    @abstractmethod
    def mean_of(self, eta: Any) -> Any:
        """Return the mean of one row, or its probabilities, with `jax.numpy`.

        Parameters
        ----------
        eta : shape (k,)
            Its predictors.
        """

    @abstractmethod
    def levels_of(self, y: Array, weights: Array | None) -> Array:
        """Return constants to start from, shape (k,).

        Parameters
        ----------
        y : ndarray, shape (n, d)
            Targets.
        weights : ndarray, shape (n,), or None
            Case weights.
        """

    def complaint(self, y: Array) -> Complaint | None:
        return None

    def runaway(self, part: Part, *, up: bool) -> tuple[str, str]:
        """Say why a constant runs to infinity, and what to do.

        Parameters
        ----------
        part : Part
            Which.
        up : bool
            Whether it rises.
        """
        where = "infinity" if up else "0"
        return (
            f"{part.natural} runs to {where}: the likelihood has no maximum",
            "Leave inputs out, or get rows that the model does not fit exactly",
        )

    @property
    def rows_at_once(self) -> int:
        """How many rows are looked at together."""
        k = len(self.parts)
        fewer = 1 << int(np.log2(max(MOST_AT_ONCE // (k * k), 64)))
        return min(ROWS, fewer)

    def jet(self, eta: Array, y: Array) -> Jet:
        """Return loss, slopes and curvatures of at most `rows_at_once` rows.

        Parameters
        ----------
        eta, y : ndarray, shapes (k, n) and (d, n)
            Predictors and targets.
        """
        n = eta.shape[1]
        more = ((0, 0), (0, padding(n) - n))
        jax = jax_module()
        with float64_scope():
            run = jax.jit(_derivatives, static_argnums=0)
            found = run(self, np.pad(eta, more, "edge"), np.pad(y, more, "edge"))
            value, score, curvature = map(to_host, found)
        return Jet(value[:n], score[:, :n], curvature[:, :, :n])

    def means(self, eta: Array, *, slopes: bool = False) -> tuple[Array, Array | None]:
        """Return means of rows, and their derivatives by the predictors.

        Parameters
        ----------
        eta : ndarray, shape (n, k)
            Predictors.
        slopes : bool
            Whether the derivatives are wanted.
        """
        n = len(eta)
        size = 1 << max(n - 1, 63).bit_length()
        padded = np.zeros((size, eta.shape[1]))
        padded[:n] = eta
        jax = jax_module()
        with float64_scope():
            run = jax.jit(_means, static_argnums=(0, 1))
            found = run(self, slopes, padded)
            mean = to_host(found[0])[:n]
            return mean, to_host(found[1])[:n] if slopes else None

    def mean(self, eta: Array) -> Array:
        return self.means(eta)[0]


def rounding_of_scores(jet: Jet, size: Array, terms: int) -> Array:
    """Bound what scores are off by, shape (k, n).

    Parameters
    ----------
    jet : Jet
        Of the rows.
    size : ndarray, shape (k, n)
        How large the terms of the predictors are.
    terms : int
        How many there are of them.
    """
    largest = np.abs(jet.score).max(axis=1, initial=0.0)
    bent = np.einsum("cdn,dn->cn", np.abs(jet.curvature), 1.0 + size)
    unit = (MANY_ROUNDINGS + terms) * ROUNDOFF
    return np.asarray(unit * (largest[:, None] + bent))


def _derivatives(loss: ManyLoss, eta: Any, y: Any) -> Any:
    import jax

    one = loss.value
    slope = jax.grad(one)
    value = jax.vmap(one, in_axes=1)(eta, y)
    score = jax.vmap(slope, in_axes=1, out_axes=1)(eta, y)
    bend = jax.vmap(jax.jacfwd(slope), in_axes=1, out_axes=2)(eta, y)
    return value, score, bend


def _means(loss: ManyLoss, slopes: bool, eta: Any) -> Any:
    import jax

    mean = jax.vmap(loss.mean_of)(eta)
    if not slopes:
        return (mean,)
    return mean, jax.vmap(jax.jacfwd(loss.mean_of))(eta)
