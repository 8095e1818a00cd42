"""Influence and fragility: rows left out for real, copies, all subsets."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError
from leastwise.infer import fragile
from leastwise.infer.dist import t_quantile

RNG = np.random.default_rng(41)
N = 14
A, B = RNG.normal(size=(2, N))
DATA: dict[str, Any] = {
    "y": 0.5 * A + RNG.normal(size=N), "a": A, "b": B, "w": RNG.uniform(0.3, 2.0, N),
    "n": RNG.integers(1, 4, N), "name": [f"row-{i}" for i in range(N)],
}  # fmt: skip


def without(i: int) -> dict[str, Any]:
    return {name: np.delete(np.asarray(column), i) for name, column in DATA.items()}


@pytest.mark.parametrize("weights", [None, "w"])
def test_rows_are_left_out_for_real(weights: str | None) -> None:
    m = lw.ols("y ~ a + b", DATA, weights=weights)
    found = m.influence()
    assert found.row.tolist() == list(range(1, N + 1))
    for i in range(N):
        fit = lw.ols("y ~ a + b", without(i), weights=weights)
        one = {name: np.asarray(column)[i : i + 1] for name, column in DATA.items()}
        error = DATA["y"][i] - fit.predict(one)[0]
        assert found.left_out[i] == pytest.approx(error, rel=1e-10)
        # The standard errors are those with the row, with the sigma without it.
        moved = (m.estimates - fit.estimates) / (
            m.standard_errors * fit.sigma / m.sigma
        )
        np.testing.assert_allclose(found.dfbetas[i], moved, rtol=1e-10, atol=1e-13)
        size = np.linalg.det(fit.covariance) / np.linalg.det(m.covariance)
        assert found.covratio[i] == pytest.approx(size, rel=1e-10)
        gap = m.predict(DATA) - fit.predict(DATA)
        w = np.ones(N) if weights is None else DATA["w"]
        cook = float((w * gap**2).sum()) / (3 * m.sigma**2)
        assert found.cook[i] == pytest.approx(cook, rel=1e-10)
    assert found.press == pytest.approx(m.criteria().press, rel=1e-12)


def test_a_row_that_counts_for_several_is_one_of_them() -> None:
    again = np.repeat(np.arange(N), DATA["n"])
    rows = {name: np.asarray(column)[again] for name, column in DATA.items()}
    whole = lw.ols("y ~ a + b", rows).influence()
    weights = lw.weights.frequency("n")
    counted = lw.ols("y ~ a + b", DATA, weights=weights).influence()
    first = np.searchsorted(again, np.arange(N))
    for name in ("leverage", "left_out", "standardized", "studentized", "cook",
                 "dffits", "covratio", "dfbetas"):  # fmt: skip
        np.testing.assert_allclose(
            getattr(counted, name), getattr(whole, name)[first], rtol=1e-10, atol=1e-13
        )
    assert counted.press == pytest.approx(whole.press, rel=1e-12)


def test_units_change_no_ratio() -> None:
    other = DATA | {"y": DATA["y"] * 2.0**-600, "a": (A + 3.0) * 2.0**500}
    one = lw.ols("y ~ a + b", DATA).influence()
    two = lw.ols("y ~ a + b", other).influence()
    for name in ("leverage", "standardized", "studentized", "cook", "dffits"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-9)
    np.testing.assert_allclose(two.dfbetas[:, 1:], one.dfbetas[:, 1:], rtol=1e-9)


def test_the_frame_has_rows_names_and_gaps() -> None:
    data = DATA | {"a": np.where(np.arange(N) == 2, np.nan, A)}
    found = lw.ols("y ~ a + I(2 * a)", data).influence(label="name")
    frame = found.frame("dict")
    assert frame["row"].tolist() == [i + 1 for i in range(N) if i != 2]
    assert frame["label"][2] == "row-3"
    assert np.isnan(frame[f"dfbetas({found.names[2]})"]).all()
    worst = int(np.nanargmax(found.cook))
    assert found.most(1) == (worst,)
    assert found.most(1, by="a") == (int(np.argmax(np.abs(found.dfbetas[:, 1]))),)
    assert f"{found.row[worst]} {found.label[worst]}" in str(found)  # type: ignore[index]
    with pytest.raises(RequestError, match="neither a measure nor a coefficient"):
        found.most(by="cooks")
    with pytest.raises(ValueError, match="read-only"):
        found.cook[0] = 1.0


def test_a_saved_model_asks_for_its_rows(tmp_path: Any) -> None:
    m = lw.ols("y ~ a + b", DATA)
    m.save(tmp_path / "m.json")
    loaded = lw.load(tmp_path / "m.json")
    for ask in (loaded.influence, loaded.check, lambda: loaded.fragility("a")):
        with pytest.raises(RequestError, match="data="):
            ask()
    again = loaded.influence(data=DATA)
    np.testing.assert_array_equal(again.cook, m.influence().cook)


def test_exact_fits_and_too_few_rows_say_so() -> None:
    exact = lw.ols("y ~ a", {"a": A, "y": 2 * A})
    found = exact.influence()
    assert "The fit is exact" in found.notes[0] and np.isnan(found.cook).all()
    with pytest.raises(RequestError, match="exact"):
        exact.fragility("a")
    few = lw.ols("y ~ a", {"a": [0.0, 1.0, 3.0], "y": [1.0, 3.0, 2.0]}).influence()
    assert "1 degree of freedom" in few.notes[0] and np.isnan(few.dffits).all()
    assert np.isfinite(few.cook).all()


def conclusion(data: Any, kept: Any, weights: Any, of: str) -> Any:
    """What plain least squares says of a, by numpy alone; None for nothing."""
    x = np.column_stack([np.ones(len(data["a"])), data["a"], data["b"]])
    root = np.sqrt(weights)[kept]
    x, y = x[kept] * root[:, None], data["y"][kept] * root
    if np.linalg.matrix_rank(x) < 3:
        return None
    b, *_ = np.linalg.lstsq(x, y, rcond=None)
    if of == "sign":
        return bool(b[1] > 0)
    dof = len(y) - 3
    if dof < 1:
        return None
    rss = float(((y - x @ b) ** 2).sum())
    error = np.sqrt(rss / dof * np.linalg.inv(x.T @ x)[1, 1])
    return bool(abs(b[1]) >= error * t_quantile(0.95, dof))


@pytest.mark.parametrize("of", ["sign", "significance"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("searched", [True, False], ids=["all sets", "search"])
def test_no_fewer_rows_turn_it_than_are_found(
    of: str, weights: str | None, searched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not searched:  # as with many rows
        monkeypatch.setattr(fragile, "MOST_SETS", 0)
    rng = np.random.default_rng(7)
    seen = set()
    for _ in range(12):
        a, b, w = *rng.normal(size=(2, 11)), rng.uniform(0.5, 2.0, 11)
        y = rng.uniform(-1.2, 1.2) * a + rng.normal(size=11)
        data = {"y": y, "a": a, "b": b, "w": w}
        w = np.ones(11) if weights is None else w
        whole = conclusion(data, np.ones(11, bool), w, of)
        fewest = None
        for k in range(1, 6):
            for out in combinations(range(11), k):
                kept = ~np.isin(np.arange(11), out)
                if conclusion(data, kept, w, of) not in (None, whole):
                    fewest = k
                    break
            if fewest:
                break
        m = lw.ols("y ~ a + b", data, weights=weights)
        found = m.fragility("a", of)  # type: ignore[arg-type]
        seen.add(fewest)
        if found.minimal or searched:
            assert found.minimal and found.count == fewest
        if found.rows is not None:
            kept = ~np.isin(np.arange(1, 12), found.rows)
            assert conclusion(data, kept, w, of) == (not whole)
            assert fewest is not None and len(found.rows) >= fewest
    assert len(seen) > 2


def test_the_rows_are_named_and_fitted_again() -> None:
    data = {"x": [0.0, 1, 2, 3, 9], "y": [1.0, 3, 5, 8, 2], "who": list("abcde")}
    found = lw.ols("y ~ x", data).fragility("x", "significance", label="who")
    rest = {"x": [0.0, 1, 2, 3], "y": [1.0, 3, 5, 8]}
    refit = lw.ols("y ~ x", rest)
    assert found.rows == (5,) and found.labels == ("e",)
    assert found.after == pytest.approx(
        (refit.coef["x"], refit.se["x"], refit.p["x"]), rel=1e-12
    )
    text = str(found)
    assert "1 row of 5 left out turns it (no fewer do)" in text and "5 (e)" in text
    assert found.to_json()["count"] == 1


def test_counted_rows_go_with_all_their_copies() -> None:
    data = {"x": [0.0, 1, 2, 3, 9], "y": [1.0, 3, 5, 8, 2], "n": [2, 1, 3, 2, 4]}
    m = lw.ols("y ~ x", data, weights=lw.weights.frequency("n"))
    found = m.fragility("x", "sign")
    again = np.repeat(np.arange(4), [2, 1, 3, 2])
    rest = {name: np.array(data[name])[again] for name in ("x", "y")}
    refit = lw.ols("y ~ x", rest)
    assert found.rows == (5,)
    assert found.after[:2] == pytest.approx((refit.coef["x"], refit.se["x"]), rel=1e-12)


def test_many_rows_are_an_upper_bound() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=5000)
    m = lw.ols("y ~ x", {"x": x, "y": 0.05 * x + rng.normal(size=5000)})
    found = m.fragility("x")
    # To first order each row moves the slope by (x - mean) e / Sxx.
    centred = x - x.mean()
    pull = np.sort(centred * m.influence().residual / (centred @ centred))[::-1]
    enough = int(np.argmax(np.cumsum(pull) > m.coef["x"])) + 1
    assert not found.minimal and found.count is not None
    assert 0.9 * enough <= found.count <= enough
    assert found.before[0] > 0 > found.after[0]
    assert "an upper bound" in str(found)
    none = m.fragility("x", most=2)
    assert none.rows is None and "a cleverer choice may exist" in str(none)
    firm = lw.ols("y ~ x", {"x": x, "y": x + 0.1 * rng.normal(size=5000)})
    assert firm.fragility("x", most=30).rows is None


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda m: m.fragility("a", "size"), "of='size' is unknown"),
        (lambda m: m.fragility("a", most=0), "leaves no row out"),
        (lambda m: m.fragility("a", "significance", level=2), "level=2"),
        (lambda m: m.with_cov("HC3").fragility("a", "significance"), "HC3"),
    ],
)
def test_requests_that_make_no_sense_say_so(ask: Any, says: str) -> None:
    with pytest.raises(RequestError, match=re.escape(says)):
        ask(lw.ols("y ~ a + b", DATA))


def test_names_that_are_not_there() -> None:
    m = lw.ols("y ~ a + I(2 * a)", DATA)
    with pytest.raises(KeyError, match="there is no coefficient"):
        m.fragility("c")
    with pytest.raises(RequestError, match="aliased"):
        m.fragility(m.names[2])
