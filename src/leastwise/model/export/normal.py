"""The normal distribution function where a language has none."""

from __future__ import annotations

from leastwise.model.export.expression import (
    Const,
    Expression,
    Function,
    Pieces,
    Polynomial,
    Product,
    Quotient,
    Sum,
)

# Hart et al. (1968), "Computer Approximations", algorithm 5666, as given by West
# (2005), "Better approximations to cumulative normal functions", Wilmott 9, 70-76.
TOP = (220.206867912376, 221.213596169931, 112.079291497871, 33.912866078383,
       6.37396220353165, 0.700383064443688, 0.0352624965998911)  # fmt: skip
BOTTOM = (440.413735824752, 793.826512519948, 637.333633378831, 296.564248779674,
          86.7807322029461, 16.064177579207, 1.75566716318264,
          0.0883883476483184)  # fmt: skip
ROOT_TWO_PI = 2.5066282746310002
# From here on the ratio of polynomials gives way to a continued fraction.
FAR = 7.07106781186547
# Beyond this the distribution function is 0 or 1 within 1e-298.
END = 37.0


def normal_below(x: Expression) -> Expression:
    """Write the normal distribution function with exponentials and ratios.

    Its absolute error is below 2e-15 everywhere.

    Parameters
    ----------
    x : Expression
        Its argument.

    Examples
    --------
    >>> from leastwise.model.export.expression import Column
    >>> normal_below(Column("x")).bounds
    (-37.0, -7.07106781186547, 0.0, 7.07106781186547, 37.0)
    """
    minus = Product((Const(-1.0), x))
    one = Const(1.0)
    # Where x is missing no comparison holds: the last piece has to be missing too.
    end = Sum((one, Product((Const(0.0), x))))
    return Pieces(
        x,
        (-END, -FAR, 0.0, FAR, END),
        (
            Const(0.0),
            _far(minus),
            _near(minus),
            _rest(_near(x)),
            _rest(_far(x)),
            end,
        ),
    )


def _rest(below: Expression) -> Expression:
    return Sum((Const(1.0), Product((Const(-1.0), below))))


def _bell(x: Expression) -> Expression:
    return Function("exp", Product((Const(-0.5), x, x)))


def _near(x: Expression) -> Expression:
    """Give what is beyond x, from 0 to `FAR`."""
    ratio = Quotient(Polynomial(x, TOP), Polynomial(x, BOTTOM))
    return Product((_bell(x), ratio))


def _far(x: Expression) -> Expression:
    """Give what is beyond x, from `FAR` on, where it is below 1e-12."""
    made: Expression = Sum((x, Const(0.65)))
    for k in (4.0, 3.0, 2.0, 1.0):
        made = Sum((x, Quotient(Const(k), made)))
    return Quotient(_bell(x), Product((made, Const(ROOT_TWO_PI))))
