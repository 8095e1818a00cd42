"""The expression that a prediction is, before it is written in any language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from math import prod
from typing import TypeAlias

Level: TypeAlias = str | int | float | bool

# Every integer up to here is a float64.
EXACT_INTEGER = 2**53
# And up to here an integer of 64 bits.
LARGEST_INTEGER = 2**63


@dataclass(frozen=True)
class Const:
    """A finite number."""

    value: float


@dataclass(frozen=True)
class Column:
    """A column of numbers, less a whole number that is taken off exactly."""

    name: str
    less: int = 0


@dataclass(frozen=True)
class Sum:
    """Parts added from left to right."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Product:
    """Parts multiplied from left to right."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Quotient:
    """One part over another."""

    top: Expression
    bottom: Expression


@dataclass(frozen=True)
class Power:
    """One part to the power of another."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True)
class Function:
    """One of the functions of a formula, such as ``log``."""

    name: str
    argument: Expression


@dataclass(frozen=True)
class Named:
    """A part with a name: computed once where a language can keep it."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Compare:
    """1 where the comparison holds, else 0."""

    symbol: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class IsText:
    """1 where a column of texts holds this one (or not), else 0."""

    name: str
    text: str
    equal: bool = True


@dataclass(frozen=True)
class Polynomial:
    """``c_0 + c_1 x + c_2 x^2 + ...``."""

    argument: Expression
    coefficients: tuple[float, ...]


@dataclass(frozen=True)
class Pieces:
    """One expression up to each bound of the argument, and one beyond the last.

    Attributes
    ----------
    argument : Expression
        What is compared.
    bounds : tuple of float
        Growing; the bound itself belongs to the piece above it.
    pieces : tuple of Expression
        One more than bounds.
    """

    argument: Expression
    bounds: tuple[float, ...]
    pieces: tuple[Expression, ...]


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends; an end that is None is infinite."""

    low: float | None
    high: float | None
    with_low: bool
    with_high: bool


@dataclass(frozen=True)
class Category:
    """Codes 0, 1, ... of the values of a column, or of intervals of a number.

    Attributes
    ----------
    label : str
        For messages: the column, or the call that makes intervals.
    column : str or None
        Its column; None for intervals.
    kind : {"text", "number", "boolean", "interval"}
        What its values are.
    values : tuple of tuples of levels
        For each code, the values that have it; empty for intervals.
    argument : Expression or None
        What intervals are of.
    intervals : tuple of (int, Interval)
        Codes of intervals; several may share one, and -1 is one that the fit has not
        seen. What lies in none of them is missing.
    otherwise : int or None
        The code of values that the fit has not seen; None where they have none, and
        for intervals.
    refuse : bool
        Whether such a value is an error, where the language has errors.
    """

    label: str
    column: str | None
    kind: str
    values: tuple[tuple[Level, ...], ...]
    argument: Expression | None = None
    intervals: tuple[tuple[int, Interval], ...] = ()
    otherwise: int | None = None
    refuse: bool = True
    count: int = 0


@dataclass(frozen=True)
class Lookup:
    """A number for each combination of codes, the last category varying fastest."""

    categories: tuple[Category, ...]
    table: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.table) != prod(c.count for c in self.categories):
            raise ValueError("a table does not have a number for each combination")


Expression: TypeAlias = (
    Const
    | Column
    | Sum
    | Product
    | Quotient
    | Power
    | Function
    | Named
    | Compare
    | IsText
    | Polynomial
    | Pieces
    | Lookup
)


@dataclass(frozen=True)
class Score:
    """A prediction.

    Attributes
    ----------
    formula, target : str
        What was fitted.
    value : Expression
        The prediction; not a number where a column that it needs is missing.
    inputs : tuple of (str, str)
        Columns that it needs, and whether they hold ``"text"``, ``"number"``,
        ``"boolean"`` or ``"integer"`` (numbers beyond 2**53).
    watched : tuple of str
        Columns that may be missing without a trace in `value`: texts and truths.
    categories : tuple of Category
        All that `value` looks up, each once.
    several : tuple of (str, Expression)
        Where there is not one prediction but several, each with its name; `value` is
        then the first.
    ranks : tuple of Expression
        Where the several are probabilities of classes: numbers of which the largest
        is that of the most probable class.
    """

    formula: str
    target: str
    value: Expression
    inputs: tuple[tuple[str, str], ...]
    watched: tuple[str, ...] = ()
    categories: tuple[Category, ...] = field(default=())
    several: tuple[tuple[str, Expression], ...] = ()
    ranks: tuple[Expression, ...] = ()

    @property
    def name_of_class(self) -> str:
        """What the column of the most probable class is called."""
        name, taken = "class", {name for name, _ in self.several}
        while name in taken:
            name += "_"
        return name


def less(expression: Expression, constant: Fraction, scale: float = 0.0) -> Expression:
    """Take a constant off, in integers where float64 has too few digits.

    Parameters
    ----------
    expression : Expression
        What it is taken off.
    constant : Fraction
        The constant.
    scale : float
        What is left is about of this size: what the constant has beyond float64 is
        taken off too where it matters for that. 0 to leave it.

    Examples
    --------
    >>> less(Column("x"), Fraction(5))
    Sum(parts=(Column(name='x', less=0), Const(value=-5.0)))
    >>> less(Column("t"), Fraction(2**60))
    Column(name='t', less=1152921504606846976)
    """
    first = float(constant)
    parts: list[Expression] = [expression]
    if isinstance(expression, Column) and EXACT_INTEGER <= abs(first) < LARGEST_INTEGER:
        parts = [Column(expression.name, int(first))]
    elif first:
        parts.append(Const(-first))
    rest = float(constant - Fraction(first))
    if scale and abs(rest) > 1e-17 * scale:
        parts.append(Const(-rest))
    return parts[0] if len(parts) == 1 else Sum(tuple(parts))


def walk(value: object) -> Iterator[object]:
    """Go over an expression and all its parts.

    Examples
    --------
    >>> [type(part).__name__ for part in walk(Sum((Const(1.0), Column("x"))))]
    ['Sum', 'Const', 'Column']
    """
    if isinstance(value, tuple):
        for item in value:
            yield from walk(item)
        return
    if not hasattr(value, "__dataclass_fields__"):
        return
    yield value
    for part in fields(value):  # type: ignore[arg-type]
        yield from walk(getattr(value, part.name))
