"""One column from an array or from Python objects, in the dtype its owner chose."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.rows.decimals import low_of_objects
from leastwise.rows.table import Array, Column, Kind
from leastwise.rows.tokens import integer_array, text_column

# Missing marks of pandas, told by name so that pandas need not be imported.
MISSING_TYPES = ("NAType", "NaTType", "NoneType")


def column_from_array(name: str, array: Any, where: str) -> Column:
    """Make a column of a one-dimensional array; numbers are not copied.

    Parameters
    ----------
    name : str
        Name of the column.
    array : array_like
        A NumPy array, masked array or anything `numpy.asarray` takes as one.
    where : str
        What holds the column, for messages.

    Examples
    --------
    >>> column_from_array("x", np.array([1.5, np.nan]), "the arrays").missing
    array([False,  True])
    """
    mask = np.ma.getmaskarray(array) if isinstance(array, np.ma.MaskedArray) else None
    values = one_dimensional(name, np.asarray(array), where)
    mask = None if mask is None else mask.reshape(-1)
    kind = values.dtype.kind
    if kind == "O":
        objects = list(values)
        if mask is not None:
            objects = [None if m else v for v, m in zip(objects, mask, strict=True)]
        return column_from_objects(name, objects, where)
    if kind in "US":
        return _text_array(name, values, mask, where)
    if kind == "M":
        return _date_array(name, values, mask)
    return number_column(name, plain_number(name, values, where), mask)


def one_dimensional(name: str, values: Array, where: str) -> Array:
    """Return the array as one dimension; a single column of two is one too.

    Examples
    --------
    >>> one_dimensional("x", np.zeros((3, 1)), "the arrays").shape
    (3,)
    """
    if values.ndim == 1:
        return values
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    raise DataError(
        f"its shape is {values.shape}, and a column has one dimension",
        where=f'column "{name}" in {where}',
        fix="Give each of its columns a name of its own.",
    )


def plain_number(name: str, values: Array, where: str) -> Array:
    """Return booleans, integers and reals as NumPy computes with them.

    Complex numbers, durations and other things that are no real number are refused.

    Examples
    --------
    >>> plain_number("x", np.array([1, 2], ">i4"), "the arrays").dtype.isnative
    True
    """
    dtype = values.dtype
    if dtype.kind == "c":
        raise _unusable(name, where, "complex numbers", "Use .real, .imag or abs().")
    if dtype.kind == "f" and dtype.itemsize > 8:
        return values.astype(np.float64)
    if dtype.kind in "biuf":
        return values if dtype.isnative else values.astype(dtype.newbyteorder("="))
    if dtype.name.startswith(("bfloat", "float", "int", "uint")):
        # The short formats of machine learning: float32 (int32) holds each exactly.
        return values.astype(np.int32 if "int" in dtype.name else np.float32)
    what = "durations" if dtype.kind == "m" else f"values of type {dtype}"
    raise _unusable(name, where, what, "Convert it to numbers first.")


def _unusable(name: str, where: str, what: str, fix: str) -> DataError:
    # An array has no column names: what holds it says enough.
    place = f'column "{name}" in {where}' if name else where
    return DataError(f"it holds {what}", place, fix)


def number_column(name: str, values: Array, mask: Array | None) -> Column:
    """Make a column of real numbers or booleans; `mask` says what is missing.

    Examples
    --------
    >>> number_column("x", np.array([1, 2]), np.array([True, False])).values
    array([0, 2])
    """
    if mask is not None and mask.any():
        fill = np.nan if values.dtype.kind == "f" else 0
        values = np.where(mask, np.array(fill, values.dtype), values)
    kind: Kind = "boolean" if values.dtype.kind == "b" else "number"
    return Column(name, kind, values, missing_in(values, mask), None)


def missing_in(values: Array, mask: Array | None) -> Array | None:
    """Mark NaN and masked values; None when there are none.

    Examples
    --------
    >>> missing_in(np.array([1.0, np.inf]), None) is None
    True
    """
    if values.dtype.kind == "f" and values.size:
        # The minimum is NaN when any value is, and costs no mask to find.
        if np.isnan(values.min()):
            nan = np.isnan(values)
            mask = nan if mask is None else mask | nan
    return mask if mask is not None and mask.any() else None


def _text_array(name: str, values: Array, mask: Array | None, where: str) -> Column:
    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise _unusable(
                name, where, f"bytes that are no UTF-8 text ({error.reason})", "Decode."
            ) from error
    tokens: Iterable[str | None] = values.tolist()
    if mask is not None:
        tokens = (None if m else t for t, m in zip(tokens, mask, strict=True))
    return text_column(name, iter(tokens))


def _date_array(name: str, values: Array, mask: Array | None) -> Column:
    if mask is not None and mask.any():
        values = values.copy()
        values[mask] = np.array("NaT", values.dtype)
    missing = np.isnat(values)
    return Column(name, "date", values, missing if missing.any() else None, None)


def column_from_objects(name: str, objects: Sequence[Any], where: str) -> Column:
    """Make a column of Python objects: by their types, all of them looked at.

    Text among numbers makes a text column, so that whoever needs numbers hears which
    value is none; booleans among numbers, dates among others, and anything
    else are refused.

    Examples
    --------
    >>> column_from_objects("x", [1, None, 2**63], "the data").values.dtype.name
    'uint64'
    >>> column_from_objects("x", [1, "2"], "the data").levels
    ('1', '2')
    """
    missing = np.array([is_missing(value) for value in objects], bool)
    present = [v for v, m in zip(objects, missing, strict=True) if not m]
    kinds = {_type_name(kind) for kind in {type(value) for value in present}}
    if not kinds:
        return _filled(name, "number", [], missing, np.nan)
    if kinds == {"boolean"}:
        return _filled(name, "boolean", [bool(v) for v in present], missing, False)
    if kinds == {"integer"}:
        return _filled(name, "number", [int(v) for v in present], missing, 0)
    if kinds <= {"integer", "real"}:
        reals = [_to_float(value) for value in present]
        made = _filled(name, "number", reals, missing, np.nan)
        if any(isinstance(value, (Decimal, Fraction)) for value in present):
            made = replace(made, low=low_of_objects(objects, made.values))
        return made
    if kinds == {"date"}:
        return _object_dates(name, present, missing)
    if kinds <= {"integer", "real", "text"}:
        return text_column(
            name, (None if m else str(v) for v, m in zip(objects, missing, strict=True))
        )
    strange = sorted(kinds - {"boolean", "integer", "real", "text", "date"})
    what = f"values of type {strange[0]}" if strange else f"a mix of {_listed(kinds)}"
    raise _unusable(name, where, what, "Make it one kind: numbers, text or dates.")


def _listed(kinds: Iterable[str]) -> str:
    plural = {"boolean": "booleans", "integer": "integers", "real": "decimals"}
    words = sorted(
        plural.get(kind, f"{kind}s".replace("texts", "text")) for kind in kinds
    )
    return " and ".join(words)


def is_missing(value: Any) -> bool:
    """Say whether a Python object means "no value".

    Examples
    --------
    >>> [is_missing(v) for v in (None, float("nan"), Decimal("NaN"), 0, "")]
    [True, True, True, False, False]
    """
    if type(value).__name__ in MISSING_TYPES or value is np.ma.masked:
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    if isinstance(value, (float, np.floating)):
        return bool(value != value)
    return isinstance(value, Decimal) and value.is_nan()


def _type_name(kind: type) -> str:
    if issubclass(kind, (bool, np.bool_)):
        return "boolean"
    if issubclass(kind, (int, np.integer)) and not issubclass(kind, np.timedelta64):
        return "integer"
    if issubclass(kind, (float, np.floating, Decimal, Fraction)):
        return "real"
    if issubclass(kind, str):
        return "text"
    if issubclass(kind, (datetime.date, np.datetime64)):
        return "date"
    return kind.__name__


def _to_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        # An integer beyond float64 among decimals: infinite, and refused as such.
        return float("inf") if value > 0 else float("-inf")


def _filled(
    name: str, kind: Any, present: Sequence[Any], missing: Array, fill: Any
) -> Column:
    supply = iter(present)
    whole = [fill if m else next(supply) for m in missing]
    if kind == "boolean":
        values: Array = np.array(whole, bool)
    elif fill == 0 and isinstance(fill, int):
        values = integer_array(whole)
    else:
        values = np.array(whole, np.float64)
    return Column(name, kind, values, missing if missing.any() else None, None)


def _object_dates(name: str, present: Sequence[Any], missing: Array) -> Column:
    values = np.full(missing.size, "NaT", "M8[us]")
    values[~missing] = [_utc(value) for value in present]
    return Column(name, "date", values, missing if missing.any() else None, None)


def _utc(value: Any) -> np.datetime64:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")
