"""Rows in groups: clusters, strata, points in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.infer.cov.base import Seen, Values
from leastwise.infer.dist import Array


@dataclass(frozen=True, eq=False)
class Groups:
    """A group for each row.

    Attributes
    ----------
    codes : ndarray of int, shape (n,)
        From 0, in the order of the values.
    count : int
        Number of groups.
    values : Values
        What they were made of.
    what : str
        For messages, such as ``"town"``.
    """

    codes: Array
    count: int
    values: Values
    what: str

    def name(self, group: int) -> str:
        """Return what the reader calls a group."""
        row = int(np.flatnonzero(self.codes == group)[0])
        return f"{self.what} {self.values.text(row)}"


def values_of(seen: Seen, given: Any, what: str) -> tuple[Values, str]:
    """Return a column by name, or values given one a row of the data.

    Parameters
    ----------
    seen : Seen
        The rows.
    given : str or array_like
        A column, or one value for each row of the data.
    what : str
        What it is for, in messages.

    Returns
    -------
    Values, str
        Of the rows used, and what the reader calls them.

    Raises
    ------
    DataError
        When there is not one value for each row used.
    """
    if isinstance(given, str):
        return seen.columns[given], given
    array = np.asarray(given)
    n = len(seen.rows.Y)
    read = n if seen.read is None else seen.read
    if array.ndim != 1 or len(array) != read:
        raise DataError(
            f"{what}: {' x '.join(map(str, array.shape))} values for {read} rows",
            fix="Give one value for each row of the data, or the name of a column",
        )
    if seen.used is not None:
        array = array[seen.used]
    missing = _missing(array)
    if missing.any():
        row = seen.row_name(int(np.flatnonzero(missing)[0]))
        raise DataError(
            f"{what} has no value in {row}, which the model uses",
            fix="Leave such rows out before the fit",
        )
    return Values(array), "the values given"


def groups_of(seen: Seen, given: Any, what: str) -> Groups:
    """Put rows of equal values together; see `values_of`."""
    values, name = values_of(seen, given, what)
    if values.numbers.dtype.kind == "O":
        first: dict[Any, int] = {}
        codes = np.array([first.setdefault(v, len(first)) for v in values.numbers])
        return Groups(codes, len(first), values, name)
    found, codes = np.unique(values.numbers, return_inverse=True)
    return Groups(codes.reshape(-1), len(found), values, name)


def crossed(one: Groups, other: Groups) -> Groups:
    """Put rows together that are together in both."""
    both = one.codes.astype(np.int64) * other.count + other.codes
    found, codes = np.unique(both, return_inverse=True)
    what = f"{one.what} and {other.what}"
    return Groups(codes.reshape(-1), len(found), one.values, what)


def sums_within(groups: Groups, scores: Array, into: Array, part: slice) -> None:
    """Add the scores of a block of rows to those of their groups."""
    np.add.at(into, groups.codes[part], scores)


def _missing(array: Array) -> Array:
    if array.dtype.kind == "f":
        return np.isnan(array)
    if array.dtype.kind in "mM":
        return np.isnat(array)
    if array.dtype.kind == "O":
        # NaN is what is not itself; None and pandas' NA are none of the values.
        return np.array([v is None or _is_not_itself(v) for v in array], bool)
    return np.zeros(len(array), bool)


def _is_not_itself(value: Any) -> bool:
    try:
        return bool(value != value)
    except TypeError:
        return True
