"""Fits of several predictors: what `glm` does for families that have them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.build import build, columns_needed
from leastwise.design.formula.nodes import Name
from leastwise.design.formula.parse import Formula, parse
from leastwise.design.levels import read_policy
from leastwise.design.weights import Weights, analytic, with_weights
from leastwise.loss.many import Multinomial, Ordered
from leastwise.loss.many.base import ManyLoss
from leastwise.model.loss_model import LossModel
from leastwise.model.make_loss import Request
from leastwise.model.make_many import make_many_model
from leastwise.rows.read import read_table
from leastwise.rows.table import Column, Table, make_table
from leastwise.verbs.rows import Asked

# More classes than this are hardly meant.
MOST_CLASSES = 1000


def fit_many(loss: ManyLoss, asked: Asked, cov: Any) -> LossModel:
    """Fit a family of several predictors.

    Parameters
    ----------
    loss : ManyLoss
        The family.
    asked : Asked
        Which rows.
    cov : Covariance, str or None
        Another covariance than that of the observed information.
    """
    if asked.y is not None or asked.X is not None:
        raise RequestError(
            f"{loss.name} takes a formula and data",
            fix='Give the arrays as a mapping: glm("y ~ a + b", {"y": y, "a": a, ...})',
        )
    if not isinstance(asked.formula, str):
        raise RequestError(
            "a fit takes a formula and data", fix='Call it as ("y ~ x", data)'
        )
    given = asked.weights
    weights = given if isinstance(given, Weights) or given is None else analytic(given)
    data, column, beside = asked.data, None, None
    if weights is not None:
        data, column = with_weights(data, weights.values)
    if asked.offset is not None:
        data, beside = with_weights(data, asked.offset, role="offset")
    parsed = parse(asked.formula)
    if len(parsed.targets) != 1:
        raise RequestError(
            f"{loss.name} takes one target, the formula has {len(parsed.targets)}",
            fix="Fit one target at a time",
        )
    if loss.column is not None:
        parsed = replace(parsed, targets=(*parsed.targets, Name(loss.column)))
    table = read_table(data, columns_needed(parsed, weights=column, offset=beside))
    levels: tuple[str, ...] = ()
    if isinstance(loss, (Multinomial, Ordered)):
        table, levels = with_codes(table, parsed, loss)
    recipe, design = build(
        parsed,
        table,
        weights=column,
        offset=beside,
        missing=asked.missing,
        levels=read_policy(asked.levels),
    )
    y = design.Y + (design.origin + design.origin_low)[design.X.shape[1] :]
    if isinstance(loss, (Multinomial, Ordered)):
        loss = _with_levels(loss, levels, y[:, 0], design.weights, recipe.targets[0])
    elif loss.column is None and len(loss.parts) and _takes_event(loss):
        ones = np.ones((len(y), 1))
        y = np.hstack([y, ones])
        zero = np.zeros(1)
        design = replace(
            design,
            Y=np.hstack([design.Y, ones]),
            Y_low=None if design.Y_low is None else np.hstack([design.Y_low, 0 * ones]),
            origin=np.append(design.origin, zero),
            origin_low=np.append(design.origin_low, zero),
            roundoff=np.append(design.roundoff, zero),
        )
    if design.offset is not None and not any(p.has_offset for p in loss.parts):
        raise RequestError(
            f"{loss.name} takes no offset", fix="Leave the offset out of the model"
        )
    if isinstance(loss, Ordered) and not design.intercept:
        raise RequestError(
            "the thresholds of an ordered model are its intercept",
            fix="Leave - 1 out of the formula",
        )
    _check(loss, y, design, recipe.targets[0])
    request = Request(
        formula=asked.formula,
        kind=loss.title,
        recipe=recipe,
        design=design,
        source=asked.data,
        weights=weights,
        cov=cov,
    )
    return make_many_model(request, loss)


def _takes_event(loss: ManyLoss) -> bool:
    from leastwise.loss.many.survival import Survival

    return isinstance(loss, Survival)


def _check(loss: ManyLoss, y: Any, design: Any, target: str) -> None:
    found = loss.complaint(y)
    if found is not None:
        kept = design.kept
        row = found.row if kept is None else int(kept[found.row])
        raise DataError(f"row {row + 1} of {target}: {found.what}", fix=found.fix)


def with_codes(
    table: Table, formula: Formula, loss: ManyLoss
) -> tuple[Table, tuple[str, ...]]:
    """Return the table with codes for the classes of the target, and the classes.

    Parameters
    ----------
    table : Table
        The data.
    formula : Formula
        Whose target is a column.
    loss : Multinomial or Ordered
        Which classes it names, if it does.

    Raises
    ------
    RequestError
        When the target is no column, or its order is not known.
    """
    target = formula.targets[0]
    if not isinstance(target, Name):
        raise RequestError(
            f"the target of {loss.name} is a column with classes",
            fix="Write the name of the column alone on the left of ~",
        )
    column = table.column(target.name)
    names, codes, in_order = _classes(column)
    wanted: tuple[str, ...] = getattr(loss, "levels", ())
    if isinstance(loss, Ordered) and not wanted and not in_order:
        raise RequestError(
            f'the classes of "{column.name}" have no order: {_some(names)}',
            fix="Say it, lowest first: lw.family.Ordered(levels=("
            + ", ".join(repr(name) for name in names[:6])
            + ("))" if len(names) <= 6 else ", ...))"),
        )
    base = getattr(loss, "base", "")
    if base and base not in names:
        raise RequestError(
            f'"{column.name}" has no class {base!r}', fix=f"It has {_some(names)}"
        )
    order = wanted or ((base, *(n for n in names if n != base)) if base else names)
    unknown = [name for name in names if name not in order]
    if unknown or len(set(order)) < len(order):
        raise RequestError(
            f'levels= are not the classes of "{column.name}": {_some(names)}',
            fix="Name each class once",
        )
    place = np.array([order.index(name) for name in names], np.int64)
    found = np.where(codes >= 0, place[codes], 0) if len(place) else codes
    missing = codes < 0
    made = Column(
        column.name, "number", found, missing if missing.any() else None, None
    )
    return _replaced(table, made), tuple(order)


def _classes(column: Column) -> tuple[tuple[str, ...], Any, bool]:
    """Return the classes of a column, their codes, and whether they have an order."""
    if column.kind == "text":
        return tuple(column.levels or ()), column.values, column.declared
    there = np.ones(len(column.values), bool)
    if column.missing is not None:
        there = ~column.missing
    found, inner = np.unique(column.values[there], return_inverse=True)
    if len(found) > MOST_CLASSES:
        raise DataError(
            f'"{column.name}" has {len(found):,} different values',
            fix="Give a column with classes, or fit a family for numbers",
        )
    codes = np.full(len(column.values), -1)
    codes[there] = inner.reshape(-1)
    return tuple(_text(value) for value in found), codes, True


def _text(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:g}"
    return str(value)


def _replaced(table: Table, column: Column) -> Table:
    columns = [
        column if old.name == column.name else old for old in table.columns.values()
    ]
    return make_table(
        columns,
        source=table.source,
        first_line=table.first_line,
        lines=table.lines,
        unread=table.unread,
    )


def _with_levels(
    loss: Multinomial | Ordered,
    levels: tuple[str, ...],
    y: Any,
    weights: Any,
    target: str,
) -> ManyLoss:
    """Tell the loss its classes; refuse those that no row has."""
    if len(levels) < 2:
        raise DataError(
            f'"{target}" has one class only: {_some(levels)}',
            fix="Get rows of other classes; there is nothing to tell apart",
        )
    counts = np.bincount(y.astype(int), weights, len(levels))
    empty = [level for level, n in zip(levels, counts, strict=True) if not n > 0]
    if empty:
        raise DataError(
            f"no row used has the class{'es' * (len(empty) > 1)} {_some(empty)} of "
            f'"{target}"',
            fix="Take the level out of the column (R: droplevels; pandas: "
            "cat.remove_unused_categories()), or join it with another",
        )
    return replace(loss, levels=levels)


def _some(names: Any) -> str:
    shown = ", ".join(map(repr, names[:6]))
    return shown if len(names) <= 6 else f"{shown} and {len(names) - 6} more"
