"""Small tables and the reference sets of R, as the tests of design/ need them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from leastwise.rows.read import read_table
from leastwise.rows.table import Column, Table, make_table

REFERENCE = Path(__file__).parents[2] / "data" / "r"


def table(**columns: Any) -> Table:
    """Make a table of lists."""
    return read_table(columns)


def category(name: str, values: list[str | None], levels: list[str]) -> Column:
    """Make a text column whose owner declared its levels."""
    codes = np.array([-1 if v is None else levels.index(v) for v in values], np.int32)
    missing = codes < 0 if (codes < 0).any() else None
    return Column(name, "text", codes, missing, tuple(levels), declared=True)


def with_columns(base: Table, *columns: Column) -> Table:
    """Add columns to a table, or put them in place of its own."""
    every = {**base.columns, **{c.name: c for c in columns}}
    return make_table(every.values(), source=base.source, first_line=base.first_line)


def reference(name: str) -> tuple[Table, dict[str, Any]]:
    """Read a reference set with R's order of levels, and what R says about it."""
    record = json.loads((REFERENCE / f"{name}.json").read_text())
    read = read_table(REFERENCE / f"{name}.csv")
    with (REFERENCE / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    factors = [
        category(factor, [row[factor] or None for row in rows], levels)
        for factor, levels in record["factor_levels"].items()
    ]
    return with_columns(read, *factors), record["models"]
