"""What a loop of Gauss-Newton steps asks of a model: its rows at a point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array


class SteppedModel(ABC):
    """A model of rows with parameters, seen as one linear model at each point.

    At a point the model is its Jacobian J and its residual r = y - f: the rows of a
    least squares problem, whose solution is the step of Gauss and Newton. They come
    in blocks, so that J is never whole in memory.
    """

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Number of residuals, rows times outputs."""

    @property
    @abstractmethod
    def grain(self) -> float:
        """Root of ``sum w e^2``, e what rounding can have put into the residuals."""

    @abstractmethod
    def sum_of_squares(self, theta: Array) -> float:
        """Return ``sum w r^2`` at a point; NaN or infinity where there is none."""

    @abstractmethod
    def rows(self, theta: Array) -> Iterator[Rows]:
        """Yield the rows (J, r, w) at a point, block by block."""

    @abstractmethod
    def bend(self, theta: Array) -> Array | None:
        """Return ``sum w r (second derivative of f)``, shape (p, p).

        None where that would cost too much: the loop goes on without.
        """

    @abstractmethod
    def pull_bend(self, theta: Array, step: Array) -> Array:
        """Return ``J'W f''``, f'' the second derivative of f along the step."""
