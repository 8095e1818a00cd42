"""``leastwise explain FORMULA DATA``: what the formula makes of the data."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise.cli.common import (
    add_data,
    add_json,
    add_levels,
    add_weights,
    print_json,
    weights_of,
)


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "explain",
        help="show the columns, levels, rank and lost rows of a formula, without a fit",
    )
    add_data(parser)
    add_weights(parser)
    add_levels(parser)
    parser.add_argument(
        "--decimal",
        action="store_true",
        help="take numbers as the decimals they are written as",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain and print."""
    from leastwise.model.explanation import explain

    found = explain(
        options.formula,
        options.data,
        weights=weights_of(options),
        missing=options.missing,
        levels=options.levels,
        decimal=options.decimal,
    )
    if options.json:
        print_json(found.to_json())
    else:
        print(found)
    return 0
