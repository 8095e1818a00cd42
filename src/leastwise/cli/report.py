"""``leastwise report FORMULA DATA``: the page of a fit, as one HTML file."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.cli import losses
from leastwise.cli.common import (
    add_cov,
    add_level,
    add_weights,
    weights_of,
)


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report", help="write one page: the answer in words, tables, plots, checks"
    )
    parser.add_argument(
        "model", metavar="FORMULA|MODEL", help="a formula, or a file of fit --save"
    )
    parser.add_argument(
        "data",
        nargs="?",
        help="a CSV, TSV, JSON lines or Parquet file; may be left out for a saved "
        "model, which then shows what it can",
    )
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", default="report.html", help="the page"
    )
    parser.add_argument("--title", help="what the page is called")
    parser.add_argument(
        "--missing",
        choices=("drop", "error"),
        default="drop",
        help="rows with a missing value: leave them out and count them (default), or "
        "refuse them",
    )
    losses.add(parser)
    add_weights(parser)
    add_cov(parser)
    add_level(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fit or load, write the page, say where it is."""
    model, data = _loaded(options) if "~" not in options.model else _fitted(options)
    more = {} if data is None else {"data": data}
    model.report(options.output, title=options.title, level=options.level, **more)
    print(f"wrote {options.output}")
    return 0


def _loaded(options: argparse.Namespace) -> tuple[Any, Any]:
    if weights_of(options) is not None:
        raise RequestError("a saved model knows its weights", fix="Leave them out")
    from leastwise.model.load import load
    from leastwise.model.loss_model import LossModel

    model = load(options.model)
    if isinstance(model, LossModel):
        if options.data is not None or options.cov is not None:
            raise RequestError(
                "a saved fit of a loss has no rows to look at again",
                fix="Leave out the data and --cov, or give the formula and the data",
            )
        return model, None
    if options.cov is not None:
        return model.with_cov(options.cov, data=options.data), None
    return model, options.data


def _fitted(options: argparse.Namespace) -> tuple[Any, Any]:
    from leastwise.api import ols
    from leastwise.model.model import Model

    if options.data is None:
        raise RequestError(
            "a formula needs data", fix='Write leastwise report "y ~ x" data.csv'
        )
    if losses.is_asked(options):
        return _other_loss(options), None
    model = ols(
        options.model,
        options.data,
        weights=weights_of(options),
        missing=options.missing,
        cov=options.cov,
    )
    if not isinstance(model, Model):
        raise RequestError(
            f"the formula has {len(model)} targets, a report has one",
            fix="Report one target at a time",
        )
    return model, None


def _other_loss(options: argparse.Namespace) -> Any:
    from leastwise.model.loss_model import LossModel

    options.formula = options.model
    model = losses.fit(options)
    if not isinstance(model, LossModel):
        raise RequestError(
            f"{len(model)} fits were asked for, a report has one",
            fix="Report one target and one quantile at a time",
        )
    return model
