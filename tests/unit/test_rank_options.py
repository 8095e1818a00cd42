"""digits= and rank=: what is reached, what is refused, and the least norm."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.cli.app import main
from leastwise.engine import plan
from tests.helpers.exactly import digits_of

RNG = np.random.default_rng(21)
N = 30
A, B = RNG.integers(-50, 50, size=(2, N)).astype(float)
Y = RNG.integers(-90, 90, size=N).astype(float)
K = 2 * A - B + 4
DATA: dict[str, Any] = {"y": Y, "a": A, "b": B, "k": K, "w": RNG.integers(1, 5, N)}
AGAIN = "k = 4 + 2 a - b"


def least_norm(
    X: Any, y: Any, w: Any = None, *, intercept: bool = True
) -> list[Fraction]:
    """Solve ``min b'b`` subject to ``S b = g`` in rational arithmetic.

    b = S t with S S t = g: any t does, found by elimination with the free ones 0.
    """
    rows = [[Fraction(float(v)) for v in row] for row in X]
    target = [Fraction(float(v)) for v in y]
    weights = [Fraction(float(v)) for v in (np.ones(len(rows)) if w is None else w)]
    total, p = sum(weights), len(rows[0])
    mean = [Fraction(0)] * (p + 1)
    if intercept:
        for u, row, t in zip(weights, rows, target, strict=True):
            mean = [m + u * v / total for m, v in zip(mean, [*row, t], strict=True)]
    about = [
        [v - m for v, m in zip([*row, t], mean, strict=True)]
        for row, t in zip(rows, target, strict=True)
    ]
    gram = [
        [
            sum((u * r[i] * r[j] for u, r in zip(weights, about, strict=True)))
            for j in range(p + 1)
        ]
        for i in range(p)
    ]
    s, g = [row[:p] for row in gram], [row[p] for row in gram]
    twice = [
        [sum(s[i][m] * s[m][j] for m in range(p)) for j in range(p)] + [g[i]]
        for i in range(p)
    ]
    t = eliminate(twice)
    b = [sum((s[i][j] * t[j] for j in range(p)), Fraction(0)) for i in range(p)]
    first = mean[p] - sum((m * v for m, v in zip(mean, b, strict=False)), Fraction(0))
    return [first, *b] if intercept else b


def eliminate(system: list[list[Any]]) -> list[Fraction]:
    p, done = len(system), {}
    free = list(range(p))
    for j in range(p):
        row = next((i for i in free if system[i][j] != 0), None)
        if row is None:
            continue
        free.remove(row)
        done[j] = row
        system[row] = [v / system[row][j] for v in system[row]]
        for i in range(p):
            if i != row:
                c = system[i][j]
                system[i] = [
                    v - c * u for v, u in zip(system[i], system[row], strict=True)
                ]
    assert all(system[i][p] == 0 for i in free)
    return [system[done[j]][p] if j in done else Fraction(0) for j in range(p)]


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("unit", [1.0, 2.0**-40, 2.0**40])
@pytest.mark.parametrize("kind", ["one", "two", "twins", "few rows"])
def test_least_norm_is_that_of_rational_arithmetic(
    kind: str, unit: float, weighted: bool, intercept: bool
) -> None:
    columns = {
        "one": [A, B * unit, 2 * A - B],
        "two": [A, A - B, B, (A + B) * unit],
        "twins": [A, A * unit, B, 3 * B],
        "few rows": [A, B * unit, A * B, A * A, B * B],
    }[kind]
    n = 4 if kind == "few rows" else N
    x, y, w = np.column_stack(columns)[:n], Y[:n], DATA["w"][:n]
    weights = w if weighted else None
    model = lw.ols(y=y, X=x, weights=weights, intercept=intercept, rank="minimum_norm")
    right = least_norm(x, y, weights, intercept=intercept)
    reached = digits_of(model.coef.array, [float(v) for v in right])
    # Only combinations are uncertain: values of whole numbers may have been rounded.
    assert (reached >= 14.5).all(), reached
    assert (model.digits.array <= reached + 0.5).all()
    assert (model.digits.array >= 10).all()
    assert not any(row.left_out for row in model.aliased) and model.aliased
    # The same fitted values as with the columns left out.
    dropped = lw.ols(y=y, X=x, weights=weights, intercept=intercept)
    assert model.predict(x) == pytest.approx(dropped.predict(x), rel=1e-11, abs=1e-9)
    assert (model.dof, model.rank) == (dropped.dof, dropped.rank)


@pytest.mark.parametrize("seed", range(6))
def test_least_norm_is_that_of_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(50, 4))
    x = np.column_stack([z, z @ rng.normal(size=(4, 3))])
    y = rng.normal(size=50)
    model = lw.ols(y=y, X=x, rank="minimum_norm")
    inverse = np.linalg.pinv(x - x.mean(axis=0))
    assert model.coef.array[1:] == pytest.approx(inverse @ y, rel=1e-10, abs=1e-12)
    errors = model.sigma * np.sqrt((inverse**2).sum(axis=1))
    assert model.se.array[1:] == pytest.approx(errors, rel=1e-10)
    # Nothing to share: the same answer to the last bit.
    plain = lw.ols(y=y, X=z)
    assert lw.ols(y=y, X=z, rank="minimum_norm").coef == plain.coef


def test_units_that_no_norm_holds() -> None:
    data = {"y": Y, "a": A * 1e-200, "q": A * 1e200}
    with pytest.raises(lw.DataError, match="units too different for one norm"):
        lw.ols("y ~ a + q", data, rank="minimum_norm")
    (row,) = lw.ols("y ~ a + q", data).aliased
    assert row.text == (
        "it is a combination of a with factors beyond the range of float64"
    )
    (row,) = lw.ols("y ~ q + a", data).aliased
    assert row.name == "a" and "combination of q with factors" in row.reason


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("solver", [None, lw.GradientDescent()])
def test_combinations_are_refused_by_name(weights: Any, solver: Any) -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols("y ~ a + b + k", DATA, rank="error", weights=weights, solver=solver)
    assert f"1 column adds nothing to the others: {AGAIN} (1" in str(caught.value)
    fine = lw.ols("y ~ a + b", DATA, rank="error", weights=weights)
    assert fine.coef == lw.ols("y ~ a + b", DATA, weights=weights).coef


def test_digits_of_a_combination_are_those_that_are_shown() -> None:
    i = [2**60 + 7 * k * k for k in range(20)]
    data = {
        "y": Y[:20],
        "i": i,
        "j": [2 * v - 2**60 for v in i],
        "h": [v + 3 for v in i],
    }
    long, short = lw.ols("y ~ i + j + h", data).aliased
    # -1152921504606846976 in ten digits.
    assert long.reason == "j = -1.152921505e+18 + 2 i" and long.digits == 9
    assert short.reason == "h = 3 + i" and short.digits is not None


def test_zeros_are_no_reason_to_warn() -> None:
    model = lw.ols("y ~ a + b", {"y": A, "a": A, "b": B}, digits=15)
    assert model.coef["a"] == 1.0
    # Residuals of 0 make t infinite, but not for what cannot be told from 0.
    assert model.t["a"] == np.inf and np.isnan([model.t["b"], model.p["b"]]).all()
    assert not any("asked for" in note for note in model.notes)


def test_refusals_name_a_dozen() -> None:
    with pytest.raises(lw.DataError) as caught:
        lw.ols(y=Y[:9], X=RNG.normal(size=(9, 200)), rank="error")
    text = str(caught.value)
    assert "192 columns add nothing" in text and "; 180 more." in text
    table = " ".join(str(lw.ols(y=Y[:9], X=RNG.normal(size=(9, 200)))).split())
    assert table.count("left out:") == 1 and "180 more, because 9 rows" in table


def test_a_row_of_no_weight_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only a row of weight 1e-30 says, moments cannot see and rows can."""
    # As where exact arithmetic, which would decide it, takes too long.
    monkeypatch.setattr(plan, "is_quick", lambda rows: False)
    w = np.append(np.ones(N - 1), 1e-30)
    data = {"y": Y, "a": A, "q": np.append(A[:-1], A[-1] + 1), "w": w}
    model = lw.ols("y ~ a + q", data, weights="w")
    (row,) = model.aliased
    assert row.text == "it cannot be told from a at this precision"
    assert model.plan.undecided == 1 and row.digits is None
    assert any("Whether q adds anything cannot be told" in n for n in model.notes)
    with pytest.raises(lw.DataError, match="1 column may add nothing"):
        lw.ols("y ~ a + q", data, weights="w", rank="error")


