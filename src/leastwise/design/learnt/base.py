"""`Learnt`: what a function in a formula found out about the rows of the fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from leastwise.design.evaluate import Value
from leastwise.design.exactly import Both


class Learnt(ABC):
    """Numbers learnt once; they make the same columns of any rows.

    Whatever is computed of a row depends on that row and on these numbers, by
    operations whose order is fixed, so that a replay has the same bits.
    """

    kind: ClassVar[str]

    @abstractmethod
    def marks(self) -> tuple[str, ...]:
        """Name the columns: what stands in brackets; one empty mark for one column."""

    @abstractmethod
    def columns(self, value: Value) -> tuple[Value, ...]:
        """Make the columns of the argument's values."""

    @abstractmethod
    def pieces(self) -> tuple[tuple[float, ...], int]:
        """Say where the polynomials that the columns are end, and of which degree."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Give the numbers as plain values for JSON, without the kind."""

    @classmethod
    @abstractmethod
    def read(cls, record: Mapping[str, Any]) -> Learnt:
        """Make it of what `to_json` gave; ValueError for what cannot be."""

    @abstractmethod
    def remark(self) -> str:
        """Say what was learnt, in a few words."""


def numbered(count: int) -> tuple[str, ...]:
    """Name columns 1, 2, 3, ...

    Examples
    --------
    >>> numbered(2)
    ('1', '2')
    """
    return tuple(str(j + 1) for j in range(count))


def pair_of(record: Any) -> Both:
    """Read a pair of float64 from JSON.

    Examples
    --------
    >>> pair_of([1, 1e-20])
    (1.0, 1e-20)
    """
    high, low = record
    return float(high), float(low)


def pairs_of(records: Sequence[Any]) -> tuple[Both, ...]:
    """Read pairs of float64 from JSON.

    Examples
    --------
    >>> pairs_of([[1.0, 0.0]])
    ((1.0, 0.0),)
    """
    return tuple(map(pair_of, records))


def short(value: Both) -> str:
    """Write a number for a remark.

    Examples
    --------
    >>> short((1 / 3, 0.0))
    '0.333333'
    """
    return f"{value[0]:.6g}" if abs(value[0]) < 1e6 else f"{value[0]:.12g}"
