"""``leastwise demo``: the article's example, compared and drawn."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from leastwise.cli.common import add_json, print_json, write_file

PAGE = "celsius.html"


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo", help=f"Celsius to Fahrenheit by every route; writes {PAGE}"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the noise (0)")
    parser.add_argument("--page", default=PAGE, metavar="FILE", help=f"not {PAGE}")
    parser.add_argument("--png", metavar="FILE", help="also draw a PNG (matplotlib)")
    parser.add_argument(
        "--route", action="append", metavar="NAME", help="only this one (repeatable)"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the demo, print it, write the page."""
    from leastwise.demo import run_demo
    from leastwise.report.page import render_page

    demo = run_demo(seed=options.seed, routes=options.route)
    write_file(options.page, render_page(demo.page))
    if options.png:
        from leastwise.report.picture import save_picture

        save_picture(demo.page, options.png)
    if options.json:
        print_json(demo.comparison.to_json())
        # Standard output is the JSON alone.
        print(f"wrote {options.page}", file=sys.stderr)
        return 0
    print(demo.comparison)
    print()
    print(demo.model)
    print(f"\nwrote {options.page}: open it in a browser")
    return 0
