"""A model written in JAX as a `SteppedModel`: values, Jacobian, bend, by blocks.

Rows are padded to few sizes, so that a model compiles once whatever the number of
rows. The functions that compile are those of this module, with the model a static
argument: the same model on other data of a like size compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module, to_host
from leastwise.loops.curve import SteppedModel
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array

# Rows of a block: large enough for a matrix product, small enough for the cache.
MOST_ROWS = 1 << 14
LEAST_ROWS = 1 << 6
# A Jacobian goes forward, a parameter at a time, up to here; then backward, by rows.
MOST_FORWARD = 48
# Numbers in a block of the Jacobian.
MOST_NUMBERS = 1 << 24
# Second derivatives of all pairs of parameters up to here.
MOST_BENT = 200

# Of a value: what a model of some operations is wrong by.
ROUNDINGS = 4 * 2.0**-53


@dataclass(frozen=True)
class Mapped:
    """A function of a flat vector of parameters and of columns; hashed by identity.

    Attributes
    ----------
    function : callable
        ``function(theta, columns)`` of shape (n, k), in jax.numpy.
    by_row : bool
        Whether a row of the output depends on that row of the columns alone.
    """

    function: Callable[[Any, Any], Any]
    by_row: bool = True


@dataclass(frozen=True)
class MappedRows(SteppedModel):
    """A mapping with its data.

    Attributes
    ----------
    mapping : Mapped
        The model.
    columns : dict of ndarray
        Each of n rows.
    target : ndarray, shape (n, k)
        What the model is to give.
    weights : ndarray, shape (n,), or None
        Positive weights.
    """

    mapping: Mapped
    columns: dict[str, Array]
    target: Array
    weights: Array | None = None

    @property
    def n_rows(self) -> int:
        """Number of residuals, rows times outputs."""
        return int(self.target.size)

    @property
    def grain(self) -> float:
        """Root of ``sum w e^2`` for residuals wrong by a few units of the target."""
        w = 1.0 if self.weights is None else self.weights[:, None]
        return float(ROUNDINGS * np.sqrt(np.sum(w * self.target**2)))

    def values(self, theta: Array) -> Array:
        """Return the output of the model, shape (n, k)."""
        parts = [self._run(_value, theta, here) for here in self._parts(1)]
        return np.concatenate(parts)

    def sum_of_squares(self, theta: Array) -> float:
        """Return ``sum w r^2``, summed in extended precision over blocks."""
        total = []
        with np.errstate(over="ignore", invalid="ignore"):
            for here in self._parts(1):
                r = self.target[here] - self._run(_value, theta, here)
                w = 1.0 if self.weights is None else self.weights[here, None]
                total.append(float(np.sum(w * r * r)))
            return float(np.sum(total))

    def rows(self, theta: Array) -> Iterator[Rows]:
        """Yield (J, r, w), a row for each output of each row."""
        p, k = len(theta), self.target.shape[1]
        run = _forward if p <= MOST_FORWARD or not self.mapping.by_row else _backward
        for here in self._parts(p * k):
            f, jacobian = self._run(run, theta, here)
            yield self._block(jacobian, self.target[here] - f, here)

    def pull_bend(self, theta: Array, step: Array) -> Array:
        """Return ``J'W f''``, f'' the second derivative of f along the step."""
        total = np.zeros(len(theta))
        for here in self._parts(self.target.shape[1]):
            weights = self._padded_weights(here)
            total += self._run(_pull_bend, theta, here, step, weights)
        return total

    def bend(self, theta: Array) -> Array | None:
        """Return ``sum w r f''``; None for many parameters."""
        p, k = len(theta), self.target.shape[1]
        if p > MOST_BENT:
            return None
        total = np.zeros((p, p))
        for here in self._parts(p * k):
            r = self.target[here] - self._run(_value, theta, here)
            w = 1.0 if self.weights is None else self.weights[here, None]
            rest = self._length(here) - len(r)
            pulled = np.pad(w * r, ((0, rest), (0, 0)))
            total += self._run(_bend, theta, here, pulled)
        return total

    def _block(self, jacobian: Array, left: Array, here: slice) -> Rows:
        w = None if self.weights is None else self.weights[here]
        k = left.shape[1]
        if w is not None and k > 1:
            w = np.repeat(w, k)
        return Rows(jacobian.reshape(-1, jacobian.shape[-1]), left.reshape(-1, 1), w)

    def _padded_weights(self, here: slice) -> Array:
        n, size = here.stop - here.start, self._length(here)
        weights = np.zeros((size, self.target.shape[1]))
        weights[:n] = 1.0 if self.weights is None else self.weights[here, None]
        return weights

    def _parts(self, width: int) -> list[slice]:
        n = len(self.target)
        size = n if not self.mapping.by_row else _block_size(width)
        return [slice(i, min(i + size, n)) for i in range(0, n, size)]

    def _length(self, here: slice) -> int:
        n = here.stop - here.start
        return padded(n) if self.mapping.by_row else n

    def _run(self, function: Any, theta: Array, here: slice, *more: Array) -> Any:
        """Call a compiled function on one block; back on the host, padding cut off."""
        n, rest = here.stop - here.start, self._length(here) - (here.stop - here.start)
        block = {
            name: np.concatenate([a[here], np.repeat(a[here][:1], rest, axis=0)])
            if rest
            else a[here]
            for name, a in self.columns.items()
        }
        with float64_scope():
            found = _compiled(function)(self.mapping, theta, block, *more)
        if function in (_bend, _pull_bend):
            return to_host(found)
        if isinstance(found, tuple):
            return tuple(to_host(a)[:n] for a in found)
        return to_host(found)[:n]


