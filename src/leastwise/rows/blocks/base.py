"""`BlockFile`: a file as blocks of rows that can be read in any order."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from leastwise._kit.errors import DataError
from leastwise.rows.table import Table


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file is still the one that was opened.

    Attributes
    ----------
    size, changed : int
        Bytes, and when it was written, in nanoseconds.
    """

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Look at a file.

        Raises
        ------
        DataError
            When it is gone.
        """
        try:
            found = os.stat(path)
        except OSError as error:
            raise DataError(
                f"the file is gone ({error.strerror}): it is read once a pass",
                path.name,
                "Leave it in its place until the fit has ended.",
            ) from error
        return cls(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class BlockFile(ABC):
    """A file as blocks of rows.

    Attributes
    ----------
    path : Path
        The file.
    stamp : Stamp
        Of when it was opened: a file that changes between passes is refused.
    rows : int
        Rows of a piece, at most about.
    """

    path: Path
    stamp: Stamp
    rows: int

    @property
    def is_small(self) -> bool:
        """Whether a block is one piece, so that several can be read at once."""
        return False

    @property
    @abstractmethod
    def count(self) -> int:
        """How many blocks there are."""

    @abstractmethod
    def read(self, block: int, columns: Collection[str] | None) -> Iterator[Table]:
        """Yield the pieces of a block, in order.

        Parameters
        ----------
        block : int
            Which, from 0.
        columns : collection of str or None
            The only columns to convert.

        Raises
        ------
        DataError
            When the file has changed or is damaged, with the place.
        """

    def check(self) -> None:
        """Refuse a file that is no longer the one that was opened."""
        if Stamp.of(self.path) != self.stamp:
            raise self.changed()

    def changed(self) -> DataError:
        """Build the error for a file that has changed."""
        return DataError(
            "the file was changed while it was being read",
            self.path.name,
            "Begin anew, and leave the file alone until the fit has ended.",
        )
