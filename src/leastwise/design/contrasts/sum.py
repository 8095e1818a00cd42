"""Sum coding: each level against the mean of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from leastwise.design.contrasts.base import Coding, whole
from leastwise.design.exactly import Both


@dataclass(frozen=True)
class Sum(Coding):
    """Deviations from the mean of the levels (R's ``contr.sum``).

    The last level, or the one chosen, is minus the sum of the others.

    Examples
    --------
    >>> [[v for v, _ in row] for row in Sum().matrix(3, 2)]
    [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]
    """

    kind: ClassVar[str] = "sum"

    def usual_base(self, levels: int) -> int:
        """Give the base where the formula names none."""
        return levels - 1

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        others = [j for j in range(levels) if j != base]
        return whole(
            [[-1 if i == base else int(i == j) for j in others] for i in range(levels)]
        )

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        return tuple(f"S.{v}" for i, v in enumerate(labels) if i != base)
