"""A model with its rows in pairs: residuals and derivatives to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leastwise._kit.precision import float64_scope, jax_module
from leastwise.loops.curve import SteppedModel
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.paired.program import UnknownOperationError, run
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array, Double

# Rows of a block: many temporary arrays of them are held at a time.
BLOCK = 1 << 10
# What a pair is wrong by where a float64 is wrong by 2^-53, with room for functions
# that are worse than sums.
FINER = 2.0**-42


@dataclass(frozen=True)
class PairedRows(SteppedModel):
    """A mapping with its data, in pairs.

    Attributes
    ----------
    plain : MappedRows
        The same in float64.
    low : dict of ndarray
        What the columns leave out of their values; nothing where there is none.
    target_low : ndarray, shape (n, k), or None
        What the targets leave out.
    theta_low : ndarray, shape (p,), or None
        What is added to the parameters that are asked for: they are pairs as well.
    """

    plain: MappedRows
    low: dict[str, Array] = field(default_factory=dict)
    target_low: Array | None = None
    theta_low: Array | None = None

    @property
    def n_rows(self) -> int:
        """Number of residuals, rows times outputs."""
        return self.plain.n_rows

    @property
    def grain(self) -> float:
        """Root of ``sum w e^2`` for residuals wrong by a few units of a pair."""
        return FINER * self.plain.grain

    def sum_of_squares(self, theta: Array) -> float:
        """Return ``sum w r^2``."""
        total = 0.0
        for rows in self._blocks(theta, _values):
            w = 1.0 if rows.weights is None else rows.weights[:, None]
            total += float(np.sum(w * rows.Y**2))
        return total

    def rows(self, theta: Array) -> Iterator[Rows]:
        """Yield (J, r, w), a row for each output of each row."""
        return self._blocks(theta, _slopes)

    def bend(self, theta: Array) -> Array | None:
        """Return ``sum w r f''``: it makes the step, not the end, and is float64."""
        return self.plain.bend(theta)

    def pull_bend(self, theta: Array, step: Array) -> Array:
        """Return ``J'W f''`` in float64."""
        return self.plain.pull_bend(theta, step)

    def _blocks(self, theta: Array, function: Any) -> Iterator[Rows]:
        n = len(self.plain.target)
        size = BLOCK if self.plain.mapping.by_row else n
        for i in range(0, n, size):
            yield self._block(theta, function, slice(i, min(i + size, n)))

    def _block(self, theta: Array, function: Any, here: slice) -> Rows:
        plain = self.plain
        columns = {name: values[here] for name, values in plain.columns.items()}
        with float64_scope():
            traced = jax_module().make_jaxpr(function, static_argnums=0)(
                plain.mapping, theta, columns
            )
        # A dict is flattened by sorted names.
        pairs = [
            Double.of(columns[name], self._low(name, here)) for name in sorted(columns)
        ]
        f, jacobian = _read(
            run(traced, [Double.of(theta, self.theta_low), *pairs]), len(theta)
        )
        low = None if self.target_low is None else self.target_low[here]
        r = Double.of(plain.target[here], low) - f
        w = None if plain.weights is None else plain.weights[here]
        k = plain.target.shape[1]
        return Rows(
            jacobian.hi.reshape(-1, jacobian.shape[-1]),
            r.hi.reshape(-1, 1),
            np.repeat(w, k) if w is not None and k > 1 else w,
            X_low=jacobian.lo.reshape(-1, jacobian.shape[-1]),
            Y_low=r.lo.reshape(-1, 1),
        )

    def _low(self, name: str, here: slice) -> Array | None:
        return self.low[name][here] if name in self.low else None


def _read(found: list[Any], p: int) -> tuple[Double, Double]:
    if not all(isinstance(one, Double) for one in found):
        raise UnknownOperationError("an output that is no number")
    f = found[0]
    if len(found) == 1:
        return f, Double.zeros((*f.shape, 0))
    return f, found[1]


def _values(mapping: Mapped, theta: Any, columns: Any) -> Any:
    return mapping.function(theta, columns)


def _slopes(mapping: Mapped, theta: Any, columns: Any) -> Any:
    """Return values, and derivatives along each parameter, by one walk for both."""
    jax = jax_module()

    def along(direction: Any) -> Any:
        return jax.jvp(lambda t: mapping.function(t, columns), (theta,), (direction,))

    # Of NumPy: a constant of the program, and no operation of it.
    return jax.vmap(along, out_axes=(None, -1))(np.eye(len(theta)))
