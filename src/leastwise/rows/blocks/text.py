"""CSV and JSON lines: a block is a stretch of whole lines, known by its check sum."""

from __future__ import annotations

import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from leastwise._kit.errors import DataError
from leastwise._kit.optional import installed
from leastwise.rows.blocks.base import BlockFile, Stamp
from leastwise.rows.csv_text import header_only, read_csv_part, read_header
from leastwise.rows.jsonl import read_jsonl_part
from leastwise.rows.open_file import reading, utf8_error
from leastwise.rows.table import Table

BOM = b"\xef\xbb\xbf"
# Bytes of a row of text, about: so many rows make a block.
ROW_BYTES = 64
LEAST_BYTES = 4096
NEW_LINE, QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True)
class Stretch:
    """Whole lines of a file.

    Attributes
    ----------
    start, size : int
        Bytes before them, and of them.
    lines : int
        Lines before them.
    sum : int
        Their CRC-32.
    """

    start: int
    size: int
    lines: int
    sum: int


@dataclass(frozen=True, eq=False)
class TextBlocks(BlockFile, ABC):
    """A file of lines.

    Attributes
    ----------
    stretches : tuple of Stretch
        The blocks.
    """

    stretches: tuple[Stretch, ...] = ()

    @property
    def is_small(self) -> bool:
        """Whether a block is one piece: it is."""
        return True

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self.stretches)

    def read(self, block: int, columns: Collection[str] | None) -> Iterator[Table]:
        """Yield the pieces of a block."""
        self.check()
        here = self.stretches[block]
        with reading(self.path), open(self.path, "rb") as file:
            file.seek(here.start)
            data = file.read(here.size)
        if len(data) != here.size or zlib.crc32(data) != here.sum:
            raise self.changed()
        yield from self.parsed(data, here.lines, columns)

    @abstractmethod
    def parsed(
        self, data: bytes, before: int, columns: Collection[str] | None
    ) -> Iterator[Table]:
        """Yield the table of some lines.

        Parameters
        ----------
        data : bytes
            The lines.
        before : int
            Lines before them.
        columns : collection of str or None
            The only columns to convert.
        """


@dataclass(frozen=True, eq=False)
class CsvBlocks(TextBlocks):
    """A CSV file.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    delimiter : str
        Between cells.
    """

    names: tuple[str, ...] = ()
    delimiter: str = ","

    def parsed(
        self, data: bytes, before: int, columns: Collection[str] | None
    ) -> Iterator[Table]:
        """Yield the table of some lines."""
        if not data.strip(b"\r\n"):
            return
        table = None
        if installed("pyarrow"):
            from leastwise.rows.csv_arrow import read_part_arrow

            table = read_part_arrow(
                data,
                self.names,
                columns=columns,
                delimiter=self.delimiter,
                source=self.path.name,
                before=before,
            )
        if table is None:
            try:
                table = read_csv_part(
                    self.path.name,
                    _text(data),
                    self.names,
                    columns=columns,
                    delimiter=self.delimiter,
                    before=before,
                )
            except UnicodeDecodeError as error:
                raise utf8_error(self.path) from error
        yield table


@dataclass(frozen=True, eq=False)
class JsonlBlocks(TextBlocks):
    """A file of JSON lines."""

    def parsed(
        self, data: bytes, before: int, columns: Collection[str] | None
    ) -> Iterator[Table]:
        """Yield the table of some lines."""
        if not data.strip():
            return
        try:
            yield read_jsonl_part(
                self.path.name, _text(data), columns=columns, before=before
            )
        except UnicodeDecodeError as error:
            raise utf8_error(self.path) from error


def _text(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")


def open_csv_blocks(path: Path, rows: int, delimiter: str) -> CsvBlocks:
    """Cut a CSV file into stretches of whole rows.

    Parameters
    ----------
    path : Path
        The file, not compressed.
    rows : int
        Rows of a block, about.
    delimiter : str
        Between cells.
    """
    stamp = Stamp.of(path)
    names = read_header(path, delimiter=delimiter)
    with reading(path), open(path, "rb") as file:
        start, lines = _after_header(file)
        found = _stretches(file, start, lines, _bytes_of(rows), quoted=True)
    if not found:
        raise header_only(path.name)
    return CsvBlocks(path, stamp, rows, found, tuple(names), delimiter)


def open_jsonl_blocks(path: Path, rows: int) -> JsonlBlocks:
    """Cut a file of JSON lines into stretches of whole lines.

    Parameters
    ----------
    path : Path
        The file, not compressed.
    rows : int
        Rows of a block, about.
    """
    stamp = Stamp.of(path)
    with reading(path), open(path, "rb") as file:
        start = len(BOM) if file.read(len(BOM)) == BOM else 0
        found = _stretches(file, start, 0, _bytes_of(rows), quoted=False)
    if not found:
        raise DataError("the file is empty", path.name, "Give a file with rows.")
    return JsonlBlocks(path, stamp, rows, found)


def _bytes_of(rows: int) -> int:
    return max(LEAST_BYTES, rows * ROW_BYTES)


def _after_header(file: IO[bytes]) -> tuple[int, int]:
    """Find where the rows begin: bytes and lines before them."""
    start, lines, quotes = 0, 0, 0
    for line in file:
        start, lines = start + len(line), lines + 1
        quotes += line.count(b'"')
        blank = not line.removeprefix(BOM).strip(b"\r\n")
        if quotes % 2 == 0 and not blank:
            break
    return start, lines


def _stretches(
    file: IO[bytes], start: int, lines: int, size: int, *, quoted: bool
) -> tuple[Stretch, ...]:
    """Cut a file where a line ends, and no quoted value is open."""
    file.seek(start)
    found: list[Stretch] = []
    rest = b""
    while True:
        data = file.read(size)
        whole = rest + data
        cut = _last_end(whole, quoted=quoted) if data else len(whole)
        if cut:
            here = whole[:cut]
            found.append(Stretch(start, cut, lines, zlib.crc32(here)))
            start, lines = start + cut, lines + here.count(b"\n")
        rest = whole[cut:]
        if not data:
            return tuple(found)


def _last_end(data: bytes, *, quoted: bool) -> int:
    """Return how many bytes are whole rows; a block begins outside of quotes."""
    if not quoted or b'"' not in data:
        return data.rfind(b"\n") + 1
    window = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(window == NEW_LINE)
    inside = np.searchsorted(np.flatnonzero(window == QUOTE), ends) % 2 == 1
    free = ends[~inside]
    return int(free[-1]) + 1 if len(free) else 0
