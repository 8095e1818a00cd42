"""The levels of a category among the rows of a fit, and what is refused as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.design.contrasts.base import Coding
from leastwise.design.encode import (
    TREATMENT,
    CategoryKind,
    Encoding,
    Level,
    inner_of,
    level_label,
    place,
)
from leastwise.design.evaluate import evaluate, spread
from leastwise.design.formula.codings import Asked, asked_of
from leastwise.design.formula.functions import CATEGORY
from leastwise.design.formula.nodes import Call, Name, Node
from leastwise.design.formula.show import show, show_name
from leastwise.design.levels import ERROR, Other, Policy
from leastwise.design.numeric import Rows
from leastwise.rows.complain import mostly_numbers, not_a_number
from leastwise.rows.table import Column, did_you_mean, shown

# A text column with more values than this, most of them different, names rows.
MOST_PLAIN_LEVELS = 20


def learn(
    node: Node, rows: Rows, policy: Policy = ERROR
) -> tuple[Encoding, tuple[str, ...]]:
    """Find the levels of a category among the used rows.

    Parameters
    ----------
    node : node
        A column's name, ``C(...)``, ``cut(...)`` or ``bin(...)``.
    rows : Rows
        The rows of the fit.
    policy : Policy
        `Other` gathers rare levels.

    Returns
    -------
    Encoding, tuple of str
        The encoding, and notes on levels that do not occur or are rare.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> rows = Rows(read_table({"town": ["B", "A", "B"]}), None)
    >>> encoding, notes = learn(Name("town"), rows)
    >>> encoding.levels, encoding.base, notes
    (('A', 'B'), 0, ())
    """
    inner = inner_of(node)
    asked = Asked()
    explicit = isinstance(node, Call) and node.function in CATEGORY
    if isinstance(node, Call) and explicit:
        asked = asked_of(node)
    if isinstance(inner, Name):
        name, kind, levels, notes = _of_column(inner.name, rows, explicit=explicit)
    else:
        name, kind = show(inner), "interval"
        levels, notes = _intervals(inner, rows)
    if asked.levels is not None:
        levels, absent = _ordered(name, levels, asked, rows)
        notes = (*notes, *absent)
    found = Encoding(name, kind, levels, 0)
    if isinstance(policy, Other):
        found, gathered = _gathered(node, found, policy, rows)
        notes = (*notes, *gathered)
    labels = found.labels
    if len(labels) < 2:
        _refuse_single(name, labels, rows)
    coding: Coding = TREATMENT
    if asked.coding != "Treatment":
        from leastwise.design.contrasts.registry import coding_asked

        coding = coding_asked(asked)
    problem = coding.fits(len(labels))
    if problem is not None:
        raise DataError(
            f'{show(node)}: {problem}, and "{name}" has {len(labels)} levels in the '
            "rows used",
            where=rows.table.source,
            fix=f"The levels are {shown(labels)}",
        )
    found = replace(found, coding=coding, base=coding.usual_base(len(labels)))
    if asked.base is not None:
        found = replace(found, base=_base(found, asked.base, rows))
    return found, notes


def _of_column(
    name: str, rows: Rows, *, explicit: bool
) -> tuple[str, CategoryKind, tuple[Level, ...], tuple[str, ...]]:
    column = rows.table.column(name)
    if column.kind == "date":
        raise not_a_number(rows.table, name)
    if column.kind == "text":
        if not explicit:
            _refuse_accidental(column, rows)
        levels, notes = _text_levels(column, rows)
        return name, "text", levels, notes
    if column.kind == "boolean":
        values = rows.take(column.values)
        seen = tuple(v for v in (False, True) if (values == v).any())
        return name, "boolean", seen, ()
    return name, "number", _number_levels(column, rows), ()


def _intervals(node: Node, rows: Rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find the intervals that hold rows."""
    if not isinstance(node, Call):
        raise DataError(f"{show(node)} is no category", where=rows.table.source)
    cuts = rows.known[node]
    value = spread(evaluate(node.arguments[0], rows), rows.count)
    held = np.bincount(cuts.codes(value), minlength=len(cuts.labels)) > 0
    levels = tuple(v for v, there in zip(cuts.labels, held, strict=True) if there)
    gone = [v for v, there in zip(cuts.labels, held, strict=True) if not there]
    return levels, _absent(show(node), gone)


def _absent(name: str, gone: list[str]) -> tuple[str, ...]:
    if not gone:
        return ()
    verb = "does" if len(gone) == 1 else "do"
    word = "level" if len(gone) == 1 else "levels"
    return (
        f'{word} {shown(gone)} of "{name}" {verb} not occur in the rows used '
        "and got no coefficient",
    )


