"""Words for robust losses and scales."""

from __future__ import annotations

from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.loss.robust.base import Robust
from leastwise.loss.robust.bisquare import Bisquare
from leastwise.loss.robust.cauchy import Cauchy
from leastwise.loss.robust.expectile import Expectile
from leastwise.loss.robust.fair import Fair
from leastwise.loss.robust.huber import Huber
from leastwise.loss.robust.log_cosh import LogCosh
from leastwise.loss.robust.student_t import StudentT
from leastwise.loss.robust.welsch import Welsch
from leastwise.loss.scale import MAD, Fixed, Likelihood, Proposal2, ResidualScale, S

LOSSES: dict[str, type[Robust]] = {
    "huber": Huber,
    "bisquare": Bisquare,
    "student_t": StudentT,
    "fair": Fair,
    "cauchy": Cauchy,
    "welsch": Welsch,
    "log_cosh": LogCosh,
    "expectile": Expectile,
}
SCALES: dict[str, type[ResidualScale]] = {
    "mad": MAD,
    "proposal2": Proposal2,
    "likelihood": Likelihood,
    "s": S,
}


def read_robust(asked: Any) -> Robust:
    """Return the loss that is asked for.

    Parameters
    ----------
    asked : Robust, type or str
        ``"huber"``, ``"huber:1.5"`` (its number after a colon), or one itself.

    Raises
    ------
    RequestError
        When there is no such loss.

    Examples
    --------
    >>> read_robust("bisquare:3.5")
    Bisquare(c=3.5)
    """
    if isinstance(asked, Robust):
        return asked
    if isinstance(asked, type) and issubclass(asked, Robust):
        return asked()
    if not isinstance(asked, str):
        raise RequestError(
            f"loss={asked!r} is no robust loss",
            fix="Give such as leastwise.loss.Huber(1.345), or its name; a function "
            "goes to leastwise.fit_loss",
        )
    word, _, number = asked.lower().partition(":")
    word = word.strip().replace("-", "_").replace(" ", "_")
    if word not in LOSSES:
        raise RequestError(
            f"there is no robust loss {asked!r}", fix=f"Use one of {', '.join(LOSSES)}"
        )
    if not number:
        return LOSSES[word]()
    try:
        value: Any = float(number)
    except ValueError:
        raise RequestError(
            f"{number!r} in loss={asked!r} is no number", fix=f'Such as "{word}:2.5"'
        ) from None
    kind: Any = LOSSES[word]
    found: Robust = kind(value)
    return found


def read_scale(asked: Any) -> ResidualScale:
    """Return the scale that is asked for.

    Parameters
    ----------
    asked : ResidualScale, type, float or str
        ``"mad"``, a number, or one itself.

    Raises
    ------
    RequestError
        When there is no such scale.

    Examples
    --------
    >>> read_scale(2.5)
    Fixed(value=2.5)
    """
    if isinstance(asked, ResidualScale):
        return asked
    if (
        isinstance(asked, type)
        and issubclass(asked, ResidualScale)
        and asked is not Fixed
    ):
        return asked()
    if isinstance(asked, (int, float)) and not isinstance(asked, bool):
        return Fixed(float(asked))
    word = str(asked).lower().replace(" ", "").replace("_", "")
    if not isinstance(asked, str) or word not in SCALES:
        raise RequestError(
            f"scale={asked!r} is no scale",
            fix=f"Use one of {', '.join(SCALES)}, one of leastwise.scale, or a number",
        )
    return SCALES[word]()
