"""Custom coding: the matrix of the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from leastwise.design.contrasts.base import Coding, whole
from leastwise.design.exactly import Both


@dataclass(frozen=True)
class Custom(Coding):
    """A matrix with a row for each level (R's ``contrasts(x) <- matrix``).

    Attributes
    ----------
    rows : tuple of tuples of float
        Row i is what level i is in the columns.
    names : tuple of str or None
        Of the columns; 1, 2, ... where not given.

    Examples
    --------
    >>> Custom(((1.0,), (-1.0,)), ("against",)).marks(("A", "B"), 0)
    ('against',)
    """

    rows: tuple[tuple[float, ...], ...]
    names: tuple[str, ...] | None = None
    kind: ClassVar[str] = "custom"

    def width(self, levels: int) -> int:
        """Count the columns."""
        return len(self.rows[0])

    def matrix(self, levels: int, base: int) -> list[list[Both]]:
        """Give the row of every level."""
        return whole([[Fraction(value) for value in row] for row in self.rows])

    def marks(self, labels: Sequence[str], base: int) -> tuple[str, ...]:
        """Name the columns."""
        return self.names or tuple(str(j + 1) for j in range(len(self.rows[0])))

    def options(self) -> dict[str, Any]:
        """Give what JSON must say besides the kind."""
        names = None if self.names is None else list(self.names)
        return {"rows": [list(row) for row in self.rows], "names": names}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Custom:
        """Make it of its record."""
        rows = tuple(tuple(map(float, row)) for row in record["rows"])
        names = record["names"]
        if len({len(row) for row in rows}) != 1:
            raise ValueError("the rows of a coding have different lengths")
        return cls(rows, None if names is None else tuple(map(str, names)))

    def fits(self, levels: int) -> str | None:
        """Say why it is not for so many levels, None where it is."""
        if len(self.rows) != levels:
            return f"the matrix of its coding has {len(self.rows)} rows"
        return None
