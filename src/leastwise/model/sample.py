"""`Sample`: the rows a model was fitted to, for as long as they are in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.layout import Design
from leastwise.engine.plan import Solved
from leastwise.engine.rows import rows_of
from leastwise.infer.cov.base import Seen, Values
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.record.fit import WeightsRecord
from leastwise.rows.read import read_table
from leastwise.rows.table import Column


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows a model was fitted to. A saved model has none.

    Attributes
    ----------
    design : Design
        The arrays that were fitted, rows with missing values left out.
    solved : Solved
        The fit of all k targets, and its moments.
    target : int
        Which of the targets is the model's.
    source : object
        The data as given, for columns beside those of the model; None for arrays.
    weighing : WeightsRecord or None
        What the weights mean, where there are weights.
    working : Rows or None
        The rows of least squares that were folded, where they are not the design's:
        those of a loss at its minimum.
    """

    design: Design
    solved: Solved
    target: int
    source: Any = None
    weighing: WeightsRecord | None = None
    working: Rows | None = None

    @property
    def rows(self) -> Rows:
        """The rows that were folded."""
        return rows_of(self.design) if self.working is None else self.working

    @property
    def frequency(self) -> bool:
        """Whether the weights count rows."""
        return self.weighing is not None and self.weighing.kind == "frequency"

    @property
    def used(self) -> Array:
        """Which rows of the data were used, from 0."""
        kept = self.design.kept
        return np.arange(self.design.rows.used) if kept is None else kept

    def column(self, name: str) -> Column:
        """Return a column of the data, its values those of the rows used.

        Parameters
        ----------
        name : str
            Any column of the data, whether the model has it or not.

        Raises
        ------
        DataError
            When there is no such column, or a row used has no value in it.
        """
        design = self.design
        if self.source is None and name in design.names:
            j = design.names.index(name)
            values = design.X[:, j] + (design.origin[j] + design.origin_low[j])
            return Column(name, "number", values, None, None)
        if self.source is None:
            raise DataError(
                f'the model was fitted to arrays, which have no column "{name}"',
                fix="Give the values as an array, one for each row",
            )
        table = read_table(self.source, (name,))
        column, used = table.column(name), self.used
        if table.n_rows != self.design.rows.read:
            raise DataError(
                f"{table.n_rows} rows now, {self.design.rows.read} when it was fitted",
                table.source,
                "Fit again",
            )
        if column.missing is not None and column.missing[used].any():
            row = int(used[np.flatnonzero(column.missing[used])[0]])
            raise DataError(
                f'column "{name}" has no value in row {row + 1}, which the model uses',
                table.source,
                "Leave such rows out before the fit",
            )
        return Column(
            name, column.kind, column.values[used], None, column.levels, low=None
        )

    def values(self, name: str) -> Values:
        """Return a column of the data as a covariance reads it."""
        column = self.column(name)
        return Values(column.values, column.levels)

    def seen(self, columns: dict[str, Values] | None = None) -> Seen:
        """Return the rows and the fit as a covariance reads them."""
        solved = self.solved
        return Seen(
            rows=self.rows,
            moments=solved.moments,
            fit=solved.fit,
            target=self.target,
            columns=columns or {},
            used=self.design.kept,
            read=self.design.rows.read,
            frequency=self.frequency,
            exact=bool(solved.exact[self.target]),
        )