NEAR = {"y": Y, "a": A, "q": A + 1e-8 * B}


def test_digits_that_are_not_reached_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where there are too many rows for a basis of its own, or exact arithmetic.
    monkeypatch.setattr(plan, "is_quick", lambda rows: False)
    monkeypatch.setattr(plan, "MOST_REBASED", 0)
    monkeypatch.setattr(plan, "QUICK_REBASE", 0)
    with pytest.warns(lw.AccuracyWarning, match="Fewer than the 15 digits asked for"):
        model = lw.ols("y ~ a + q", NEAR, digits=15)
    (note,) = model.notes
    certified = model.digits["Intercept"]
    assert f"Intercept ({np.floor(certified * 10) / 10:.1f})" in note
    assert model.plan.target == 15.0
    rounded = {**DATA, "k": 0.1 * A + 0.3 * B}
    with pytest.warns(lw.AccuracyWarning, match="leaves the combinations no better"):
        lw.ols("y ~ a + b + k", rounded, digits=15, rank="minimum_norm")
    # Enough for the eight that are aimed at when nothing is asked.
    assert lw.ols("y ~ a + q", NEAR).notes == ()
    assert lw.wls("y ~ a", DATA, weights="w", digits=12).plan.target == 12.0


@pytest.mark.parametrize(
    ("digits", "tier"), [(1, 1), (8, 1), (13, 2), (14.5, 2), (15, 2)]
)
def test_large_data_climb_as_far_as_asked(
    digits: float, tier: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "first_tier", lambda work: 1)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4000, 2))
    model = lw.ols(y=x @ [1.0, 2.0] + rng.normal(size=4000), X=x, digits=digits)
    assert model.plan.tier == tier and model.digits.array.min() >= digits
    said = model.record().to_json()["arithmetic"]
    assert said["tier"] == tier and said["target"] == digits
    lines = [line for line in str(model).splitlines() if "arithmetic:" in line]
    assert len(lines) == (tier > 1) and (said["text"] is None) == (tier == 1)
    if tier > 1:
        assert f"tier {tier} of 3), because tier 1 could certify only" in lines[0]


