"""Models of earlier releases, where models come from, and every kind of damage."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leastwise as lw
from leastwise.model.provenance import hash_of

DATA = Path(__file__).parents[1] / "data"
FILES = sorted((DATA / "models").glob("*.json"))
REFERENCE = json.loads((DATA / "r" / "mtcars.json").read_text(encoding="utf-8"))
# R's fitted values have 13 digits on these data (docs/accuracy.md).
TOLERANCE = 1e-11


def cars() -> dict[str, list[float]]:
    with (DATA / "r" / "mtcars.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        name: [float(row[name]) for row in rows]
        for name in ("mpg", "wt", "hp", "cyl", "dup", "w1")
    }


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_files_of_every_version_predict_what_r_fitted(file: Path) -> None:
    kind = file.name.split(".")[0]
    model = lw.load(file)
    right = REFERENCE["models"]["simple" if kind == "hc3" else kind]
    found = model.predict(cars())
    assert np.abs(found - np.array(right["fitted"])).max() < TOLERANCE * 30
    assert model.sigma == pytest.approx(right["sigma"], rel=TOLERANCE)
    if kind == "hc3":
        # Among them R's HC3, which is not the classical one.
        assert model.cov.name == "HC3"
        assert model.se["wt"] != pytest.approx(right["se"]["wt"], rel=0.01)
    else:
        assert model.se["wt" if "wt" in model.names else "hp"] == pytest.approx(
            right["se"]["wt" if "wt" in model.names else "hp"], rel=TOLERANCE
        )
    assert str(model)


def test_there_is_a_file_of_every_version(tmp_path: Path) -> None:
    kinds = {path.name.split(".")[0] for path in FILES}
    assert {path.name for path in FILES} == {
        f"{kind}.v{version}.json" for kind in kinds for version in (1, 2)
    }
    for file in FILES:
        version = int(file.stem[-1])
        assert json.loads(file.read_text(encoding="utf-8"))["version"] == version
        model = lw.load(file)
        assert (model.provenance is None) == (version == 1)
        # What is loaded is saved in the present version, and is the same model.
        model.save(tmp_path / "again.json")
        assert str(lw.load(tmp_path / "again.json")) == str(model)


def test_a_model_says_where_it_comes_from(tmp_path: Path) -> None:
    columns = {"y": [1.0, 2.0, 4.0, None], "x": [0.0, 1.0, 2.0, 3.0]}
    path = tmp_path / "homes.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    sources = {"homes.csv": path, "dict": columns, "pandas.DataFrame": None}
    hashes = set()
    for name, data in sources.items():
        model = lw.ols("y ~ x", pd.DataFrame(columns) if data is None else data)
        model.save(tmp_path / "m.json")
        found = lw.load(tmp_path / "m.json").provenance
        assert found is not None and found.source == name
        assert found.leastwise == lw.__version__ and found.numpy == np.__version__
        assert found.python.count(".") == 2
        assert found.fitted.endswith("Z") and found.fitted[10] == "T"
        hashes.add(found.rows)
        assert str(tmp_path) not in (tmp_path / "m.json").read_text(encoding="utf-8")
    # The same rows whatever held them; the row without y is not one of them.
    assert len(hashes) == 1


def test_the_hash_is_the_one_that_is_documented() -> None:
    model = lw.ols("y ~ x", {"y": [1.0, 2.0, 4.0], "x": [-0.0, 1.0, 2.0]})
    assert model.sample is not None
    head = '{"rows": 1, "names": ["x"], "target": "y", "weights": false, '
    head += '"offset": false}\n'
    body = struct.pack("<6d", 0.0, 1.0, 1.0, 2.0, 2.0, 4.0)
    right = hashlib.sha256(head.encode() + body).hexdigest()
    assert hash_of(model.sample.design, 0) == f"sha256:{right}"


RNG = np.random.default_rng(4)
ROWS: dict[str, Any] = {
    "y": RNG.normal(size=50),
    "a": RNG.normal(size=50),
    "k": [2**60 + int(v) for v in RNG.integers(0, 1000, 50)],
    "w": RNG.uniform(1, 2, 50),
}


@pytest.mark.parametrize("formula", ["y ~ a", "y ~ k + I(a ** 2) + offset(a)"])
def test_the_hash_knows_rows_and_no_blocks(formula: str) -> None:
    def hashed(data: Any, block: int = 4096) -> str:
        sample = lw.ols(formula, data, weights="w").sample
        assert sample is not None
        return hash_of(sample.design, 0, block)

    right = hashed(ROWS)
    assert all(hashed(ROWS, block) == right for block in (1, 7, 50, 51))
    assert hashed(pd.DataFrame(ROWS)) == right
    for name, values in ROWS.items():
        if name in formula or name == "w":
            other = list(values)
            other[17] = other[17] + (1 if name == "k" else 1e-9)
            assert hashed({**ROWS, name: other}) != right, name


MODEL = lw.ols(
    "y ~ a * town + poly(a, 2)",
    {**ROWS, "town": list("ABCAB") * 10},
    levels="other=11",
).with_cov(lw.cov.HC3())


def saved(folder: Path) -> Any:
    MODEL.save(folder / "m.json")
    return json.loads((folder / "m.json").read_text(encoding="utf-8"))


def fields_of(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    if isinstance(value, dict):
        for key, item in value.items():
            found += [(*so_far, key), *fields_of(item, (*so_far, key))]
    elif isinstance(value, list):
        for key, item in enumerate(value):
            found += fields_of(item, (*so_far, key))
    return found


def at(body: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        body = body[key]
    return body


def refused(body: Any, folder: Path) -> str:
    path = folder / "bad.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(lw.DataError) as caught:
        lw.load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


def test_no_field_may_be_missing(tmp_path: Path) -> None:
    body = saved(tmp_path)
    for place in fields_of(body):
        damaged = copy.deepcopy(body)
        del at(damaged, place[:-1])[place[-1]]
        said = refused(damaged, tmp_path)
        if place == ("format",):
            assert said.startswith("is not a leastwise model")
        elif place == ("version",):
            assert said.startswith("is of version None")
        elif len(place) == 1:
            assert said.startswith(f'is damaged: "{place[0]}" is missing')
        else:
            assert said.startswith(f'is damaged in "{place[0]}": '), place
            assert place[-1] in said or place[0] == "recipe", (place, said)


OTHERS: tuple[Any, ...] = (None, "x", [], {}, 1.5, True, -3, [[1.0], 2])


def kind_of(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    numbers = (int, float)
    if isinstance(value, numbers) or value in ("NaN", "Infinity", "-Infinity"):
        return "number"
    return type(value).__name__


# What a field may be instead of what it is, and still mean something.
MAY_BE_NOTHING = {
    "own_dof",
    "change",
    "spread",
    "most_leverage",
    "low",
    "high",
    "digits",
    "provenance",
    "rows",
    "weights",
    "offset",
    # What asks for the covariance.
    "call",
    "word",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_field_of_another_type_is_an_error(folder: Path, data: Any) -> None:
    body = saved(folder)
    place = data.draw(st.sampled_from([p for p in fields_of(body) if len(p) < 3]))
    right = at(body, place)
    wrong = data.draw(
        st.sampled_from([v for v in OTHERS if kind_of(v) != kind_of(right)])
    )
    if right is None or (wrong is None and place[-1] in MAY_BE_NOTHING):
        return
    at(body, place[:-1])[place[-1]] = wrong
    assert "damaged" in refused(body, folder) or place[0] in ("format", "version")


@settings(max_examples=100, deadline=None)
@given(share=st.floats(0, 1), cut=st.integers(0, 40))
def test_a_file_that_is_cut_off_is_an_error(
    folder: Path, share: float, cut: int
) -> None:
    MODEL.save(folder / "m.json")
    whole = (folder / "m.json").read_bytes()
    size = int(share * (len(whole) - 2))
    # Cut off, or with a hole in it.
    holes = whole[:size] + whole[size + cut :] if cut else whole[:size]
    if holes == whole:
        return
    (folder / "bad.json").write_bytes(holes)
    try:
        model = lw.load(folder / "bad.json")
    except lw.DataError as error:
        assert "bad.json" in str(error)
        return
    # A hole within a number or a text leaves another model, never a crash.
    assert cut and str(model)
