"""Which rows are used: missing values, zero weights, and what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.layout import Array, Gap, RowCount
from leastwise.design.numeric import Rows, number_column
from leastwise.rows.complain import not_a_number
from leastwise.rows.table import Table

MissingPolicy: TypeAlias = Literal["drop", "error", "nan"]


@dataclass(frozen=True, eq=False)
class Selection:
    """The used rows and the count of the others."""

    rows: Rows
    count: RowCount


def select(
    table: Table,
    names: Sequence[str],
    *,
    weights: str | None = None,
    missing: MissingPolicy = "drop",
    allow_empty: bool = False,
    lost: Sequence[tuple[str, Array]] = (),
) -> Selection:
    """Choose the rows on which every needed column has a value.

    Parameters
    ----------
    table : Table
        The rows that came.
    names : sequence of str
        The columns needed.
    weights : str, optional
        Column of case weights; rows of weight zero are left out.
    missing : {"drop", "error", "nan"}
        What a missing value does. For ``"nan"`` the rows are left out here, and
        the caller puts them back.
    allow_empty : bool
        Whether no row at all is an answer.
    lost : sequence of (str, ndarray of bool)
        Rows that cannot be used for other reasons, such as the first of a ``lag``.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> select(read_table({"x": [1.0, None, 3.0]}), ["x"]).count.dropped
    (('missing value in x', 1),)
    """
    check_policy(missing, ("drop", "error", "nan"))
    if not table.n_rows and not allow_empty:
        raise DataError("there are no rows", where=table.source, fix="Give data rows")
    gone: Array | None = None
    dropped: list[tuple[str, int]] = []
    gaps: list[tuple[str, Array]] = []
    every = [*names, *([weights] if weights is not None else [])]
    for name in dict.fromkeys(every):
        column = table.column(name)
        if column.kind == "date":
            raise not_a_number(table, name)
        if column.missing is None:
            continue
        if missing == "error" and column.missing.any():
            raise _missing_error(table, name, column.missing)
        gaps.append((name, column.missing))
        gone = _drop(gone, column.missing, f"missing value in {name}", dropped)
    for reason, mask in lost:
        if not mask.any():
            continue
        if missing == "error":
            raise _lost_error(table, reason, mask)
        gaps.append((reason, mask))
        gone = _drop(gone, mask, reason, dropped)
    if weights is not None:
        zero = _zero_weights(table, weights)
        if zero.any():
            gone = _drop(gone, zero, "zero weight", dropped)
        if gone is not None and zero.any() and not allow_empty:
            _refuse_all_zero(table, weights, gone, zero)
    kept = None if gone is None or not gone.any() else np.flatnonzero(~gone)
    used = table.n_rows if kept is None else len(kept)
    count = RowCount(table.n_rows, used, tuple(dropped), _gaps(gaps))
    if not used and not allow_empty:
        raise _nothing_left(table, count)
    return Selection(Rows(table, kept), count)


def check_policy(value: str, known: Sequence[str]) -> None:
    """Refuse a missing-value policy that does not exist.

    Examples
    --------
    >>> check_policy("drop", ("drop", "error"))
    """
    if value not in known:
        choices = ", ".join(f'"{name}"' for name in known)
        raise RequestError(f"missing={value!r} is none of {choices}")


def weight_values(name: str, rows: Rows) -> Array:
    """Give the weights of the used rows.

    Examples
    --------
    >>> from leastwise.rows.read import read_table
    >>> weight_values("w", Rows(read_table({"w": [1, 2]}), None))
    array([1., 2.])
    """
    return np.asarray(rows.take(rows.table.column(name).values), np.float64)


def _gaps(found: Sequence[tuple[str, Array]]) -> tuple[Gap, ...]:
    """Count the rows that each column has no value in, and those it loses alone."""
    found = [(name, mask) for name, mask in found if mask.any()]
    if not found:
        return ()
    times = np.zeros(len(found[0][1]), np.int32)
    for _, mask in found:
        times += mask
    return tuple(
        Gap(name, int(mask.sum()), int((mask & (times == 1)).sum()))
        for name, mask in found
    )


def _lost_error(table: Table, reason: str, mask: Array) -> DataError:
    number = int(np.count_nonzero(mask))
    noun = "row cannot" if number == 1 else "rows cannot"
    return DataError(
        f"{number} {noun} be used, first {table.row_label(int(mask.argmax()))}: "
        f"{reason}",
        where=table.source,
        fix='Leave such rows out with missing="drop"',
    )


def _drop(
    gone: Array | None, mask: Array, reason: str, dropped: list[tuple[str, int]]
) -> Array:
    """Add the rows of a mask; a row counts under its first reason only."""
    new = mask if gone is None else mask & ~gone
    number = int(np.count_nonzero(new))
    if number:
        dropped.append((reason, number))
    return mask.copy() if gone is None else gone | mask


def _zero_weights(table: Table, name: str) -> Array:
    column = number_column(table, name)
    values = np.asarray(column.values, np.float64)
    if column.missing is not None:
        values = np.where(column.missing, 1.0, values)
    for bad in (~np.isfinite(values), values < 0):
        if bad.any():
            at = int(bad.argmax())
            raise DataError(
                f'weight "{name}" is {values[at]:g} in {table.row_label(at)}',
                where=table.source,
                fix="Weights are finite numbers, 0 or more",
            )
    return np.asarray(values == 0)


def _refuse_all_zero(table: Table, name: str, gone: Array, zero: Array) -> None:
    if gone.all():
        raise DataError(
            f'{int(zero.sum())} of {table.n_rows} weights in "{name}" are zero and '
            "no other row is left",
            where=table.source,
            fix="Give some rows a positive weight",
        )


def _missing_error(table: Table, name: str, mask: Array) -> DataError:
    number = int(np.count_nonzero(mask))
    noun = "value is" if number == 1 else "values are"
    first = table.row_label(int(mask.argmax()))
    return DataError(
        f'{number} {noun} missing in column "{name}", first in {first}',
        where=table.source,
        fix='Fill the gaps, or leave such rows out with missing="drop"',
    )


def _nothing_left(table: Table, count: RowCount) -> DataError:
    reasons = ", ".join(f"{n} for {reason}" for reason, n in count.dropped)
    return DataError(
        f"no row of {count.read} is left: {reasons}",
        where=table.source,
        fix="Leave the emptiest column out of the formula",
    )