@pytest.mark.parametrize(
    "options",
    [
        *({"digits": d} for d in (0, 20, -1, float("nan"), "8", None, True, 8j)),
        *({"rank": r} for r in ("DROP", "", None, 3, ["drop"], "pinv")),
        {"rank": "minimum_norm", "solver": lw.GradientDescent()},
    ],
    ids=str,
)
def test_values_that_do_not_exist(options: Any) -> None:
    for fit in (lw.ols, lambda *a, **k: lw.wls(*a, weights="w", **k)):
        with pytest.raises(lw.RequestError) as caught:
            fit("y ~ a", DATA, **options)
        assert caught.value.fix


def test_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "d.csv")
    rows = zip(Y, A, B, K, strict=True)
    text = "\n".join(",".join(repr(float(v)) for v in row) for row in rows)
    Path(path).write_text(f"y,a,b,k\n{text}\n")
    fit = ["fit", "y ~ a + b + k", path]
    assert main([*fit, "--rank", "error"]) == 2
    assert AGAIN in capsys.readouterr().err
    assert main([*fit, "--rank", "minimum_norm", "--json", "--digits", "12"]) == 0
    said = json.loads(capsys.readouterr().out)
    model = lw.ols("y ~ a + b + k", DATA, rank="minimum_norm", digits=12)
    assert said["arithmetic"]["target"] == 12.0
    assert [
        row["estimate"] for row in said["coefficients"]
    ] == model.coef.array.tolist()
    (told,) = said["aliased"]
    assert told["reason"] == AGAIN and told["left_out"] is False
    assert main([*fit, "--digits", "20"]) == 2
    assert "digits=20.0 cannot be asked for" in capsys.readouterr().err


def test_a_descent_on_collinear_columns_claims_no_digits() -> None:
    model = lw.ols("y ~ a + b + k", DATA, solver=lw.GradientDescent())
    assert np.isnan(model.digits.array).all() and np.isnan(model.se.array).all()
    assert np.isfinite(model.coef.array).all()
    assert "left out" not in str(model) and "one answer of many" in model.notes[-1]
    direct = lw.ols("y ~ a + b", DATA)
    assert model.r_squared == pytest.approx(direct.r_squared, rel=1e-12)
    # Twins share their slope; what they leave alone keeps its digits.
    model = lw.ols(
        "y ~ a + b + I(2 * b)", DATA, solver=lw.GradientDescent(tolerance=1e-15)
    )
    assert model.digits["Intercept"] > 10 and np.isnan(model.digits["b"])


def test_numbers_below_the_range_have_the_digits_that_are_left() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 20))
    model = lw.ols("y ~ x", {"y": y * 1e-200, "x": x * 1e200})
    assert (model.coef["x"], model.digits["x"]) == (0.0, 0.0)
    assert "Beyond the range of float64: x. Give the columns in larger" in str(model)
    model = lw.ols("y ~ x", {"y": y * 2.0**-520, "x": x * 2.0**520})
    right = lw.ols("y ~ x", {"y": y, "x": x}).coef["x"]
    reached = digits_of(model.coef["x"] * 2.0**1000, right * 2.0**-40)
    assert 5 < model.digits["x"] <= reached + 0.5 and model.digits["x"] < 12


def test_an_estimate_of_zero_and_one_not_told_from_it() -> None:
    a, b = np.array([-2.0, -1, 0, 1, 2]), np.array([1.0, 2, 0, 2, 1])
    y = np.array([4.0, 1, 3, 1, 4])
    model = lw.ols("y ~ a", {"y": y, "a": a})
    assert model.coef["a"] == 0.0 and np.isnan(model.digits["a"])
    assert model.notes[0].startswith("Exactly 0: a. Digits are relative, and 0 has")
    data = {"y": y / 10, "a": a / 10, "b": b}
    model = lw.ols("y ~ a + b", data)
    assert abs(model.coef["a"]) < 1e-25 and "0: a. " in model.notes[0]


def test_an_exact_fit_says_so_and_has_all_digits() -> None:
    model = lw.ols("y ~ a", {"y": 3 + 2 * A, "a": A})
    said = model.record().to_json()
    assert (said["rss"], said["r_squared"]) == (0.0, 1.0)
    assert min(said["rss_digits"], said["r_squared_digits"]) > 15
    assert "The fit is exact to the rounding of the data" in said["notes"][0]
    flat = lw.ols("y ~ a", {"y": 0 * A + 3, "a": A}).record().to_json()
    assert flat["r_squared_digits"] is None and flat["r_squared"] is None
