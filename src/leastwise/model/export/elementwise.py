"""Operations of JAX on one number each -> expressions: the one list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.model.export.expression import (
    Compare,
    Const,
    Expression,
    Function,
    Pieces,
    Power,
    Product,
    Quotient,
    Sum,
)
from leastwise.model.export.mean import of_link

ONE, MINUS, ROOT_TWO = Const(1.0), Const(-1.0), Const(2.0**0.5)
# A whole power up to here is written as a product.
FEW = 4


def minus(x: Expression) -> Expression:
    """Write -x."""
    return Const(-x.value) if isinstance(x, Const) else Product((MINUS, x))


def choice(test: Expression, no: Expression, yes: Expression) -> Expression:
    """Write one of two, as `jax.numpy.where` picks."""
    return no if no == yes else Pieces(test, (0.5,), (no, yes))


def _sum(a: Expression, b: Expression) -> Expression:
    return Sum((a, b))


def _larger(a: Expression, b: Expression) -> Expression:
    return choice(Compare(">", a, b), b, a)


def _smaller(a: Expression, b: Expression) -> Expression:
    return choice(Compare("<", a, b), b, a)


def _whole_power(x: Expression, y: int) -> Expression:
    size = abs(y)
    if y == 0:
        return ONE
    made: Expression = Power(x, Const(float(size)))
    if size <= FEW:
        made = x if size == 1 else Product((x,) * size)
    return made if y > 0 else Quotient(ONE, made)


def _sign(x: Expression) -> Expression:
    return Sum((Compare(">", x, Const(0.0)), minus(Compare("<", x, Const(0.0)))))


def _arctangent(x: Expression) -> Expression:
    turned = minus(Function("atan", Quotient(ONE, x)))
    quarter = 1.5707963267948966
    below, above = Sum((Const(-quarter), turned)), Sum((Const(quarter), turned))
    return Pieces(x, (-1.0, 1.0), (below, Function("atan", x), above))


def _hyperbolic(name: str, x: Expression, *, sign: float) -> Expression:
    """Write half of f(x) plus or minus f(-x)."""
    other = Product((Const(0.5 * sign), Function(name, minus(x))))
    return Sum((Product((Const(0.5), Function(name, x))), other))


def _erfc(x: Expression) -> Expression:
    return Product((Const(2.0), Function("ndtr", minus(Product((ROOT_TWO, x))))))


def _number(x: Expression, options: Mapping[str, Any]) -> Expression:
    if str(options["new_dtype"]).startswith("float64") or isinstance(x, Compare):
        return x
    raise RequestError(
        f"a column made {options['new_dtype']} has no form as an expression",
        fix="Predict with leastwise",
    )


def _plain(name: str) -> Callable[..., Expression]:
    return lambda options, x: Function(name, x)


def _compared(symbol: str) -> Callable[..., Expression]:
    return lambda options, a, b: Compare(symbol, a, b)


ELEMENTWISE: dict[str, Callable[..., Expression]] = {
    **{
        name: _plain(name)
        for name in "exp log log1p expm1 sqrt abs sin cos tan tanh".split()
    },
    **{
        name: _compared(symbol)
        for name, symbol in zip(
            "lt le gt ge eq ne".split(), "< <= > >= == !=".split(), strict=True
        )
    },
    "add": lambda options, a, b: _sum(a, b),
    "add_any": lambda options, a, b: _sum(a, b),
    "sub": lambda options, a, b: _sum(a, minus(b)),
    "mul": lambda options, a, b: Product((a, b)),
    "div": lambda options, a, b: Quotient(a, b),
    "neg": lambda options, x: minus(x),
    "pow": lambda options, a, b: Power(a, b),
    "integer_pow": lambda options, x: _whole_power(x, options["y"]),
    "square": lambda options, x: Product((x, x)),
    "rsqrt": lambda options, x: Quotient(ONE, Function("sqrt", x)),
    "cbrt": lambda options, x: Product(
        (_sign(x), Power(Function("abs", x), Const(1.0 / 3.0)))
    ),
    "exp2": lambda options, x: Function("exp", Product((Const(log(2.0)), x))),
    "cosh": lambda options, x: _hyperbolic("exp", x, sign=1.0),
    "sinh": lambda options, x: _hyperbolic("expm1", x, sign=-1.0),
    "logistic": lambda options, x: of_link("logit", x),
    "erf": lambda options, x: Sum((ONE, minus(_erfc(x)))),
    "erfc": lambda options, x: _erfc(x),
    "atan": lambda options, x: _arctangent(x),
    "max": lambda options, a, b: _larger(a, b),
    "min": lambda options, a, b: _smaller(a, b),
    "clamp": lambda options, low, x, high: _smaller(_larger(x, low), high),
    "sign": lambda options, x: _sign(x),
    "and": lambda options, a, b: Product((a, b)),
    "or": lambda options, a, b: Compare(">", _sum(a, b), Const(0.5)),
    "not": lambda options, x: Compare("<", x, Const(0.5)),
    "convert_element_type": lambda options, x: _number(x, options),
    "copy": lambda options, x: x,
    "stop_gradient": lambda options, x: x,
}
