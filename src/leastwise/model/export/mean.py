"""What a loss makes of a linear predictor, as an expression."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, log, pi
from typing import TypeAlias

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.base import Loss
from leastwise.loss.family.base import Family
from leastwise.loss.many import Beta, Multinomial, Ordered, Tobit
from leastwise.loss.many.base import ManyLoss
from leastwise.loss.many.survival import Survival
from leastwise.loss.own import Own
from leastwise.model.export.expression import (
    Const,
    Expression,
    Function,
    Pieces,
    Product,
    Quotient,
    Sum,
)

Several: TypeAlias = tuple[Expression, ...]

ONE, MINUS = Const(1.0), Const(-1.0)
# Below this exp is 0 in float64, and an error in some databases.
NOTHING = -745.0
# The largest number that exp takes.
MOST = 709.782712893384
# exp(-40) is less than half a rounding of 1.
SMALL = 40.0
# From here on exp(-exp(x)) is less than half a rounding of 1.
SURE = 4.0
ROOT_TWO_PI = (2.0 * pi) ** 0.5


def mean_of(loss: Loss, eta: Expression) -> Expression:
    """Write the mean of the target at a linear predictor.

    Parameters
    ----------
    loss : Loss
        Of one predictor.
    eta : Expression
        The predictor.

    Raises
    ------
    RequestError
        Where the mean is a Python function.
    """
    if isinstance(loss, Family):
        return of_link(loss.link, eta)
    own = isinstance(loss, Own) and loss.mean_function is not None
    if own or not (isinstance(loss, Own) or type(loss).mean is Loss.mean):
        # A loss that was saved without its functions says so itself.
        loss.mean(np.zeros(1))
        raise RequestError(
            f"the mean of {loss.name} is a Python function, which has no form as an "
            "expression",
            fix="Predict with leastwise, or export a fit whose loss has no mean=",
        )
    return eta


def of_link(link: str, eta: Expression) -> Expression:
    """Write the inverse of a link.

    No exponential is taken of what would overflow: some databases stop there.

    Parameters
    ----------
    link : str
        One of `leastwise.loss.link.LINKS`.
    eta : Expression
        The predictor.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> of_link("inverse", Column("x"))
    Quotient(top=Const(value=1.0), bottom=Column(name='x', less=0))
    """
    made: dict[str, Expression] = {
        "identity": eta,
        "log": exponential(eta),
        "logit": _logistic(eta),
        "probit": Function("ndtr", eta),
        "cloglog": _cloglog(eta),
        "cauchit": _cauchit(eta),
        "inverse": Quotient(ONE, eta),
        "1/mu^2": Quotient(ONE, Function("sqrt", eta)),
        "sqrt": Product((eta, eta)),
    }
    if link not in made:
        raise RequestError(
            f"link {link!r} has no form as an expression", fix="Predict with leastwise"
        )
    return made[link]


def exponential(x: Expression) -> Expression:
    """Write exp, 0 far below and infinite far above."""
    # A product that overflows is infinite; and missing where x is.
    above = Product((x, Const(1e308)))
    return Pieces(x, (NOTHING, MOST), (Const(0.0), Function("exp", x), above))


def _minus(x: Expression) -> Expression:
    return Product((MINUS, x))


def _sure(x: Expression) -> Expression:
    """Write 1, but missing where x is."""
    return Sum((ONE, Product((Const(0.0), x))))


def _logistic(x: Expression) -> Expression:
    inner = Quotient(ONE, Sum((ONE, Function("exp", _minus(x)))))
    pieces = (Const(0.0), Function("exp", x), inner, _sure(x))
    return Pieces(x, (NOTHING, -SMALL, SMALL), pieces)


def _cloglog(x: Expression) -> Expression:
    inner = _minus(Function("expm1", _minus(Function("exp", x))))
    pieces = (Const(0.0), Function("exp", x), inner, _sure(x))
    return Pieces(x, (NOTHING, -SMALL, SURE), pieces)


def _cauchit(x: Expression) -> Expression:
    # Far below 0 the sum has lost what is left.
    turn = Const(1.0 / pi)
    far = Product((Const(-1.0 / pi), Function("atan", Quotient(ONE, x))))
    near = Sum((Const(0.5), Product((turn, Function("atan", x)))))
    return Pieces(x, (-1.0, 1.0), (far, near, Sum((ONE, far))))


def several_of(loss: ManyLoss, etas: Several) -> tuple[Several, Several]:
    """Write the mean, or probabilities of classes and numbers that rank them.

    Parameters
    ----------
    loss : ManyLoss
        Of several predictors.
    etas : tuple of Expression
        Its predictors.

    Raises
    ------
    RequestError
        For a mean that has no form.
    """
    if isinstance(loss, Multinomial):
        return _softmax(etas)
    if isinstance(loss, Ordered):
        made = _between(loss.link, etas)
        return made, made
    if isinstance(loss, Beta):
        return (of_link(loss.link, etas[0]),), ()
    if isinstance(loss, Tobit):
        return (_tobit(loss, etas),), ()
    if isinstance(loss, Survival):
        return (_survival(loss, etas),), ()
    raise RequestError(
        f"the mean of {loss.name} has no form as an expression",
        fix="Predict with leastwise",
    )


def _softmax(etas: Several) -> tuple[Several, Several]:
    whole: Several = (Const(0.0), *etas)
    made = []
    for c, own in enumerate(whole):
        others = tuple(
            exponential(_less(other, own)) for j, other in enumerate(whole) if j != c
        )
        made.append(Quotient(ONE, Sum((ONE, *others))))
    return tuple(made), whole


def _less(left: Expression, right: Expression) -> Expression:
    if left == Const(0.0):
        return _minus(right)
    return left if right == Const(0.0) else Sum((left, _minus(right)))


def _between(link: str, etas: Several) -> Several:
    eta, thresholds = etas[0], etas[1:]
    at = [Sum((t, _minus(eta))) for t in thresholds]
    below = [of_link(link, x) for x in at]
    inner = [Sum((high, _minus(low))) for low, high in pairwise(below)]
    if link == "cloglog":
        rest = exponential(_minus(exponential(at[-1])))
    else:
        rest = of_link(link, _minus(at[-1]))
    return (below[0], *inner, rest)


def _survival(loss: Survival, etas: Several) -> Expression:
    """Write the mean of times: exp(eta) by a factor that hangs on constants."""
    constants = [_constant(e) for e in etas[1:]]
    factor = float(loss.mean(np.array([[0.0, *constants]])).item())
    if not isfinite(factor) or factor <= 0:
        raise RequestError(
            "the mean of these times is infinite: it has no form as an expression",
            fix='Predict with kind="link"',
        )
    return exponential(Sum((etas[0], Const(log(factor)))))


def _constant(e: Expression) -> float:
    if not isinstance(e, Const):
        raise TypeError(f"{e!r} is no constant")
    return e.value


def _tobit(loss: Tobit, etas: Several) -> Expression:
    """Write the mean of the target as it is seen, from limit to limit."""
    eta, sigma = etas[0], float(np.exp(_constant(etas[1])))
    parts: list[Expression] = []
    inside: list[Expression] = [ONE]
    for limit, sign in ((loss.lower, 1.0), (loss.upper, -1.0)):
        if limit is None:
            continue
        # Standard errors of the target from the limit, negative inside.
        gap = Sum((Const(limit * sign / sigma), Product((Const(-sign / sigma), eta))))
        share = Function("ndtr", gap)
        bell = exponential(Product((Const(-0.5), gap, gap)))
        parts.append(Product((Const(float(limit)), share)))
        parts.append(Product((Const(sign * sigma / ROOT_TWO_PI), bell)))
        inside.append(_minus(share))
    return Sum((*parts, Product((Sum(tuple(inside)), eta))))