def padded(n: int) -> int:
    """Return the number of rows that n are padded to: a power of two.

    Examples
    --------
    >>> padded(6), padded(100), padded(128)
    (64, 128, 128)
    """
    return max(LEAST_ROWS, 1 << (n - 1).bit_length())


def _block_size(width: int) -> int:
    size = min(MOST_ROWS, MOST_NUMBERS // max(width, 1))
    return int(max(LEAST_ROWS, 1 << (max(size, 1).bit_length() - 1)))


def _compiled(function: Any) -> Any:
    return jax_module().jit(function, static_argnums=0)


def _value(mapping: Mapped, theta: Any, block: Any) -> Any:
    return mapping.function(theta, block)


def _forward(mapping: Mapped, theta: Any, block: Any) -> Any:
    jax = jax_module()

    def both(t: Any) -> Any:
        f = mapping.function(t, block)
        return f, f

    jacobian, f = jax.jacfwd(both, has_aux=True)(theta)
    return f, jacobian


def _backward(mapping: Mapped, theta: Any, block: Any) -> Any:
    jax = jax_module()

    def one(row: Any) -> Any:
        def both(t: Any) -> Any:
            f = mapping.function(t, {k: a[None] for k, a in row.items()})[0]
            return f, f

        return jax.jacrev(both, has_aux=True)(theta)

    jacobian, f = jax.vmap(one)(block)
    return f, jacobian


def _pull_bend(mapping: Mapped, theta: Any, block: Any, step: Any, w: Any) -> Any:
    jax = jax_module()

    def value(t: Any) -> Any:
        return mapping.function(t, block)

    def along(t: Any) -> Any:
        return jax.jvp(value, (t,), (step,))[1]

    bent = jax.jvp(along, (theta,), (step,))[1]
    return jax.vjp(value, theta)[1](w * bent)[0]


def _bend(mapping: Mapped, theta: Any, block: Any, pulled: Any) -> Any:
    jax = jax_module()

    def pull(t: Any) -> Any:
        return (pulled * mapping.function(t, block)).sum()

    return jax.jacfwd(jax.grad(pull))(theta)
