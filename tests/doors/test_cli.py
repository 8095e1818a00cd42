"""The command line in a process of its own: what it prints, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leastwise as lw
from leastwise.cli.app import main

HOMES = """\
rent,area,town,rooms
10,20,A,1
12,26,B,2
15,32,A,3
19,41,B,3
11,24,A,1
17,36,B,4
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "homes.csv").write_text(HOMES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leastwise(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in the current folder, warnings being errors there too."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "leastwise", *words],
        capture_output=True, text=True, timeout=120, check=False, **options,
    )  # fmt: skip


@pytest.mark.usefixtures("folder")
def test_fit_save_predict() -> None:
    done = leastwise("fit", "rent ~ area + town", "homes.csv", "--save", "m.json")
    assert (done.returncode, done.stderr) == (0, "")
    model = lw.ols("rent ~ area + town", "homes.csv")
    assert done.stdout == f"{model}\n"
    assert lw.load("m.json").coef.array.tolist() == model.coef.array.tolist()

    done = leastwise("predict", "m.json", "homes.csv", "--interval", "prediction")
    assert (done.returncode, done.stderr) == (0, "")
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    right = model.predict("homes.csv", interval="prediction")
    assert [float(row["fit"]) for row in table] == right.fit.tolist()
    assert [float(row["low"]) for row in table] == right.low.tolist()


@pytest.mark.usefixtures("folder")
def test_errors_go_to_stderr_and_end_with_2() -> None:
    done = leastwise("fit", "rent ~ aera", "homes.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'leastwise: homes.csv: there is no column "aera". Did you mean "area"? The '
        'columns are "rent", "area", "town", "rooms".\n'
    )
    done = leastwise("fit", "rent ~ area +", "homes.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "leastwise: a term is missing here\n  rent ~ area +\n               ^\n"
    )


@pytest.mark.usefixtures("folder")
def test_json_is_the_record() -> None:
    done = leastwise("fit", "rent ~ area", "homes.csv", "--json")
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert said == lw.ols("rent ~ area", "homes.csv").record().to_json()


def test_a_reader_that_stops_early_is_no_error(folder: Path) -> None:
    (folder / "long.csv").write_text("a\n" + "1\n2\n" * 50_000)
    assert leastwise("fit", "a ~ 1", "long.csv", "--save", "m.json").returncode == 0
    with subprocess.Popen(
        [sys.executable, "-m", "leastwise", "predict", "m.json", "long.csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run a command in this process, which is quicker."""
    try:
        code = main(words)
    except SystemExit as stop:  # argparse's way
        assert isinstance(stop.code, int)
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


FIT = ("fit", "rent ~ area", "homes.csv")

WRONG = [
    ((), "the following arguments are required: COMMAND"),
    (("fit",), "the following arguments are required: formula, data"),
    (("bogus",), "invalid choice: 'bogus'"),
    (("fit", "rent ~ area", "nope.csv"), 'there is no such file. Did you mean "homes'),
    (("fit", "rent ~ area", "."), "it is a folder. Give one file of it."),
    (("fit", "rent ~ area", "-"), "-: there is no such file"),
    (("fit", "homes.csv", "rent ~ area"), "a formula needs ~ between target and"),
    (
        (*FIT, "--level", "95"),
        "level=95.0 is not a coverage. Give a number such as 0.95",
    ),
    ((*FIT, "--level", "nan"), "level=nan is not a coverage"),
    ((*FIT, "--level", "high"), "argument --level: invalid float value: 'high'"),
    ((*FIT, "--weights", "w"), 'there is no column "w"'),
    ((*FIT, "--weights", "town"), 'first "A" in line 2. Give a column of numbers.'),
    ((*FIT, "--weights", "area", "--frequency", "area"), "exclude each other"),
    ((*FIT, "--save", "no/such/m.json"), "no/such/m.json: cannot write: No such file"),
    ((*FIT, "--save", "."), ".: cannot write: Is a directory"),
    ((*FIT, "--missing", "ignore"), "argument --missing: invalid choice: 'ignore'"),
    (("fit", "cbind(rent, area) ~ 1", "homes.csv", "--save", "m.json"), "--save keeps"),
    (("predict", "nope.json", "homes.csv"), "nope.json: there is no such file"),
    (("predict", ".", "homes.csv"), ".: it is a folder. Give one file of it"),
    (("predict", "homes.csv", "homes.csv"), "homes.csv: is not JSON"),
    (("compare", "cbind(rent, area) ~ 1", "homes.csv"), "compare takes one target"),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda v: str(v)[:40])
def test_what_is_wrong_is_said_with_code_2(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert said in err and "Traceback" not in err


@pytest.mark.usefixtures("folder")
def test_options_of_fit(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *FIT, "--weights", "rooms", "--level", "0.9", "--json")
    model = lw.ols("rent ~ area", "homes.csv", weights="rooms")
    assert code == 0 and json.loads(out) == model.record(0.9).to_json()
    code, out, _ = run(capsys, *FIT, "--frequency", "rooms", "--json")
    assert code == 0 and json.loads(out)["n"] == 14
    code, out, _ = run(
        capsys, "fit", "cbind(rent, rooms) ~ area", "homes.csv", "--json"
    )
    assert code == 0
    assert [m["target"] for m in json.loads(out)["models"]] == ["rent", "rooms"]
    code, out, _ = run(capsys, "fit", "cbind(rent, rooms) ~ area", "homes.csv")
    assert code == 0 and out.count("6 rows used") == 2


@pytest.mark.usefixtures("folder")
def test_descend(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *FIT, "--descend", "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert any("converged in" in note for note in said["notes"])
    direct = lw.ols("rent ~ area", "homes.csv")
    found = [row["estimate"] for row in said["coefficients"]]
    # One rounding of the standardised coefficients, restored.
    assert found == pytest.approx(direct.coef.array.tolist(), rel=1e-13)


def test_missing_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "gaps.csv").write_text("rent,area\n1,2\n3,\n4,7\n9,8\n")
    code, out, _ = run(capsys, "fit", "rent ~ area", "gaps.csv")
    assert code == 0
    assert "3 rows used of 4, 1 dropped (1 for missing value in area)" in out
    code, _, err = run(capsys, "fit", "rent ~ area", "gaps.csv", "--missing", "error")
    assert code == 2 and '1 value is missing in column "area", first in line 3' in err


def test_gaps_in_predictions_keep_their_row(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *FIT, "--save", "m.json")[0] == 0
    (folder / "new.csv").write_text("area\n30\nNA\n40\n")
    for interval in ((), ("--interval", "confidence")):
        code, out, _ = run(capsys, "predict", "m.json", "new.csv", *interval)
        assert code == 0
        # One column: an empty line would be skipped by every reader of CSV.
        read = pd.read_csv(io.StringIO(out))
        assert np.isnan(read["fit"]).tolist() == [False, True, False]
    code, out, _ = run(capsys, "predict", "m.json", "new.csv", "--json")
    assert [row["fit"] is None for row in json.loads(out)["predictions"]] == [
        False, True, False,
    ]  # fmt: skip


def test_bad_rows_in_predictions(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = ("fit", "rent ~ area + town", "homes.csv", "--save", "m.json")
    assert run(capsys, *fit)[0] == 0
    for content, said in (
        ("town,area\nA,3\nZ,3\n", 'column "town" is "Z" in line 3, a level that the'),
        ("area\n3\n", 'new.csv: there is no column "town"'),
        ("town,area\n", "new.csv: the file has a header and no rows"),
        ("town,area\nA,many\n", 'the only value is not a number, first "many" in line'),
    ):
        (folder / "new.csv").write_text(content)
        code, out, err = run(capsys, "predict", "m.json", "new.csv")
        assert (code, out) == (2, "") and said in err


def test_hard_data_say_so_and_end_well(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i},{i * i},{i + 1e-14 * i**3!r}\n" for i in range(1, 30))
    (folder / "hard.csv").write_text("a,y,b\n" + rows)
    code, out, err = run(capsys, "fit", "y ~ a + b", "hard.csv")
    # A warning would say it twice: the note is in the answer.
    assert (code, err) == (0, "") and "note: Few digits of a, b are in the" in out


def test_names_that_could_steer_a_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evil.csv").write_text(
        'y,"a\x1b[31m","b\nc"\n1,2,1\n2,3,x\x1b[0m\n4,4,5\n'
    )
    code, out, _ = run(capsys, "fit", "y ~ `a\x1b[31m`", "evil.csv")
    assert code == 0 and "\x1b" not in out and "\na\\x1b[31m  " in out
    code, _, err = run(capsys, "fit", "y ~ .", "evil.csv")
    assert code == 2 and "\x1b" not in err and 'column "b\\nc"' in err
