"""Saved models: every number comes back, no data goes along, damage is named."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.model.extrapolation import with_limits

RNG = np.random.default_rng(8)
N = 50
DATA: dict[str, Any] = {
    "y": RNG.normal(size=N),
    "a": RNG.normal(size=N),
    "big": [2**60 + int(k) for k in RNG.integers(0, 10**6, N)],
    "town": ["north", "south", "é\n\"'"] * 16 + ["north"] * 2,
    "flag": RNG.random(N) > 0.5,
    "w": RNG.integers(0, 4, N),
    "k": RNG.integers(0, 3, N),
}
X = RNG.normal(size=(N, 2))
# The last row weighs too little for the moments to see that q is not a.
DATA["q"] = DATA["a"] + (np.arange(N) == N - 1)
DATA["light"] = np.append(np.ones(N - 1), 1e-30)

FITS = {
    "plain": lambda: lw.ols("y ~ a", DATA),
    "mean": lambda: lw.ols("y ~ 1", DATA),
    "no intercept": lambda: lw.ols("y ~ a - 1", DATA),
    "categories": lambda: lw.ols("y ~ town * a + flag + C(k)", DATA),
    "reference": lambda: lw.ols('y ~ C(town, reference="south")', DATA),
    "computed": lambda: lw.ols("log(exp(y)) ~ I(a ** 2) + log(abs(a))", DATA),
    "large integers": lambda: lw.ols("y ~ big", DATA),
    "offset": lambda: lw.ols("y ~ a + offset(a * 2)", DATA),
    "weights": lambda: lw.ols("y ~ a", DATA, weights="w"),
    "frequencies": lambda: lw.ols("y ~ a", DATA, weights=lw.weights.frequency("w")),
    "aliased": lambda: lw.ols("y ~ a + I(2 * a)", DATA),
    "least norm": lambda: lw.ols("y ~ a + I(2 * a)", DATA, rank="minimum_norm"),
    "digits": lambda: lw.ols("y ~ a", DATA, digits=12.5),
    "undecided": lambda: lw.ols("y ~ a + q", DATA, weights="light"),
    "exact": lambda: lw.ols("a ~ I(2 * a)", DATA),
    "no freedom": lambda: lw.ols(y=[1.0, 2.0], X=[[1.0], [3.0]]),
    "arrays": lambda: lw.ols(y=DATA["y"], X=X),
    "arrays, no intercept": lambda: lw.ols(y=DATA["y"], X=X, intercept=False),
    "huge": lambda: lw.ols(y=DATA["y"] * 1e300, X=X * 1e300),
    "infinite": lambda: lw.ols(y=DATA["y"], X=X * 1e-310),
    "descent": lambda: lw.ols("y ~ a", DATA, solver=lw.GradientDescent()),
    "two targets": lambda: lw.ols("cbind(y, a) ~ big", DATA)["a"],
}


def same(one: Any, two: Any) -> bool:
    """Compare to the last bit, NaN being equal to itself."""
    if isinstance(one, np.ndarray):
        return bool(
            one.dtype == two.dtype
            and one.shape == two.shape
            and np.array_equal(one, two, equal_nan=True)
        )
    if hasattr(one, "__dataclass_fields__"):
        return all(
            same(getattr(one, f.name), getattr(two, f.name)) for f in fields(one)
        )
    return bool(one == two or (one != one and two != two))


@pytest.mark.parametrize("kind", FITS)
def test_every_number_comes_back(kind: str, tmp_path: Path) -> None:
    model = FITS[kind]()
    path = tmp_path / "m.json"
    model.save(path)
    again = lw.load(str(path))
    for field in fields(model):
        # The way is not kept, the place is; and no row, but what they hash to.
        if field.name not in ("trace", "sample", "provenance"):
            mine = getattr(model, field.name)
            # What tells that rows extrapolate is looked up when a model is saved.
            mine = with_limits(model) if field.name == "basis" else mine
            assert same(mine, getattr(again, field.name)), field.name
    assert again.trace is None and again.sample is None
    assert model.provenance is not None and again.provenance is not None
    assert replace(again.provenance, rows=None) == model.provenance
    assert str(again) == str(model)
    assert again.record().to_json() == model.record().to_json()
    # And again: a saved model saves as itself.
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("interval", [None, "confidence", "prediction"])
def test_predictions_are_identical(kind: str, interval: Any, tmp_path: Path) -> None:
    model = FITS[kind]()
    model.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    new = X[:7] if model.recipe.kind == "arrays" else DATA
    if kind == "no freedom":
        new = X[:7, :1]
    one, two = (
        model.predict(new, interval=interval),
        again.predict(new, interval=interval),
    )
    for name in ("fit", "std_error", "low", "high") if interval else ("",):
        a, b = (getattr(one, name), getattr(two, name)) if name else (one, two)
        assert np.array_equal(a, b, equal_nan=True)


def test_the_file_holds_no_data_and_does_not_grow(tmp_path: Path) -> None:
    sizes = []
    for n in (100, 10_000):
        a = RNG.normal(size=n)
        data = {"y": a + RNG.normal(size=n), "a": a, "secret": RNG.normal(size=n)}
        lw.ols("y ~ a", data).save(tmp_path / "m.json")
        text = (tmp_path / "m.json").read_text(encoding="utf-8")
        sizes.append(len(text))
        assert "secret" not in text
        assert not any(repr(float(v)) in text for v in (*data["y"], *a))
    # The same numbers, some with a digit more or less.
    assert abs(sizes[0] - sizes[1]) < 100 and max(sizes) < 5000


def test_it_is_strict_json_that_says_what_it_is(tmp_path: Path) -> None:
    FITS["no freedom"]().save(tmp_path / "m.json")

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    text = (tmp_path / "m.json").read_text(encoding="utf-8")
    body = json.loads(text, parse_constant=refuse)
    assert (body["format"], body["version"]) == ("leastwise-model", 2)
    assert body["standard_errors"] == ["NaN", "NaN"]


@pytest.fixture
def body(tmp_path: Path) -> Any:
    FITS["categories"]().save(tmp_path / "m.json")
    return json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))


def refused(text: str | bytes, folder: Path) -> str:
    path = folder / "bad.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(lw.DataError) as caught:
        lw.load(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("rent,area\n1,2\n", "is not JSON"),
        ("{" * 10, "is not JSON"),
        ("[" * 200_000, "is not JSON"),
        (b"\xff\xfe\x00", "cannot be read as text"),
        ("{}", "is not a leastwise model. Give a file that save wrote"),
        ("[]", "is not a leastwise model"),
        ("null", "is not a leastwise model"),
        ('{"format": "other"}', "is not a leastwise model"),
        (
            '{"format": "leastwise-model", "version": 99}',
            "is of version 99, this release",
        ),
        (
            '{"format": "leastwise-model"}',
            "is of version None, this release reads 1 to 2",
        ),
        (
            '{"format": "leastwise-model", "version": true}',
            "is of version True, this release reads 1 to 2",
        ),
        (
            '{"format": "leastwise-model", "version": 1}',
            'is damaged: "recipe" is missing. Save the model again',
        ),
        (
            '{"format": "leastwise-model", "version": 2}',
            'is damaged: "recipe" is missing. Save the model again',
        ),
    ],
    ids=lambda v: ascii(v[:30]),
)
def test_files_that_are_no_model(content: Any, said: str, tmp_path: Path) -> None:
    assert refused(content, tmp_path).startswith(said)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(lw.DataError, match="there is no such file"):
        lw.load(tmp_path / "none.json")
    with pytest.raises(lw.DataError, match=r"it is a folder\. Give one file of it"):
        lw.load(tmp_path)


def test_every_cut_is_noticed(body: Any, tmp_path: Path) -> None:
    text = json.dumps(body)
    for size in range(0, len(text) - 1, len(text) // 40):
        assert refused(text[:size], tmp_path).startswith("is not JSON")


def places(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value[:2]))
    found = []
    for key, item in inner:
        found += [(*so_far, key), *places(item, (*so_far, key))]
    return found


JUNK: list[Any] = [None, "x", [], {}, -1, True, [[1, 2], [3]], 10**400]


def test_damage_anywhere_is_an_error_or_a_model_that_works(
    body: Any, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    refused_at, read = set(), 0
    for place in places(body):
        for junk in [*JUNK, "nothing"]:
            damaged = copy.deepcopy(body)
            inside = damaged
            for key in place[:-1]:
                inside = inside[key]
            if junk == "nothing":
                del inside[place[-1]]
            else:
                inside[place[-1]] = junk
            path.write_text(json.dumps(damaged), encoding="utf-8")
            try:
                model = lw.load(path)
            except lw.DataError as error:
                assert str(path) in str(error)
                refused_at.add(place[0])
                continue
            read += 1
            # What is read can be printed, and asked, or says what is wrong.
            assert str(model)
            try:
                model.predict(DATA)
            except lw.LeastwiseError as error:
                assert str(error)
    # Most damage is seen at the door; a changed number is a changed number.
    assert refused_at == set(body)
    assert read < 0.2 * len(places(body)) * (len(JUNK) + 1)


def test_shapes_are_held_against_the_recipe(body: Any, tmp_path: Path) -> None:
    for name in ("estimates", "standard_errors", "certified", "se_certified"):
        damaged = {**body, name: body[name][:-1]}
        assert refused(json.dumps(damaged), tmp_path).startswith(
            f'is damaged in "{name}": numbers of'
        )
    shuffled = {**body, "names": body["names"][::-1]}
    assert "names and recipe do not agree" in refused(json.dumps(shuffled), tmp_path)


def test_nothing_in_a_file_is_run(
    body: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    attack = "__import__('os').system('touch owned')"
    terms = copy.deepcopy(body["recipe"])
    terms["terms"][0]["variables"] = [attack]
    refused(json.dumps({**body, "recipe": terms}), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.json", "m.json"]
