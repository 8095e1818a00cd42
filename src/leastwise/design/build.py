"""Formula and table to a `Recipe` and a `Design`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from leastwise._kit.errors import DataError, FormulaError
from leastwise.design.assemble import Term, term_names
from leastwise.design.encode import Encoding, coding, is_category, learn
from leastwise.design.evaluate import refuse_unknown_text
from leastwise.design.formula.nodes import Dot, Node, names_in, start, walk
from leastwise.design.formula.parse import Formula, parse
from leastwise.design.formula.show import label
from leastwise.design.formula.terms import Terms, expand, named_columns
from leastwise.design.layout import Design, RowCount
from leastwise.design.recipe import Recipe
from leastwise.design.select import check_policy, select
from leastwise.rows.table import Table

__all__ = ["Design", "RowCount", "build", "columns_needed"]

INTERCEPT = "Intercept"


def build(
    formula: str | Formula,
    table: Table,
    *,
    weights: str | None = None,
    offset: str | None = None,
    missing: Literal["drop", "error"] = "drop",
    decimal: bool = False,
) -> tuple[Recipe, Design]:
    """Make the arrays of a fit, and the recipe that makes them again.

    Parameters
    ----------
    formula : str or Formula
        Such as ``"rent ~ distance + C(town)"``.
    table : Table
        The data.
    weights, offset : str, optional
        Columns of case weights and of an offset.
    missing : {"drop", "error"}
        Leave out rows with a missing value and count them, or refuse them.
    decimal : bool
        Whether numbers stand for the decimals they are written as.

    Returns
    -------
    Recipe, Design

    Raises
    ------
    FormulaError
        When the formula cannot be read.
    DataError
        When the data cannot be used: names the column, the row and the value.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"y": [1.0, 2.0, 4.0, None], "town": list("ABAB")})
    >>> recipe, design = build("y ~ town", table)
    >>> design.names, design.rows.dropped
    (('town[T.B]',), (('missing value in y', 1),))
    """
    check_policy(missing, ("drop", "error"))
    parsed = parse(formula) if isinstance(formula, str) else formula
    terms = _expanded(parsed, table, weights, offset)
    used = (*names_in(*parsed.targets), *named_columns(terms))
    extra = () if offset is None else (offset,)
    for name in dict.fromkeys((*parsed.names, *extra)):
        table.column(name)
    selection = select(table, (*used, *extra), weights=weights, missing=missing)
    rows = selection.rows
    variables = dict.fromkeys(v for term in terms.terms for v in term)
    learned = {v: learn(v, rows) for v in variables if is_category(v, table)}
    encodings = {node: encoding for node, (encoding, _) in learned.items()}
    for node in (*parsed.targets, *terms.offsets, *variables):
        if node not in encodings:
            for part in walk(node):
                refuse_unknown_text(part, rows)
    full = coding(terms.terms, set(encodings), intercept=terms.intercept)
    coded = tuple(map(Term, terms.terms, full))
    recipe = Recipe(
        kind="formula",
        formula=parsed.text,
        intercept=terms.intercept,
        terms=coded,
        encodings=tuple(encodings.items()),
        names=_names(coded, encodings, intercept=terms.intercept),
        targets=tuple(map(label, parsed.targets)),
        left=parsed.targets,
        offsets=terms.offsets,
        weights=weights,
        offset=offset,
        decimal=decimal,
    )
    notes = [note for _, found in learned.values() for note in found]
    return recipe, recipe.design(selection, targets=True, notes=notes)


def columns_needed(
    formula: str | Formula, *, weights: str | None = None, offset: str | None = None
) -> tuple[str, ...] | None:
    """Give the columns to read for a formula; None when ``.`` asks for all.

    Examples
    --------
    >>> columns_needed("y ~ a + log(b)", weights="w")
    ('y', 'a', 'b', 'w')
    """
    parsed = parse(formula) if isinstance(formula, str) else formula
    if parsed.has_dot:
        return None
    extra = [name for name in (weights, offset) if name is not None]
    return tuple(dict.fromkeys((*parsed.names, *extra)))


def _expanded(
    formula: Formula, table: Table, weights: str | None, offset: str | None
) -> Terms:
    """Multiply out the right side for this table and refuse empty models."""
    text = formula.text
    others: Sequence[str] = ()
    if formula.has_dot:
        plain = expand(formula.right, text, ())
        taken = {*names_in(*formula.targets, *plain.offsets), weights, offset}
        # A column that could not be read is named too, so that its error is raised.
        unread = [name for name, error in table.unread.items() if error is not None]
        others = [name for name in (*table.columns, *unread) if name not in taken]
        if not others:
            dot = next(n for n in walk(formula.right) if isinstance(n, Dot))
            raise FormulaError("no other column is left for .", text, start(dot))
    terms = expand(formula.right, text, others)
    if not terms.terms and not terms.intercept:
        raise FormulaError(
            "the model has no term and no intercept", text, start(formula.right)
        )
    if len(set(formula.targets)) < len(formula.targets):
        raise FormulaError("a target is named twice", text, start(formula.targets[0]))
    for target in formula.targets:
        _refuse_as_term(target, terms, text)
    return terms


def _refuse_as_term(target: Node, terms: Terms, text: str) -> None:
    for term in terms.terms:
        for variable in term:
            if variable == target:
                raise FormulaError(
                    f"the target {label(target)} is a term as well",
                    text,
                    start(variable),
                )


def _names(
    terms: Sequence[Term], encodings: dict[Node, Encoding], *, intercept: bool
) -> tuple[str, ...]:
    names = tuple(name for term in terms for name in term_names(term, encodings))
    seen = {INTERCEPT} if intercept else set()
    for name in names:
        if name in seen:
            raise DataError(
                f'two coefficients would be called "{name}"', fix="Rename a column"
            )
        seen.add(name)
    return names
