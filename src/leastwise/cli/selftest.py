"""``leastwise selftest``: the kernels on this machine, against exact integers."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from leastwise.cli.common import add_json, print_json


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "selftest", help="run every kernel on this machine against exact integers"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the kernels; 1 when one of them is wrong or cannot be run."""
    from leastwise.witness.selftest import selftest

    found = selftest()
    if options.json:
        checks = [{**asdict(check), "passed": check.passed} for check in found.checks]
        print_json({"passed": found.passed, "trouble": list(found.trouble),
                    "seconds": found.seconds, "checks": checks})  # fmt: skip
    else:
        print(found)
    return 0 if found.passed else 1