def _ordered(
    name: str, levels: tuple[Level, ...], asked: Asked, rows: Rows
) -> tuple[tuple[Level, ...], tuple[str, ...]]:
    """Put levels in the order that the formula gives them."""
    by_label = {level_label(level): level for level in levels}
    wanted = [v if isinstance(v, str) else level_label(v) for v in asked.levels or ()]
    more = [text for text in by_label if text not in wanted]
    if more:
        raise DataError(
            f'column "{name}" has levels that levels=[...] does not name: '
            f"{shown(more)}",
            where=rows.table.source,
            fix="Name every level, in the order they should have",
        )
    there = tuple(by_label[text] for text in wanted if text in by_label)
    return there, _absent(name, [text for text in wanted if text not in by_label])


def _gathered(
    node: Node, encoding: Encoding, policy: Other, rows: Rows
) -> tuple[Encoding, tuple[str, ...]]:
    """Let rare levels share one."""
    counts = np.bincount(place(node, encoding, rows), minlength=len(encoding.levels))
    few = counts < policy.min_count
    if not few.any():
        return encoding, ()
    kept = tuple(v for v, rare in zip(encoding.levels, few, strict=True) if not rare)
    rare = tuple(v for v, bad in zip(encoding.levels, few, strict=True) if bad)
    if policy.label in map(level_label, kept):
        raise DataError(
            f'column "{encoding.column}" has a level "{policy.label}" already, and '
            "rare levels would be taken for it",
            where=rows.table.source,
            fix='Give them another name: levels=leastwise.levels.Other(label="rare")',
        )
    word = "level" if len(rare) == 1 else "levels"
    verb = "has" if len(rare) == 1 else "have"
    note = (
        f'{word} {shown(map(level_label, rare))} of "{encoding.column}" {verb} fewer '
        f'than {policy.min_count} rows and became "{policy.label}" '
        f"({int(counts[few].sum())} rows)"
    )
    made = replace(encoding, levels=kept, other=policy.label, rare=rare)
    return made, (note,)


def _text_levels(column: Column, rows: Rows) -> tuple[tuple[str, ...], tuple[str, ...]]:
    every = column.levels or ()
    present = np.zeros(len(every), bool)
    present[rows.take(column.values)] = True
    levels = tuple(v for v, there in zip(every, present, strict=True) if there)
    gone = [v for v, there in zip(every, present, strict=True) if not there]
    return levels, _absent(column.name, gone)


def _number_levels(column: Column, rows: Rows) -> tuple[int | float, ...]:
    values = rows.take(column.values)
    if values.dtype.kind == "O":
        return tuple(sorted({int(v) for v in values}))
    distinct = np.unique(values)
    if values.dtype.kind == "f":
        wide = distinct.astype(np.float64)
        infinite = wide[~np.isfinite(wide)]
        if infinite.size:
            at = int((values == infinite[0]).argmax())
            raise DataError(
                f'column "{column.name}" is {infinite[0]:g} in {rows.label(at)}',
                where=rows.table.source,
                fix="Correct the value, or make it a missing one (NA)",
            )
        return tuple(map(float, wide))
    return tuple(map(int, distinct))


def _refuse_accidental(column: Column, rows: Rows) -> None:
    """Refuse text that became a category by accident: numbers, or names of rows."""
    if column.declared:
        return
    if mostly_numbers(column):
        raise not_a_number(rows.table, column.name)
    distinct = int(np.count_nonzero(np.bincount(rows.take(column.values))))
    if distinct > MOST_PLAIN_LEVELS and 2 * distinct > rows.count:
        raise DataError(
            f'column "{column.name}" has {distinct} different texts in {rows.count} '
            "rows, so it looks like a name for each row",
            where=rows.table.source,
            fix=f"Leave it out (- {show_name(column.name)}), or write "
            f"C({show_name(column.name)}) if it is a category",
        )


def _refuse_single(name: str, labels: tuple[str, ...], rows: Rows) -> None:
    value = f' ("{labels[0]}")' if labels else ""
    raise DataError(
        f'column "{name}" has one value{value}, so it cannot be told from the '
        "intercept",
        where=rows.table.source,
        fix="Leave it out of the formula, or give rows with other values",
    )


def _base(encoding: Encoding, reference: str | float, rows: Rows) -> int:
    wanted = reference if isinstance(reference, str) else level_label(reference)
    # C(cyl, reference="4") means the number 4 as well, and 4.0 the text "4".
    if wanted in encoding.labels:
        return encoding.labels.index(wanted)
    if wanted in map(level_label, encoding.rare):
        raise DataError(
            f'reference level "{wanted}" of column "{encoding.column}" is rare and '
            f'became "{encoding.other}"',
            where=rows.table.source,
            fix="Choose another reference level, or a lower min_count",
        )
    raise DataError(
        f'reference level "{wanted}" does not occur in column "{encoding.column}"',
        where=rows.table.source,
        fix=f"{did_you_mean(wanted, encoding.labels)}The levels are "
        f"{shown(encoding.labels)}",
    )
