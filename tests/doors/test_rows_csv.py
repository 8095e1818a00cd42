"""What a CSV file means, cell by cell, and the exact words of every refusal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import DataError
from leastwise.rows.complain import not_a_number
from leastwise.rows.csv_text import CHUNK_ROWS
from leastwise.rows.read import read_table
from leastwise.rows.table import Column, Table
from leastwise.rows.tokens import (
    BOOLEAN_TOKENS,
    MISSING_TOKENS,
    PackedCells,
    column_from_cells,
)
from tests.doors.rows_cases import LINE_ENDS, write


def read(folder: Path, content: str | bytes, name: str = "homes.csv") -> Table:
    return read_table(write(folder, name, content))


def refusal(folder: Path, content: str | bytes, name: str = "homes.csv") -> str:
    with pytest.raises(DataError) as caught:
        read(folder, content, name)
    return str(caught.value)


def cells(*tokens: str) -> Column:
    packed = PackedCells()
    packed.add(tokens)
    return column_from_cells("v", packed)


@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_line_ends_and_byte_order_mark_change_nothing(
    tmp_path: Path, end: str, mark: str
) -> None:
    table = read(tmp_path, mark + end.join([" rent ,town", "1,A", "2.5,B", ""]))
    assert list(table.columns) == ["rent", "town"]
    np.testing.assert_array_equal(table.columns["rent"].values, [1.0, 2.5])
    assert table.columns["town"].levels == ("A", "B")
    assert table.row_label(1) == "line 3"


def test_lines_are_counted_through_blank_lines_and_long_values(tmp_path: Path) -> None:
    table = read(tmp_path, '\na,b\n1,"x\ny"\n\n2,z\n')
    assert table.n_rows == 2
    assert [table.row_label(i) for i in range(2)] == ["line 3", "line 6"]
    assert table.columns["b"].levels == ("x\ny", "z")


@pytest.mark.parametrize("token", sorted(MISSING_TOKENS))
def test_missing_tokens_are_missing_in_every_kind(token: str) -> None:
    numbers, text = cells("1.5", token), cells("x", token)
    assert np.isnan(numbers.values[1])
    assert list(numbers.missing) == list(text.missing) == [False, True]
    assert list(text.values) == [0, -1]
    assert list(cells("7", token).values) == [7, 0]
    assert list(cells("true", token).missing) == [False, True]
    assert np.isnat(cells("2024-01-01", token).values[1])


@pytest.mark.parametrize("word", ["-", "na", "NAN", "missing", "?", "N.A."])
def test_other_words_are_text(word: str) -> None:
    assert cells("1", word).kind == "text"


@pytest.mark.parametrize(
    ("tokens", "dtype", "values"),
    [
        (["1", "-2"], "int64", [1, -2]),
        (["9007199254740993"], "int64", [9007199254740993]),
        (["18446744073709551615", "0"], "uint64", [2**64 - 1, 0]),
        (["9223372036854775808", "-1"], "object", [2**63, -1]),
        (["1", "2.5"], "float64", [1.0, 2.5]),
        (["1e400", "-inf"], "float64", [np.inf, -np.inf]),
        (["1e-320"], "float64", [1e-320]),
        ([" +.5 ", "5."], "float64", [0.5, 5.0]),
    ],
)
def test_numbers_keep_every_digit(
    tokens: list[str], dtype: str, values: list[float]
) -> None:
    column = cells(*tokens)
    assert (column.kind, column.values.dtype.name) == ("number", dtype)
    assert column.values.tolist() == values
    assert column.missing is None


@pytest.mark.parametrize(
    "token",
    ["1_000", "0x1F", "1,5", "1e", "e5", "--1", "1 000", "\uff11", "12%", "1d5"],
)
def test_what_python_or_arrow_would_take_is_no_number(token: str) -> None:
    assert cells("1", token).kind == "text"


def test_integers_of_several_sizes_in_several_chunks_stay_exact() -> None:
    chunks = [["1", "2"], [str(2**64)], ["-5", "NA"]]
    column = column_from_cells("v", chunks)
    assert column.values.tolist() == [1, 2, 2**64, -5, 0]
    assert list(column.missing) == [False, False, False, False, True]


def test_a_column_without_values_is_nan() -> None:
    column = cells("", "NA")
    assert column.kind == "number"
    assert np.isnan(column.values).all()
    assert column.missing.all()


def test_leading_zeros_make_codes() -> None:
    assert cells("01234", "98765").levels == ("01234", "98765")
    assert cells("0", "10", "-01").kind == "number"


@pytest.mark.parametrize("token", BOOLEAN_TOKENS)
def test_booleans(token: str) -> None:
    column = cells(token)
    assert column.kind == "boolean"
    assert column.values[0] == (token.lower() == "true")
    assert cells(token, "1").kind == "text"


def test_dates_in_one_clock() -> None:
    column = cells("2024-01-01T10:00:00Z", "2024-01-01 12:30+02:00", "NA")
    assert column.kind == "date"
    assert column.values[0] - column.values[1] == np.timedelta64(-30, "m")
    assert cells("2024-02-29").values[0] == np.datetime64("2024-02-29")
    assert cells("2023-02-29").kind == "text"
    assert cells("2024-01-01T10:00Z", "2024-01-01T10:00").kind == "text"
    assert cells("2024-01-01 00:00:00.123456789", "1500-01-01").kind == "text"


def test_only_the_columns_asked_for_are_converted(tmp_path: Path) -> None:
    path = write(tmp_path, "homes.csv", "a,b,c\n1,x,2\n")
    table = read_table(path, columns={"c", "nowhere"})
    assert list(table.columns) == ["c"]
    with pytest.raises(DataError) as caught:
        table.column("a")
    assert str(caught.value) == (
        'homes.csv: column "a" was not read. Ask for it when reading.'
    )
    path = write(tmp_path, "homes.csv", "a,b,c\n1,x,2\n1,x\n")
    with pytest.raises(DataError, match="line 3 has 2 values, the header has 3 names"):
        read_table(path, columns=["c"])


def test_an_unknown_column_is_answered_with_the_nearest(tmp_path: Path) -> None:
    table = read(tmp_path, "Distance,age\n1,2\n")
    with pytest.raises(DataError) as caught:
        table.column("distanse")
    assert str(caught.value) == (
        'homes.csv: there is no column "distanse". Did you mean "Distance"? '
        'The columns are "Distance", "age".'
    )


def test_the_unnamed_first_column_of_pandas_and_r_is_kept(tmp_path: Path) -> None:
    assert list(read(tmp_path, ",a\n0,5\n").columns) == ["Unnamed", "a"]


REFUSED = {
    "empty": (
        "",
        "homes.csv: the file is empty. "
        "Give a file with a header line and data below it.",
    ),
    "blank": (
        "\n\r\n",
        "homes.csv: the file is empty. "
        "Give a file with a header line and data below it.",
    ),
    "header only": (
        "a,b\n\n",
        "homes.csv: the file has a header and no rows. "
        "Give a file with data below its header.",
    ),
    "short row": (
        "a,b\n1,2\n\n3\n",
        "homes.csv: line 4 has 1 value, the header has 2 names. "
        "The file may be cut off; leave missing cells empty, not out.",
    ),
    "long row": (
        "a,b\n1,2\n3,4,5,6\n",
        "homes.csv: line 3 has 4 values, the header has 2 names. "
        "Quote a value that holds the separator.",
    ),
    "row names without a name": (
        "a,b\nx,1,2\n",
        "homes.csv: line 2 has 3 values, the header has 2 names. Quote a value that "
        "holds the separator (a decimal comma, a thousands separator); if the first "
        "column is row names, name it in the header.",
    ),
    "duplicate names": (
        "a,b, a\n1,2,3\n",
        'homes.csv: the name "a" stands over columns 1 and 3. '
        "Give every column a name of its own.",
    ),
    "empty name": (
        "a,b,\n1,2,\n",
        "homes.csv: column 3 of 3 has no name in the header. "
        "Name every column, and remove a separator that ends the lines.",
    ),
    "no names": (
        ",,\n1,2,3\n",
        "homes.csv: the header has no names. "
        "Give a file with a header line and data below it.",
    ),
    "semicolons": (
        "a;b\n1,5;2,5\n",
        'homes.csv: the header is one name, "a;b": the cells look separated by ";", '
        "not by commas. Save it with commas between the cells and points in the "
        'numbers, or read it with pandas: pd.read_csv(path, sep=";", decimal=",").',
    ),
    "tabs": (
        "a\tb\n1\t2\n",
        'homes.csv: the header is one name, "a\tb": the cells look separated by '
        '"\\t", not by commas. Give its name the ending .tsv.',
    ),
    "NUL": (
        "a,b\n1,2\n1,\0\n",
        "homes.csv: line 3 holds a NUL byte, which no text file has. "
        "The file is damaged or no text: save it again as CSV in UTF-8.",
    ),
    "Latin-1": (
        b"a,town\n1,Ulm\n2,K\xf6ln\n",
        "homes.csv: byte 4 of line 3 (0xf6) is not UTF-8 text. Save as UTF-8.",
    ),
    "Latin-1 of an old Mac": (
        b"a,town\r1,Ulm\r2,K\xf6ln\r",
        "homes.csv: byte 4 of line 3 (0xf6) is not UTF-8 text. Save as UTF-8.",
    ),
    "UTF-16": (
        "a,b\n1,2\n".encode("utf-16"),
        "homes.csv: the file is UTF-16 text. Save as UTF-8.",
    ),
    "unclosed quote": (
        'a,b\n1,2\n1,"x\n2,3\n',
        'homes.csv: a quoted value that starts in or after line 3 has no closing ". '
        'Quote values as "..." and write "" for a quote inside.',
    ),
    "text after a quote": (
        'a,b\n1,"x"y\n',
        'homes.csv: line 2 has text after a closing ". '
        'Quote values as "..." and write "" for a quote inside.',
    ),
    "Parquet": (
        b"PAR1xxxxPAR1",
        "homes.csv: the file is a Parquet file. Give its name the ending .parquet.",
    ),
    "Excel": (
        b"PK\x03\x04xxxx",
        "homes.csv: the file is a zip or Excel file. "
        "Unpack it, or save the sheet as CSV.",
    ),
    "gzip": (
        b"\x1f\x8b\x08\x00",
        "homes.csv: the file is compressed with gzip. Give its name the ending .gz.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_sound_csv_is_refused_in_these_words(
    tmp_path: Path, case: str
) -> None:
    content, words = REFUSED[case]
    assert refusal(tmp_path, content) == words


def test_tsv_and_txt(tmp_path: Path) -> None:
    for name in ("homes.tsv", "homes.txt", "HOMES.TSV"):
        table = read(tmp_path, "a\tb, c\n1\t2,5\n", name)
        assert list(table.columns) == ["a", "b, c"]
        assert table.columns["b, c"].levels == ("2,5",)
    assert list(read(tmp_path, "a,b\n1,2\n", "homes.txt").columns) == ["a", "b"]
    assert refusal(tmp_path, "a,b\n1,2\n", "homes.tsv") == (
        'homes.tsv: the header is one name, "a,b": the cells look separated by ",", '
        "not by tabs. Give its name the ending .csv."
    )
    assert "the file is empty" in refusal(tmp_path, "", "homes.txt")


def test_a_late_bad_cell_is_found_and_named(tmp_path: Path) -> None:
    rows = [str(i) for i in range(3 * CHUNK_ROWS)]
    rows[-2] = "oops"
    table = read(tmp_path, "price\n" + "\n".join(rows) + "\n")
    error = not_a_number(table, "price")
    assert str(error).startswith(
        f'column "price" in homes.csv: 1 of {3 * CHUNK_ROWS} values is not a number, '
        f'first "oops" in line {3 * CHUNK_ROWS}. '
    )


numbers = st.one_of(
    st.none(),
    st.floats(allow_nan=False, width=64),
    st.integers(min_value=-(2**70), max_value=2**70),
)
words = st.one_of(
    st.none(),
    st.text(
        st.characters(
            codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]
        ),
        min_size=1,
        max_size=8,
    ).filter(lambda word: word.strip(" \t\r\n\u00a0") == word),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, words), min_size=1, max_size=20))
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, str | None]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("round") / "homes.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["x", "town"])
        for number, word in rows:
            # A mark keeps words from being numbers, dates or missing tokens.
            written = "" if number is None else repr(number)
            writer.writerow([written, "" if word is None else f"w{word}"])
    table = read_table(path)
    x, town = table.columns["x"], table.columns["town"]
    for i, (number, word) in enumerate(rows):
        if number is None:
            assert x.missing is not None and x.missing[i]
        elif x.values.dtype.kind == "f":
            assert x.values[i] == float(number)
        else:
            assert x.values[i] == number
        if any(w is not None for _, w in rows):
            code = int(town.values[i])
            assert (None if code < 0 else (town.levels or ())[code]) == (
                None if word is None else f"w{word}"
            )


def test_packed_cells_hold_chunks_of_any_size() -> None:
    packed = PackedCells()
    packed.add([])
    packed.add([" a"])
    packed.add(["", ""])
    assert list(packed) == [["a"], ["", ""]]


def test_spaces_around_a_cell_mean_nothing() -> None:
    assert cells("\u00a01 ", "\t2\n").values.tolist() == [1, 2]
    assert cells("\u00a0B", "B ", " NA ").levels == ("B",)
    assert cells("a b", "a\u00a0b").levels == ("a b", "a\u00a0b")


def test_a_small_file_needs_no_library_but_numpy(tmp_path: Path) -> None:
    path = write(tmp_path, "homes.csv", "a,b\n1,x\n")
    heavy = "jax pandas polars pyarrow narwhals scipy"
    code = (
        "import sys; from leastwise.rows.read import read_table; "
        f"read_table({str(path)!r}); "
        f"print([n for n in {heavy.split()!r} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
