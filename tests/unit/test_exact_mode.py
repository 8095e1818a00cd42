"""exact=True: every number rounded once, whatever brings the rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.cli.app import main
from leastwise.engine import exact as exact_mode
from leastwise.engine import plan
from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows
from leastwise.solve.exact import exact_least_squares
from tests.helpers.exactly import DOORS
from tests.verify.problems import KINDS, problem
from tests.witness.test_nist import NIST, load

RNG = np.random.default_rng(11)
N = 30
A, B = RNG.normal(size=N), RNG.uniform(1e6, 2e6, size=N)
Y = 1 + 0.1 * A - 2e-6 * B + RNG.normal(size=N)
W = RNG.uniform(0.1, 3.0, size=N)
DATA = {"y": Y, "a": A, "b": B, "w": W}


def assert_rounded_once(fit: Any, X: Any, Y: Any, **options: Any) -> None:
    """Coefficients and standard errors are the float64 nearest to the truth."""
    right = exact_least_squares(X, Y, **options)
    assert np.array_equal(fit.coefficients, right.rounded(), equal_nan=True)
    errors = [
        [np.nan if v is None else float(v) for v in row]
        for row in right.standard_errors()
    ]
    assert np.array_equal(fit.standard_errors, errors, equal_nan=True)
    assert (fit.digits > 15.9).all() and (fit.rss_digits > 15.9).all()


@pytest.mark.parametrize("kind", [kind for kind in KINDS])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hard_problems_are_rounded_once(kind: str, seed: int) -> None:
    hard = problem(kind, seed)
    right = exact_least_squares(
        hard.X, hard.Y, weights=hard.weights, intercept=hard.intercept
    )
    solved = fit_rows(
        Rows(hard.X, hard.Y, hard.weights),
        intercept=hard.intercept,
        exact=True,
    )
    assert solved.plan.tier == 4
    if right.rank < len(right.inverse_diagonal) or not solved.fit.kept.all():
        # A column that is left out by the rule of the grain, not by the exact rank.
        return
    assert np.array_equal(solved.fit.coefficients, right.rounded())
    if not solved.exact.any():
        errors = [[float(v) for v in row] for row in right.standard_errors()]
        assert np.array_equal(solved.fit.standard_errors, errors)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_several_targets(intercept: bool, weighted: bool) -> None:
    targets = np.column_stack([Y, 1e200 * A**2, 1e-200 * B])
    w = W if weighted else None
    solved = fit_rows(
        Rows(np.column_stack([A, B]), targets[:, :2], w),
        intercept=intercept,
        exact=True,
    )
    assert_rounded_once(
        solved.fit,
        np.column_stack([A, B]),
        targets[:, :2],
        weights=w,
        intercept=intercept,
    )


@pytest.mark.parametrize("door", DOORS)
def test_every_door(door: str, tmp_path: Path) -> None:
    given = DOORS[door]({k: v.tolist() for k, v in DATA.items()}, tmp_path)
    model = lw.ols("y ~ a + b", given, exact=True)
    right = exact_least_squares(np.column_stack([A, B]), Y)
    assert model.coef.array.tolist() == right.rounded()[:, 0].tolist()
    assert model.se.array.tolist() == [float(v) for (v,) in right.standard_errors()]
    assert "arithmetic: exact arithmetic, as asked" in str(model)
    by_arrays = lw.ols(y=Y, X=np.column_stack([A, B]), exact=True)
    assert by_arrays.coef.array.tolist() == model.coef.array.tolist()
    weighted = lw.wls("y ~ a + b", DATA, weights="w", exact=True)
    right = exact_least_squares(np.column_stack([A, B]), Y, weights=W)
    assert weighted.coef.array.tolist() == right.rounded()[:, 0].tolist()


def test_frequencies_count() -> None:
    counts = RNG.integers(1, 5, size=N)
    model = lw.ols(
        "y ~ a + b",
        {**DATA, "n": counts},
        weights=lw.weights.frequency("n"),
        exact=True,
    )
    copies = np.repeat(np.arange(N), counts)
    right = exact_least_squares(np.column_stack([A, B])[copies], Y[copies])
    assert model.coef.array.tolist() == right.rounded()[:, 0].tolist()
    assert model.se.array.tolist() == [float(v) for (v,) in right.standard_errors()]


def test_decimals_are_exact_to_their_second_float64() -> None:
    x, y = ["0.1", "0.2", "0.4", "0.7"], ["1.1", "1.3", "1.7", "2.2"]
    data = {"x": [float(v) for v in x], "y": [float(v) for v in y]}
    model = lw.ols("y ~ x", data, exact=True, decimal=True)
    right = exact_least_squares([[v] for v in x], y)
    assert model.coef.array.tolist() == right.rounded()[:, 0].tolist()
    assert model.se.array.tolist() == [float(v) for (v,) in right.standard_errors()]


@pytest.mark.filterwarnings("ignore::leastwise.AccuracyWarning")
@pytest.mark.parametrize("name", sorted(p.stem for p in NIST.glob("*.json")))
def test_nist_from_float64_data(name: str) -> None:
    problem, _, _ = load(name)
    table = np.array([[float(v) for v in row] for row in problem["data"]])
    X, y = table[:, 1:], table[:, 0]
    if problem["poly_degree"]:
        X = np.column_stack(
            [X[:, 0] ** k for k in range(1, problem["poly_degree"] + 1)]
        )
    solved = fit_rows(Rows(X, y[:, None]), intercept=problem["intercept"], exact=True)
    right = exact_least_squares(X, y, intercept=problem["intercept"])
    assert np.array_equal(solved.fit.coefficients, right.rounded())
    if not solved.exact[0]:
        errors = [[float(v) for v in row] for row in right.standard_errors()]
        assert np.array_equal(solved.fit.standard_errors, errors)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = DOORS["csv"]({k: v.tolist() for k, v in DATA.items()}, tmp_path)
    assert main(["fit", "y ~ a + b", str(path), "--exact", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    right = exact_least_squares(np.column_stack([A, B]), Y)
    found = [row["estimate"] for row in said["coefficients"]]
    assert found == right.rounded()[:, 0].tolist()
    assert said["arithmetic"]["tier"] == 4
    assert said["arithmetic"]["text"] == "exact arithmetic, as asked"
    model = lw.ols("y ~ a + b", DATA, exact=True)
    model.save(tmp_path / "m.json")
    assert lw.load(tmp_path / "m.json").plan == model.plan


@pytest.mark.parametrize("bad", [1, "yes", None])
def test_what_exact_takes(bad: Any) -> None:
    with pytest.raises(lw.RequestError, match="neither True nor False"):
        lw.ols("y ~ a", DATA, exact=bad)


PRINT = """
import hashlib, numpy as np, sys
from leastwise.engine.plan import fit_rows
from leastwise.moments.blocks import Rows
from leastwise.moments.exact import fold_exact
from leastwise.moments.exact_serial import exact_to_bytes
rng = np.random.default_rng(5)
X = rng.normal(size=(20000, 4)) * [1, 1e5, 1e-9, 3]
Y = X[:, :1] + rng.normal(size=(20000, 1))
w = rng.uniform(size=20000)
order = np.random.default_rng(int(sys.argv[1])).permutation(20000)
r = Rows(X[order], Y[order], w[order])
fit = fit_rows(r, exact=True).fit
bits = exact_to_bytes(fold_exact(r)) + fit.coefficients.tobytes()
bits += fit.standard_errors.tobytes() + fit.digits.tobytes()
print(hashlib.sha256(bits).hexdigest())
"""


def test_the_same_bits_whatever_threads_kernel_and_order() -> None:
    found = set()
    for kernel, threads, order in (("", "1", "0"), ("", "2", "1"), ("numpy", "2", "2")):
        own = {k: v for k, v in os.environ.items() if k != "LEASTWISE_KERNEL"}
        own |= {"OPENBLAS_NUM_THREADS": threads}
        own |= {"LEASTWISE_KERNEL": kernel} if kernel else {}
        done = subprocess.run(
            [sys.executable, "-c", PRINT, order],
            capture_output=True, text=True, check=True, env=own,
        )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1


def test_the_rank_rule_decides_with_the_grain_of_the_data() -> None:
    # 0.1 a rounds: nothing but rounding is left of it, though that is not zero.
    X = np.column_stack([A, 0.1 * A, B])
    assert exact_least_squares(X, Y).rank == 4
    for exact in (True, False):
        model = lw.ols(y=Y, X=X, exact=exact)
        assert [row.name for row in model.aliased] == ["x2"] and model.rank == 3
        assert model.aliased[0].reason == lw.ols(y=Y, X=X).aliased[0].reason
    # Whole numbers carry no rounding: what is left of them, however little, stays.
    big = RNG.integers(2**40, 2**41, size=N)
    near = 2 * big
    near[0] += 1
    whole = lw.ols("y ~ a + b", {"y": Y, "a": big, "b": near}, exact=True)
    right = exact_least_squares(np.column_stack([big, near]), Y)
    assert whole.rank == right.rank == 3
    assert whole.coef.array.tolist() == right.rounded()[:, 0].tolist()
    least = lw.ols(y=Y, X=X, exact=True, rank="minimum_norm")
    assert np.isfinite(least.coef.array).all()
    pseudo = np.linalg.pinv(X - X.mean(axis=0), rcond=1e-10) @ (Y - Y.mean())
    assert np.allclose(least.coef.array[1:], pseudo, rtol=1e-6)


def test_a_light_row_decides_what_moments_do_not_show() -> None:
    w = np.append(np.ones(N - 1), 1e-30)
    q = np.append(A[:-1], A[-1] + 1)
    model = lw.ols("y ~ a + q", {"y": Y, "a": A, "q": q, "w": w}, weights="w")
    assert model.plan.tier == 4 and model.plan.undecided == 0
    assert "to decide whether columns are combinations" in model.plan.reason
    right = exact_least_squares(np.column_stack([A, q]), Y, weights=w)
    assert model.coef.array.tolist() == right.rounded()[:, 0].tolist()
    assert model.se.array.tolist() == [float(v) for (v,) in right.standard_errors()]


def test_the_last_rung_is_gone_to_where_it_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "MOST_REBASED", 0)
    data = {"y": Y, "a": A, "q": A + 1e-12 * B / 1e6}
    with pytest.warns(lw.AccuracyWarning, match="in the data"):
        model = lw.ols("y ~ a + q", data)
    assert model.plan.tier == 4 and "tier 3 could certify only" in model.plan.reason
    right = exact_least_squares(np.column_stack([A, data["q"]]), Y)
    assert model.coef.array.tolist() == right.rounded()[:, 0].tolist()
    # Nor where nobody asked for the wait.
    monkeypatch.setattr(exact_mode, "MOST_UNASKED_PRODUCTS", 0)
    with pytest.warns(lw.AccuracyWarning):
        assert lw.ols("y ~ a + q", data).plan.tier == 3


def test_many_inputs_are_solved_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plan, exact_mode):
        monkeypatch.setattr(module, "MOST_EXACT", 1)
    solved = fit_rows(Rows(np.column_stack([A, B]), Y[:, None]), exact=True)
    assert "more than 1 inputs are solved in pairs" in solved.plan.reason
    right = exact_least_squares(np.column_stack([A, B]), Y)
    assert np.array_equal(solved.fit.coefficients, right.rounded())
    assert solved.fit.digits.min() > 15
    # In a basis of their own where that helps.
    near = np.column_stack([A, A + 1e-11 * B / 1e6])
    solved = fit_rows(Rows(near, Y[:, None]), exact=True)
    right = exact_least_squares(near, Y).rounded()
    assert solved.fit.digits.min() > 12
    assert np.allclose(solved.fit.coefficients, right, rtol=1e-12, atol=0)


def test_an_exact_fit_is_said_to_be_exact() -> None:
    for X in (np.arange(12.0)[:, None], A[:, None]):
        y = 3 + 0.3 * X[:, 0]
        solved = fit_rows(Rows(X, y[:, None]), exact=True)
        plain = fit_rows(Rows(X, y[:, None]))
        assert solved.exact.tolist() == plain.exact.tolist() == [True]
        assert solved.fit.rss.tolist() == [0.0]
        assert solved.fit.standard_errors.ravel().tolist() == [0.0, 0.0]


def test_numbers_at_the_ends_of_the_range() -> None:
    x = np.array([[5e-324], [1e-310], [1e300], [-1e300], [3e-5]])
    y = np.array([[1e-300], [2.0], [1e290], [5.0], [7e-310]])
    fit = fit_rows(Rows(x, y), exact=True).fit
    assert_rounded_once(fit, x, y)
    tiny = fit_rows(Rows(x[[0, 1, 4]], y[[0, 1, 4]]), exact=True).fit
    right = exact_least_squares(x[[0, 1, 4]], y[[0, 1, 4]])
    assert np.array_equal(tiny.coefficients, right.rounded())
    assert right.coefficients[1][0] is not None
    assert Fraction(tiny.coefficients[1, 0]) != 0
