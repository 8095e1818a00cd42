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
    """Add --family, --loss, --quantile, --expectile, --link and --offset."""
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
    which.add_argument(
        "--quantile",
        metavar="Q",
        help="quantile regression, such as 0.9; 0.1,0.5,0.9 for several",
    )
    which.add_argument("--expectile", metavar="Q", help="expectiles, such as 0.9")
    parser.add_argument("--link", help="of the family, such as log or probit")
    parser.add_argument(
        "--offset", metavar="COLUMN", help="what the predictor has beside coefficients"
    )


def is_asked(options: argparse.Namespace) -> bool:
    """Say whether another loss than squares is asked for."""
    names = ("family", "loss", "quantile", "expectile")
    return any(getattr(options, name) for name in names)


def fit(options: argparse.Namespace) -> Any:
    """Fit what was asked for.

    Parameters
    ----------
    options : argparse.Namespace
        Of the command ``fit``, or of one that fits on the way.
    """
    for name, usual in OF_SQUARES.items():
        if getattr(options, name, usual) != usual:
            raise RequestError(
                f"--{name} is for least squares", fix="Leave it out with another loss"
            )
    asked = {
        "weights": weights_of(options),
        "missing": options.missing,
        "cov": getattr(options, "cov", None),
        "levels": getattr(options, "levels", "error"),
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
    if options.quantile or options.expectile:
        from leastwise.verbs.quantile import expectile, quantile

        shares = _shares(options.quantile or options.expectile)
        if options.quantile:
            q = shares if len(shares) > 1 else shares[0]
            return quantile(options.formula, options.data, q=q, **asked)
        if len(shares) > 1:
            raise RequestError("--expectile takes one number", fix="Fit one at a time")
        return expectile(options.formula, options.data, q=shares[0], **asked)
    from leastwise.verbs.robust import robust

    return robust(options.formula, options.data, loss=options.loss, **asked)


def _shares(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise RequestError(
            f'"{text}" is no number', fix="Give such as 0.9, or 0.1,0.5,0.9"
        ) from None
