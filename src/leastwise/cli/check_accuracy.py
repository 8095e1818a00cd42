"""``leastwise check-accuracy``: the NIST problems on this machine."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from leastwise.cli.common import add_json, print_json


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check-accuracy", help="run the NIST problems here and count correct digits"
    )
    add_json(parser)
    parser.add_argument(
        "--markdown", action="store_true", help="print a Markdown table"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the problems; 1 when one has fewer digits than its data allow."""
    from leastwise.report.number import good_digits
    from leastwise.report.text import columns
    from leastwise.witness.nist import run_nist

    scores = run_nist()
    if options.json:
        print_json({"problems": [{**asdict(s), "passed": s.passed} for s in scores]})
    else:
        header = ["problem", "coefficients", "std. errors", "certified", "data allow"]
        rows = [
            [
                score.problem,
                good_digits(score.coefficients),
                good_digits(score.standard_errors),
                good_digits(score.certified),
                f"{score.limit[0]:.1f} / {score.limit[1]:.1f}",
            ]
            for score in scores
        ]
        if options.markdown:
            print("| " + " | ".join(header) + " |")
            print("|---" + "|--:" * (len(header) - 1) + "|")
            for row in rows:
                print("| " + " | ".join(row) + " |")
        else:
            print("\n".join(columns([header, *rows])))
            print("\ncorrect decimal digits against 40-digit truth; 17 is equal")
    failed = [score.problem for score in scores if not score.passed]
    if failed:
        print(f"fewer digits than the data allow: {', '.join(failed)}")
    return 1 if failed else 0
