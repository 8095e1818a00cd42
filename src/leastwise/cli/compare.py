"""``leastwise compare FORMULA DATA``: every route, side by side."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.cli.common import add_data, add_json, print_json


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "compare", help="fit the same model by every route that is installed"
    )
    add_data(parser)
    parser.add_argument(
        "--truth",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="the ideal value of a coefficient (may be repeated)",
    )
    parser.add_argument(
        "--route", action="append", metavar="NAME", help="only this one (repeatable)"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare and print; 1 when leastwise itself has no answer."""
    from leastwise.api import compare

    found = compare(
        options.formula,
        options.data,
        truth=_truth(options.truth),
        routes=options.route,
        missing=options.missing,
    )
    if options.json:
        print_json(found.to_json())
    else:
        print(found)
    failed = [r for r in found.routes if r.route == "leastwise" and r.estimates is None]
    return 1 if failed else 0


def _truth(pairs: list[str]) -> dict[str, float] | None:
    truth = {}
    for pair in pairs:
        name, separator, value = pair.rpartition("=")
        try:
            truth[name] = float(value)
        except ValueError:
            separator = ""
        if not separator:
            raise RequestError(f"--truth {pair}", fix="Write --truth Intercept=32")
    return truth or None
