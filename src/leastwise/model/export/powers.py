"""Powers of one column, taken together about its mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import comb

from leastwise.model.export.expression import (
    Column,
    Const,
    Expression,
    Polynomial,
    Power,
    Product,
    less,
)


def power_of(factors: Sequence[Expression]) -> tuple[str, int] | None:
    """Give the column and the power that a product is, None for anything else.

    Examples
    --------
    >>> power_of((Column("x"), Power(Column("x"), Const(2.0))))
    ('x', 3)
    """
    names: set[str] = set()
    degree = 0
    for factor in factors:
        found: tuple[str, int] | None = None
        if isinstance(factor, Column):
            found = (factor.name, 1)
        elif isinstance(factor, Product):
            found = power_of(factor.parts)
        elif isinstance(factor, Power) and isinstance(factor.exponent, Const):
            k = factor.exponent.value
            inner = power_of((factor.base,))
            if inner is not None and k.is_integer() and 1 <= k <= 64:
                found = (inner[0], inner[1] * int(k))
        if found is None:
            return None
        names.add(found[0])
        degree += found[1]
    return (names.pop(), degree) if len(names) == 1 else None


def about(
    name: str, slopes: Mapping[int, Fraction], middle: Fraction
) -> tuple[Fraction, Expression]:
    """Write a sum of powers of x as a constant and powers of x less its mean.

    A sum such as ``b x + c x^2`` of a year is the small difference of large numbers;
    in powers of ``x - mean`` it is not. The change is made in fractions.

    Parameters
    ----------
    name : str
        The column.
    slopes : Mapping of int to Fraction
        By power.
    middle : Fraction
        A float64 number near the mean.

    Returns
    -------
    constant : Fraction
    rest : Expression
        Without a constant.

    Examples
    --------
    >>> constant, rest = about("x", {1: Fraction(2), 2: Fraction(1)}, Fraction(10))
    >>> constant, rest.coefficients
    (Fraction(120, 1), (0.0, 22.0, 1.0))
    """
    top = max(slopes)
    shifted = [
        sum(
            (b * comb(d, k) * middle ** (d - k) for d, b in slopes.items() if d >= k),
            Fraction(0),
        )
        for k in range(top + 1)
    ]
    rest = (0.0, *map(float, shifted[1:]))
    return shifted[0], Polynomial(less(Column(name), middle), rest)
