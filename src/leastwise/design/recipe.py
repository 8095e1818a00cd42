"""`Recipe`: how columns become arrays, frozen, without data, for any new rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import DataError, LeastwiseError
from leastwise.design.assemble import Term, fill_inputs, fill_targets, offset_values
from leastwise.design.encode import Encoding
from leastwise.design.formula.check import check_target, is_arithmetic
from leastwise.design.formula.functions import CATEGORY
from leastwise.design.formula.nodes import Call, Name, Node, names_in
from leastwise.design.formula.parse import parse_expression
from leastwise.design.formula.show import show
from leastwise.design.layout import Array, Design, low_columns
from leastwise.design.numeric import Precision
from leastwise.design.select import (
    MissingPolicy,
    Selection,
    check_policy,
    select,
    weight_values,
)
from leastwise.rows.table import Table

VERSION = 1
LEVEL_TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "boolean": bool,
    "number": (int, float),
}


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

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that a prediction needs, each once, in order."""
        nodes = [variable for term in self.terms for variable in term.variables]
        named = names_in(*nodes, *self.offsets)
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
        selection = select(
            table,
            self.columns if targets else self.inputs,
            weights=self.weights if targets else None,
            missing=missing,
            allow_empty=True,
        )
        design = self.design(selection, targets=targets)
        return _with_gaps(design) if missing == "nan" else design

    def design(
        self, selection: Selection, *, targets: bool, notes: Sequence[str] = ()
    ) -> Design:
        """Make the arrays of rows that are chosen already."""
        rows = replace(selection.rows, decimal=self.decimal)
        inputs, of_inputs = fill_inputs(
            self.terms, dict(self.encodings), rows, len(self.names)
        )
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
        return {
            "version": VERSION,
            "kind": self.kind,
            "formula": self.formula,
            "intercept": self.intercept,
            "terms": [
                {"variables": [show(v) for v in t.variables], "full": list(t.full)}
                for t in self.terms
            ],
            "encodings": [
                {
                    "variable": show(node),
                    "column": encoding.column,
                    "kind": encoding.kind,
                    "levels": list(encoding.levels),
                    "base": encoding.base,
                }
                for node, encoding in self.encodings
            ],
            "names": list(self.names),
            "targets": list(self.targets),
            "left": [show(node) for node in self.left],
            "offsets": [show(node) for node in self.offsets],
            "weights": self.weights,
            "offset": self.offset,
            "decimal": self.decimal,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Recipe:
        """Make a recipe of what `to_json` gave.

        Raises
        ------
        DataError
            When the record is not a recipe, or one of a later version.
        """
        version = record.get("version")
        if version != VERSION:
            raise DataError(
                f"the recipe has version {version!r}, this leastwise reads {VERSION}",
                fix="Read it with the release that wrote it, or a later one",
            )
        try:
            return _from_record(record)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            detail = error.what if isinstance(error, LeastwiseError) else repr(error)
            raise DataError(
                f"the recipe is damaged: {detail}", fix="Fit and save the model again"
            ) from error


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


def _from_record(record: Mapping[str, Any]) -> Recipe:
    terms = tuple(
        Term(tuple(map(_variable, t["variables"])), tuple(map(bool, t["full"])))
        for t in record["terms"]
    )
    encodings = tuple(
        (_variable(e["variable"]), _encoding(e)) for e in record["encodings"]
    )
    left = tuple(map(parse_expression, record["left"]))
    offsets = tuple(map(parse_expression, record["offsets"]))
    for node in (*left, *offsets):
        check_target(node, show(node))
    recipe = Recipe(
        kind="arrays" if record["kind"] == "arrays" else "formula",
        formula=str(record["formula"]),
        intercept=bool(record["intercept"]),
        terms=terms,
        encodings=encodings,
        names=tuple(map(str, record["names"])),
        targets=tuple(map(str, record["targets"])),
        left=left,
        offsets=offsets,
        weights=_text_or_none(record["weights"]),
        offset=_text_or_none(record["offset"]),
        # Recipes before this choice existed took numbers as float64.
        decimal=bool(record.get("decimal", False)),
    )
    _check_width(recipe)
    return recipe


def _encoding(record: Mapping[str, Any]) -> Encoding:
    kind, levels = record["kind"], tuple(record["levels"])
    if kind not in LEVEL_TYPES:
        raise ValueError(f"unknown kind {kind!r}")
    if not all(isinstance(level, LEVEL_TYPES[kind]) for level in levels):
        raise TypeError(f"a level is no {kind}")
    if not 0 <= int(record["base"]) < len(levels):
        raise ValueError("the base is none of the levels")
    return Encoding(str(record["column"]), kind, levels, int(record["base"]))


def _text_or_none(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{value!r} is no name of a column")


def _variable(text: str) -> Node:
    node = parse_expression(text)
    computed = isinstance(node, Call) and (
        is_arithmetic(node.function) or node.function in CATEGORY
    )
    if isinstance(node, Name) or computed:
        return node
    raise ValueError(f"{text!r} is no variable")


def _check_width(recipe: Recipe) -> None:
    encodings = dict(recipe.encodings)
    width = 0
    for term in recipe.terms:
        columns = 1
        for variable, full in zip(term.variables, term.full, strict=True):
            if variable in encodings:
                columns *= len(encodings[variable].shown_levels(full=full))
        width += columns
    if width != len(recipe.names) or len(recipe.left) != len(recipe.targets):
        raise ValueError("names and terms do not agree")
