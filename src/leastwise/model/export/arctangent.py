"""The arc tangent where a language has none in float64."""

from __future__ import annotations

from leastwise.model.export.expression import (
    Const,
    Expression,
    Function,
    Polynomial,
    Product,
    Quotient,
    Sum,
)

# x is at most tan(pi / 16) after two halvings: the next term is below 1e-17 of x.
TERMS = 12


def arctangent(x: Expression) -> Expression:
    """Write the arc tangent of a number from -1 to 1.

    Two halvings of the angle, ``tan(a / 2) = x / (1 + sqrt(1 + x^2))``, then the
    series of Gregory. The error is a few roundings.

    Parameters
    ----------
    x : Expression
        Its argument, from -1 to 1.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> len(arctangent(Column("x")).parts)
    3
    """
    for _ in range(2):
        root = Function("sqrt", Sum((Const(1.0), Product((x, x)))))
        x = Quotient(x, Sum((Const(1.0), root)))
    odd = tuple((-1.0) ** k / (2 * k + 1) for k in range(TERMS))
    return Product((Const(4.0), x, Polynomial(Product((x, x)), odd)))
