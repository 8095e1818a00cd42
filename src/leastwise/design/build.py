"""Formula and table to a `Recipe` and a `Design`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from leastwise._kit.errors import DataError, FormulaError
from leastwise.design.assemble import Term, term_names
from leastwise.design.encode import Encoding, coding, is_category
from leastwise.design.formula.functions import LEARNING
from leastwise.design.formula.nodes import (
    Dot,
    Node,
    calls_in,
    names_here,
    names_in,
    start,
    walk,
)
from leastwise.design.formula.parse import Formula, parse
from leastwise.design.formula.show import label
from leastwise.design.formula.terms import Terms, expand
from leastwise.design.layout import Design, RowCount
from leastwise.design.levels import ERROR, Policy
from leastwise.design.lost import Before, look_before
from leastwise.design.numeric import Rows
from leastwise.design.recipe import Recipe
from leastwise.design.select import Selection, check_policy, select
from leastwise.design.unknown_text import refuse_unknown_text
from leastwise.rows.table import Table

if TYPE_CHECKING:
    from leastwise.design.learnt.base import Learnt

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
    levels: Policy = ERROR,
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
    levels : Policy
        What becomes of levels that the fit has not seen, and of rare ones.

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
    chosen = choose(
        formula, table, weights=weights, offset=offset, missing=missing, decimal=decimal
    )
    parsed, terms, nodes = chosen.parsed, chosen.terms, chosen.nodes
    variables, rows = chosen.variables, chosen.rows
    known = dict(chosen.before.known)
    rows = replace(rows, known=known)
    categories = {v for v in variables if is_category(v, table)}
    for node in nodes:
        if node not in categories:
            for part in walk(node):
                refuse_unknown_text(part, rows)
    learnt = _learnt(nodes, rows, known)
    encodings, notes = _encodings(
        [v for v in variables if v in categories], rows, levels
    )
    full = coding(terms.terms, set(encodings), intercept=terms.intercept)
    coded = tuple(map(Term, terms.terms, full))
    recipe = Recipe(
        kind="formula",
        formula=parsed.text,
        intercept=terms.intercept,
        terms=coded,
        encodings=tuple(encodings.items()),
        names=_names(coded, encodings, learnt, intercept=terms.intercept),
        targets=tuple(map(label, parsed.targets)),
        left=parsed.targets,
        offsets=terms.offsets,
        weights=weights,
        offset=offset,
        decimal=decimal,
        learnt=tuple(learnt.items()),
        levels=levels,
    )
    return recipe, recipe.design(
        chosen.selection, chosen.before, targets=True, notes=notes
    )


@dataclass(frozen=True, eq=False)
class Chosen:
    """A formula with a table, before anything is learnt.

    Attributes
    ----------
    parsed : Formula
        The formula.
    terms : Terms
        Multiplied out.
    variables, nodes : tuple of nodes
        What terms are made of; the same with targets and offsets.
    before : Before
        What is known before rows are chosen.
    selection : Selection
        The rows that are used.
    rows : Rows
        The same, as numbers are computed of them.
    """

    parsed: Formula
    terms: Terms
    variables: tuple[Node, ...]
    nodes: tuple[Node, ...]
    before: Before
    selection: Selection
    rows: Rows


def choose(
    formula: str | Formula,
    table: Table,
    *,
    weights: str | None = None,
    offset: str | None = None,
    missing: Literal["drop", "error"] = "drop",
    decimal: bool = False,
    allow_empty: bool = False,
) -> Chosen:
    """Find what a formula is made of in a table, and the rows that it can use.

    Parameters
    ----------
    formula, table, weights, offset, missing, decimal
        As in `build`.
    allow_empty : bool
        Whether no row at all is an answer.
    """
    check_policy(missing, ("drop", "error"))
    parsed = parse(formula) if isinstance(formula, str) else formula
    terms = _expanded(parsed, table, weights, offset)
    extra = () if offset is None else (offset,)
    for name in dict.fromkeys((*parsed.names, *extra)):
        table.column(name)
    variables = tuple(dict.fromkeys(v for term in terms.terms for v in term))
    nodes = (*parsed.targets, *variables, *terms.offsets)
    before = look_before(nodes, table, decimal=decimal)
    selection = select(
        table,
        (*names_here(*nodes), *extra),
        weights=weights,
        missing=missing,
        allow_empty=allow_empty,
        lost=before.lost,
    )
    rows = replace(selection.rows, decimal=decimal, known=dict(before.known))
    return Chosen(parsed, terms, variables, nodes, before, selection, rows)


def _learnt(
    nodes: Sequence[Node], rows: Rows, known: dict[Any, Any]
) -> dict[Node, Learnt]:
    """Let functions learn of the rows; what they learn is known from then on."""
    learnt: dict[Node, Learnt] = {}
    for call in calls_in(LEARNING, *nodes):
        # Not at the top: most formulas have no such function.
        from leastwise.design.learnt.registry import learn_function

        # An outer function learns of what an inner one makes.
        learnt[call] = known[call] = learn_function(call, rows)
    return learnt


def _encodings(
    categories: Sequence[Node], rows: Rows, policy: Policy
) -> tuple[dict[Node, Encoding], list[str]]:
    """Find the levels of all categories, and what is to say about them."""
    found: dict[Node, Encoding] = {}
    notes: list[str] = []
    for node in categories:
        from leastwise.design.learn_levels import learn

        found[node], said = learn(node, rows, policy)
        notes += said
    return found, notes


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
    terms: Sequence[Term],
    encodings: dict[Node, Encoding],
    learnt: dict[Node, Learnt],
    *,
    intercept: bool,
) -> tuple[str, ...]:
    names = tuple(
        name for term in terms for name in term_names(term, encodings, learnt)
    )
    seen = {INTERCEPT} if intercept else set()
    for name in names:
        if name in seen:
            raise DataError(
                f'two coefficients would be called "{name}"', fix="Rename a column"
            )
        seen.add(name)
    return names
