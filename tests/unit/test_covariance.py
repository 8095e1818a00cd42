"""Another covariance: against exact answers and all rows at once; hard cases."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.infer.cov.ground import stand_on
from leastwise.model.covariance import sample_of
from leastwise.rows.read import read_table
from leastwise.solve.exact import exact_least_squares

C = lw.cov
DATA = {"x": [0.0, 1.0, 2.0, 3.0, 5.0], "y": [1.0, 3.0, 5.0, 8.0, 9.0]}
RANDOM = np.random.default_rng(2)
N = 12
LEVER: dict[str, Any] = {
    "x": RANDOM.normal(size=N),
    "y": RANDOM.normal(size=N),
    "d": (np.arange(N) == 4).astype(float),
    "g": np.repeat(["a", "b", "c", "d"], 3),
    "t": np.arange(N) % 6,
    "one": np.ones(N),
    "gap": [1.0, 2.0, np.nan] * 4,
}


def close(found: Any, right: Any, within: float) -> None:
    """Each entry beside the roots of its variances: a covariance may be near 0."""
    size = np.sqrt(np.outer(np.diagonal(right), np.diagonal(right)))
    assert np.all(np.abs(found - right) <= within * size)


def plain_of(X: Any, y: Any, power: int) -> Any:
    """The sandwich with the whole hat matrix, and no centring."""
    bread = np.linalg.inv(X.T @ X)
    residual = y - X @ bread @ X.T @ y
    leverage = np.diag(X @ bread @ X.T)
    meat = X.T @ np.diag(residual**2 / (1 - leverage) ** power) @ X
    return bread @ meat @ bread


@pytest.mark.parametrize("power", [0, 1, 2])
def test_hc_is_the_sandwich_of_n_by_n(power: int) -> None:
    m = lw.ols("y ~ x", DATA)
    X = np.column_stack([np.ones(5), DATA["x"]])
    right = plain_of(X, np.array(DATA["y"]), power)
    kind = (C.HC0(), C.HC2(), C.HC3())[power]
    robust = m.with_cov(kind)
    np.testing.assert_allclose(robust.covariance, right, rtol=1e-12)
    new = np.column_stack([np.ones(2), [1.5, 10.0]])
    variance = np.einsum("ij,jk,ik->i", new, right, new)
    found = robust.predict({"x": [1.5, 10.0]}, interval="confidence")
    np.testing.assert_allclose(found.std_error, np.sqrt(variance), rtol=1e-12)
    assert kind.name in str(robust) and robust.record().cov.name == kind.name
    assert "Wald F" in str(robust)


def exact_sandwich(X: Any, y: Any, power: int) -> Any:
    """The same in fractions, rounded once."""
    rows = [[Fraction(1), *map(Fraction, row)] for row in X.tolist()]
    q = len(rows[0])
    gram = [[sum(r[i] * r[j] for r in rows) for j in range(q)] for i in range(q)]
    b = exact_least_squares(X, y[:, None]).coefficients
    bread = [solved(gram, [Fraction(int(i == j)) for i in range(q)]) for j in range(q)]
    scores = []
    for row, value in zip(rows, y.tolist(), strict=True):
        e = Fraction(value) - sum(v * c[0] for v, c in zip(row, b, strict=True))
        moved = [sum(a * v for a, v in zip(line, row, strict=True)) for line in bread]
        left = 1 - sum(v * m for v, m in zip(row, moved, strict=True))
        scores.append((e**2 / left**power, moved))
    return np.array(
        [
            [float(sum(s * m[i] * m[j] for s, m in scores)) for j in range(q)]
            for i in range(q)
        ]
    )


def solved(matrix: list[list[Any]], right: list[Fraction]) -> list[Fraction]:
    a = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for c in range(len(a)):
        at = next(i for i in range(c, len(a)) if a[i][c])
        a[c], a[at] = a[at], a[c]
        a[c] = [v / a[c][c] for v in a[c]]
        for i in range(len(a)):
            if i != c:
                a[i] = [v - a[i][c] * w for v, w in zip(a[i], a[c], strict=True)]
    return [row[-1] for row in a]


def powers(offset: float) -> tuple[Any, Any]:
    x = offset + np.linspace(0.0, 1.0, 25)
    y = np.sin(5 * (x - offset)) + 0.1 * np.cos(40 * (x - offset))
    return np.column_stack([x, x**2, x**3, x**4]), y


def longley() -> tuple[Any, Any]:
    table = read_table(Path(__file__).parents[1] / "data" / "r" / "longley_r.csv")
    columns = [table.column(name).values.astype(float) for name in table.columns]
    return np.column_stack(columns[:-1]), columns[-1]


@pytest.mark.parametrize("power", [0, 1, 2])
@pytest.mark.parametrize("data", [powers(0.0), powers(3.0), powers(30.0), longley()])
def test_columns_that_nearly_agree_keep_their_digits(data: Any, power: int) -> None:
    X, y = data
    right = exact_sandwich(X, y, power)
    m = lw.ols(y=y, X=X).with_cov(("HC0", "HC2", "HC3")[power])
    close(m.covariance, right, 1e-11)
    size = np.sqrt(np.outer(np.diagonal(right), np.diagonal(right)))
    # Predictions stand in the basis of the fit.
    about = np.column_stack([np.ones(len(X)), X])[:3]
    whole = [[Fraction(v) for v in line] for line in right.tolist()]
    variance = [
        float(sum(a * b * v for a, line in zip(row, whole, strict=True)
                  for b, v in zip(row, line, strict=True)))
        for row in (list(map(Fraction, line)) for line in about.tolist())
    ]  # fmt: skip
    found = m.predict(X[:3], interval="confidence").std_error
    if np.linalg.cond(right / size) < 1e9:  # else `right`, rounded, has not the digits
        np.testing.assert_allclose(found, np.sqrt(variance), rtol=1e-6)


@pytest.mark.parametrize("cov", ["HC2", "HC3", "HC4", "HC4m", "HC5", "jackknife"])
def test_what_a_row_of_leverage_one_decides_has_no_error(cov: str) -> None:
    m = lw.ols("y ~ x + d", LEVER, cov=cov)
    rest = {name: np.delete(values, 4) for name, values in LEVER.items()}
    without = lw.ols("y ~ x", rest, cov=cov)
    assert np.isnan(m.se["d"]) and np.isnan(m.f)
    assert any("row 5 alone" in note and " d:" in note for note in m.record().notes)
    if cov in ("HC2", "HC3"):  # the others count n, or the mean of leverages
        np.testing.assert_allclose(m.se["x"], without.se["x"], rtol=1e-12)
    assert m.se["x"] > 0 and m.se["Intercept"] > 0
    band = m.predict({"x": [0.0], "d": [0.0]}, interval="confidence")
    assert np.isnan(band.std_error[0])


@pytest.mark.parametrize("cov", ["HC0", "HC1", "CR0:g", "CR1:g", "CR2:g"])
def test_a_variance_that_is_too_small_is_said_to_be(cov: str) -> None:
    m = lw.ols("y ~ x + d", LEVER, cov=cov)
    assert m.se["d"] > 0
    note = "row 5" if cov.startswith("HC") else "g b"
    assert any(note in said and "too small" in said for said in m.record().notes)
    assert lw.ols("y ~ x", LEVER, cov=cov).cov.notes == ()


def test_many_coordinates_take_small_clusters_by_their_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n, random = 60, np.random.default_rng(4)
    data = {f"x{i}": random.normal(size=n) for i in range(5)}
    data |= {"y": random.normal(size=n), "g": np.arange(n) // 3}
    m = lw.ols("y ~ x0 + x1 + x2 + x3 + x4", data)
    for word in ("CR2:g", "CR3:g", "jackknife:g"):
        one = m.with_cov(word)
        with monkeypatch.context() as patch:
            patch.setattr("leastwise.infer.cov.within.MANY", 1)
            two = m.with_cov(word)
        close(two.covariance, one.covariance, 1e-12)
        np.testing.assert_allclose(two.t_dof, one.t_dof, rtol=1e-9)


def test_what_a_cluster_decides_alone() -> None:
    one = lw.ols("y ~ x + C(g)", LEVER, cov="CR3:g")
    dummies = ["Intercept", "C(g)[T.b]", "C(g)[T.c]", "C(g)[T.d]"]
    assert np.isnan([one.se[name] for name in dummies]).all() and one.se["x"] > 0
    assert len(one.cov.notes) == 1 and "g a, g b, g c, g d each" in one.cov.notes[0]
    two = lw.ols("y ~ x + C(g)", LEVER, cov="CR2:g")
    assert any("too small" in note for note in two.cov.notes)
    jackknife = lw.ols("y ~ x + C(g)", LEVER, cov="jackknife:g")
    assert np.isnan(jackknife.se["Intercept"]) and jackknife.se["x"] > 0


@pytest.mark.parametrize("cov", ["HC0", "HC3", "HC5", "CR1:g", "CR2:g", "hac:1"])
def test_an_exact_fit_has_no_error(cov: str) -> None:
    x = np.arange(6.0)
    m = lw.ols("y ~ x", {"x": x, "y": 1 + 2 * x, "g": [1, 1, 2, 2, 3, 3]}, cov=cov)
    assert m.se.array.tolist() == [0.0, 0.0]
    assert m.f == np.inf and m.f_p_value == 0.0


@pytest.mark.parametrize("cov", ["HC3", "CR2:g", "hac", "hac:1", "jackknife", "HC5"])
def test_columns_left_out_change_nothing(cov: str) -> None:
    more = LEVER | {"x2": 2 * LEVER["x"]}
    one = lw.ols("y ~ x", LEVER, cov=cov)
    two = lw.ols("y ~ x + x2", more, cov=cov)
    np.testing.assert_allclose(two.covariance[:2, :2], one.covariance, rtol=1e-9)
    assert np.isnan(two.se["x2"])
    np.testing.assert_allclose(two.f, one.f, rtol=1e-9)
    # Of least norm: x + 4 x / 5 each, from both.
    norm = lw.ols("y ~ x + x2", more, cov=cov, rank="minimum_norm")
    shares = one.se["x"] * np.array([0.2, 0.4])
    np.testing.assert_allclose(norm.se.array[1:], shares, rtol=1e-9)


@pytest.mark.parametrize("cov", ["HC0", "HC3", "CR1:g", "hac:1", "jackknife"])
def test_no_degrees_of_freedom_no_error(cov: str) -> None:
    m = lw.ols("y ~ x", {"x": [0.0, 1.0], "y": [1.0, 2.0], "g": ["a", "b"]}, cov=cov)
    assert np.isnan(m.se.array).all() and np.isnan(m.f)


def test_several_targets_have_their_own() -> None:
    both = lw.ols("cbind(y, x) ~ t", LEVER, cov="HC3")
    for target in ("y", "x"):
        one = lw.ols(f"{target} ~ t", LEVER, cov="HC3")
        np.testing.assert_allclose(both[target].covariance, one.covariance, rtol=1e-12)


def test_many_rows_take_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pass of the kernel, blocks of NumPy, and the matrix of all rows agree."""
    n, random = 9000, np.random.default_rng(3)  # three blocks
    X = random.normal(size=(n, 3)) + 50.0
    y = X @ [1.0, 2.0, 3.0] + random.normal(size=n) * X[:, 0]
    m = lw.ols(y=y, X=X)
    Z = np.column_stack([np.ones(n), X])
    bread = np.linalg.inv(Z.T @ Z)
    residual, leverage = y - Z @ (bread @ (Z.T @ y)), ((Z @ bread) * Z).sum(axis=1)
    for power, cov in ((0, "HC0"), (1, "HC2"), (2, "HC3")):
        weighed = residual**2 / (1 - leverage) ** power
        right = bread @ (Z.T @ (weighed[:, None] * Z)) @ bread
        close(m.with_cov(cov).covariance, right, 1e-9)
    group = random.integers(0, 2000, n)
    sums = np.zeros((2000, 4))
    np.add.at(sums, group, residual[:, None] * Z)
    right = bread @ (sums.T @ sums) @ bread
    found = m.with_cov(C.Cluster(group, kind="CR0")).covariance
    close(found, right, 1e-9)
    # Clusters a few at a time, and all of them at once.
    whole = m.with_cov(C.Cluster(group, kind="CR3"))
    monkeypatch.setattr("leastwise.infer.cov.within.MOST_HELD", 2**14)
    parts = m.with_cov(C.Cluster(group, kind="CR3"))
    close(parts.covariance, whole.covariance, 1e-12)
    # Lags by products of matrices, and by one transform.
    monkeypatch.setattr("leastwise.infer.cov.lags.MOST_LAGS", 0)
    by_transform = m.with_cov("hac:7").covariance
    monkeypatch.undo()
    close(by_transform, m.with_cov("hac:7").covariance, 1e-12)


def test_coordinates_are_orthonormal() -> None:
    for formula in ("y ~ x + t", "y ~ 0 + x + t", "y ~ x + I(2 * x)"):
        m = lw.ols(formula, LEVER)
        ground = stand_on(sample_of(m).seen())
        total = sum(w * z.T @ z for _, z, w in ground.walk())
        rank = np.round(np.trace(total))
        assert rank == m.rank
        np.testing.assert_allclose(total @ total, total, atol=1e-12)
