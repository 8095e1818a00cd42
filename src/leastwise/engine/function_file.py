"""A file in blocks as rows for a function: read and checked at every pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.function_rows import FunctionRows, function_rows
from leastwise.design.layout import RowCount
from leastwise.design.learn_blocks import together
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.passing import Passing
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import threads
from leastwise.moments.state import Moments
from leastwise.rows.blocks.base import BlockFile
from leastwise.rows.table import Table
from leastwise.solve.scatter import scatter_of


@dataclass(frozen=True)
class FunctionRequest:
    """What is asked of the rows of a file.

    Attributes
    ----------
    columns, targets : tuple of str
        What the model reads, and what it is to give.
    weights : str or None
        Column of case weights.
    counts : bool
        Whether a weight is a number of observations.
    missing : {"drop", "error"}
        What a missing value does.
    """

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    weights: str | None
    counts: bool
    missing: Literal["drop", "error"]

    @property
    def every(self) -> tuple[str, ...]:
        """All columns, once."""
        beside = () if self.weights is None else (self.weights,)
        return tuple(dict.fromkeys((*self.columns, *self.targets, *beside)))

    def rows(self, table: Table) -> FunctionRows:
        """Take the columns of a table; an answer without rows is one."""
        return function_rows(
            table,
            self.columns,
            self.targets,
            weights=self.weights,
            missing=self.missing,
            allow_empty=True,
        )


@dataclass(frozen=True, eq=False)
class FunctionFile(Passing[MappedRows]):
    """The rows of a file, for a model that is a function.

    Attributes
    ----------
    file : BlockFile
        Where they come from.
    asked : FunctionRequest
        What is asked of them.
    mapping : Mapped
        The model.
    used : tuple of tuple of int
        Rows used of each piece of each block.
    """

    file: BlockFile
    asked: FunctionRequest
    mapping: Mapped
    used: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Rows used of each piece of each block."""
        return self.used

    @property
    def fingerprint(self) -> str:
        """What the rows are, as text."""
        file = self.file
        return (
            f"{file.path.name} of {file.stamp.size} bytes changed at "
            f"{file.stamp.changed}, {file.rows} rows at a time, "
            f"{', '.join(self.asked.targets)} of {', '.join(self.asked.columns)}, "
            f"weights {self.asked.weights}"
        )

    @property
    def at_once(self) -> int:
        """Blocks that are read at the same time."""
        return threads() if self.file.is_small else 1

    def pieces(self, block: int, skip: int = 0) -> Iterator[MappedRows]:
        """Yield the pieces of a block that have rows."""
        for _, rows in self.tables(block, skip):
            yield MappedRows(self.mapping, rows.columns, rows.target, rows.weights)

    def tables(self, block: int, skip: int = 0) -> Iterator[tuple[Table, FunctionRows]]:
        """Yield the pieces of a block as they were read, and their rows."""
        sizes = self.used[block]
        piece = -1
        for piece, table in enumerate(self.file.read(block, self.asked.every)):
            if piece >= len(sizes):
                raise self.file.changed()
            if piece < skip or not sizes[piece]:
                continue
            rows = self.asked.rows(table)
            if len(rows.target) != sizes[piece]:
                raise self.file.changed()
            yield table, rows
        if piece + 1 != len(sizes):
            raise self.file.changed()


@dataclass(frozen=True, eq=False)
class FunctionSurvey:
    """What there is to know of the rows before the first step.

    Attributes
    ----------
    count : RowCount
        Rows read, used and dropped.
    used : tuple of tuple of int
        Rows used of each piece of each block.
    weight, logs : float
        Sums over rows of the weights and of their logarithms.
    squares : float
        Weighted sum of squares of the targets.
    null : float
        The same about their means.
    """

    count: RowCount
    used: tuple[tuple[int, ...], ...]
    weight: float
    logs: float
    squares: float
    null: float

    @property
    def spread(self) -> float:
        """Return what residuals are measured in."""
        found = float(np.sqrt(self.null / self.weight))
        return found or float(np.sqrt(self.squares / self.weight)) or 1.0


def survey_file(file: BlockFile, asked: FunctionRequest) -> FunctionSurvey:
    """Pass over the rows of a file once.

    Parameters
    ----------
    file : BlockFile
        The file.
    asked : FunctionRequest
        What is asked of its rows.

    Raises
    ------
    DataError
        When no row is left, or a weight that counts observations is no whole number.
    """
    counts: list[RowCount] = []
    sizes: list[list[int]] = [[] for _ in range(file.count)]
    weight = logs = squares = 0.0
    total: Moments | None = None
    source = file.path.name
    for block in range(file.count):
        for table in file.read(block, asked.every):
            rows = asked.rows(table)
            counts.append(rows.design.rows)
            sizes[block].append(len(rows.target))
            if not len(rows.target):
                continue
            w = np.ones(len(rows.target)) if rows.weights is None else rows.weights
            if asked.counts:
                _refuse_parts(table, rows, w)
            weight += float(w.sum())
            logs += float(np.log(w).sum())
            squares += float(np.sum(w[:, None] * rows.target**2))
            here = fold_rows(
                Rows(rows.target[:, :0], rows.target, rows.weights), slices=1
            )
            total = here if total is None else total + here
    if not counts:
        raise DataError("there are no rows", source, "Give data with rows.")
    count = together(counts)
    if total is None:
        reasons = ", ".join(f"{n} for {reason}" for reason, n in count.dropped)
        raise DataError(
            f"no row of {count.read} is left: {reasons}",
            source,
            "Look at the emptiest column",
        )
    used = tuple(tuple(some) for some in sizes)
    return FunctionSurvey(count, used, weight, logs, squares, _null(total))


def first_rows(file: BlockFile, asked: FunctionRequest, enough: int) -> FunctionRows:
    """Return some of the first rows.

    Parameters
    ----------
    file : BlockFile
        The file.
    asked : FunctionRequest
        What is asked of its rows.
    enough : int
        How many there are to be, where there are that many.
    """
    found: list[FunctionRows] = []
    tables = (t for block in range(file.count) for t in file.read(block, asked.every))
    for table in tables:
        rows = asked.rows(table)
        if len(rows.target):
            found.append(rows)
        if sum(len(one.target) for one in found) >= enough:
            break
    columns = {
        name: np.concatenate([one.columns[name] for one in found])[:enough]
        for name in asked.columns
    }
    target = np.concatenate([one.target for one in found])[:enough]
    return replace(found[0], columns=columns, target=target, weights=None)


def _null(total: Moments) -> float:
    s = scatter_of(total, intercept=True)
    e, we = total.exponent, total.weight_exponent
    return float(np.sum(np.ldexp(s.yy.hi, 2 * e + we)))


def _refuse_parts(table: Table, rows: FunctionRows, w: np.ndarray) -> None:
    bad = np.flatnonzero(w != np.round(w))
    if not len(bad):
        return
    kept = rows.design.kept
    row = int(bad[0] if kept is None else kept[bad[0]])
    raise DataError(
        f"frequency weights are whole numbers, found {w[bad[0]]:g} in "
        f"{table.row_label(row)}",
        table.source,
        "Use leastwise.weights.analytic for other weights",
    )
