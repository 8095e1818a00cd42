"""`Coding`: a matrix with a row for each level, and names for its columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from leastwise.design.exactly import Both, both


class Coding(ABC):
    """How levels become columns beside an intercept.

    A term that shows all levels, because nothing else holds their mean, has an
    indicator for each of them, whatever the coding.
    """

    kind: ClassVar[str]

    def width(self, levels: int) -> int:
        """Count the columns."""
        return levels - 1

    @abstractmethod
    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level.

        Parameters
        ----------
        levels : int
            How many, 2 or more.
        base : int
            Index of the level without a column of its own.
        """

    @abstractmethod
    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns: what stands in the brackets of a coefficient."""

    def options(self) -> dict[str, Any]:
        """Give what JSON must say besides the kind."""
        return {}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Coding:
        """Make the coding of what `options` gave."""
        return cls()

    def usual_base(self, levels: int) -> int:
        """Give the base where the formula names none."""
        return 0

    def fits(self, levels: int) -> str | None:
        """Say why the coding is not for so many levels; None where it is."""
        return None


def whole(rows: Sequence[Sequence[int | Fraction]]) -> list[list[Both]]:
    """Round a matrix of exact numbers.

    Examples
    --------
    >>> whole([[1, Fraction(1, 2)]])
    [[(1.0, 0.0), (0.5, 0.0)]]
    """
    return [
        [(float(v), 0.0) if isinstance(v, int) else both(v) for v in row]
        for row in rows
    ]
