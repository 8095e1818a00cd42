"""Numbers as the decimals they are written as: NIST, and data on a large constant."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leastwise as lw
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DOORS, assert_exact
from tests.witness.scoring import digits
from tests.witness.test_nist import FLOOR, load


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_nist_has_every_digit_of_the_published_decimals(name: str) -> None:
    problem, data, formula = load(name)
    model = lw.ols(formula, data, decimal=True)
    truth = problem["exact40"]
    for b, t, claim in zip(
        model.coef.values(), truth["B"], model.digits.values(), strict=True
    ):
        # The last rounding is half a unit of a float64, 15.95 digits at worst.
        assert digits(b, t) >= 15.9
        assert digits(b, t) >= min(claim, 15.9)
    for s, t in zip(model.se.values(), truth["SE"], strict=True):
        # A root and two quotients in float64 after the last sum: measured 15.87.
        assert digits(s, t) >= 15.6


@pytest.mark.parametrize("door", sorted(DOORS))
def test_every_door_gives_the_same_decimals(door: str, tmp_path: Path) -> None:
    problem, data, formula = load("Pontius")
    given = DOORS[door]({k: v.tolist() for k, v in data.items()}, tmp_path)
    model = lw.ols(formula, given, decimal=True)
    truth = problem["exact40"]["B"]
    assert min(map(digits, model.coef.values(), truth)) >= 15.9
    # A tenth of the digits of the constant term is lost in float64.
    plain = lw.ols(formula, given)
    assert min(map(digits, plain.coef.values(), truth)) < 14


@pytest.mark.parametrize("kind", ["list", "array", "frame"])
def test_arrays_are_decimals_too(kind: str) -> None:
    problem, data, _ = load("Longley")
    names = problem["columns"][1:]
    X: Any = np.column_stack([data[name] for name in names])
    X = {"list": X.tolist(), "array": X, "frame": pd.DataFrame(X, columns=names)}[kind]
    model = lw.ols(y=data["y"], X=X, decimal=True)
    truth = problem["exact40"]
    assert min(map(digits, model.coef.values(), truth["B"])) >= 15.9
    assert min(map(digits, model.se.values(), truth["SE"])) >= 15.6


@pytest.mark.parametrize("decimal", [False, True])
def test_filip_predicts_what_exact_arithmetic_does(
    decimal: bool, tmp_path: Path
) -> None:
    _, data, formula = load("Filip")
    model = lw.ols(formula, data, decimal=decimal)

    def exact(v: float) -> Fraction:
        return Fraction(repr(v)) if decimal else Fraction(v)

    new = [-8.45, -3.3, -7.123, -5.0]
    x, y = ([exact(v) for v in data[c].tolist()] for c in ("x", "y"))
    right = exact_least_squares([[v**k for k in range(1, 11)] for v in x], y)
    spread = float(max(y) - min(y))
    model.save(tmp_path / "filip.json")
    for again in (model, lw.load(tmp_path / "filip.json")):
        for values, given in ((data["x"].tolist(), data), (new, {"x": new})):
            found = again.predict(given, interval="confidence")
            for v, mean, error in zip(values, found.fit, found.std_error, strict=True):
                row = [exact(v) ** k for k in range(11)]
                truth = sum(
                    b * c for (b,), c in zip(right.coefficients, row, strict=True)
                )
                assert abs(float(Fraction(float(mean)) - truth)) <= 1e-14 * spread
                assert error > 0
        found = again.predict(data, interval="confidence")
        leverage = (found.std_error / again.sigma) ** 2
        # Leverages sum to the rank.
        assert leverage.sum() == pytest.approx(11, rel=1e-13)


def anova(constant: int, places: int) -> tuple[list[str], list[str]]:
    """Nine groups of eleven, effects of some tenths on a large constant."""
    unit = Decimal(1).scaleb(-places)
    texts, groups = [], []
    for g in range(9):
        for i in range(11):
            effect = 3 + g + (i % 2) * 2 - 1
            texts.append(str(constant + effect * unit))
            groups.append(f"g{g}")
    return texts, groups


# The constant, decimal places, digits that a float64 holds of the small effects:
# 16 less those of the constant, and one or two for nine groups.
ANOVA = [(0, 1, 13.5), (10**6, 1, 8.5), (10**12, 1, 2.5)]


@pytest.mark.parametrize(("constant", "places", "limit"), ANOVA)
def test_small_effects_on_a_large_constant(
    constant: int, places: int, limit: float, tmp_path: Path
) -> None:
    texts, groups = anova(constant, places)
    indicators = [[int(g == f"g{k}") for k in range(1, 9)] for g in groups]
    truth = exact_least_squares(indicators, texts)
    right = [Fraction(b) for (b,) in truth.coefficients]
    errors = [s for (s,) in truth.standard_errors()]
    path = tmp_path / "anova.csv"
    lines = [f"{y},{g}" for y, g in zip(texts, groups, strict=True)]
    path.write_text("\n".join(["y,g", *lines]) + "\n")
    data = {"y": [float(t) for t in texts], "g": groups}
    for given in (data, path):
        model = lw.ols("y ~ g", given, decimal=True)
        for b, t in zip(model.coef.values(), right, strict=True):
            assert abs(Fraction(b) - t) <= abs(t) * Fraction(2) ** -52
        for s, e in zip(model.se.values(), errors, strict=True):
            assert digits(s, str(e)) >= 15.6
        f = (truth.tss[0] - truth.rss[0]) / 8 / (truth.rss[0] / truth.dof)
        assert model.f == pytest.approx(float(f), rel=4e-16)
    # As float64: every digit of the numbers as given, and no more than they hold.
    plain = lw.ols("y ~ g", data)
    assert_exact(plain, np.array(indicators, float), data["y"])
    f = float(f)
    assert abs(plain.f - f) <= 10.0**-limit * f


def test_text_of_more_digits_than_a_float64_has(tmp_path: Path) -> None:
    x = [f"1.{k}0000000000000000000{k}" for k in range(1, 9)]
    y = [f"{k * k}.00000000000000000{k}e1" for k in range(1, 9)]
    truth = exact_least_squares([[v] for v in x], [Decimal(v) for v in y])
    right = [b for (b,) in truth.coefficients]
    lines = [f"{a},{b}" for a, b in zip(x, y, strict=True)]
    csv = tmp_path / "a.csv"
    csv.write_text("\n".join(["x,y", *lines]) + "\n")
    rows = [f'{{"x": {a}, "y": {b}}}' for a, b in zip(x, y, strict=True)]
    jsonl = tmp_path / "a.jsonl"
    jsonl.write_text("\n".join(rows) + "\n")
    objects = {"x": [Decimal(v) for v in x], "y": [Decimal(v) for v in y]}
    for given in (csv, jsonl, objects, pd.DataFrame(objects)):
        model = lw.ols("y ~ x", given, decimal=True)
        for b, t in zip(model.coef.values(), right, strict=True):
            assert abs(Fraction(b) - t) <= abs(t) * Fraction(2) ** -52
        # The 17th digit of the text is in the last of the answer's residuals.
        found = model.predict(given, interval="confidence")
        assert (found.std_error > 0).all()


def test_long_text_in_a_large_file_is_read_the_same_way(tmp_path: Path) -> None:
    """By pyarrow, which cuts the file into cells."""
    from leastwise.rows.csv_arrow import read_csv_arrow
    from leastwise.rows.csv_text import read_csv_text

    path = tmp_path / "a.csv"
    cells = [
        "0.1",
        "0.30000000000000004441",
        "NA",
        "1e-3",
        "12345678901234567.75",
        "+.5",
    ]
    path.write_text("x,z\n" + "".join(f"{c},{k}.5\n" for k, c in enumerate(cells)))
    quick, slow = read_csv_arrow(path, decimal=True), read_csv_text(path, decimal=True)
    assert quick is not None
    low = slow.columns["x"].low
    assert low is not None and slow.columns["z"].low is None
    assert np.array_equal(low, quick.columns["x"].low)
    for cell, value, rest in zip(cells, slow.columns["x"].values, low, strict=True):
        if cell != "NA":
            off = Fraction(float(value)) + Fraction(float(rest)) - Fraction(cell)
            assert abs(off) <= abs(Fraction(cell)) * Fraction(2) ** -106
    assert read_csv_text(path).columns["x"].low is None


def test_short_floats_offsets_gaps_and_weights_are_decimals() -> None:
    x = [0.1, 0.25, 0.7, 1.3, 2.9, 0.0]
    y = [1.1, 1.3, None, 2.4, 5.7, 0.3]
    z = [0.3, 0.2, 0.1, 0.6, 0.7, 1.9]
    w = [1.0, 2.0, 1.0, 0.0, 4.0, 0.5]
    data = {"x": np.array(x, np.float32), "y": y, "z": z, "w": w}
    model = lw.wls(
        "y ~ x + offset(z) + I(0.1 * x * z)", data, weights="w", decimal=True
    )
    used = [i for i in range(6) if y[i] is not None and w[i] > 0]
    rows = [(Fraction(repr(x[i])), Fraction(repr(z[i]))) for i in used]
    truth = exact_least_squares(
        [[a, a * c / 10] for a, c in rows],
        [Fraction(repr(y[i])) - c for i, (_, c) in zip(used, rows, strict=True)],
        weights=[w[i] for i in used],
    )
    for b, (t,) in zip(model.coef.values(), truth.coefficients, strict=True):
        assert abs(Fraction(b) - t) <= abs(t) * Fraction(2) ** -52
    found = model.predict({"x": np.float32([0.7]), "z": [0.1]})[0]
    a, c = Fraction(7, 10), Fraction(1, 10)
    b = [t for (t,) in truth.coefficients]
    exact = b[0] + b[1] * a + b[2] * a * c / 10 + c
    assert float(found) == pytest.approx(float(exact), rel=1e-15)


def test_the_choice_is_kept_and_checked(tmp_path: Path) -> None:
    data = {"x": [0.1, 0.2, 0.4], "y": [1.0, 2.0, 4.1]}
    model = lw.ols("y ~ x", data, decimal=True)
    assert model.recipe.decimal
    model.save(tmp_path / "m.json")
    assert lw.load(tmp_path / "m.json").recipe.decimal
    record = json.loads((tmp_path / "m.json").read_text())
    del record["recipe"]["decimal"], record["basis"]["change"]
    record["version"] = record["recipe"]["version"] = 1
    (tmp_path / "m.json").write_text(json.dumps(record))
    # A file of a release without the choice.
    assert not lw.load(tmp_path / "m.json").recipe.decimal
    with pytest.raises(lw.RequestError, match="decimal='yes' is neither"):
        lw.ols("y ~ x", data, decimal="yes")


def test_the_command_line_takes_decimals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from leastwise.cli.app import main

    problem, data, formula = load("Wampler2")
    path = tmp_path / "a.csv"
    pd.DataFrame(data).to_csv(path, index=False)
    assert main(["fit", formula, str(path), "--decimal", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["coefficients"]
    truth = problem["exact40"]["B"]
    assert (
        min(digits(r["estimate"], t) for r, t in zip(found, truth, strict=True)) > 15.9
    )
