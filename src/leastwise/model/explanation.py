"""`Explanation` and `explain`: what a formula makes of data, before any fit."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from leastwise.design.assemble import term_names
from leastwise.design.build import build, columns_needed
from leastwise.design.formula.show import label, show
from leastwise.design.layout import Array, Design
from leastwise.design.levels import Other, Policy, policy_record, read_policy
from leastwise.design.recipe import Recipe
from leastwise.design.tally import tally
from leastwise.design.weights import Weights, analytic, with_weights
from leastwise.engine.plan import fit_rows
from leastwise.engine.rows import rows_of
from leastwise.model.describe import aliased_rows
from leastwise.model.make import rows_record
from leastwise.record.explanation import CategoryRow, ColumnRow, ExplanationRecord
from leastwise.record.fit import AliasedRow
from leastwise.report.explanation import explanation_text
from leastwise.rows.give import give_frame
from leastwise.rows.read import read_table
from leastwise.rows.table import Table


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a formula makes of data: columns, levels, rank, rows lost.

    Printing it gives the text of the command line.

    Attributes
    ----------
    record : ExplanationRecord
        All of it as plain values.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0, 7.0], "a": [1, 2, 3, 5], "b": [2, 4, 6, 10]}
    >>> found = lw.explain("y ~ a + b", data)
    >>> found.names, found.rank, found.record.aliased[0].reason
    (('Intercept', 'a', 'b'), 2, 'b = 2 a')
    """

    record: ExplanationRecord

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients, ``Intercept`` first when there is one."""
        lead = ("Intercept",) if self.record.intercept else ()
        return (*lead, *(row.name for row in self.record.columns))

    @property
    def rank(self) -> int:
        """Coefficients that the data determine."""
        return self.record.rank

    @property
    def columns(self) -> tuple[ColumnRow, ...]:
        """One record a column of the design, without the intercept."""
        return self.record.columns

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self.record.to_json()

    def frame(self, kind: str = "auto") -> Any:
        """Return one row a column of the design as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        names = [field.name for field in fields(ColumnRow)]
        rows = self.record.columns
        return give_frame(
            {name: [getattr(row, name) for row in rows] for name in names}, kind
        )

    def __str__(self) -> str:
        return explanation_text(self.record)


def explain(
    formula: str,
    data: Any,
    *,
    weights: str | Weights | Any = None,
    missing: Literal["drop", "error"] = "drop",
    levels: str | Policy = "error",
    decimal: bool = False,
) -> Explanation:
    """Show what a formula makes of data, before any fit.

    The columns with their terms, codings, means and ranges; the levels of each
    category; what functions such as ``poly`` or ``scale`` learnt; the rows lost to
    missing values, column by column; the rank, and each column that adds nothing with
    the combination it equals. Rank is judged as in `ols`, by moments.

    Parameters
    ----------
    formula, data, weights, missing
        As in `ols`.
    levels : str or policy
        As in `ols`.
    decimal : bool
        As in `ols`.

    Returns
    -------
    Explanation

    Raises
    ------
    FormulaError
        When the formula cannot be read; points at the character.
    DataError
        When the data cannot be used; names the column, the row and the value.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0, None], "town": ["A", "B", "A", "B"]}
    >>> print(lw.explain("y ~ town", data))
    y ~ town
    3 rows used of 4, 1 dropped
    missing value in y: 1 row
    <BLANKLINE>
    column     term     coding      mean  low  high
    y             y              2.33333    1     4    target
    Intercept     1                                  constant
    town[T.B]  town  treatment  0.333333    0     1
    <BLANKLINE>
    rank 2 of 2 coefficients, intercept included
    town: 2 levels, treatment coding: A 2 (base), B 1
    levels that only new rows have: error
    """
    given: Weights | None = None
    column: str | None = None
    if weights is not None:
        given = weights if isinstance(weights, Weights) else analytic(weights)
        data, column = with_weights(data, given.values, decimal=decimal)
    table = read_table(data, columns_needed(formula, weights=column), decimal=decimal)
    policy = read_policy(levels)
    recipe, design = build(
        formula,
        table,
        weights=column,
        missing=missing,
        decimal=decimal,
        levels=policy,
    )
    fit = fit_rows(rows_of(design), intercept=design.intercept).fit
    aliased = aliased_rows(fit, design.names)
    record = ExplanationRecord(
        formula=formula,
        targets=tuple(
            _row(name, name, "", design, design.Y, k, len(design.names) + k)
            for k, name in enumerate(design.targets)
        ),
        intercept=design.intercept,
        columns=_columns(recipe, design, aliased),
        categories=_categories(recipe, table, design),
        learnt=tuple((show(call), found.remark()) for call, found in recipe.learnt),
        rank=fit.rank,
        aliased=aliased,
        rows=rows_record(design),
        offsets=tuple(map(show, recipe.offsets)),
        weights=None if given is None else (column or "", given.kind),
        levels=_policy_text(policy),
        notes=design.notes,
    )
    return Explanation(record)


def _columns(
    recipe: Recipe, design: Design, aliased: tuple[AliasedRow, ...]
) -> tuple[ColumnRow, ...]:
    encodings, learnt = dict(recipe.encodings), dict(recipe.learnt)
    reasons = {row.name: row.text for row in aliased}
    made: list[ColumnRow] = []
    for term in recipe.terms:
        shown = ":".join(map(label, term.variables))
        codings = [
            "indicators" if full else encodings[v].coding.kind
            for v, full in zip(term.variables, term.full, strict=True)
            if v in encodings
        ]
        for name in term_names(term, encodings, learnt):
            j = len(made)
            row = _row(name, shown, ", ".join(codings), design, design.X, j, j)
            if name in reasons:
                row = replace(row, left_out=reasons[name])
            made.append(row)
    return tuple(made)


def _row(
    name: str, term: str, coding: str, design: Design, values: Array, j: int, at: int
) -> ColumnRow:
    column = values[:, j]
    origin = float(design.origin[at])
    numbers = (column.mean(), column.min(), column.max())
    mean, low, high = (float(v) + origin for v in numbers)
    return ColumnRow(name, term, coding, mean, low, high)


def _categories(
    recipe: Recipe, table: Table, design: Design
) -> tuple[CategoryRow, ...]:
    counts = tally(recipe, table, design)
    return tuple(
        CategoryRow(
            name=label(node),
            coding=encoding.coding.kind,
            base=encoding.labels[encoding.base]
            if encoding.coding.kind in ("treatment", "sum")
            else None,
            levels=counts[node],
            rare=tuple(map(str, encoding.rare)),
        )
        for node, encoding in recipe.encodings
    )


def _policy_text(policy: Policy) -> str:
    kind = str(policy_record(policy)["kind"])
    if isinstance(policy, Other):
        return (
            f"other, of levels with fewer than {policy.min_count} rows "
            f'("{policy.label}")'
        )
    return kind
