"""`Recipe`: how columns become arrays, frozen, without data, for any new rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.assemble import (
    Coded,
    Term,
    fill_inputs,
    fill_targets,
    offset_values,
)
from leastwise.design.encode import Encoding, codes, inner_of, place
from leastwise.design.formula.functions import MOVED
from leastwise.design.formula.nodes import Node, calls_in, names_here, names_in
from leastwise.design.layout import Array, Design, low_columns
from leastwise.design.levels import ERROR, Missing, Policy
from leastwise.design.lost import Before, look_before, present
from leastwise.design.numeric import Precision, Rows
from leastwise.design.recipe_json import recipe_fields, recipe_record
from leastwise.design.select import (
    MissingPolicy,
    Selection,
    check_policy,
    select,
    weight_values,
)
from leastwise.rows.table import Table

if TYPE_CHECKING:
    from leastwise.design.learnt.base import Learnt


@dataclass(frozen=True)
class Recipe:
    """What turns columns into the arrays of a model, on any rows.

    Attributes
    ----------
    kind : {"formula", "arrays"}
        Which door the model came through.
    formula : str
        As the user wrote it; empty for arrays.
    intercept : bool
        Whether the model has an intercept.
    terms : tuple of Term
        The terms, with the coding of their categories.
    encodings : tuple of (node, Encoding)
        The levels of every category.
    names, targets : tuple of str
        Coefficients (without the intercept) and targets.
    left : tuple of nodes
        What the targets are computed from.
    offsets : tuple of nodes
        Offsets in the formula.
    weights, offset : str or None
        Columns given beside the formula.
    decimal : bool
        Whether numbers stand for the decimals they are written as.
    learnt : tuple of (node, Learnt)
        What functions of the formula learnt, inner ones first.
    levels : Policy
        What becomes of levels that the fit has not seen.

    Examples
    --------
    >>> from leastwise.design.build import build
    >>> from leastwise.rows.read import read_table
    >>> table = read_table({"y": [1.0, 2.0, 4.0], "town": ["A", "B", "A"]})
    >>> recipe, _ = build("y ~ town", table)
    >>> recipe.replay(read_table({"town": ["B", "A"]})).X
    array([[1.],
           [0.]])
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """

    kind: Literal["formula", "arrays"]
    formula: str
    intercept: bool
    terms: tuple[Term, ...]
    encodings: tuple[tuple[Node, Encoding], ...]
    names: tuple[str, ...]
    targets: tuple[str, ...]
    left: tuple[Node, ...]
    offsets: tuple[Node, ...] = ()
    weights: str | None = None
    offset: str | None = None
    decimal: bool = False
    learnt: tuple[tuple[Node, Learnt], ...] = ()
    levels: Policy = ERROR

    @property
    def _nodes(self) -> tuple[Node, ...]:
        """Terms and offsets."""
        variables = (v for term in self.terms for v in term.variables)
        return (*variables, *self.offsets)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that a prediction needs, each once, in order."""
        named = names_in(*self._nodes)
        extra = () if self.offset is None else (self.offset,)
        return tuple(dict.fromkeys((*named, *extra)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that a fit needs: targets, inputs and weights."""
        extra = () if self.weights is None else (self.weights,)
        return tuple(dict.fromkeys((*names_in(*self.left), *self.inputs, *extra)))

    def replay(
        self,
        data: Table | Array,
        *,
        missing: MissingPolicy = "nan",
        targets: bool = False,
    ) -> Design:
        """Make the arrays of new rows, with the levels and codes of the fit.

        Parameters
        ----------
        data : Table or ndarray
            Columns are matched by name. An array of two dimensions, for a model
            that was fitted to arrays, by position.
        missing : {"nan", "drop", "error"}
            Rows with a missing value: kept as rows of NaN, so that predictions
            stand beside their rows; left out; or an error.
        targets : bool
            Whether targets and weights are wanted too.

        Returns
        -------
        Design
            With ``k = 0`` targets unless they were asked for.

        Raises
        ------
        DataError
            For a missing column, a level that the fit has not seen, an infinite
            value.
        """
        check_policy(missing, ("nan", "drop", "error"))
        table = data if isinstance(data, Table) else self._table_of(data)
        nodes = (*self.left, *self._nodes) if targets else self._nodes
        before = look_before(nodes, table, decimal=self.decimal)
        extra = () if self.offset is None else (self.offset,)
        selection = select(
            table,
            (*names_here(*nodes), *extra),
            weights=self.weights if targets else None,
            missing=missing,
            allow_empty=True,
            lost=(*before.lost, *self._unseen(table, before)),
        )
        design = self.design(selection, before, targets=targets)
        return _with_gaps(design) if missing == "nan" else design

    def _unseen(self, table: Table, before: Before) -> list[tuple[str, Array]]:
        """Find rows with unseen levels, where those are missing values."""
        if not isinstance(self.levels, Missing):
            return []
        found = []
        for node, encoding in self.encodings:
            inner = inner_of(node)
            there = present(inner, table)
            for (_, gone), call in zip(before.lost, before.calls, strict=True):
                if call in calls_in((*MOVED, "cut"), inner):
                    there &= ~gone
            kept = np.flatnonzero(there)
            rows = Rows(table, kept, self.decimal, self._known(before))
            unseen = np.zeros(table.n_rows, bool)
            unseen[kept[place(node, encoding, rows) < 0]] = True
            found.append((f"unseen level of {encoding.column}", unseen))
        return found

    def _known(self, before: Before) -> dict[Any, Any]:
        return {**before.known, **dict(self.learnt)}

    def design(
        self,
        selection: Selection,
        before: Before | None = None,
        *,
        targets: bool,
        notes: Sequence[str] = (),
    ) -> Design:
        """Make the arrays of rows that are chosen already."""
        known = self._known(before or Before())
        rows = replace(selection.rows, decimal=self.decimal, known=known)
        # Rows to levels is found once, however many terms share the category.
        coded: dict[Node, Coded] = {}
        for node, encoding in self.encodings:
            found, said = codes(node, encoding, rows, self.levels)
            coded[node] = Coded(encoding, found)
            notes = (*notes, *said)
        inputs, of_inputs = fill_inputs(self.terms, coded, rows, len(self.names))
        left = self.left if targets else ()
        outputs, of_targets = fill_targets(left, rows)
        weighted = targets and self.weights is not None
        offset = offset_values(self.offsets, self.offset, rows)
        return Design(
            X=inputs,
            Y=outputs,
            weights=weight_values(self.weights or "", rows) if weighted else None,
            offset=None if offset is None else offset[0],
            names=self.names,
            targets=self.targets if targets else (),
            intercept=self.intercept,
            rows=selection.count,
            kept=rows.kept,
            notes=tuple(notes),
            X_low=low_columns([p.low for p in of_inputs], rows.count),
            Y_low=low_columns([p.low for p in of_targets], rows.count),
            offset_low=None if offset is None else offset[1],
            **precision_arrays([*of_inputs, *of_targets]),
        )

    def _table_of(self, data: Array) -> Table:
        # Not at the top: a formula on a file does not need the array door.
        from leastwise.design.columns import table_of_matrix

        if self.kind != "arrays":
            raise DataError(
                "the model was fitted by a formula and needs columns with names",
                fix=f"Give a table with {', '.join(map(repr, self.inputs))}",
            )
        return table_of_matrix(data, self.names)

    def to_json(self) -> dict[str, Any]:
        """Give the recipe as plain values for JSON; data is not in it."""
        return recipe_record(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Recipe:
        """Make a recipe of what `to_json` gave.

        Raises
        ------
        DataError
            When the record is not a recipe, or one of a later version.
        """
        return cls(**recipe_fields(record))


def precision_arrays(precisions: Sequence[Precision]) -> dict[str, Array]:
    """Give what columns carry as the three arrays of a `Design`.

    Examples
    --------
    >>> precision_arrays([Precision(0.0, 5.0, 1.0)])["origin"]
    array([5.])
    """
    return {
        "origin": np.array([p.origin for p in precisions], np.float64),
        "origin_low": np.array([p.origin_low for p in precisions], np.float64),
        "roundoff": np.array([p.roundoff for p in precisions], np.float64),
    }


def _with_gaps(design: Design) -> Design:
    """Put rows of NaN where rows were left out."""
    kept, count = design.kept, design.rows.read
    if kept is None:
        return design

    def spaced(values: Array) -> Array:
        wide = np.full((count, *values.shape[1:]), np.nan, order="F")
        wide[kept] = values
        return wide

    names = ("X", "Y", "weights", "offset", "X_low", "Y_low", "offset_low")
    given = {name: getattr(design, name) for name in names}
    wide: dict[str, Any] = {
        name: spaced(values) for name, values in given.items() if values is not None
    }
    return replace(design, kept=None, **wide)
