"""A model -> the expression of its prediction, with care for the digits.

The sum of terms as it is printed, ``b_0 + b_1 x_1 + ...``, is a difference of large
numbers where a column is a year or a time stamp. What is written is

    c + sum_j b_j (x_j - m_j),        c = mean(y) - sum_j b_j (mean(x_j) - m_j),

with every constant computed in fractions and rounded once, so that the terms are as
small as the data allow. Terms of categories become a table of one number a level.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isfinite, prod
from typing import TYPE_CHECKING

from leastwise._kit.errors import RequestError
from leastwise.design.assemble import Term
from leastwise.design.encode import Encoding, inner_of
from leastwise.design.exactly import fraction
from leastwise.design.formula.nodes import Call, Node
from leastwise.design.formula.show import show
from leastwise.design.learnt.cuts import Cuts
from leastwise.design.levels import Error, Reference
from leastwise.design.recipe import Recipe
from leastwise.model.export.expression import (
    EXACT_INTEGER,
    Category,
    Column,
    Compare,
    Const,
    Expression,
    IsText,
    Lookup,
    Pieces,
    Product,
    Score,
    Sum,
    less,
    walk,
)
from leastwise.model.export.learnt import intervals_of
from leastwise.model.export.nodes import columns_of_variable, expression_of
from leastwise.model.export.powers import about, power_of
from leastwise.model.export.together import Weighed, together

if TYPE_CHECKING:
    from leastwise.infer.predict import Basis
    from leastwise.model.model import Model

# More combinations of levels than this are no expression that anyone can read or run.
MOST_LEVELS = 20_000

Codes = tuple[int, ...]
Key = tuple[Expression, ...]


@dataclass(frozen=True, eq=False)
class _Part:
    """A term: what each product of its numbers is multiplied with, for each code."""

    categories: tuple[Category, ...]
    factors: Mapping[Key, Mapping[Codes, Fraction]]
    middle: Fraction
    centers: Mapping[Key, Fraction] = field(default_factory=dict)


def score_of(model: Model) -> Score:
    """Write a model as an expression of its columns.

    Parameters
    ----------
    model : Model
        The fit.

    Raises
    ------
    RequestError
        For what depends on other rows, and for coefficients beyond float64.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0]})
    >>> score_of(m).inputs
    (('x', 'number'),)
    """
    made = linear_parts(model.recipe, model.basis)
    return finished(model.recipe, made, (model.formula, model.target))


def linear_parts(
    recipe: Recipe, basis: Basis, *, intercept: bool | None = None, offset: bool = True
) -> list[Expression]:
    """Write a linear predictor as expressions to add up.

    Parameters
    ----------
    recipe : Recipe
        How columns become the design.
    basis : Basis
        Coefficients and means.
    intercept : bool, optional
        Whether this predictor has one; as the recipe says when left out.
    offset : bool
        Whether the offsets are added.
    """
    slopes, centers = _slopes(basis), _centers(basis)
    has_one = recipe.intercept if intercept is None else intercept
    known = dict(recipe.learnt)
    categories = {
        node: _category(node, encoding, recipe) for node, encoding in recipe.encodings
    }
    parts, at = [], 0
    for term in recipe.terms:
        part, at = _part(term, recipe, categories, (slopes, centers), at)
        parts.append(part)
    made = _put_together(parts, Fraction(basis.target_mean), has_one)
    if offset:
        made += [expression_of(node, known) for node in recipe.offsets]
        if recipe.offset is not None:
            made.append(Column(recipe.offset))
    return made


def _slopes(basis: Basis) -> list[Fraction]:
    """Give the slopes of the columns themselves, without rounding."""
    slopes = [float(v) for v in basis.slopes]
    if not all(map(isfinite, slopes)) or not isfinite(basis.target_mean):
        raise RequestError(
            "coefficients beyond the range of float64 have no form as an expression",
            fix="Give the columns in other units and fit again",
        )
    exact = [Fraction(v) for v in slopes]
    if basis.change is None:
        return exact
    rows = basis.change.tolist()
    return [
        sum((Fraction(c) * b for c, b in zip(row, exact, strict=True)), Fraction(0))
        for row in rows
    ]


def _centers(basis: Basis) -> list[Fraction]:
    pairs = zip(basis.center.tolist(), basis.center_low.tolist(), strict=True)
    return [fraction(pair) for pair in pairs]


def _category(node: Node, encoding: Encoding, recipe: Recipe) -> Category:
    count = len(encoding.labels)
    policy = recipe.levels
    otherwise = None
    if encoding.other is not None:
        otherwise = count - 1
    elif isinstance(policy, Reference):
        otherwise = encoding.base
    inner = inner_of(node)
    values: list[tuple[str | int | float | bool, ...]] = [
        (level,) for level in encoding.levels
    ]
    if encoding.other is not None:
        values.append(tuple(encoding.rare))
    refuse = otherwise is None and isinstance(policy, Error)
    if not isinstance(inner, Call):
        return Category(
            encoding.column, encoding.column, encoding.kind, tuple(values),
            otherwise=otherwise, refuse=refuse, count=count,
        )  # fmt: skip
    known = dict(recipe.learnt)
    cuts = known[inner]
    if not isinstance(cuts, Cuts):
        raise RequestError(f"{show(node)} has no form as a scoring expression")
    code_of = {level: code for code, same in enumerate(values) for level in same}
    unseen = -1 if otherwise is None else otherwise
    intervals = tuple(
        (code_of.get(label, unseen), interval)
        for label, interval in zip(cuts.labels, intervals_of(cuts), strict=True)
    )
    return Category(
        show(inner), None, "interval", (), expression_of(inner.arguments[0], known),
        intervals, None, refuse, count,
    )  # fmt: skip


def _part(
    term: Term,
    recipe: Recipe,
    categories: Mapping[Node, Category],
    numbers: tuple[Sequence[Fraction], Sequence[Fraction]],
    at: int,
) -> tuple[_Part, int]:
    """Read one term, whose first column is column `at`; give the place after it."""
    encodings, known = dict(recipe.encodings), dict(recipe.learnt)
    own = tuple(categories[v] for v in term.variables if v in categories)
    choices: list[list[dict[int, Fraction] | Expression]] = [
        list(_codes(encodings[v], full=full))
        if v in encodings
        else list(columns_of_variable(v, known))
        for v, full in zip(term.variables, term.full, strict=True)
    ]
    factors: dict[Key, dict[Codes, Fraction]] = {}
    centers: dict[Key, Fraction] = {}
    middle = Fraction(0)
    # The first variable varies fastest.
    for reverse in itertools.product(*reversed(choices)):
        column = reverse[::-1]
        key = tuple(part for part in column if not isinstance(part, dict))
        tables = [part for part in column if isinstance(part, dict)]
        slope, center = numbers[0][at], numbers[1][at]
        middle += slope * center
        centers[key] = center
        mine = factors.setdefault(key, {})
        for chosen in itertools.product(*(table.items() for table in tables)):
            codes = tuple(code for code, _ in chosen)
            entry = prod((value for _, value in chosen), start=Fraction(1))
            mine[codes] = mine.get(codes, Fraction(0)) + slope * entry
        at += 1
    return _Part(own, factors, middle, {} if own else centers), at


def _codes(encoding: Encoding, *, full: bool) -> list[dict[int, Fraction]]:
    """Give the entries of each column that are not 0, by code."""
    if encoding.indicators(full=full):
        return [{code: Fraction(1)} for code in encoding.shown_levels(full=full)]
    matrix = encoding.coding.matrix(len(encoding.labels), encoding.base)
    rows = [[fraction(entry) for entry in row] for row in matrix]
    return [
        {code: row[j] for code, row in enumerate(rows) if row[j]}
        for j in range(encoding.width(full=False))
    ]


def _put_together(
    parts: Sequence[_Part], target_mean: Fraction, intercept: bool
) -> list[Expression]:
    constant = target_mean
    middles: dict[Key, Fraction] = {}
    for part in parts:
        middles.update(part.centers)
    tables: dict[tuple[Category, ...], dict[Codes, Fraction]] = {}
    made: list[Expression] = []
    if intercept:
        parts, moved, constant = _powers(parts, middles, constant)
        made += moved
    for part in parts:
        size = prod(c.count for c in part.categories)
        if size > MOST_LEVELS:
            labels = ", ".join(c.label for c in part.categories)
            raise RequestError(
                f"{size} combinations of levels of {labels} are no expression",
                fix="Predict with leastwise",
            )
        everywhere = [*itertools.product(*(range(c.count) for c in part.categories))]
        zeros = dict.fromkeys(everywhere, Fraction(0))
        table = tables.setdefault(part.categories, zeros)
        for codes in everywhere:
            table[codes] -= part.middle
        columns: list[Weighed] = []
        for key, factors in part.factors.items():
            if not any(factors.values()):
                continue
            middle = middles.get(key, Fraction(0)) if intercept and key else Fraction(0)
            middle = Fraction(float(middle))
            if key and not part.categories:
                columns.append((factors[()], middle, _product(key)))
            elif key:
                factor = _lookup(part.categories, factors, everywhere)
                made.append(Product((factor, less(_product(key), middle))))
            for codes, value in factors.items():
                table[codes] += value * (middle if key else 1)
        left, sums = together(columns)
        made += sums
        for slope, middle, column in left:
            made.append(Product((Const(float(slope)), less(column, middle))))
    constant += tables.pop((), {(): Fraction(0)})[()]
    # Also where all are 0: a level that the fit has not seen is not 0.
    lookups = [_lookup(own, table, list(table)) for own, table in tables.items()]
    return [Const(float(constant)), *lookups, *made]


def _powers(
    parts: Sequence[_Part], middles: Mapping[Key, Fraction], constant: Fraction
) -> tuple[list[_Part], list[Expression], Fraction]:
    """Take powers of one column together, where the column itself is among them."""
    found: dict[str, dict[int, Fraction]] = {}
    left = []
    for part in parts:
        factors = dict(part.factors)
        for key in part.factors if not part.categories else ():
            power = power_of(key) if key else None
            if power is not None and (Column(power[0]),) in middles:
                mine = found.setdefault(power[0], {})
                slope = factors.pop(key)[()]
                mine[power[1]] = mine.get(power[1], Fraction(0)) + slope
        left.append(replace(part, factors=factors))
    made: list[Expression] = []
    for name, slopes in found.items():
        slopes = {d: b for d, b in slopes.items() if b}
        middle = Fraction(float(middles[Column(name),]))
        if not slopes:
            continue
        if list(slopes) == [1]:
            rest: Expression = less(Column(name), middle)
            made.append(Product((Const(float(slopes[1])), rest)))
            constant += slopes[1] * middle
            continue
        moved, rest = about(name, slopes, middle)
        constant += moved
        made.append(rest)
    return left, made, constant


def _lookup(
    categories: tuple[Category, ...],
    numbers: Mapping[Codes, Fraction],
    everywhere: Sequence[Codes],
) -> Expression:
    if not categories:
        return Const(float(numbers[()]))
    table = tuple(float(numbers.get(codes, Fraction(0))) for codes in everywhere)
    return Lookup(categories, table)


def _product(key: Key) -> Expression:
    return key[0] if len(key) == 1 else Product(key)


def finished(recipe: Recipe, made: list[Expression], words: tuple[str, str]) -> Score:
    """Add expressions up, with what a missing value in any column does.

    Parameters
    ----------
    recipe : Recipe
        Says which columns are read.
    made : list of Expression
        What is added up; it grows.
    words : (str, str)
        Formula and target.
    """
    kinds = dict.fromkeys(recipe.inputs, "number")
    used = {part.categories for part in walk(tuple(made)) if isinstance(part, Lookup)}
    categories = list(dict.fromkeys(c for some in sorted(used, key=repr) for c in some))
    watched = []
    for part in walk((*made, *(_category(n, e, recipe) for n, e in recipe.encodings))):
        if isinstance(part, IsText):
            kinds[part.name] = "text"
        elif isinstance(part, Category) and part.column is not None:
            big = any(_is_large(v) for same in part.values for v in same)
            kinds[part.column] = "integer" if big else part.kind
        elif isinstance(part, Column) and part.less:
            kinds[part.name] = "integer"
    # A gap shows in sums and products, and not in what only asks how large it is.
    sums = names_that_show(tuple(made))
    for name, kind in kinds.items():
        if kind in ("text", "boolean"):
            watched.append(name)
        elif name not in sums:
            made.append(Product((Const(0.0), Column(name))))
    whole = [part for part in made if part != Const(0.0)] or [Const(0.0)]
    return Score(
        formula=words[0],
        target=words[1],
        value=whole[0] if len(whole) == 1 else Sum(tuple(whole)),
        inputs=tuple(kinds.items()),
        watched=tuple(watched),
        categories=tuple(categories),
    )


def names_that_show(value: object) -> set[str]:
    """Name the columns whose gaps show in what is added and multiplied."""
    return {part.name for part in _arithmetic(value) if isinstance(part, Column)}


def _is_large(value: object) -> bool:
    return isinstance(value, int) and abs(value) > EXACT_INTEGER


def _arithmetic(value: object) -> list[object]:
    """Go over what is added and multiplied, and not over what is compared."""
    if isinstance(value, (Compare, Lookup, IsText)):
        return []
    if isinstance(value, Pieces):
        pieces = value.pieces
        # Where one piece is a constant, nothing of the argument shows.
        if any(isinstance(piece, Const) for piece in pieces):
            return []
        return _arithmetic(pieces)
    if isinstance(value, tuple):
        return [part for item in value for part in _arithmetic(item)]
    if not hasattr(value, "__dataclass_fields__"):
        return []
    inner = [_arithmetic(getattr(value, name)) for name in value.__dataclass_fields__]
    return [value, *itertools.chain(*inner)]
