"""What a row costs: a scalar function of a linear predictor and a target.

A loss is written once, in ``jax.numpy``; its slope and its curvature are derived. A
family of distributions knows both in closed form, and computes them without JAX. A
loop of folds asks for nothing else than `Loss.local`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host

Array = np.ndarray[Any, Any]

# Rows at a time, in shapes of few sizes: each shape is compiled once.
ROWS = 65_536
FEWEST = 64
ROUNDOFF = 2.0**-53
# Roundings in a score, of the size of the terms it is made of.
SCORE_ROUNDINGS = 8.0
# Working residuals of rows without a curvature, in units of what is usual.
LONGEST = 4.0


@dataclass(frozen=True, eq=False)
class Pointwise:
    """What each row costs at its linear predictor, and how that changes.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The loss.
    score : ndarray, shape (n,)
        Its derivative by the linear predictor.
    curvature : ndarray, shape (n,)
        Its second derivative where that is positive, or the expectation of that, or
        what else is above 0: the weight of the working row.
    rounding : ndarray, shape (n,)
        What the score is off by, for a predictor that is exact.
    """

    value: Array
    score: Array
    curvature: Array
    rounding: Array


@dataclass(frozen=True)
class Complaint:
    """A value of the target that a loss cannot take.

    Attributes
    ----------
    row : int
        The first such row, from 0.
    what : str
        What is wrong with it.
    fix : str
        What to do.
    """

    row: int
    what: str
    fix: str


class Loss(ABC):
    """What a row costs: ``l(eta, y)``, with ``eta = x'b + offset``.

    Where it is minus a log-likelihood, it is that per unit of dispersion, up to what
    does not depend on eta. Subclasses are frozen dataclasses of plain numbers.

    Examples
    --------
    >>> from leastwise import family
    >>> import numpy as np
    >>> there = family.Poisson().local(np.array([0.0]), np.array([2.0]))
    >>> there.score.tolist(), there.curvature.tolist()
    ([-1.0], [1.0])
    """

    @abstractmethod
    def value(self, eta: Any, y: Any) -> Any:
        """Return the loss of one row, with `jax.numpy`.

        Parameters
        ----------
        eta, y : scalar
            Linear predictor and target.
        """

    @property
    def name(self) -> str:
        """What the reader calls it."""
        return type(self).__name__

    @property
    def has_known_dispersion(self) -> bool:
        """Whether the covariance is the inverse of the curvature as it stands."""
        return False

    @property
    def weighs_by_curvature(self) -> bool:
        """Whether the working weights are the curvature that a sandwich takes."""
        return True

    @property
    def in_target_units(self) -> bool:
        """Whether predictors are in units of the target."""
        return False

    @property
    def in_numpy(self) -> bool:
        """Whether `local` is NumPy's, and rows can be asked for in parts."""
        return type(self).local is not Loss.local

    def complaint(self, y: Array) -> Complaint | None:
        """Say which target it cannot take, if any."""
        return None

    def start(self, y: Array, weights: Array | None) -> Array:
        """Return predictors to start from, one a row."""
        return np.full(len(y), float(np.average(y, weights=weights)))

    def mean(self, eta: Array) -> Array:
        """Return what the model expects of the target at a predictor."""
        return eta

    def mean_slope(self, eta: Array) -> Array:
        """Return the derivative of `mean`."""
        return np.ones_like(eta)

    def local(self, eta: Array, y: Array) -> Pointwise:
        """Return loss, score and curvature of rows.

        Parameters
        ----------
        eta, y : ndarray, shape (n,)
            Linear predictors and targets.
        """
        value, score, curvature = self._derived(eta, y)
        # A small score can be the difference of terms as large as those of other rows.
        largest = float(np.abs(score).max(initial=0.0))
        terms = largest + np.abs(curvature) * (1.0 + np.abs(eta))
        return Pointwise(
            value,
            score,
            working_weights(score, curvature),
            SCORE_ROUNDINGS * ROUNDOFF * terms,
        )

    def observed(self, eta: Array, y: Array) -> Array:
        """Return the second derivative of rows by the predictor, of either sign.

        Parameters
        ----------
        eta, y : ndarray, shape (n,)
            Linear predictors and targets.
        """
        return np.asarray(self._derived(eta, y)[2])

    def _derived(self, eta: Array, y: Array) -> Array:
        n = len(eta)
        parts = np.empty((3, n))
        jax = jax_module()
        with float64_scope():
            # One and the same function and loss: compiled once for a shape.
            run = jax.jit(_derivatives, static_argnums=0)
            for start in range(0, n, ROWS):
                here = slice(start, min(n, start + ROWS))
                size = here.stop - start
                padded = padding(size)
                e, t = (np.pad(a[here], (0, padded - size), "edge") for a in (eta, y))
                parts[:, here] = to_host(run(self, e, t))[:, :size]
        return parts

    @property
    def call(self) -> str:
        """What makes it in Python, as text."""
        given = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)  # type: ignore[arg-type]
            if getattr(self, f.name) != f.default
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def working_weights(score: Array, curvature: Array) -> Array:
    """Return positive weights of working rows.

    A curvature above 0 is one. Any positive weights have the same least squares fit
    where the scores add up to 0; so a negative one gives its size, and where there is
    none, the weight is such that the working residual is no longer than is usual.

    Parameters
    ----------
    score, curvature : ndarray, shape (n,)
        First and second derivatives of the loss.
    """
    # All is well: the loss bends upwards in every row.
    if curvature.min(initial=np.inf) > 0 or not np.isfinite(curvature).all():
        return curvature
    size = np.abs(curvature)
    mean = float(size.mean())
    usual = float(np.sqrt(np.mean(score * score))) / mean if mean > 0 else 1.0
    least = np.abs(score) / (LONGEST * usual) if usual > 0 else 0.0
    return np.asarray(np.maximum(size, least))


def padding(size: int) -> int:
    """Return the rows a block of some size is padded to.

    Examples
    --------
    >>> padding(3), padding(400), padding(65_536)
    (64, 512, 65536)
    """
    return min(ROWS, max(FEWEST, 1 << (size - 1).bit_length()))


def _derivatives(loss: Loss, eta: Any, y: Any) -> Any:
    import jax

    def slope(e: Any, t: Any) -> Any:
        return jax.grad(loss.value)(e, t)

    rows = (loss.value, slope, jax.grad(slope))
    return jax.numpy.stack([jax.vmap(f)(eta, y) for f in rows])


def first_row(bad: Array) -> int:
    """Return the first row that is bad."""
    return int(np.flatnonzero(bad)[0])
