"""``leastwise predict MODEL DATA``: predictions as CSV or JSON."""

from __future__ import annotations

import argparse
import csv
import math
import sys
import warnings
from typing import Any

import numpy as np

from leastwise._kit.errors import LevelWarning
from leastwise.cli.common import add_json, add_level, print_json


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "predict", help="predict the rows of a file with a saved model"
    )
    parser.add_argument("model", help="a file that fit --save wrote")
    parser.add_argument("data", help="a CSV, TSV, JSON lines or Parquet file")
    parser.add_argument(
        "--interval",
        choices=("confidence", "prediction"),
        help="also the interval of the mean, or of one new observation",
    )
    add_level(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Predict and print one line a row; a row that cannot be predicted is empty."""
    from leastwise.model.load import load

    model = load(options.model)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", LevelWarning)
        result = model.predict(
            options.data, interval=options.interval, level=options.level
        )
    for note in notes:
        print(f"note: {note.message}", file=sys.stderr)
    if options.interval is None:
        table = {"fit": result}
    else:
        table = result.frame("dict")
    loss = getattr(model, "loss", None)
    table = _a_column_each(table, getattr(loss, "classes", ()))
    names = list(table)
    rows = zip(*(values.tolist() for values in table.values()), strict=True)
    if options.json:
        print_json(
            {
                "target": model.target,
                "interval": options.interval,
                "level": options.level if options.interval else None,
                "predictions": [
                    {name: _plain(v) for name, v in zip(names, row, strict=True)}
                    for row in rows
                ],
            }
        )
        return 0
    csv.writer(sys.stdout, lineterminator="\n").writerow(names)
    # An empty line would be skipped by readers of CSV: quotes keep the row.
    empty = '""' if len(names) == 1 else ""
    for row in rows:
        print(",".join(empty if math.isnan(value) else repr(value) for value in row))
    return 0


def _a_column_each(table: dict[str, Any], classes: tuple[str, ...]) -> dict[str, Any]:
    """Give each class a column: its probability, and what else is said of that."""
    made: dict[str, Any] = {}
    for name, values in table.items():
        if np.ndim(values) == 1:
            made[name] = values
            continue
        for c, label in enumerate(classes):
            made[label if len(table) == 1 else f"{label}: {name}"] = values[:, c]
    return made


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
