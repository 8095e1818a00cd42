"""Simulated data: the truth that was parsed, the inputs, seeds, frames."""

from __future__ import annotations

import numpy as np
import pytest

from leastwise._kit.errors import FormulaError, RequestError
from leastwise.design.build import build
from leastwise.design.simulate import simulate
from leastwise.rows.read import read_table


def test_the_data_of_the_article() -> None:
    made = simulate(
        "fahrenheit = 32 + 1.8 * celsius",
        celsius=(-5, 15, 0.05),
        noise=3,
        n=400,
        seed=0,
        frame="dict",
    )
    celsius = made.data["celsius"]
    assert len(celsius) == 400 and celsius[0] == -5.0 and celsius[-1] == 14.95
    assert 0.15 in celsius.tolist()
    assert dict(made.truth) == {"Intercept": 32.0, "celsius": 1.8}
    assert made.formula == "fahrenheit ~ celsius"
    errors = made.data["fahrenheit"] - 32 - 1.8 * celsius
    # The sd of 400 draws is within 15 % of 3 in all but one of 10^4 seeds.
    assert 2.55 < errors.std() < 3.45
    noise = 3 * np.random.default_rng(0).standard_normal(400)
    np.testing.assert_allclose(errors, noise, atol=1e-12)


@pytest.mark.parametrize(
    ("equation", "truth", "formula"),
    [
        ("y = 2 * x", {"Intercept": 0.0, "x": 2.0}, "y ~ x"),
        ("y = x * 2 - 1", {"Intercept": -1.0, "x": 2.0}, "y ~ x"),
        ("y = -x + z", {"Intercept": 0.0, "x": -1.0, "z": 1.0}, "y ~ x + z"),
        ("y = 3", {"Intercept": 3.0}, "y ~ 1"),
        ("y = 1 + x / 4 - (2 - z) * 3", {"Intercept": -5.0, "x": 0.25, "z": 3.0}, None),
        ("y = x - x + 1e-3", {"Intercept": 1e-3, "x": 0.0}, "y ~ x"),
        ("y = `net rent` * .5", {"Intercept": 0.0, "net rent": 0.5}, "y ~ `net rent`"),
        ("y = 2 * 3 * -x", {"Intercept": 0.0, "x": -6.0}, "y ~ x"),
    ],
)
def test_truth_is_the_equation(
    equation: str, truth: dict[str, float], formula: str | None
) -> None:
    made = simulate(equation, n=5, frame="dict")
    assert dict(made.truth) == truth
    assert list(made.truth) == list(truth)
    if formula is not None:
        assert made.formula == formula
    expected = truth["Intercept"] + sum(
        (b * made.data[name] for name, b in truth.items() if name != "Intercept"),
        np.zeros(5),
    )
    np.testing.assert_allclose(made.data["y"], expected, rtol=1e-14, atol=1e-15)
    _, design = build(made.formula, read_table(made.data))
    assert design.names == tuple(truth)[1:]


@pytest.mark.parametrize(
    ("equation", "position"),
    [
        ("y = x * z", 6),
        ("y = 1 + 2 * log(x)", 12),
        ("y = x ** 2", 6),
        ("y = 1 / x", 6),
        ("y = a + x:z", 9),
        ("y = x / 0", 6),
        ("y = 'x'", 4),
        ("y = x > 1", 6),
        ("y = .", 4),
        ("y ~ x", 2),
        ("y + 1 = x", 0),
        ("y = 2 * y", 0),
        ("y = 1 = x", 6),
    ],
)
def test_what_is_not_linear_is_pointed_at(equation: str, position: int) -> None:
    with pytest.raises(FormulaError) as caught:
        simulate(equation)
    assert caught.value.position == position


def test_seeds_and_streams() -> None:
    first = simulate("y = x + z", noise=1, n=50, seed=3, frame="dict").data
    again = simulate("y = x + z", noise=1, n=50, seed=3, frame="dict").data
    other = simulate("y = x + z", noise=1, n=50, seed=4, frame="dict").data
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert (first[name] != other[name]).all()
    # Giving x changes neither z nor the noise.
    given = simulate(
        "y = x + z", noise=1, n=50, seed=3, frame="dict", x=first["x"] + 1
    ).data
    np.testing.assert_array_equal(given["z"], first["z"])
    np.testing.assert_allclose(given["y"] - first["y"], 1.0, rtol=1e-12)


def test_inputs() -> None:
    made = simulate("y = a + b + c", a=[1, 2, 3], b=(10, 20), frame="dict").data
    assert len(made["c"]) == 3
    assert ((made["b"] >= 10) & (made["b"] < 20)).all()
    assert len(simulate("y = x", frame="dict").data["x"]) == 400
    assert len(simulate("y = 3", n=7, frame="dict").data["y"]) == 7
    ramp = simulate("y = x", x=range(4), frame="dict").data["x"]
    assert ramp.tolist() == [0.0, 1.0, 2.0, 3.0]
    down = simulate("y = x", x=(1, 0, -0.25), frame="dict").data["x"]
    assert down.tolist() == [1.0, 0.75, 0.5, 0.25]
    tenth = simulate("y = x", x=(0, 1, 0.1), frame="dict").data["x"]
    assert tenth.tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"z": [1]}, '"z" is no input'),
        ({"celcius": [1]}, 'Did you mean "celsius"'),
        ({"celsius": [1, 2], "n": 3}, '"celsius" has 2 values and n asks for 3'),
        ({"celsius": "warm"}, "is not numbers"),
        ({"celsius": [1, float("nan")]}, "infinite or missing"),
        ({"celsius": 3.0}, "one value a row"),
        ({"celsius": (1, 0)}, "ends exchanged"),
        ({"celsius": (0, 1, 0)}, "no grid"),
        ({"celsius": (0, 1, -1)}, "no grid"),
        ({"n": 0}, "n=0"),
        ({"noise": -1}, "noise=-1"),
        ({"noise": float("nan")}, "noise=nan"),
        ({"frame": "excel"}, "frame='excel' is none of auto, pandas"),
    ],
)
def test_requests_that_make_no_sense(options: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message.replace("(", r"\(")):
        simulate("fahrenheit = 32 + 1.8 * celsius", **options)  # type: ignore[arg-type]


def test_two_inputs_of_different_length() -> None:
    with pytest.raises(RequestError, match='"b" has 3 values and "a" asks for 2'):
        simulate("y = a + b", a=[1, 2], b=[1, 2, 3])


@pytest.mark.parametrize(
    ("frame", "kind"),
    [("pandas", "DataFrame"), ("polars", "DataFrame"), ("arrow", "Table")],
)
def test_frames(frame: str, kind: str) -> None:
    made = simulate("y = 1 + 2 * x", x=[1.0, 2.0], frame=frame)  # type: ignore[arg-type]
    assert type(made.data).__name__ == kind
    assert read_table(made.data).column("y").values.tolist() == [3.0, 5.0]


def test_auto_takes_the_first_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from leastwise.rows import give as module

    monkeypatch.setattr(module, "installed", lambda library: library == "pyarrow")
    assert type(simulate("y = x", n=2).data).__name__ == "Table"
    monkeypatch.setattr(module, "installed", lambda library: False)
    assert isinstance(simulate("y = x", n=2).data, dict)
