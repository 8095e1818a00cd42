"""Arithmetic of a formula on columns; a walk over nodes, nothing is executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.formula.functions import (
    BASES,
    LEARNT_NUMBERS,
    MOVED,
    plain_name,
)
from leastwise.design.formula.nodes import (
    COMPARISONS,
    Call,
    Name,
    Node,
    Number,
    Operation,
    Sum,
    Text,
    names_in,
)
from leastwise.design.formula.show import show
from leastwise.design.layout import Array
from leastwise.design.numeric import (
    EXACT_INTEGER,
    PAIR_UNIT,
    UNIT,
    Rows,
    as_float,
    first_not_finite,
)
from leastwise.design.pairs import Pair, minus, over, plus, root, times, whole_power
from leastwise.rows.decimals import low_of

# A computed value carries the rounding of its input and one more.
COMPUTED = 2 * UNIT
# Powers up to this one are products; others are what NumPy makes of them.
LARGEST_EXPONENT = 64

FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
}
COMPARE: dict[str, Callable[[Array, Array], Array]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, eq=False)
class Value:
    """Computed numbers and how exact they are.

    Attributes
    ----------
    array : ndarray of float64
        One value a row, or a single constant (zero dimensions).
    roundoff : float
        Relative size of the rounding that the values carry.
    low : ndarray of float64 or None
        What `array` leaves out of the values; None for nothing.
    """

    array: Array
    roundoff: float
    low: Array | None = None

    @property
    def whole(self) -> bool:
        """Say whether the values are integers and float64 numbers, exactly."""
        return self.roundoff == 0.0 and self.low is None

    @property
    def pair(self) -> Pair:
        """Give the values with what they leave out."""
        return self.array, self.low


def evaluate(node: Node, rows: Rows) -> Value:
    """Compute a node on the used rows.

    Parameters
    ----------
    node : node
        A column or arithmetic; the parser has checked its form.
    rows : Rows
        The rows to compute on.

    Returns
    -------
    Value
        One float64 a row, or a constant. Every value is finite.

    Raises
    ------
    DataError
        When a result is infinite or NaN: names the row and the inputs.

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1, 2, 3]}), None)
    >>> evaluate(parse_expression("I(x ** 2 + 1)"), rows).array
    array([ 2.,  5., 10.])
    """
    if isinstance(node, Name):
        (array, low), roundoff = as_float(node.name, rows)
        return Value(array, roundoff, low)
    if isinstance(node, Number):
        return _constant(node, rows)
    if isinstance(node, Call) and node.function == "I":
        return evaluate(node.arguments[0], rows)
    with np.errstate(all="ignore"):
        value = _compute(node, rows)
    _refuse_not_finite(value.array, node, rows)
    return value


def evaluate_columns(node: Node, rows: Rows) -> tuple[Value, ...]:
    """Compute every column of a numeric variable: one, or those of a spline.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> len(evaluate_columns(Name("x"), Rows(read_table({"x": [1, 2]}), None)))
    1
    """
    if not (isinstance(node, Call) and node.function in BASES):
        return (evaluate(node, rows),)
    value = spread(evaluate(node.arguments[0], rows), rows.count)
    with np.errstate(all="ignore"):
        found: tuple[Value, ...] = _known(node, rows).columns(value)
    for column in found:
        _refuse_not_finite(column.array, node, rows)
    return found


def _known(node: Node, rows: Rows) -> Any:
    if node in rows.known:
        return rows.known[node]
    # The parser lets nothing else through; a recipe from a file might.
    raise DataError(f"{show(node)} cannot be computed", where=rows.table.source)


def spread(value: Value, count: int) -> Value:
    """Give one number a row, also for a constant.

    Examples
    --------
    >>> spread(Value(np.array(2.0), 0.0), 3).array
    array([2., 2., 2.])
    """
    if value.array.ndim:
        return value
    low = None if value.low is None else np.full(count, float(value.low))
    return Value(np.full(count, float(value.array)), value.roundoff, low)


def product(values: list[Value], node: Node, rows: Rows) -> Value:
    """Multiply the numeric variables of an interaction.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1, 2]}), None)
    >>> x = Value(np.array([1.0, 2.0]), 0.0)
    >>> product([x, x], Name("x"), rows).array
    array([1., 4.])
    """
    result = values[0]
    for value in values[1:]:
        with np.errstate(all="ignore"):
            result = _product(result, value)
        _refuse_not_finite(result.array, node, rows)
    return result


def _compute(node: Node, rows: Rows) -> Value:
    if isinstance(node, Sum):
        return _sum(node, rows)
    if isinstance(node, Operation) and node.symbol in COMPARISONS:
        return _compare(node, rows)
    if isinstance(node, Operation):
        left, right = evaluate(node.left, rows), evaluate(node.right, rows)
        if node.symbol == "*":
            return _product(left, right)
        if node.symbol == "**":
            return _power(left, right)
        return paired(over(left.pair, right.pair), left, right)
    if isinstance(node, Call):
        function = plain_name(node.function)
        if function in MOVED:
            moved: Value = _known(node, rows)
            low = None if moved.low is None else rows.take(moved.low)
            return Value(rows.take(moved.array), moved.roundoff, low)
        value = evaluate(node.arguments[0], rows)
        if function in LEARNT_NUMBERS:
            learnt: tuple[Value, ...] = _known(node, rows).columns(value)
            return learnt[0]
        if function not in FUNCTIONS:
            raise DataError(f"{show(node)} cannot be computed", rows.table.source)
        if function == "sqrt":
            return paired(root(value.pair), value)
        computed = np.asarray(FUNCTIONS[function](value.array))
        if function == "abs":
            sign = np.where(np.signbit(value.array), -1.0, 1.0)
            low = None if value.low is None else value.low * sign
            return Value(computed, value.roundoff, low)
        return _rounded(computed, value)
    # The parser lets nothing else through; a recipe from a file might.
    raise DataError(f"{show(node)} cannot be computed", where=rows.table.source)


def _sum(node: Sum, rows: Rows) -> Value:
    total: Value | None = None
    for sign, part in node.parts:
        value = evaluate(part, rows)
        if sign < 0:
            array, low = minus(value.pair)
            value = Value(array, value.roundoff, low)
        total = value if total is None else _added(total, value)
    return total if total is not None else Value(np.array(0.0), 0.0)


def _constant(node: Number, rows: Rows) -> Value:
    array = np.array(node.value)
    if node.value.is_integer() and abs(node.value) <= EXACT_INTEGER:
        return Value(array, 0.0)
    if not rows.decimal:
        return Value(array, UNIT)
    return Value(array, PAIR_UNIT, np.array(low_of(node.text, node.value)))


def _added(left: Value, right: Value) -> Value:
    exact = _of_integers(left.array + right.array, left, right)
    return exact or paired(plus(left.pair, right.pair), left, right)


def _product(left: Value, right: Value) -> Value:
    exact = _of_integers(left.array * right.array, left, right)
    return exact or paired(times(left.pair, right.pair), left, right)


def _of_integers(array: Array, *inputs: Value) -> Value | None:
    """Take a sum or product of integers, exact while it is small."""
    array = np.asarray(array)
    whole = all(value.whole for value in inputs) and _is_small(array)
    return Value(array, 0.0) if whole else None


def paired(pair: Pair, *inputs: Value) -> Value:
    """Judge what was computed in pairs: its inputs may carry more than that.

    Examples
    --------
    >>> paired((np.array([1.0]), None), Value(np.array([1.0]), 0.0)).roundoff == 2**-103
    True
    """
    array, low = np.asarray(pair[0]), pair[1]
    carried = max(value.roundoff for value in inputs)
    if carried > 2 * PAIR_UNIT * LARGEST_EXPONENT:
        return Value(array, max(COMPUTED, carried), low)
    return Value(array, carried + 2 * PAIR_UNIT, low)


def _rounded(array: Array, *inputs: Value) -> Value:
    return Value(array, max(COMPUTED, *(value.roundoff for value in inputs)))


def _is_small(array: Array) -> bool:
    if not array.size:
        return True
    return bool(array.max() <= EXACT_INTEGER and array.min() >= -EXACT_INTEGER)


def _power(left: Value, right: Value) -> Value:
    exponent = float(right.array) if right.array.ndim == 0 else 0.5
    if (
        left.array.ndim == 0
        or not exponent.is_integer()
        or not 1 <= exponent <= LARGEST_EXPONENT
    ):
        return _rounded(np.asarray(np.power(left.array, right.array)), left, right)
    if exponent == 1.0:
        return left
    power = whole_power(left.pair, int(exponent))
    # A power of integers that is small has no low part.
    return _of_integers(power[0], left) or paired(power, left)


def _compare(node: Operation, rows: Rows) -> Value:
    for text, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(text, Text) and isinstance(other, Name):
            equal = _equals_text(other.name, text.value, rows)
            found = equal if node.symbol == "==" else ~equal
            return Value(found.astype(np.float64), 0.0)
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, Name) and isinstance(other, Number):
            _advise_quotes(side.name, other, node, rows)
    left, right = evaluate(node.left, rows), evaluate(node.right, rows)
    compared = COMPARE[node.symbol](left.array, right.array)
    return Value(np.asarray(compared).astype(np.float64), 0.0)


def _equals_text(name: str, text: str, rows: Rows) -> Array:
    column = rows.table.column(name)
    if column.kind != "text":
        raise DataError(
            f'column "{name}" holds no texts and cannot be compared with "{text}"',
            where=rows.table.source,
            fix="Compare it with a number, without quotes",
        )
    levels = column.levels or ()
    place = levels.index(text) if text in levels else len(levels)
    return np.asarray(rows.take(column.values) == place)


def _advise_quotes(name: str, number: Number, node: Node, rows: Rows) -> None:
    if rows.table.column(name).kind == "text":
        raise DataError(
            f'{show(node)}: column "{name}" holds texts, {number.text} is a number',
            where=rows.table.source,
            fix=f'For a text put it in quotes: "{number.text}"',
        )


def _refuse_not_finite(array: Array, node: Node, rows: Rows) -> None:
    at = first_not_finite(np.atleast_1d(array))
    if at is None:
        return
    bad = int(np.count_nonzero(~np.isfinite(array)))
    value = np.atleast_1d(array)[at]
    if array.ndim == 0:
        raise DataError(f"{show(node)} is {value:g}", where=rows.table.source)
    inputs = ", ".join(
        f"{show(Name(name))} = {_shown_value(name, rows, at)}"
        for name in names_in(node)
    )
    more = f" (and in {bad - 1} more)" if bad > 1 else ""
    raise DataError(
        f"{show(node)} is {value:g} in {rows.label(at)}{more}, where {inputs}",
        where=rows.table.source,
        fix="Correct the value, leave such rows out, or use another function",
    )


def _shown_value(name: str, rows: Rows, at: int) -> str:
    column = rows.table.column(name)
    value = column.values[rows.row(at)]
    if column.kind == "text":
        return f'"{(column.levels or ())[value]}"'
    plain = value.item() if hasattr(value, "item") else value
    return f"{plain:.15g}" if isinstance(plain, float) else str(plain)
