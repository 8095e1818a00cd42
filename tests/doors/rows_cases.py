"""What the tests of the readers share: nasty CSV files, and equality of tables."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from leastwise.rows.table import Column, Table


def assert_same_column(one: Column, two: Column) -> None:
    assert (one.name, one.kind, one.levels, one.declared) == (
        two.name,
        two.kind,
        two.levels,
        two.declared,
    )
    assert one.values.dtype == two.values.dtype
    np.testing.assert_array_equal(one.values, two.values)
    if one.values.dtype.kind == "f":
        there = ~np.isnan(one.values)
        np.testing.assert_array_equal(
            np.signbit(one.values[there]), np.signbit(two.values[there])
        )
    assert (one.missing is None) == (two.missing is None)
    if one.missing is not None:
        np.testing.assert_array_equal(one.missing, two.missing)


def assert_same_table(one: Table, two: Table) -> None:
    assert list(one.columns) == list(two.columns)
    assert (one.n_rows, one.source) == (two.n_rows, two.source)
    assert dict(one.unread) == dict(two.unread)
    for name in one.columns:
        assert_same_column(one.columns[name], two.columns[name])
    for row in range(one.n_rows):
        assert one.row_label(row) == two.row_label(row)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# Each is one column of cells, as it stands in the file.
CELLS = {
    "integers": ["1", "-2", "30"],
    "signed": ["+1", "-0", "3"],
    "integers with gaps": ["1", "NA", ""],
    "beyond float64": ["9007199254740993", "-9223372036854775808", "1"],
    "uint64": ["18446744073709551615", "1", "2"],
    "beyond 64 bits": ["18446744073709551616", "-1", "null"],
    "very long": ["1" + "0" * 400, "1", "2"],
    "decimals": ["1.5", "-.5", "5."],
    "exponents": ["1e5", "1E-3", "2.5e+10"],
    "extremes": ["1e400", "1e-320", "1.7976931348623157e308"],
    "17 digits": ["0.30000000000000004", "1.0000000000000002220446049250313", "3"],
    "infinite": ["inf", "-Infinity", "INF"],
    "not quite": ["1_000", "1", "2"],
    "hexadecimal": ["0x10", "1", "2"],
    "other nan": ["NAN", "1.5", "-nan"],
    "missing words": ["NaN", "n/a", "#N/A"],
    "points": [".", "1.5", "None"],
    "zip codes": ["01234", "98765", "00501"],
    "leading zero beside decimals": ["007", "1.5", "2"],
    "negative leading zero": ["-01", "2", "3"],
    "zero exponents": ["00e5", "01.5", "0"],
    "booleans": ["true", "False", "TRUE"],
    "booleans with gaps": ["true", "NA", "false"],
    "dates": ["2024-02-29", "2023-01-01", "1600-12-31"],
    "instants": ["2024-01-01T10:00:00Z", "2024-01-01 10:00:00.5+02:00", "NA"],
    "nanoseconds": ["2024-01-01 00:00:00.123456789", "2024-01-02", "2024-01-03"],
    "no such day": ["2023-02-30", "2023-01-01", "2023-01-02"],
    "mixed zones": ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00", "NA"],
    "text": ["B", " A ", "B"],
    "sorted by code point": ["é", "Z", "a"],
    "text among numbers": ["1", "2", "-"],
    "thousands": ['"1,234"', "95", "7"],
    "quoted": ['"1"', '"x"', '""'],
    "doubled quotes": ['"say ""hi"""', '""""', "a"],
    "inner quote": ['5" pipe', "6", '7"'],
    "quoted newline": ['"a\nb"', '"c"', "d"],
    "quoted delimiter": ['",,,"', '","', "x"],
    "spaces": [" 1", "2 ", "\u00a03"],
    "only spaces": ["  ", "\t", "1"],
    "odd spaces": ["\x1f1", "\u20032", "3"],
    "badly quoted": ['"a"b', "c", "d"],
    "unclosed": ['"a', "b", "c"],
    "empty quoted start": ['""a', "b", "c"],
    "null byte": ["a\0b", "c", "d"],
    "long": ["x" * 140_000, "y", "z"],
    "full width digits": ["\uff11", "2", "3"],
}

LINE_ENDS = {"unix": "\n", "windows": "\r\n", "old mac": "\r"}


def csv_of(cells: list[str], *, end: str, last: str, alone: bool) -> str:
    """Put the cells into a file, alone or between two columns of numbers."""
    rows = ["v", *cells] if alone else ["a,v,b", *(f"1,{cell},2.5" for cell in cells)]
    return end.join(rows) + last


def nasty_files() -> dict[str, bytes]:
    files = {}
    for (label, cells), (kind, end), mark, alone, last in itertools.product(
        CELLS.items(), LINE_ENDS.items(), ("", "\ufeff"), (True, False), range(3)
    ):
        # No line end after the last row, one, or a blank line too.
        text = csv_of(cells, end=end, last=end * last, alone=alone)
        name = f"{label}, {kind}, {'BOM, ' if mark else ''}{alone}, {last}"
        files[name] = (mark + text).encode()
    shapes = {
        "empty": "",
        "blank lines only": "\n\n\n",
        "header only": "a,b\n",
        "short row": "a,b\n1,2\n3\n",
        "long row": "a,b\n1,2\n3,4,5\n",
        "row names": "a,b\n1,2,3\n4,5,6\n",
        "blank line inside": "a,b\n1,2\n\n3,4\n",
        "blank line first": "\n\na,b\n1,2\n3,4\n",
        "spaces alone in a line": "a,b\n1,2\n   \n3,4\n",
        "semicolons": "a;b\n1,5;2,5\n",
        "duplicates": "a,b,a\n1,2,3\n",
        "no name": "a,,b\n1,2,3\n",
        "unnamed first": ",a\n0,5\n1,6\n",
        "spaces in names": " a , b\n1,2\n",
        "quoted names": '"a, b","c"\n1,2\n',
        "name of two lines": '"a\nb",c\n1,2\n',
        "only commas": "a,b\n,\n,\n",
        "mixed line ends": "a,b\r\n1,2\n3,4\r5,6\n",
    }
    files.update({name: text.encode() for name, text in shapes.items()})
    files["latin-1"] = b"a,b\n1,K\xf6ln\n"
    files["cut in a character"] = b"a,b\n1,K\xc3"
    files["UTF-16"] = "a,b\n1,2\n".encode("utf-16")
    return files
