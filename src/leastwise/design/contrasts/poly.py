"""Polynomial coding: trends over ordered levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from leastwise.design.contrasts.base import Coding
from leastwise.design.exactly import Both, orthonormal

MOST_LEVELS = 95  # as in R: higher degrees mean nothing


@dataclass(frozen=True)
class Poly(Coding):
    """Orthonormal polynomials of the level's number (R's ``contr.poly``).

    Attributes
    ----------
    scores : tuple of float or None
        What stands for the levels in place of 1, 2, 3, ...

    Examples
    --------
    >>> Poly().marks("abcde", 0)
    ('.L', '.Q', '.C', '^4')
    """

    scores: tuple[float, ...] | None = None
    kind: ClassVar[str] = "poly"

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        scores = self.scores or range(1, levels + 1)
        return orthonormal([Fraction(score) for score in scores])

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        named = (".L", ".Q", ".C")
        return tuple(
            named[i] if i < len(named) else f"^{i + 1}" for i in range(len(labels) - 1)
        )

    def options(self) -> dict[str, Any]:
        """Give what JSON must say besides the kind."""
        return {"scores": None if self.scores is None else list(self.scores)}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Poly:
        """Make it of its record."""
        scores = record["scores"]
        return cls(None if scores is None else tuple(map(float, scores)))

    def fits(self, levels: int) -> str | None:
        """Say why it is not for so many levels, None where it is."""
        if self.scores is not None and len(self.scores) != levels:
            return f"Poly has {len(self.scores)} scores"
        if levels > MOST_LEVELS:
            return f"Poly is for {MOST_LEVELS} levels at most"
        return None
