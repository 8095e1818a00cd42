"""Derivatives of the columns of a design by a number that the formula computes with.

Every node is differentiated by the rules of calculus as it is evaluated, forwards, so
that a derivative has the digits of the values: no step is taken. Splines and
polynomials are polynomials between their knots; there the polynomial that agrees with
them is differentiated.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from leastwise._kit.errors import RequestError
from leastwise.design.assemble import Coded
from leastwise.design.encode import codes
from leastwise.design.evaluate import Value, evaluate, evaluate_columns, spread
from leastwise.design.formula.functions import BASES, LEARNT_NUMBERS, plain_name
from leastwise.design.formula.nodes import (
    COMPARISONS,
    Call,
    Name,
    Node,
    Operation,
    Sum,
    names_in,
)
from leastwise.design.formula.show import show
from leastwise.design.layout import Array
from leastwise.design.numeric import Rows
from leastwise.design.recipe import Recipe
from leastwise.design.select import select
from leastwise.rows.table import Table

RULES: dict[str, Callable[[Array], Array]] = {
    "log": lambda v: 1.0 / v,
    "log2": lambda v: 1.0 / (v * np.log(2.0)),
    "log10": lambda v: 1.0 / (v * np.log(10.0)),
    "log1p": lambda v: 1.0 / (1.0 + v),
    "exp": np.exp,
    "expm1": np.exp,
    "sqrt": lambda v: 0.5 / np.sqrt(v),
    "abs": np.sign,
    "sin": np.cos,
    "cos": lambda v: -np.sin(v),
    "tan": lambda v: 1.0 + np.tan(v) ** 2,
    "tanh": lambda v: 1.0 - np.tanh(v) ** 2,
}


def design_slopes(recipe: Recipe, table: Table, name: str) -> Array:
    """Differentiate the columns of a design by a column of the data.

    Parameters
    ----------
    recipe : Recipe
        How columns become the design.
    table : Table
        Rows without missing values.
    name : str
        A column of numbers.

    Returns
    -------
    ndarray, shape (n, p)

    Raises
    ------
    RequestError
        When the column is a category, or a row depends on the row before.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"y": [1.0, 2.0, 4.0], "x": [1.0, 2.0, 3.0]})
    >>> recipe, _ = build("y ~ log(x) + I(x ** 2)", table)
    >>> design_slopes(recipe, table, "x").tolist()
    [[1.0, 2.0], [0.5, 4.0], [0.3333333333333333, 6.0]]
    """
    for node, category in recipe.encodings:
        if name in names_in(node):
            raise RequestError(
                f'"{name}" is a category in {show(node)}: it has no slope',
                fix=f'Compare its levels: m.means("{category.column}").contrasts()',
            )
    selection = select(table, recipe.inputs, missing="error", allow_empty=True)
    values = recipe.design(selection, targets=False)
    rows = Rows(
        selection.rows.table, selection.rows.kept, recipe.decimal, dict(recipe.learnt)
    )
    made = np.zeros(values.X.shape)
    start = 0
    for term in recipe.terms:
        factors = []
        for v, full in zip(term.variables, term.full, strict=True):
            encoding = dict(recipe.encodings).get(v)
            if encoding is None:
                factors.append(_numbers(v, rows, name))
            else:
                factors.append(_indicators(recipe, v, full, rows))
        columns = _products(factors)
        made[:, start : start + len(columns)] = np.column_stack(columns)
        start += len(columns)
    return made


Column = tuple[Array, Array]
"""Values, and their derivatives."""


def _numbers(node: Node, rows: Rows, name: str) -> list[Column]:
    values = [spread(v, rows.count).array for v in evaluate_columns(node, rows)]
    with np.errstate(all="ignore"):
        if isinstance(node, Call) and node.function in BASES:
            inner = node.arguments[0]
            by = _spread(slope(inner, rows, name), rows.count)
            of = spread(evaluate(inner, rows), rows.count)
            slopes = [s * by for s in basis_slopes(rows.known[node], of.array)]
        else:
            slopes = [_spread(slope(node, rows, name), rows.count)]
    for found in slopes:
        if not np.isfinite(found).all():
            raise RequestError(
                f"{show(node)} has no derivative by {name} in some of the rows",
                fix="Give rows where it has one, with at=",
            )
    return list(zip(values, slopes, strict=True))


def _indicators(recipe: Recipe, node: Node, full: bool, rows: Rows) -> list[Column]:
    encoding = dict(recipe.encodings)[node]
    found, _ = codes(node, encoding, rows, recipe.levels)
    columns = Coded(encoding, found).columns(full=full)
    values = [c.array if isinstance(c, Value) else c.astype(float) for c in columns]
    return [(v, np.zeros(rows.count)) for v in values]


def _products(factors: list[list[Column]]) -> list[Array]:
    """Differentiate each product of a term; the first variable changes fastest."""
    made = []
    for backwards in itertools.product(*reversed(factors)):
        parts = tuple(reversed(backwards))
        total = np.zeros_like(parts[0][0])
        for i, (_, changing) in enumerate(parts):
            others = [value for j, (value, _) in enumerate(parts) if j != i]
            total = total + np.prod([changing, *others], axis=0)
        made.append(total)
    return made


def slope(node: Node, rows: Rows, name: str) -> Array:
    """Differentiate a node by a column.

    Parameters
    ----------
    node : node
        Arithmetic.
    rows : Rows
        The rows to compute on.
    name : str
        The column.

    Returns
    -------
    ndarray, shape (n,) or none

    Examples
    --------
    >>> from leastwise.design.formula.parse import parse_expression
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"x": [1.0, 2.0]}), None)
    >>> slope(parse_expression("I(x / (1 + x))"), rows, "x").round(9).tolist()
    [0.25, 0.111111111]
    """
    if isinstance(node, Name):
        return np.array(float(node.name == name))
    if name not in names_in(node):
        return np.array(0.0)
    if isinstance(node, Sum):
        parts = [sign * slope(part, rows, name) for sign, part in node.parts]
        return np.asarray(sum(parts))
    if isinstance(node, Operation):
        return _of_operation(node, rows, name)
    if isinstance(node, Call):
        return _of_call(node, rows, name)
    raise RequestError(f"{show(node)} has no derivative by {name}", fix="Give at=")


def _of_operation(node: Operation, rows: Rows, name: str) -> Array:
    if node.symbol in COMPARISONS:
        return np.array(0.0)
    left, right = evaluate(node.left, rows).array, evaluate(node.right, rows).array
    dl, dr = slope(node.left, rows, name), slope(node.right, rows, name)
    if node.symbol == "*":
        return np.asarray(dl * right + left * dr)
    if node.symbol == "/":
        return np.asarray((dl - left / right * dr) / right)
    if name not in names_in(node.right):
        return np.asarray(right * np.power(left, right - 1.0) * dl)
    rise = dr * np.log(left) + right * dl / left
    return np.asarray(np.power(left, right) * rise)


def _of_call(node: Call, rows: Rows, name: str) -> Array:
    function, inner = plain_name(node.function), node.arguments[0]
    if function == "I":
        return slope(inner, rows, name)
    of = spread(evaluate(inner, rows), rows.count).array
    by = slope(inner, rows, name)
    if function in LEARNT_NUMBERS:
        return np.asarray(basis_slopes(rows.known[node], of)[0] * by)
    if function not in RULES:
        raise RequestError(
            f"{show(node)} depends on the row before: it has no slope",
            fix="Make such a column in the data, and name it in the formula",
        )
    return np.asarray(RULES[function](of) * by)


def basis_slopes(learnt: Any, x: Array) -> list[Array]:
    """Differentiate the columns that a function learnt by its argument.

    Between two knots a column is a polynomial of a known degree: as many Chebyshev
    points hold all of it, and its derivative is that of their interpolation.

    Parameters
    ----------
    learnt : Learnt
        Says where its pieces end, and of which degree they are.
    x : ndarray, shape (n,)
        The argument.

    Returns
    -------
    list of ndarray, shape (n,)
        One a column.
    """
    ends, degree = learnt.pieces()
    made = np.zeros((len(learnt.marks()), len(x)))
    place = np.searchsorted(ends, x, side="right")
    # What is at the last end belongs to the piece before it.
    place = np.where((place == len(ends)) & (x == _last(ends)), len(ends) - 1, place)
    for piece in np.unique(place):
        here = place == piece
        low, high = _interval(ends, int(piece), x[here])
        middle, half = (low + high) / 2, (high - low) / 2
        nodes = chebyshev.chebpts1(degree + 1)
        values = learnt.columns(Value(middle + half * nodes, 0.0))
        at = (x[here] - middle) / half
        for k, column in enumerate(values):
            fitted = np.linalg.solve(chebyshev.chebvander(nodes, degree), column.array)
            rises = chebyshev.chebder(fitted)
            made[k, here] = chebyshev.chebval(at, rises) / half
    return list(made)


def _last(ends: tuple[float, ...]) -> float:
    return ends[-1] if ends else np.nan


def _interval(ends: tuple[float, ...], piece: int, x: Array) -> tuple[float, float]:
    """Ends of a piece; beyond the outermost, as far as the rows go."""
    least, most = float(x.min()), float(x.max())
    low = ends[piece - 1] if piece else min(least, _first(ends, least))
    high = ends[piece] if piece < len(ends) else max(most, low)
    if low < high:
        return low, high
    width = max(abs(low), 1.0) if not ends else max(ends[-1] - ends[0], 1e-300)
    return (low - width, high) if piece == 0 and ends else (low, high + width)


def _first(ends: tuple[float, ...], other: float) -> float:
    return ends[0] if ends else other


def _spread(a: Array, count: int) -> Array:
    return np.broadcast_to(a, (count,)) if a.ndim == 0 else a
