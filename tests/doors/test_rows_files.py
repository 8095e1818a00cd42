"""Compressed files, Parquet, JSON lines, and paths that lead nowhere."""

from __future__ import annotations

import datetime
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leastwise._kit.errors import DataError, MissingDependency
from leastwise.rows import open_file
from leastwise.rows.csv_arrow import read_csv_arrow
from leastwise.rows.read import read_table
from tests.doors.rows_cases import assert_same_table, write

CSV = "a,town\n" + "".join(f"{i}.5,t{i % 3}\n" for i in range(3000))


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def refusal(data: Any, columns: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_table(data, columns)
    return str(caught.value)


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".zst", zstd)])
def test_compressed_files_hold_the_same_table(
    tmp_path: Path, ending: str, pack: Any
) -> None:
    (tmp_path / "plain").mkdir()
    name = f"homes.csv{ending}"
    path = write(tmp_path, name, pack(CSV.encode()))
    table, plain = read_table(path), read_table(write(tmp_path, "homes.csv", CSV))
    np.testing.assert_array_equal(table.columns["a"].values, plain.columns["a"].values)
    assert table.columns["town"].levels == ("t0", "t1", "t2")
    assert table.source == name
    quick = read_csv_arrow(path)
    assert quick is not None
    assert_same_table(quick, table)


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".zst", zstd)])
@pytest.mark.parametrize("quick", [True, False])
def test_truncated_compression_is_named(
    tmp_path: Path, ending: str, pack: Any, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leastwise.rows.read.QUICK_BYTES", 0 if quick else 10**9)
    content = pack(CSV.encode())
    path = write(tmp_path, f"homes.csv{ending}", content[: len(content) // 2])
    assert refusal(path) == (
        f"homes.csv{ending}: the file is cut off: its compressed data ends early. "
        "Copy or download it again."
    )


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_plain_text_that_calls_itself_compressed(tmp_path: Path, ending: str) -> None:
    words = refusal(write(tmp_path, f"homes.csv{ending}", CSV))
    kind = {".gz": "gzip", ".zst": "zstd"}[ending]
    assert words.startswith(
        f"homes.csv{ending}: the name ends in {ending}, "
        f"and the content is no sound {kind} data ("
    )
    assert words.endswith(
        f"Copy it again, or take {ending} off the name if it is plain text."
    )


def test_a_flipped_bit_in_gzip_is_found(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(CSV.encode()))
    content[-6] ^= 1
    words = refusal(write(tmp_path, "homes.csv.gz", bytes(content)))
    assert "the content is no sound gzip data (CRC check failed" in words


def test_zstd_without_a_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(library: str, purpose: str) -> Any:
        raise MissingDependency(f"{purpose} needs {library}, which is not installed")

    monkeypatch.setattr(open_file, "need", absent)
    monkeypatch.setattr(open_file, "STDLIB_ZSTD", False)
    path = write(tmp_path, "homes.csv.zst", zstd(CSV.encode()))
    with pytest.raises(MissingDependency, match=r"reading homes.csv.zst needs pyarrow"):
        read_table(path)


def parquet(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "homes.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_parquet_keeps_kinds_and_types(tmp_path: Path) -> None:
    day = datetime.date(2024, 1, 2)
    path = parquet(
        tmp_path,
        {
            "big": pa.array([2**53 + 1, None, 3]),
            "single": pa.array([1.5, None, float("nan")], pa.float32()),
            "flag": pa.array([True, None, False]),
            "money": pa.array([Decimal("0.1"), None, Decimal("2.5")]),
            "town": pa.array(["B", None, "A"]).dictionary_encode(),
            "code": pa.array([5, None, 5]).dictionary_encode(),
            "day": pa.array([day, None, day]),
            "text": pa.array(["x", "NA", ""]),
            "parts": pa.array([[1], [2, 3], None]),
            "nothing": pa.nulls(3),
        },
    )
    table = read_table(path)
    columns = table.columns
    assert columns["big"].values.tolist() == [2**53 + 1, 0, 3]
    assert list(columns["big"].missing) == [False, True, False]
    assert columns["single"].values.dtype == np.float32
    assert list(columns["single"].missing) == [False, True, True]
    assert (columns["flag"].kind, list(columns["flag"].missing)) == (
        "boolean",
        [False, True, False],
    )
    np.testing.assert_array_equal(columns["money"].values, [0.1, np.nan, 2.5])
    assert (columns["town"].levels, columns["town"].declared) == (("A", "B"), False)
    assert columns["town"].values.tolist() == [1, -1, 0]
    assert columns["code"].values.tolist() == [5, 0, 5]
    assert columns["day"].kind == "date"
    assert columns["day"].values[0] == np.datetime64("2024-01-02")
    # In a typed file "NA" is a text and not a missing value.
    assert columns["text"].levels == ("", "NA", "x")
    assert np.isnan(columns["nothing"].values).all()
    assert "parts" not in columns
    assert table.row_label(0) == "row 1"
    assert list(read_table(path, ["big"]).columns) == ["big"]
    assert read_table(path, ["nowhere"]).n_rows == 3
    assert refusal(path, ["parts"]) == (
        'column "parts" in homes.parquet: it holds nested values '
        "(list<element: int64>). Make a column of each of its parts."
    )


def test_parquet_ordered_dictionary_keeps_its_order(tmp_path: Path) -> None:
    town = pa.DictionaryArray.from_arrays([1, 0, None], ["low", "high"], ordered=True)
    column = read_table(parquet(tmp_path, {"town": town})).columns["town"]
    assert (column.levels, column.declared) == (("low", "high"), True)
    assert column.values.tolist() == [1, 0, -1]


@pytest.mark.parametrize("kept", [0, 3, 11, 200, -1])
def test_truncated_parquet_is_refused(tmp_path: Path, kept: int) -> None:
    path = parquet(tmp_path, {"x": list(range(1000))})
    path.write_bytes(path.read_bytes()[:kept])
    assert refusal(path) == (
        "homes.parquet: the file is empty. Give a file with rows."
        if kept == 0
        else "homes.parquet: the file is cut off or no Parquet file. "
        "Copy or write it again."
    )


def test_a_flipped_byte_in_a_parquet_page_is_found(tmp_path: Path) -> None:
    values = np.arange(1000.0)
    path = parquet(
        tmp_path,
        {"x": values},
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
    )
    content = bytearray(path.read_bytes())
    place = bytes(content).index(values.tobytes()) + 4000
    content[place] ^= 1
    path.write_bytes(bytes(content))
    assert refusal(path) == (
        "homes.parquet: the file is damaged: the check sum of a page is wrong. "
        "Copy or write it again."
    )


def test_parquet_without_rows_or_with_one_name_twice(tmp_path: Path) -> None:
    assert refusal(parquet(tmp_path, {"x": pa.array([], pa.float64())})) == (
        "homes.parquet: there are no rows. Give data with rows."
    )
    path = tmp_path / "homes.parquet"
    pq.write_table(
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]), path
    )
    assert refusal(path) == (
        'homes.parquet: more than one column has the name "x". '
        "Give every column a name of its own."
    )


JSON = (
    '{"x": 1, "town": "B", "flag": true, "day": "2024-01-02"}\n'
    "\n"
    '{"x": 2.5, "flag": null, "zip": "01234", "day": null}\r\n'
    '{"x": NaN, "town": "A", "deep": {"a": 1}}'
)


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".jsonl.gz"])
def test_json_lines(tmp_path: Path, ending: str) -> None:
    content = JSON.encode()
    packed = gzip.compress(content) if ending.endswith("gz") else content
    table = read_table(write(tmp_path, f"homes{ending}", packed))
    np.testing.assert_array_equal(table.columns["x"].values, [1, 2.5, np.nan])
    assert list(table.columns["x"].missing) == [False, False, True]
    assert table.columns["town"].values.tolist() == [1, -1, 0]
    assert (table.columns["flag"].kind, table.columns["day"].kind) == (
        "boolean",
        "date",
    )
    assert table.columns["zip"].levels == ("01234",)
    assert [table.row_label(i) for i in range(3)] == ["line 1", "line 3", "line 4"]
    with pytest.raises(DataError) as caught:
        table.column("deep")
    assert str(caught.value) == (
        f'column "deep" in homes{ending}: line 4 holds an object, not one value. '
        "Write its parts under keys of their own."
    )


