"""What a formula makes of data, before anything is fitted, as a record."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from leastwise.record.fit import AliasedRow, RowsRecord


@dataclass(frozen=True)
class ColumnRow:
    """One column of the design.

    Attributes
    ----------
    name : str
        Its coefficient.
    term : str
        The term it belongs to.
    coding : str
        Of the categories in it: ``indicators``, ``treatment``, ``sum``, ...; empty
        when there is none.
    mean, low, high : float
        Over the rows used, each counted once.
    left_out : str or None
        Why it adds nothing to the columns before it.

    Examples
    --------
    >>> ColumnRow("age", "age", "", 41.5, 18.0, 90.0).term
    'age'
    """

    name: str
    term: str
    coding: str
    mean: float
    low: float
    high: float
    left_out: str | None = None


@dataclass(frozen=True)
class CategoryRow:
    """A category, its levels and how many rows each has.

    Attributes
    ----------
    name : str
        As it stands in the formula.
    coding : str
        How it is coded beside an intercept.
    base : str or None
        The level that treatment and sum coding leave out.
    levels : tuple of (str, int)
        Rows used of each level, in order.
    rare : tuple of str
        Levels that share the last one.

    Examples
    --------
    >>> CategoryRow("town", "treatment", "A", (("A", 2), ("B", 1))).levels[0]
    ('A', 2)
    """

    name: str
    coding: str
    base: str | None
    levels: tuple[tuple[str, int], ...]
    rare: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExplanationRecord:
    """What a formula makes of data.

    Attributes
    ----------
    formula : str
        As the user wrote it.
    targets : tuple of ColumnRow
        What is explained; an offset is not taken off.
    intercept : bool
        Whether the model has one.
    columns : tuple of ColumnRow
        The design, without the intercept.
    categories : tuple of CategoryRow
        The categories in it.
    learnt : tuple of (str, str)
        Functions that learn, and what they learnt.
    rank : int
        Coefficients that the data determine.
    aliased : tuple of AliasedRow
        Columns that add nothing, with the combination they equal.
    rows : RowsRecord
        Rows read, used and dropped, and what each column lacks.
    offsets : tuple of str
        What is added with coefficient 1.
    weights : tuple of (str, str) or None
        The column of weights and what they mean.
    levels : str
        What becomes of levels that only new rows have.
    notes : tuple of str
        What a reader should know.
    """

    formula: str
    targets: tuple[ColumnRow, ...]
    intercept: bool
    columns: tuple[ColumnRow, ...]
    categories: tuple[CategoryRow, ...]
    learnt: tuple[tuple[str, str], ...]
    rank: int
    aliased: tuple[AliasedRow, ...]
    rows: RowsRecord
    offsets: tuple[str, ...]
    weights: tuple[str, str] | None
    levels: str
    notes: tuple[str, ...]

    @property
    def coefficients(self) -> int:
        """How many there are, with the intercept."""
        return len(self.columns) + int(self.intercept)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes null."""
        return {
            "formula": self.formula,
            "targets": [_column(row) for row in self.targets],
            "intercept": self.intercept,
            "columns": [_column(row) for row in self.columns],
            "coefficients": self.coefficients,
            "rank": self.rank,
            "aliased": [asdict(row) for row in self.aliased],
            "categories": [
                {
                    "name": row.name,
                    "coding": row.coding,
                    "base": row.base,
                    "levels": [
                        {"level": level, "rows": count} for level, count in row.levels
                    ],
                    "rare": list(row.rare),
                }
                for row in self.categories
            ],
            "learnt": [
                {"function": name, "remark": remark} for name, remark in self.learnt
            ],
            "rows": self.rows.to_json(),
            "offsets": list(self.offsets),
            "weights": None
            if self.weights is None
            else {"column": self.weights[0], "kind": self.weights[1]},
            "levels": self.levels,
            "notes": list(self.notes),
        }


def _column(row: ColumnRow) -> dict[str, Any]:
    record = asdict(row)
    for key in ("mean", "low", "high"):
        record[key] = record[key] if math.isfinite(record[key]) else None
    return record
