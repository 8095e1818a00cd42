"""Rows that pass in blocks, as often as asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain
from typing import Generic, TypeVar

from leastwise._kit.ahead import ahead, mapped_ahead

P = TypeVar("P")


class Passing(ABC, Generic[P]):
    """Rows in blocks of one or several pieces.

    Whoever brings rows (a file, a database) is one of these. The same pieces with the
    same rows come every time.
    """

    @property
    @abstractmethod
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Rows used of each piece of each block; 0 for a piece without any."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """What the rows are, as text: a checkpoint of others is refused."""

    @abstractmethod
    def pieces(self, block: int, skip: int = 0) -> Iterator[P]:
        """Yield the pieces of a block that have rows.

        Parameters
        ----------
        block : int
            Which, from 0.
        skip : int
            Pieces to leave out at the beginning, those without rows among them.
        """

    @property
    def at_once(self) -> int:
        """Blocks that are read at the same time: of one piece each, when several."""
        return 1

    def every(self) -> Iterator[P]:
        """Yield all pieces, in the order of the file; the next is read meanwhile."""
        blocks = range(len(self.sizes))
        if self.at_once == 1:
            yield from ahead(chain.from_iterable(map(self.pieces, blocks)))
            return

        def read(block: int) -> list[P]:
            return list(self.pieces(block))

        for found in mapped_ahead(read, blocks, self.at_once):
            yield from found

    @property
    def rows(self) -> int:
        """Rows used."""
        return sum(sum(sizes) for sizes in self.sizes)
