"""Words for families: the one list."""

from __future__ import annotations

from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.loss.family.base import Family
from leastwise.loss.family.binomial import Binomial
from leastwise.loss.family.gamma import Gamma
from leastwise.loss.family.gaussian import Gaussian
from leastwise.loss.family.inverse_gaussian import InverseGaussian
from leastwise.loss.family.negative_binomial import NegativeBinomial
from leastwise.loss.family.poisson import Poisson
from leastwise.loss.family.quasi import QuasiBinomial, QuasiPoisson
from leastwise.loss.family.tweedie import Tweedie
from leastwise.loss.many import (
    Beta,
    Exponential,
    LogLogistic,
    LogNormal,
    ManyLoss,
    Multinomial,
    Ordered,
    Tobit,
    Weibull,
)
from leastwise.loss.many.survival import Survival

FAMILIES: dict[str, type[Family]] = {
    "gaussian": Gaussian,
    "binomial": Binomial,
    "poisson": Poisson,
    "gamma": Gamma,
    "inverse_gaussian": InverseGaussian,
    "tweedie": Tweedie,
    "negative_binomial": NegativeBinomial,
    "quasipoisson": QuasiPoisson,
    "quasibinomial": QuasiBinomial,
}
# Those with several predictors.
MANY: dict[str, type[ManyLoss]] = {
    "beta": Beta,
    "multinomial": Multinomial,
    "ordered": Ordered,
    "tobit": Tobit,
    "weibull": Weibull,
    "exponential": Exponential,
    "lognormal": LogNormal,
    "loglogistic": LogLogistic,
}
LINK_WORDS = ("probit", "cloglog", "cauchit", "logit")


def read_family(asked: Any) -> Family | ManyLoss:
    """Return the family that is asked for.

    Parameters
    ----------
    asked : Family, type or str
        ``"poisson"``, ``"binomial:probit"`` (a link after a colon),
        ``"weibull:died"`` (the column of events), or one itself.

    Raises
    ------
    RequestError
        When there is no such family or link.

    Examples
    --------
    >>> read_family("binomial:probit")
    Binomial(link='probit')
    """
    if isinstance(asked, (Family, ManyLoss)):
        return asked
    if isinstance(asked, type) and issubclass(asked, (Family, ManyLoss)):
        return asked()
    if not isinstance(asked, str):
        raise RequestError(
            f"family={asked!r} is no family",
            fix="Give such as leastwise.family.Poisson(), or its name",
        )
    word, _, link = asked.lower().partition(":")
    word = word.strip().replace("-", "_").replace(" ", "_")
    if word in ("logistic", *LINK_WORDS) and not link:
        return Binomial("logit" if word == "logistic" else word)
    if word in MANY:
        kind = MANY[word]
        if link and issubclass(kind, (Beta, Ordered)):
            return kind(link=link.strip())
        if link and issubclass(kind, Survival):
            return kind(event=asked.partition(":")[2].strip())
        if link:
            raise RequestError(f"{kind.__name__} has no link", fix=f'Use "{word}"')
        return kind()
    if word not in FAMILIES:
        known = ", ".join((*FAMILIES, *MANY))
        raise RequestError(f"there is no family {asked!r}", fix=f"Use one of {known}")
    return FAMILIES[word](link.strip())