def test_json_integers_stay_exact(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "a.jsonl", f'{{"x": {2**53 + 1}}}\n{{}}\n'))
    assert table.columns["x"].values.tolist() == [2**53 + 1, 0]


ONE_OBJECT = 'Write one object a line, as {"x": 1, "y": 2}.'
JSON_REFUSED = {
    "empty": ("\n", "a.jsonl: the file is empty. Give a file with rows."),
    "cut off": (
        '{"x": 1}\n{"x": 2',
        "a.jsonl: the file is cut off in line 2. Copy or download it again.",
    ),
    "broken": (
        '{"x": 1}\n{"x": }\n{"x": 2}\n',
        f"a.jsonl: line 2 is not sound JSON. {ONE_OBJECT}",
    ),
    "array": (
        '[{"x": 1},\n{"x": 2}]\n',
        f"a.jsonl: the file is one JSON array, not one object a line. {ONE_OBJECT}",
    ),
    "number": ('{"x": 1}\n7\n', f"a.jsonl: line 2 is not a JSON object. {ONE_OBJECT}"),
    "twice": ('{"x": 1, "x": 2}\n', 'a.jsonl: line 1 gives "x" twice. Give every key'),
    "latin-1": (
        b'{"x": "K\xf6ln"}\n',
        "a.jsonl: byte 9 of line 1 (0xf6) is not UTF-8 text. Save as UTF-8.",
    ),
    "mixed": (
        '{"x": 1}\n{"x": "a"}\n',
        'column "x" in a.jsonl: line 1 holds a number and line 2 text ("a"). '
        "Make it one kind, and write null where there is no value.",
    ),
    "mixed booleans": (
        '{"x": true}\n{"x": 0}\n',
        'column "x" in a.jsonl: line 1 holds true or false and line 2 a number (0). ',
    ),
}


