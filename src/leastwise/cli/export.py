"""``leastwise export MODEL``: the prediction in another language."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from leastwise._kit.errors import RequestError


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export", help="write the prediction of a saved model as SQL, Python or ONNX"
    )
    parser.add_argument("model", help="a file that fit --save wrote")
    language = parser.add_mutually_exclusive_group(required=True)
    language.add_argument(
        "--sql", metavar="DIALECT", help="print an expression of SQL: duckdb, postgres,"
        " sqlite, bigquery, ...",
    )  # fmt: skip
    language.add_argument(
        "--python", action="store_true", help="print a function that needs no library"
    )
    language.add_argument("--onnx", metavar="FILE", help="write an ONNX model")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the expression, or write the file."""
    from leastwise.model.load import load

    model = load(options.model)
    if options.sql:
        print(model.to_sql(options.sql))
    elif options.python:
        print(model.to_python(), end="")
    else:
        content = model.to_onnx().SerializeToString()
        try:
            Path(options.onnx).write_bytes(content)
        except OSError as error:
            raise RequestError(
                f"cannot write: {error.strerror}", where=options.onnx
            ) from None
    return 0
