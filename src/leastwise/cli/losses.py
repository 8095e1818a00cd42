"""The options of ``fit`` that ask for another loss than squares, and their verbs."""

from __future__ import annotations

import argparse
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.cli.common import weights_of

# What only least squares has: option, and what it is when nobody gives it.
OF_SQUARES = {
    "digits": 8.0,
    "rank": "drop",
    "decimal": False,
    "exact": False,
    "descend": False,
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add --family, --link, --offset and --loss."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--family",
        help="a generalized linear model: gaussian, binomial, poisson, gamma, "
        "inverse_gaussian, tweedie, negative_binomial, quasipoisson, quasibinomial; "
        "binomial:probit for another link",
    )
    which.add_argument(
        "--loss",
        help="a robust regression: huber, bisquare, student_t, ...; huber:1.5 for "
        "another bend",
    )
    parser.add_argument("--link", help="of the family, such as log or probit")
    parser.add_argument(
        "--offset", metavar="COLUMN", help="what the predictor has beside coefficients"
    )


def is_asked(options: argparse.Namespace) -> bool:
    """Say whether another loss than squares is asked for."""
    return bool(options.family or options.loss)


def fit(options: argparse.Namespace) -> Any:
    """Fit what was asked for.

    Parameters
    ----------
    options : argparse.Namespace
        Of the command ``fit``.
    """
    for name, usual in OF_SQUARES.items():
        if getattr(options, name) != usual:
            raise RequestError(
                f"--{name} is for least squares", fix="Leave it out with another loss"
            )
    asked = {
        "weights": weights_of(options),
        "missing": options.missing,
        "cov": options.cov,
        "levels": options.levels,
    }
    if options.family:
        from leastwise.verbs.glm import glm

        word = f"{options.family}:{options.link}" if options.link else options.family
        return glm(
            options.formula, options.data, family=word, offset=options.offset, **asked
        )
    if options.link:
        raise RequestError("--link goes with --family", fix="Leave it out")
    if options.offset:
        raise RequestError("--offset goes with --family", fix="Leave it out")
    from leastwise.verbs.robust import robust

    return robust(options.formula, options.data, loss=options.loss, **asked)
