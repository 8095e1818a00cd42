"""A file in blocks as rows with a loss: read, coded and checked at every pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from leastwise._kit.ahead import mapped_ahead
from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import columns_needed
from leastwise.design.layout import Design
from leastwise.design.learn_blocks import LearntOfBlocks, learn_blocks
from leastwise.design.levels import Policy
from leastwise.design.recipe import Recipe
from leastwise.loops.blocks import Blocks
from leastwise.loops.working import Problem
from leastwise.loss.base import Loss
from leastwise.moments.blocks import Rows
from leastwise.moments.kernel import threads
from leastwise.rows.blocks.base import BlockFile
from leastwise.rows.table import Table

UNIT = 2.0**-53


@dataclass(frozen=True)
class BlockRequest:
    """What is asked of the rows of a file.

    Attributes
    ----------
    formula : str
        As the user wrote it.
    weights, offset : str or None
        Columns beside it.
    counts : bool
        Whether a weight is a number of observations.
    missing : {"drop", "error"}
        What a missing value does.
    levels : Policy
        What becomes of levels that the fit has not seen.
    """

    formula: str
    weights: str | None
    offset: str | None
    counts: bool
    missing: Literal["drop", "error"]
    levels: Policy


@dataclass(frozen=True, eq=False)
class FileBlocks(Blocks):
    """The rows of a file, as a recipe makes arrays of them.

    Attributes
    ----------
    file : BlockFile
        Where they come from.
    recipe : Recipe
        How columns become arrays; learnt in a first pass.
    loss : Loss
        What a row costs.
    asked : BlockRequest
        What was asked.
    used : tuple of tuple of int
        Rows used of each piece of each block.
    total_weight : float or None
        Sum of weights that count observations.
    """

    file: BlockFile
    recipe: Recipe
    loss: Loss
    asked: BlockRequest
    used: tuple[tuple[int, ...], ...]
    total_weight: float | None = None
    intercept: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "intercept", self.recipe.intercept)

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Rows used of each piece of each block."""
        return self.used

    @property
    def observations(self) -> float | None:
        """Observations to count."""
        return self.total_weight

    @property
    def fingerprint(self) -> str:
        """What the rows are, as text."""
        file = self.file
        return (
            f"{file.path.name} of {file.stamp.size} bytes changed at "
            f"{file.stamp.changed}, {file.rows} rows at a time, "
            f"{self.recipe.formula}, weights {self.recipe.weights}, "
            f"offset {self.recipe.offset}"
        )

    @property
    def at_once(self) -> int:
        """Blocks that are read at the same time."""
        return threads() if self.file.is_small else 1

    def pieces(self, block: int, skip: int = 0) -> Iterator[Problem]:
        """Yield the pieces of a block that have rows."""
        sizes = self.used[block]
        piece = -1
        for piece, table in enumerate(self.file.read(block, self.recipe.columns)):
            if piece >= len(sizes):
                raise self.file.changed()
            if piece < skip or not sizes[piece]:
                continue
            design = self.recipe.replay(table, missing=self.asked.missing, targets=True)
            if len(design.Y) != sizes[piece]:
                raise self.file.changed()
            yield self._problem(table, design)
        if piece + 1 != len(sizes):
            raise self.file.changed()

    def _problem(self, table: Table, design: Design) -> Problem:
        names = (*self.recipe.names, *self.recipe.targets)
        for name, origin in zip(names, design.origin, strict=True):
            if origin:
                raise DataError(
                    f'column "{name}" has integers that float64 does not hold, from '
                    f"{table.row_label(0)} on",
                    table.source,
                    "Subtract its first value before the fit",
                )
        y = np.ascontiguousarray(design.Y[:, 0])
        self._check(table, design, y)
        # What a product leaves out of a float64 is left out here.
        unit = np.where(design.roundoff > 0, np.maximum(design.roundoff, UNIT), 0.0)
        rows = Rows(X=design.X, Y=y[:, None], weights=design.weights, roundoff=unit)
        return Problem(self.loss, rows, design.offset, self.intercept)

    def _check(self, table: Table, design: Design, y: np.ndarray) -> None:
        found = self.loss.complaint(y)
        if found is not None:
            kept = design.kept
            row = found.row if kept is None else int(kept[found.row])
            raise DataError(
                f"{table.row_label(row)} of {self.recipe.targets[0]}: {found.what}",
                table.source,
                found.fix,
            )
        w = design.weights
        if self.asked.counts and w is not None and (w != np.round(w)).any():
            at = int(np.flatnonzero(w != np.round(w))[0])
            row = at if design.kept is None else int(design.kept[at])
            raise DataError(
                f"frequency weights are whole numbers, found {w[at]:g} in "
                f"{table.row_label(row)}",
                table.source,
                "Use leastwise.weights.analytic for other weights",
            )


def blocks_of(
    file: BlockFile, asked: BlockRequest, loss: Loss
) -> tuple[FileBlocks, LearntOfBlocks]:
    """Learn what a formula needs of a file, in one pass.

    Parameters
    ----------
    file : BlockFile
        The file.
    asked : BlockRequest
        What is asked of its rows.
    loss : Loss
        What a row costs.
    """
    columns = columns_needed(asked.formula, weights=asked.weights, offset=asked.offset)
    places: list[int] = []

    def tables() -> Iterator[Table]:
        def read(block: int) -> list[Table]:
            return list(file.read(block, columns))

        every = range(file.count)
        if file.is_small:
            whole = mapped_ahead(read, every, threads())
            found = ((i, t) for i, some in zip(every, whole, strict=True) for t in some)
        else:
            found = ((i, table) for i in every for table in file.read(i, columns))
        for block, table in found:
            places.append(block)
            yield table

    learnt = learn_blocks(
        asked.formula,
        tables(),
        weights=asked.weights,
        offset=asked.offset,
        missing=asked.missing,
        levels=asked.levels,
    )
    if len(learnt.recipe.targets) != 1:
        raise RequestError(
            f"rows in blocks take one target, the formula has "
            f"{len(learnt.recipe.targets)}",
            fix="Give shares with numbers of trials as weights, or fit one at a time",
        )
    sizes: list[list[int]] = [[] for _ in range(file.count)]
    for block, used in zip(places, learnt.used, strict=True):
        sizes[block].append(used)
    made = FileBlocks(file, learnt.recipe, loss, asked, tuple(tuple(s) for s in sizes))
    if asked.counts:
        weight = [float(p.case_weights.sum()) for p in made.every()]
        made = FileBlocks(file, made.recipe, loss, asked, made.used, sum(weight))
    return made, learnt
