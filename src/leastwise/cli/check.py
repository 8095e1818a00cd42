"""``leastwise check FORMULA|MODEL DATA``: whether what a fit assumes holds."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.cli import losses
from leastwise.cli.common import (
    add_json,
    add_weights,
    print_json,
    saved_least_squares,
    weights_of,
)


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        help="check variance, normality, independence, form, collinearity, outliers; "
        "exit code 1 when a check fails",
    )
    parser.add_argument(
        "model", metavar="FORMULA|MODEL", help="a formula, or a file of fit --save"
    )
    parser.add_argument("data", help="a CSV, TSV, JSON lines or Parquet file")
    parser.add_argument(
        "--order",
        metavar="COLUMN",
        help="put rows in its order for the checks that depend on it",
    )
    parser.add_argument(
        "--missing",
        choices=("drop", "error"),
        default="drop",
        help="rows with a missing value: leave them out and count them (default), or "
        "refuse them",
    )
    losses.add(parser)
    add_weights(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fit or load, check, print; 1 when a check fails."""
    if "~" in options.model:
        found = _checked(options)
    else:
        if weights_of(options) is not None:
            raise RequestError(
                "a saved model knows its weights", fix="Leave the weights out"
            )
        model = saved_least_squares(options.model, "check")
        found = model.check(order=options.order, data=options.data)
    if options.json:
        print_json(found.to_json())
    else:
        print(found)
    return 0 if found.passed else 1


def _checked(options: argparse.Namespace) -> Any:
    if not losses.is_asked(options):
        return _fitted(options).check(order=options.order)
    from leastwise.model.loss_model import LossModel

    if options.order is not None:
        raise RequestError("--order is for least squares", fix="Leave it out")
    options.formula = options.model
    model = losses.fit(options)
    if not isinstance(model, LossModel):
        raise RequestError(
            f"{len(model)} fits were asked for, a check is of one",
            fix="Check one target and one quantile at a time",
        )
    return model.check()


def _fitted(options: argparse.Namespace) -> Any:
    from leastwise.api import ols
    from leastwise.model.model import Model

    model = ols(
        options.model,
        options.data,
        weights=weights_of(options),
        missing=options.missing,
    )
    if not isinstance(model, Model):
        raise RequestError(
            f"the formula has {len(model)} targets, a check is of one",
            fix="Check one target at a time",
        )
    return model
