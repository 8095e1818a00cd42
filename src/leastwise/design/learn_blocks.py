"""A recipe learnt from tables that pass by: what is kept of each is a few rows.

Of every category the first row of each level is kept, and the first row of all. The
recipe of these examples is that of all rows, as long as nothing else is learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import Chosen, build, choose
from leastwise.design.encode import inner_of, is_category
from leastwise.design.evaluate import evaluate, spread
from leastwise.design.formula.functions import LEARNING, MOVED
from leastwise.design.formula.nodes import Call, Name, Node, calls_in, names_here
from leastwise.design.formula.parse import Formula
from leastwise.design.formula.show import show
from leastwise.design.layout import Array, Gap, RowCount
from leastwise.design.learn_levels import MOST_PLAIN_LEVELS
from leastwise.design.levels import ERROR, Other, Policy
from leastwise.design.recipe import Recipe
from leastwise.rows.complain import mostly_numbers, not_a_number
from leastwise.rows.table import Column, Table, make_table

# So many rows without an end of new levels are names of rows.
ENOUGH_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class LearntOfBlocks:
    """What was found out in one pass.

    Attributes
    ----------
    recipe : Recipe
        How columns become arrays.
    used : tuple of int
        Rows used of each table.
    rows : RowCount
        Rows of all.
    notes : tuple of str
        What to say about levels.
    """

    recipe: Recipe
    used: tuple[int, ...]
    rows: RowCount
    notes: tuple[str, ...]


def learn_blocks(
    formula: str | Formula,
    tables: Iterable[Table],
    *,
    weights: str | None = None,
    offset: str | None = None,
    missing: Literal["drop", "error"] = "drop",
    levels: Policy = ERROR,
) -> LearntOfBlocks:
    """Learn the columns of a formula from tables of the same columns.

    Parameters
    ----------
    formula : str or Formula
        As in `leastwise.design.build.build`.
    tables : iterable of Table
        The rows, in parts; passed once.
    weights, offset, missing, levels
        As there.

    Raises
    ------
    DataError
        When columns change their kind on the way, or no row is left.
    RequestError
        For what has to see all rows at once: splines with knots of their own, lags.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> parts = [{"y": [1.0, 2.0], "town": ["B", "B"]}, {"y": [3.0], "town": ["A"]}]
    >>> learn_blocks("y ~ town", map(read_table, parts)).recipe.names
    ('town[T.B]',)
    """
    if isinstance(levels, Other):
        raise RequestError(
            "levels=Other(...) counts the rows of every level",
            fix="Gather rare levels before the fit, or read the file as a whole",
        )
    kept = _Examples()
    used: list[int] = []
    counts: list[RowCount] = []
    for table in tables:
        chosen = choose(
            formula,
            table,
            weights=weights,
            offset=offset,
            missing=missing,
            allow_empty=True,
        )
        _refuse_learning(chosen)
        used.append(chosen.rows.count)
        counts.append(chosen.selection.count)
        if used[-1]:
            kept.look(chosen, sum(used))
    if not counts:
        raise DataError("there are no rows", fix="Give data with rows.")
    total = together(counts)
    if not kept.parts:
        reasons = ", ".join(f"{n} for {reason}" for reason, n in total.dropped)
        raise DataError(
            f"no row of {total.read} is left: {reasons}",
            where=table.source,
            fix="Leave the emptiest column out of the formula",
        )
    kept.check(total.used)
    recipe, design = build(
        formula,
        kept.table(),
        weights=weights,
        offset=offset,
        missing=missing,
        levels=levels,
    )
    return LearntOfBlocks(recipe, tuple(used), total, design.notes)


def _refuse_learning(chosen: Chosen) -> None:
    for call in calls_in((*LEARNING, *MOVED), *chosen.nodes):
        if call in chosen.before.known or _fixed(call) is not None:
            if call.function not in MOVED:
                continue
        why = "reads other rows" if call.function in MOVED else "learns of all rows"
        raise RequestError(
            f"{show(call)} {why}, and they pass in blocks",
            fix="Compute the column before the fit, or read the file as a whole",
        )


def _fixed(call: Call) -> Any:
    if call.function != "cut":
        return None
    from leastwise.design.learnt.cuts import fixed_cuts

    return fixed_cuts(call)


class _Examples:
    """The rows that are kept, and what was seen."""

    def __init__(self) -> None:
        self.parts: list[tuple[Table, Array]] = []
        self._seen: dict[Node, set[Any]] = {}
        self._kinds: dict[str, tuple[str, str]] = {}
        self._names: tuple[str, ...] = ()

    def look(self, chosen: Chosen, so_far: int) -> None:
        """Keep the rows of a table that show something new."""
        table, rows = chosen.rows.table, chosen.rows
        names = names_here(*chosen.nodes)
        self._names = tuple(dict.fromkeys((*self._names, *names)))
        self._same_kinds(table, names)
        new = [] if self.parts else [0]
        # Also a text that is only compared with: what is nowhere is refused.
        texts = {n for n in names if table.column(n).kind in ("text", "boolean")}
        shown = [v for v in chosen.variables if is_category(v, table)]
        for node in dict.fromkeys((*shown, *(Name(n) for n in names if n in texts))):
            new += self._new(node, chosen)
            self._refuse_names(node, table, so_far)
        if new:
            at = rows.take(np.arange(table.n_rows))[sorted(set(new))]
            self.parts.append((_some(table, at), at))

    def check(self, count: int) -> None:
        """Refuse texts that are names of rows."""
        for node in self._seen:
            self._refuse_names(node, self.parts[0][0], count, enough=0)

    def table(self) -> Table:
        """Return the examples as one table."""
        tables = [table for table, _ in self.parts]
        first = tables[0]
        lines = [t.lines for t in tables if t.lines is not None]
        numbers = [t.numbers for t in tables if t.numbers is not None]
        every = tuple(dict.fromkeys((*self._names, *first.columns)))
        made = make_table(
            [_joined([t.columns[n] for t in tables]) for n in every],
            source=first.source,
            lines=np.concatenate(lines) if lines else None,
        )
        if numbers:
            made = replace(made, numbers=np.concatenate(numbers))
        return made

    def _new(self, node: Node, chosen: Chosen) -> list[int]:
        rows, inner = chosen.rows, inner_of(node)
        if isinstance(inner, Call):
            cuts = _fixed(inner)
            value = spread(evaluate(inner.arguments[0], rows), rows.count)
            values = cuts.codes(value)
            levels: Any = None
        else:
            column = rows.table.column(inner.name if isinstance(inner, Name) else "")
            values, levels = rows.take(column.values), column.levels
        found, first = np.unique(values, return_index=True)
        seen = self._seen.setdefault(node, set())
        new = []
        for value, at in zip(found.tolist(), first.tolist(), strict=True):
            level = value if levels is None else levels[value]
            if level not in seen:
                seen.add(level)
                new.append(at)
        return new

    def _same_kinds(self, table: Table, names: Iterable[str]) -> None:
        for name in names:
            kind = table.column(name).kind
            known = self._kinds.setdefault(name, (kind, table.row_label(0)))
            if known[0] == kind:
                continue
            if known[0] == "number" and kind == "text":
                raise not_a_number(table, name)
            raise DataError(
                f'column "{name}" holds {known[0]}s from {known[1]} on and '
                f"{kind}s from {table.row_label(0)} on",
                table.source,
                "Make it one kind: a file that is read in blocks is judged by each.",
            )

    def _refuse_names(
        self, node: Node, table: Table, count: int, *, enough: int = ENOUGH_ROWS
    ) -> None:
        if not isinstance(node, Name) or count < enough:
            return
        column = table.columns[node.name]
        if column.kind != "text" or column.declared:
            return
        number = len(self._seen[node])
        if number > MOST_PLAIN_LEVELS and 2 * number > count:
            raise DataError(
                f'column "{node.name}" has {number} different texts in {count} rows, '
                "so it looks like a name for each row",
                where=table.source,
                fix=f"Leave it out, or write C({node.name}) if it is a category",
            )


def _some(table: Table, at: Array) -> Table:
    """Return some rows of a table, with the places they have in the source."""
    columns = [
        Column(
            c.name,
            c.kind,
            c.values[at],
            None if c.missing is None else c.missing[at],
            c.levels,
            c.declared,
        )
        for c in table.columns.values()
    ]
    lines = table.lines
    if lines is None and table.first_line is not None:
        lines = table.first_line + np.arange(table.n_rows)
    return Table(
        {c.name: c for c in columns},
        len(at),
        table.source,
        None,
        None if lines is None else lines[at],
        table.unread,
        None if table.numbers is None else table.numbers[at],
    )


def _joined(columns: list[Column]) -> Column:
    first = columns[0]
    gaps = [
        np.zeros(len(c.values), bool) if c.missing is None else c.missing
        for c in columns
    ]
    missing = np.concatenate(gaps)
    gap = missing if missing.any() else None
    if first.kind != "text":
        values = np.concatenate([c.values for c in columns])
        return Column(first.name, first.kind, values, gap, None)
    declared = all(c.declared for c in columns)
    there = dict.fromkeys(level for c in columns for level in c.levels or ())
    if not declared:
        used = {(c.levels or ())[i] for c in columns for i in c.values if i >= 0}
        there = dict.fromkeys(sorted(used))
    place = {level: i for i, level in enumerate(there)}
    codes = np.concatenate(
        [
            np.array(
                [-1 if i < 0 else place[(c.levels or ())[i]] for i in c.values],
                np.int32,
            )
            for c in columns
        ]
    )
    made = Column(first.name, "text", codes, gap, tuple(there), declared)
    if not declared and not mostly_numbers(made):
        # Examples show each level once, as names of rows do: that was looked at.
        return Column(first.name, "text", codes, gap, tuple(there), True)
    return made


def together(counts: list[RowCount]) -> RowCount:
    """Count the rows of several tables as those of one.

    Parameters
    ----------
    counts : list of RowCount
        Of each.
    """
    dropped: dict[str, int] = {}
    gaps: dict[str, Gap] = {}
    for count in counts:
        for reason, number in count.dropped:
            dropped[reason] = dropped.get(reason, 0) + number
        for gap in count.gaps:
            old = gaps.get(gap.name, Gap(gap.name, 0, 0))
            gaps[gap.name] = Gap(gap.name, old.rows + gap.rows, old.alone + gap.alone)
    return RowCount(
        sum(c.read for c in counts),
        sum(c.used for c in counts),
        tuple(dropped.items()),
        tuple(gaps.values()),
    )
