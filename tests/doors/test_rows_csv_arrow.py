"""The quick reader gives the same table as the definition, or leaves it to it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import DataError
from leastwise.rows import read
from leastwise.rows.csv_arrow import DoubtError, WatchedBytes, read_csv_arrow
from leastwise.rows.csv_text import read_csv_text
from tests.doors.rows_cases import CELLS, assert_same_table, csv_of, nasty_files, write


def same_or_left(path: Path) -> bool:
    """Compare both readers on a file; say whether the quick one took it."""
    try:
        slow = read_csv_text(path)
    except DataError as error:
        try:
            assert read_csv_arrow(path) is None
        except DataError as other:
            assert str(other) == str(error)
        return False
    quick = read_csv_arrow(path)
    if quick is None:
        return False
    assert_same_table(quick, slow)
    return True


def test_both_readers_give_one_table_on_every_nasty_file(tmp_path: Path) -> None:
    taken = set()
    for name, content in nasty_files().items():
        if same_or_left(write(tmp_path, "nasty.csv", content)):
            taken.add(name.split(",")[0])
    # Enough is read quickly that the comparison means something.
    assert {"integers", "decimals", "text", "quoted", "dates", "zip codes"} <= taken
    assert {"thousands", "booleans", "infinite", "17 digits", "uint64"} <= taken


@pytest.mark.parametrize("label", CELLS)
def test_the_quick_reader_takes_or_leaves_a_file_of_two_blocks(
    tmp_path: Path, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leastwise.rows.csv_arrow.BLOCK_BYTES", 64)
    cells = ["7", "8.5"] * 40 + CELLS[label]
    text = csv_of(cells, end="\n", last="\n", alone=False)
    same_or_left(write(tmp_path, "blocks.csv", text))


token = st.one_of(
    st.sampled_from(
        [cell for cells in CELLS.values() for cell in cells if len(cell) < 9]
    ),
    st.text(alphabet='0123456789.eE+- ",\r\nabNA\u00e9', max_size=6),
)


@settings(max_examples=250, deadline=None)
@given(
    st.lists(st.lists(token, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_both_readers_agree_on_whatever_comes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], end: str
) -> None:
    text = end.join(["a,b", *(",".join(row) for row in rows)])
    same_or_left(write(tmp_path_factory.getbasetemp(), "any.csv", text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(width=64), min_size=1, max_size=30))
def test_both_readers_round_decimals_to_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    rows = [f"{value!r},{value:.25e}" for value in values]
    path = write(tmp_path_factory.getbasetemp(), "bits.csv", "\n".join(["a,b", *rows]))
    same_or_left(path)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='a,"\r\n\u00e9', max_size=30), st.integers(1, 7))
def test_the_watch_sees_the_same_in_chunks_of_any_size(text: str, size: int) -> None:
    def watch(step: int) -> int | None:
        stream = WatchedBytes(io.BytesIO(text.encode()), ",")
        try:
            while stream.read(step):
                pass
        except DoubtError:
            return None
        return stream.line_count

    assert watch(size) == watch(1000)


def test_columns_not_asked_for_are_checked_too(tmp_path: Path) -> None:
    start = b"a,b,c\n" + 5000 * b"1,2,3\n"
    path = write(tmp_path, "a.csv", start + b"1,K\xf6ln,3\n")
    assert read_csv_arrow(path, columns=["c"]) is None
    path = write(tmp_path, "a.csv", "a,b,c\n1,x,3\n1,y,4\n")
    for columns in (["c"], [], ["nowhere"]):
        quick = read_csv_arrow(path, columns=columns)
        assert quick is not None
        assert_same_table(quick, read_csv_text(path, columns=columns))
    path = write(tmp_path, "a.csv", "a,b,c\n1,x,3\n1,y\n")
    assert read_csv_arrow(path, columns=["c"]) is None


def test_large_files_go_to_the_quick_reader_when_pyarrow_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "large.csv", "a,b\n" + "1,2.5\n" * 500)
    taken = []

    def spy(path: Path, **options: object) -> object:
        taken.append(path.name)
        return read_csv_arrow(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("leastwise.rows.csv_arrow.read_csv_arrow", spy)
    small = read.read_table(path)
    assert taken == []
    monkeypatch.setattr(read, "QUICK_BYTES", 1000)
    assert_same_table(read.read_table(path), small)
    assert taken == ["large.csv"]
    monkeypatch.setattr(read, "installed", lambda library: False)
    assert_same_table(read.read_table(path), small)
    assert taken == ["large.csv"]
    monkeypatch.undo()
    monkeypatch.setattr(read, "QUICK_BYTES", 1000)
    path.write_text("a,b\n" + "1,2.5\n" * 500 + "1\n")
    with pytest.raises(DataError, match="line 502 has 1 value, the header has 2 names"):
        read.read_table(path)


@pytest.mark.parametrize("size", [1000, 1_000_000])
@pytest.mark.parametrize(
    "content",
    [
        b"a\n" + 131_073 * b"x" + b"\n",
        b"a\n" + 131_073 * b"x",
        131_073 * b"x" + b"\n1\n",
        b"a\nK\xf6ln\n",
        b"a\nK\xc3",
        b"a\n1\0\n",
        b'a\n"1\n',
        b'a\n"1"x\n',
        b'a\n5" pipe\n',
    ],
)
def test_the_watch_doubts(content: bytes, size: int) -> None:
    stream = WatchedBytes(io.BytesIO(content), ",")
    with pytest.raises(DoubtError):
        while stream.read(size):
            pass


def test_the_watch_lets_long_files_of_short_lines_through() -> None:
    content = b"a,b\n" + 60_000 * b'1,"x\ny"\n' + b"\n\n"
    for size in (1000, 131_072, 1_000_000):
        stream = WatchedBytes(io.BytesIO(content), ",")
        while stream.read(size):
            pass
        assert stream.line_count == 120_001
