"""What commands share: arguments of one meaning, and how JSON is printed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from leastwise._kit.errors import RequestError


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add FORMULA and DATA."""
    parser.add_argument("formula", help='such as "rent ~ distance + C(town)"')
    parser.add_argument(
        "data", help="a CSV, TSV or JSON lines file (also .gz, .zst), or Parquet"
    )
    parser.add_argument(
        "--missing",
        choices=("drop", "error"),
        default="drop",
        help="rows with a missing value: leave them out and count them (default), or "
        "refuse them",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_level(parser: argparse.ArgumentParser) -> None:
    """Add --level."""
    parser.add_argument(
        "--level", type=float, default=0.95, help="coverage of intervals (0.95)"
    )


def add_levels(parser: argparse.ArgumentParser) -> None:
    """Add --levels."""
    parser.add_argument(
        "--levels",
        default="error",
        metavar="POLICY",
        help="levels that only new rows have: error (default), missing (such rows "
        "predict nothing), reference, or other (levels with fewer than 5 rows share "
        "one; other=10 for fewer than 10)",
    )


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add --weights, --frequency and --probability."""
    parser.add_argument("--weights", metavar="COLUMN", help="analytic weights, as in R")
    parser.add_argument("--frequency", metavar="COLUMN", help="how many rows a row is")
    parser.add_argument(
        "--probability",
        metavar="COLUMN",
        help="weights in inverse proportion to the chance of a row to be drawn",
    )


def add_cov(parser: argparse.ArgumentParser) -> None:
    """Add --cov."""
    parser.add_argument(
        "--cov",
        metavar="COVARIANCE",
        help="of the coefficients: HC0 to HC5, cluster:town or cluster:town,year, "
        "CR2:town, hac or hac:4, driscoll_kraay:year, jackknife",
    )


def weights_of(options: argparse.Namespace) -> Any:
    """Return the weights that were asked for, or None."""
    from leastwise.design import weights

    kinds = ("weights", "frequency", "probability")
    given = [kind for kind in kinds if getattr(options, kind)]
    if len(given) > 1:
        raise RequestError(
            f"--{given[0]} and --{given[1]} exclude each other", fix="Give one of them"
        )
    if not given:
        return None
    kind = "analytic" if given[0] == "weights" else given[0]
    return getattr(weights, kind)(getattr(options, given[0]))


def saved_least_squares(path: str, command: str) -> Any:
    """Return a saved model, refused where a command is for least squares alone."""
    from leastwise.model.load import load
    from leastwise.model.model import Model

    model = load(path)
    if not isinstance(model, Model):
        raise RequestError(
            f"{command} is for least squares, and this is a {model.kind}",
            where=path,
            fix="Use predict, or print the model in Python",
        )
    return model


def print_json(value: Any) -> None:
    """Print plain values as JSON, every digit kept."""
    print(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


def write_file(path: str, text: str) -> None:
    """Write a text file, or say why it cannot be written."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"cannot write: {error.strerror}", where=path) from None