@pytest.mark.parametrize("case", JSON_REFUSED)
def test_json_lines_that_are_refused(tmp_path: Path, case: str) -> None:
    content, words = JSON_REFUSED[case]
    assert refusal(write(tmp_path, "a.jsonl", content), ["x"]).startswith(words)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    write(tmp_path, "homes.csv", "a\n1\n")
    assert refusal(str(tmp_path / "hoems.csv")) == (
        f"{tmp_path}/hoems.csv: there is no such file. "
        f'Did you mean "homes.csv"? Looked in {tmp_path}.'
    )
    assert refusal(tmp_path) == f"{tmp_path}: it is a folder. Give one file of it."
    assert "patterns of several files are not read" in refusal(f"{tmp_path}/*.csv")
    assert "Download the file first" in refusal("https://example.org/a.csv")
    assert refusal(["a.csv", "b.csv"]) == (
        "2 files were given, and one is read at a time. "
        "Put them into one file or one data frame."
    )
    assert refusal(write(tmp_path, "a.xlsx", "PK")) == (
        'a.xlsx: files that end in ".xlsx" are not read. Give .csv, .tsv, .txt, '
        ".jsonl or .ndjson (also with .gz or .zst), or .parquet."
    )
    assert "there is no such file" in refusal("a\0b.csv")
    assert "is no path of a file (File name too long)" in refusal("x" * 5000 + ".csv")
    assert refusal("a,b\n" + "1,2\n" * 50).startswith("a,b 1,2 1,2 ")


def test_what_is_no_table_is_refused() -> None:
    assert refusal(None) == (
        "NoneType is no table. Give a path, a data frame or a dict of arrays."
    )
    assert refusal(np.zeros((3, 2))) == (
        "an array of shape (3, 2) has no column names. "
        "Give a path, a data frame or a dict of arrays, or y= and X= as arrays."
    )
    assert refusal([1, 2]).startswith("list is no table.")
