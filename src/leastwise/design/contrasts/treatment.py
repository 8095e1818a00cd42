"""Treatment coding: each level against the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from leastwise.design.contrasts.base import Coding, whole
from leastwise.design.exactly import Both


@dataclass(frozen=True)
class Treatment(Coding):
    """An indicator of every level but the base (R's ``contr.treatment``).

    Examples
    --------
    >>> Treatment().marks(("A", "B", "C"), 0)
    ('T.B', 'T.C')
    """

    kind: ClassVar[str] = "treatment"

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        others = [j for j in range(levels) if j != base]
        return whole([[int(i == j) for j in others] for i in range(levels)])

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        return tuple(f"T.{v}" for i, v in enumerate(labels) if i != base)
