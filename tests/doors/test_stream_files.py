"""Files in blocks that are damaged, changed on the way or not what they seem."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError
from leastwise.design.learn_blocks import learn_blocks
from leastwise.rows.read import read_table
from leastwise.rows.stream import Stream

ROWS = 4000


def _csv(folder: Path, change=None) -> Path:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=ROWS), rng.poisson(2.0, ROWS)
    town = np.array(["Bern", "Chur"])[np.arange(ROWS) % 2]
    lines = [f"{a!r},{b},{c}" for a, b, c in zip(x.tolist(), y, town, strict=True)]
    lines = ["x,y,town", *lines]
    if change is not None:
        change(lines)
    path = folder / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def _fit(path, formula="y ~ x + town", **ask):
    return lw.glm(formula, lw.Stream(path, rows=64), family="poisson", **ask)


def _line(number, text):
    def change(lines):
        lines[number - 1] = text

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_line(3001, "1.5,2"), "line 3001 has 2 values"),
        (_line(3001, "abc,2,Bern"), '"x".*first "abc" in line 3001'),
        (_line(3001, "1.5,-2,Bern"), "line 3001 of y"),
        (_line(3001, "inf,2,Bern"), "inf in line 3001"),
        (_line(3001, '1.5,2,"Bern'), "line 3001"),
        (_line(3001, "1.5\0,2,Bern"), "line 3001 holds a NUL byte"),
    ],
)
def test_a_broken_line_is_named(tmp_path, change, match):
    with pytest.raises(DataError, match=match):
        _fit(_csv(tmp_path, change))


def test_bytes_that_are_no_utf8_are_named(tmp_path):
    path = _csv(tmp_path)
    data = path.read_bytes().split(b"\n")
    data[3000] = b"1.5,2,K\xf6ln"
    path.write_bytes(b"\n".join(data))
    with pytest.raises(DataError, match=r"line 3001.*not UTF-8"):
        _fit(path)


def test_quoted_values_may_hold_line_ends(tmp_path):
    def change(lines):
        lines[1::2] = [line.replace("Bern", '"Be\nrn"') for line in lines[1::2]]

    path = _csv(tmp_path, change)
    whole = lw.glm("y ~ x + town", path, family="poisson")
    np.testing.assert_allclose(_fit(path).coef.array, whole.coef.array, atol=1e-10)
    with pytest.raises(DataError, match="there is no column"):
        _fit(path, "y ~ x + twon")


def test_blank_lines_a_mark_and_no_last_line_end(tmp_path):
    path = _csv(tmp_path, lambda lines: lines.__setitem__(slice(5, 5), ["", ""]))
    whole = lw.glm("y ~ x + town", path, family="poisson")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().rstrip(b"\n"))
    np.testing.assert_allclose(_fit(path).coef.array, whole.coef.array, atol=1e-10)


def test_a_line_of_json_is_named(tmp_path):
    lines = [f'{{"x": {i % 7}, "y": {i % 3}}}' for i in range(ROWS)]
    path = tmp_path / "a.jsonl"
    lines[2999] = '{"x": 1, "y": }'
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="line 3000 is not sound JSON"):
        _fit(path, "y ~ x")
    # A key that most lines lack is missing there; one that all lack is no column.
    lines[2999] = '{"x": 1, "y": 1, "z": 2}'
    path.write_text("\n".join(lines))
    assert _fit(path, "y ~ z - 1").rows.used == 1
    with pytest.raises(DataError, match=r"no row of 4000 is left: 4000 for .* in q"):
        _fit(path, "y ~ q")


def test_damaged_pages_of_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(size=ROWS), "y": rng.poisson(2.0, ROWS)})
    pa.parquet.write_table(
        table, path, row_group_size=500, write_page_checksum=True, compression="none"
    )
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"damaged.*in the rows from [\d,]+ on"):
        _fit(path, "y ~ x")
    with pytest.raises(DataError, match="there is no column"):
        _fit(path, "y ~ xx")


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_file_that_changes_between_passes(tmp_path, keep_time):
    path = _csv(tmp_path)
    file = Stream(path, rows=64).open()
    assert file.count > 2
    before = os.stat(path)
    assert sum(table.n_rows for i in range(file.count) for table in file.read(i, None))
    text = path.read_text()
    path.write_text(text[:-2] + ("n" if text[-2] != "n" else "m") + "\n")
    if keep_time:
        # The same size and time: the check sum of the block tells.
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataError, match="changed while it was being read"):
        list(file.read(file.count - 1, None))
    path.unlink()
    with pytest.raises(DataError, match="gone"):
        list(file.read(0, None))


@pytest.mark.parametrize("rows", [1, 7, 64, 100_000])
def test_blocks_hold_every_row_once(tmp_path, rows):
    path = _csv(tmp_path)
    whole = read_table(path)
    file = Stream(path, rows=rows).open()
    tables = [table for i in range(file.count) for table in file.read(i, None)]
    x = np.concatenate([table.column("x").values for table in tables])
    assert x.tolist() == whole.column("x").values.tolist()
    labels = [t.row_label(i) for t in tables for i in range(t.n_rows)]
    assert labels == [whole.row_label(i) for i in range(whole.n_rows)]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.xlsx", "a"])
def test_files_that_have_no_middle(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"x,y\n1,2\n")
    with pytest.raises(DataError, match=r"from the middle|not read in blocks"):
        _fit(path, "y ~ x")


def test_empty_files(tmp_path):
    for name, text in (("a.csv", "x,y\n"), ("b.jsonl", "\n\n"), ("c.parquet", "")):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(DataError, match=r"no rows|empty"):
            _fit(path, "y ~ x")


def test_names_of_rows_are_no_category(tmp_path):
    def change(lines):
        lines[1:] = [f"{line[:-4]}name{i}" for i, line in enumerate(lines[1:])]

    with pytest.raises(DataError, match="looks like a name for each row"):
        _fit(_csv(tmp_path, change))


def test_a_column_keeps_its_kind(tmp_path):
    def change(lines):
        lines[2000:] = [line[:-4] + "7" for line in lines[2000:]]

    with pytest.raises(DataError, match='"town" holds texts from line 2 on and number'):
        _fit(_csv(tmp_path, change))


def test_a_recipe_of_blocks_is_that_of_all_rows():
    rng = np.random.default_rng(0)
    n = 500
    data = {
        "y": rng.normal(size=n),
        "town": np.sort(rng.choice(list("DBCA"), n)),
        "cyl": np.sort(rng.choice([4, 6, 8], n)),
        "wet": np.arange(n) > 400,
        "x": rng.normal(size=n),
    }
    formula = "y ~ town * C(cyl) + wet + cut(x, [-9, 0, 9]) + I(town == 'D')"
    from leastwise.design.build import build

    recipe, _ = build(formula, read_table(data))
    for size in (1, 33, 500):
        parts = (
            read_table({name: values[i : i + size] for name, values in data.items()})
            for i in range(0, n, size)
        )
        found = learn_blocks(formula, parts)
        assert found.recipe == recipe
        assert sum(found.used) == n
