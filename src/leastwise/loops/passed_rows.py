"""A model with rows that pass in blocks, as a `SteppedModel`: a pass is a fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from leastwise.loops.curve import SteppedModel
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.passing import Passing
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array


@dataclass(frozen=True, eq=False)
class PassedRows(SteppedModel):
    """A mapping with rows that pass: each question is one pass over them.

    Attributes
    ----------
    mapping : Mapped
        The model; a row of its output depends on that row of the columns alone.
    source : Passing of MappedRows
        The rows, piece by piece.
    residuals : int
        Rows times outputs.
    rounding : float
        As `SteppedModel.grain`.
    """

    mapping: Mapped
    source: Passing[MappedRows]
    residuals: int
    rounding: float

    @property
    def n_rows(self) -> int:
        """Number of residuals, rows times outputs."""
        return self.residuals

    @property
    def grain(self) -> float:
        """Root of ``sum w e^2`` for residuals wrong by a few units of the target."""
        return self.rounding

    def every(self) -> Iterator[MappedRows]:
        """Yield all pieces, with this mapping."""
        for piece in self.source.every():
            yield replace(piece, mapping=self.mapping)

    def sum_of_squares(self, theta: Array) -> float:
        """Return ``sum w r^2`` at a point."""
        return float(sum(piece.sum_of_squares(theta) for piece in self.every()))

    def rows(self, theta: Array) -> Iterator[Rows]:
        """Yield the rows (J, r, w) at a point, block by block."""
        for piece in self.every():
            yield from piece.rows(theta)

    def bend(self, theta: Array) -> Array | None:
        """Return ``sum w r f''``; None for many parameters."""
        total: Array | None = None
        for piece in self.every():
            here = piece.bend(theta)
            if here is None:
                return None
            total = here if total is None else total + here
        return total

    def pull_bend(self, theta: Array, step: Array) -> Array:
        """Return ``J'W f''``, f'' the second derivative of f along the step."""
        total = np.zeros(len(theta))
        for piece in self.every():
            total = total + piece.pull_bend(theta, step)
        return total

    def norm(self, of: Callable[[MappedRows], float]) -> float:
        """Return the root of the sum of squares of what is found of each piece."""
        return float(np.sqrt(sum(of(piece) ** 2 for piece in self.every())))
