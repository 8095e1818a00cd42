"""``leastwise fit FORMULA DATA``: a table of estimates, or JSON."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.cli import losses
from leastwise.cli.common import (
    add_cov,
    add_data,
    add_json,
    add_level,
    add_levels,
    add_weights,
    print_json,
    weights_of,
)


def add(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "fit", help="fit a linear model to a file and print the answer"
    )
    add_data(parser)
    add_weights(parser)
    add_cov(parser)
    parser.add_argument(
        "--digits",
        type=float,
        default=8.0,
        help="digits to certify in each coefficient, 1 to 15 (8)",
    )
    parser.add_argument(
        "--rank",
        choices=("drop", "error", "minimum_norm"),
        default="drop",
        help="columns that are combinations of others: leave them out (default), "
        "refuse them, or take the least squares solution with the smallest slopes",
    )
    parser.add_argument(
        "--decimal",
        action="store_true",
        help="take numbers as the decimals they are written as, not as the float64 "
        "that is nearest",
    )
    parser.add_argument(
        "--exact",
        action="store_true",
        help="sum and solve without rounding, whatever it takes",
    )
    losses.add(parser)
    add_levels(parser)
    add_level(parser)
    add_json(parser)
    parser.add_argument(
        "--form",
        choices=("text", "markdown", "latex", "html"),
        default="text",
        help="of the table: for the terminal (default), or for a document",
    )
    parser.add_argument("--save", metavar="MODEL.json", help="keep the model")
    parser.add_argument(
        "--descend",
        action="store_true",
        help="walk there by gradient descent in place of the direct solve",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fit, print, save."""
    from leastwise.api import ols
    from leastwise.model.model import Model
    from leastwise.model.named import check_level

    check_level(options.level)
    if losses.is_asked(options):
        return _other_loss(options)
    for name in ("link", "offset"):
        if getattr(options, name):
            raise RequestError(
                f"--{name} goes with --family",
                fix="Write offset(column) in the formula of a least squares fit",
            )
    weights = weights_of(options)
    solver = None
    if options.descend:
        from leastwise.loops.descent import GradientDescent

        solver = GradientDescent()
    result = ols(
        options.formula,
        options.data,
        weights=weights,
        missing=options.missing,
        solver=solver,
        digits=options.digits,
        rank=options.rank,
        decimal=options.decimal,
        exact=options.exact,
        cov=options.cov,
        levels=options.levels,
    )
    models = (result,) if isinstance(result, Model) else result.models
    records = [model.record(options.level) for model in models]
    if options.save:
        _save(models, options.save)
    if options.json:
        plain = [record.to_json() for record in records]
        print_json(plain[0] if len(plain) == 1 else {"models": plain})
    else:
        from leastwise.record.fit import FitRecord
        from leastwise.report.tables.forms import in_form
        from leastwise.report.tables.grid import fit_grid
        from leastwise.report.text import fit_table, terminal_width

        def shown(record: FitRecord) -> str:
            if options.form == "text":
                return fit_table(record, terminal_width())
            return in_form(fit_grid(record), options.form)

        print("\n\n".join(map(shown, records)))
    return 0


def _other_loss(options: argparse.Namespace) -> int:
    """Fit, print and save what is not least squares."""
    from leastwise.report.loss_text import loss_grid, loss_table
    from leastwise.report.tables.forms import in_form
    from leastwise.report.text import terminal_width

    found = losses.fit(options)
    models = getattr(found, "models", (found,))
    records = [model.record(options.level) for model in models]
    if options.save:
        _save(models, options.save)
    if options.json:
        plain = [record.to_json() for record in records]
        print_json(plain[0] if len(plain) == 1 else {"models": plain})
    elif options.form == "text":
        print("\n\n".join(loss_table(r, terminal_width()) for r in records))
    else:
        print("\n\n".join(in_form(loss_grid(r), options.form) for r in records))
    return 0


def _save(models: tuple[Any, ...], path: str) -> None:
    if len(models) > 1:
        raise RequestError(
            f"--save keeps one model, here are {len(models)}",
            fix="Fit one target, or one quantile, at a time",
        )
    try:
        models[0].save(path)
    except OSError as error:
        raise RequestError(f"cannot write: {error.strerror}", where=path) from None
