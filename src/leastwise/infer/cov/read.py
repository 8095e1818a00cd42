"""What a covariance is asked for by: an estimator, or a word for it."""

from __future__ import annotations

import difflib
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.classical import Classical
from leastwise.infer.cov.cluster import KINDS, Cluster
from leastwise.infer.cov.driscoll_kraay import DriscollKraay
from leastwise.infer.cov.hac import HAC
from leastwise.infer.cov.hc import HC0, HC1, HC2, HC3, HC4, HC5, HC4m
from leastwise.infer.cov.hessian import Hessian
from leastwise.infer.cov.huber import Huber
from leastwise.infer.cov.jackknife import Jackknife
from leastwise.infer.cov.sandwich import Sandwich

PLAIN: dict[str, type[Covariance]] = {
    found.__name__.lower(): found
    for found in (
        Classical,
        HC0,
        HC1,
        HC2,
        HC3,
        HC4,
        HC4m,
        HC5,
        HAC,
        Jackknife,
        Hessian,
        Huber,
        Sandwich,
    )
}
OTHERS = (
    "cluster:town",
    "CR2:town,year",
    "hac:4",
    "driscoll_kraay:year",
    "jackknife:g",
)


def read_cov(asked: Any) -> Covariance:
    """Return an estimator, asked for by itself or by a word.

    The words are ``classical``, ``HC0`` to ``HC5``, ``cluster:town`` and
    ``cluster:town,year``, ``CR0:town`` to ``CR3:town``, ``hac``, ``hac:4``,
    ``driscoll_kraay:year``, ``driscoll_kraay:year,2`` (lags), ``jackknife`` and
    ``jackknife:town``; capitals do not matter.

    Parameters
    ----------
    asked : Covariance or str
        The estimator or a word.

    Raises
    ------
    RequestError
        When it is neither.

    Examples
    --------
    >>> read_cov("cluster:town,year"), read_cov("hac:4").lags
    (Cluster('town', 'year', kind='CR1'), 4)
    """
    if isinstance(asked, Covariance):
        return asked
    if not isinstance(asked, str):
        raise RequestError(
            f"{asked!r} is no covariance",
            fix='Give one of leastwise.cov, such as lw.cov.HC3(), or a word: "HC3"',
        )
    word, colon, rest = asked.partition(":")
    word, given = word.strip().lower(), tuple(part.strip() for part in rest.split(","))
    if not colon and word in PLAIN:
        return PLAIN[word]()
    if colon and all(given):
        if word == "cluster":
            return Cluster(*given)
        for kind in KINDS:
            if word == kind.lower():
                return Cluster(*given, kind=kind)  # type: ignore[arg-type]
        if word == "hac" and len(given) == 1 and given[0].isdecimal():
            return HAC(lags=int(given[0]))
        if word == "jackknife" and len(given) == 1:
            return Jackknife(given[0])
        if word == "driscoll_kraay":
            if len(given) == 1:
                return DriscollKraay(given[0])
            if len(given) == 2 and given[1].isdecimal():
                return DriscollKraay(given[0], int(given[1]))
    near = difflib.get_close_matches(word, PLAIN, n=1)
    hint = f'Did you mean "{PLAIN[near[0]].__name__}"? ' if near and not colon else ""
    plain = ", ".join(found.__name__ for found in PLAIN.values())
    raise RequestError(
        f'"{asked}" is no covariance',
        fix=f"{hint}The words are {plain}, or as in {', '.join(OTHERS)}",
    )
