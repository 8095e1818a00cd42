"""Backward difference coding: each level against the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from leastwise.design.contrasts.base import Coding, whole
from leastwise.design.exactly import Both


@dataclass(frozen=True)
class Diff(Coding):
    """Successive differences (``contr.sdif`` of R's MASS, patsy's ``Diff``).

    The j-th coefficient is level j + 1 minus level j.

    Examples
    --------
    >>> Diff().marks(("low", "middle", "high"), 0)
    ('D.middle-low', 'D.high-middle')
    """

    kind: ClassVar[str] = "diff"

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        return whole(
            [
                [
                    Fraction(j + 1, levels) - (1 if i <= j else 0)
                    for j in range(levels - 1)
                ]
                for i in range(levels)
            ]
        )

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        pairs = pairwise(labels)
        return tuple(f"D.{after}-{before}" for before, after in pairs)
