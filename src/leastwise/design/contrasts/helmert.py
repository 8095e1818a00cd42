"""Helmert coding: each level against the mean of those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from leastwise.design.contrasts.base import Coding, whole
from leastwise.design.exactly import Both


@dataclass(frozen=True)
class Helmert(Coding):
    """Orthogonal whole numbers (R's ``contr.helmert``).

    The j-th coefficient is the difference between level j + 1 and the mean of the
    levels before it, divided by j + 1.

    Examples
    --------
    >>> [[v for v, _ in row] for row in Helmert().matrix(3, 0)]
    [[-1.0, -1.0], [1.0, -1.0], [0.0, 2.0]]
    """

    kind: ClassVar[str] = "helmert"

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        return whole(
            [
                [-1 if i <= j else (j + 1) * int(i == j + 1) for j in range(levels - 1)]
                for i in range(levels)
            ]
        )

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        return tuple(f"H.{v}" for v in labels[1:])
