"""Files as they are found: the same answer whatever their dress, or an error."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.exactly import DOORS, assert_exact

RNG = np.random.default_rng(5)
N = 200
A = RNG.normal(size=N)
Y = 1 + 2 * A + RNG.normal(size=N)
TOWNS = ["north", "south", "east", "west"]
COLUMNS = {"y": Y.tolist(), "a": A.tolist(), "town": TOWNS * (N // 4)}


@pytest.fixture
def text(tmp_path: Path) -> str:
    return DOORS["csv"](COLUMNS, tmp_path).read_text(encoding="utf-8")


DRESS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "BOM": lambda t: t.encode("utf-8-sig"),
    "CRLF": lambda t: t.replace("\n", "\r\n").encode(),
    "CR": lambda t: t.replace("\n", "\r").encode(),
    "BOM and CRLF": lambda t: t.replace("\n", "\r\n").encode("utf-8-sig"),
    "no last newline": lambda t: t.rstrip("\n").encode(),
    "blank lines at the end": lambda t: (t + "\n\n").encode(),
    "quotes around everything": lambda t: "\n".join(
        ",".join(f'"{c}"' for c in line.split(",")) for line in t.splitlines()
    ).encode(),
    "spaces after commas": lambda t: t.replace(",", ", ").encode(),
}


@pytest.mark.parametrize("dress", DRESS)
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_numbers_in_any_dress(
    dress: str, packed: bool, text: str, tmp_path: Path
) -> None:
    content = DRESS[dress](text)
    path = tmp_path / ("x.csv.gz" if packed else "x.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    model = lw.ols("y ~ a", path)
    assert_exact(model, A[:, None], Y)
    assert (model.coef.array == lw.ols("y ~ a", COLUMNS).coef.array).all()
    assert model.rows.read == N
    assert lw.ols("y ~ a + town", str(path)).names == (
        "Intercept", "a", "town[T.north]", "town[T.south]", "town[T.west]",
    )  # fmt: skip


def test_newlines_inside_quotes(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(
        'y,a,"the\ntown"\n1,1,"new\nport"\n3,2,bath\n4,3,"new\nport"\n9,4,bath\n5,x,b\n'
    )
    model = lw.ols("y ~ `the\ntown`", path)
    assert (
        model.names == ("Intercept", "the\ntown[T.new\nport]") or len(model.names) == 3
    )
    # Lines are those of the file, not the rows.
    with pytest.raises(lw.DataError, match=r'first "x" in line 9'):
        lw.ols("y ~ a", path)


def test_a_cut_off_gzip(text: str, tmp_path: Path) -> None:
    whole = gzip.compress(text.encode())
    for size in (len(whole) // 2, len(whole) - 9, 5):
        path = tmp_path / "x.csv.gz"
        path.write_bytes(whole[:size])
        with pytest.raises(lw.DataError) as caught:
            lw.ols("y ~ a", path)
        assert str(caught.value) == (
            "x.csv.gz: the file is cut off: its compressed data ends early. Copy or "
            "download it again."
        )


def test_a_damaged_gzip(text: str, tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(text.encode()))
    whole[len(whole) // 2] ^= 0x40
    path = tmp_path / "x.csv.gz"
    path.write_bytes(bytes(whole))
    with pytest.raises(lw.DataError, match=r"x\.csv\.gz: "):
        lw.ols("y ~ a", path)
    path.write_text(text)
    with pytest.raises(lw.DataError, match="the content is no sound gzip data"):
        lw.ols("y ~ a", path)


def test_a_cut_off_parquet(tmp_path: Path) -> None:
    path = DOORS["parquet"](COLUMNS, tmp_path)
    whole = path.read_bytes()
    for size in (len(whole) // 2, len(whole) - 1, 4):
        path.write_bytes(whole[:size])
        with pytest.raises(lw.DataError) as caught:
            lw.ols("y ~ a", path)
        assert str(caught.value) == (
            "data.parquet: the file is cut off or no Parquet file. Copy or write it "
            "again."
        )
    path.write_bytes(b"")
    with pytest.raises(lw.DataError, match=r"data\.parquet: the file is empty"):
        lw.ols("y ~ a", path)


LINES = {
    "too few": ("y,a\n1,2\n2\n", "line 3 has 1 value, the header has 2 names"),
    "too many": ("y,a\n1,2\n2,3,4\n", "line 3 has 3 values, the header has 2 names"),
    "one name twice": ("y,a,a\n1,2,3\n", 'the name "a" stands over columns 2 and 3'),
    "a NUL": ("y,a\n1,\x002\n", "line 2 holds a NUL byte"),
}


@pytest.mark.parametrize("kind", LINES)
def test_crooked_files(kind: str, tmp_path: Path) -> None:
    content, said = LINES[kind]
    path = tmp_path / "homes.csv"
    path.write_text(content)
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", path)
    assert str(caught.value).startswith(f"homes.csv: {said}")
    assert caught.value.fix


def test_strangers(text: str, tmp_path: Path) -> None:
    for name, content, said in (
        ("a.csv", text.encode("utf-16"), "the file is UTF-16 text. Save as UTF-8."),
        ("a.csv", "y,é\n1,2\n".encode("latin-1"), "is not UTF-8 text. Save as UTF-8."),
        ("a.xlsx", b"PK\x03\x04", 'files that end in ".xlsx" are not read. Give .csv'),
        ("homes", text.encode(), "the name has no ending that says what kind of file"),
        ("a.csv", b"PK\x03\x04....", "a.csv: the file is "),
        ("a.parquet", text.encode(), "the file is cut off or no Parquet file"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(lw.DataError) as caught:
            lw.ols("y ~ a", path)
        assert said in str(caught.value)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "homes.csv").write_text("y,a\n1,2\n")
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", tmp_path / "home.csv")
    assert 'there is no such file. Did you mean "homes.csv"? Looked in' in str(
        caught.value
    )
    with pytest.raises(lw.DataError, match=r"it is a folder\. Give one file of it"):
        lw.ols("y ~ a", tmp_path)
    with pytest.raises(lw.DataError, match="web addresses are not read"):
        lw.ols("y ~ a", "https://example.org/homes.csv")
    with pytest.raises(lw.DataError, match="patterns of several files are not read"):
        lw.ols("y ~ a", str(tmp_path / "*.csv"))
    with pytest.raises(lw.DataError, match="2 files were given"):
        lw.ols("y ~ a", ["a.csv", "b.csv"])
    with pytest.raises(lw.DataError, match="there is no such file"):
        lw.ols("y ~ a", "y,a\n1,2\n3,4\n")
    with pytest.raises(lw.DataError, match="is no path of a file"):
        lw.ols("y ~ a", "a" * 5000 + ".csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(lw.DataError):
        lw.ols("y ~ a", tmp_path / "loop.csv")


def test_a_file_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("y,a\n1,2\n2,3\n")

    # The one who runs the tests may be allowed to read everything.
    def refused(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refused)
    monkeypatch.setattr("io.open", refused)
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a", path)
    monkeypatch.undo()
    assert "homes.csv: the file cannot be opened (Permission denied)" in str(
        caught.value
    )


def test_digits_of_a_file_are_read_to_the_last(tmp_path: Path) -> None:
    # 25 digits mean the nearest float64, and integers mean themselves.
    path = tmp_path / "a.csv"
    path.write_text(
        "y,a,k\n"
        "0.1000000000000000055511151,1e-3,9007199254740993\n"
        "2.0000000000000001,+2.50,9007199254740995\n"
        "3,.5,9007199254740999\n"
        "5,7.,9007199254741011\n"
    )
    y = [0.1, 2.0, 3.0, 5.0]
    assert_exact(lw.ols("y ~ a", path), [[1e-3], [2.5], [0.5], [7.0]], y)
    k = [[9007199254740993], [9007199254740995], [9007199254740999], [9007199254741011]]
    assert_exact(lw.ols("y ~ k", path), k, [[v] for v in y])


def test_the_quick_reader_and_the_patient_one_agree(text: str, tmp_path: Path) -> None:
    # Repeated until the file is large enough for the quick reader.
    head, body = text.split("\n", 1)
    path = tmp_path / "large.csv"
    with path.open("w") as out:
        out.write(head + "\n")
        for _ in range(150):
            out.write(body)
    quick = lw.ols("y ~ a + town", path)
    with path.open("rb") as source, gzip.open(tmp_path / "l.csv.gz", "wb", 1) as sink:
        shutil.copyfileobj(source, sink)
    patient = lw.ols("y ~ a + town", tmp_path / "l.csv.gz")
    assert quick.n == 150 * N
    assert (quick.coef.array == patient.coef.array).all()
    with path.open("a") as out:
        out.write("1,abc,north\n")
    with pytest.raises(lw.DataError, match=rf'first "abc" in line {150 * N + 2}'):
        lw.ols("y ~ a", path)
