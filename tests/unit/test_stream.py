"""Fits of files in blocks: the fit in memory and brute force are the witnesses."""

import itertools
import json

import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import leastwise as lw
from leastwise._kit.errors import DataError, LeastwiseWarning, RequestError
from leastwise.loops import deal, walk_dealt
from leastwise.loops.objective import Cases
from leastwise.loops.passing import Passing

N = 3000
FORMULA = "y ~ x * town + z + offset(log(time))"


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    x, z = rng.normal(100, 3, N), rng.normal(size=N)
    # Towns come one after the other: the last is in no block but the last.
    town = np.sort(rng.choice(list("ABCD"), N))
    time = rng.uniform(0.5, 2.0, N)
    mean = time * np.exp(0.3 + 0.05 * (x - 100) + 0.2 * z + 0.5 * (town == "C"))
    y = rng.poisson(mean)
    x[::77] = np.nan
    return pa.table(
        {
            "x": pa.array(x, from_pandas=True),
            "z": z,
            "town": town,
            "time": time,
            "y": y,
            "w": rng.integers(1, 4, N),
            "positive": rng.gamma(2.0, mean),
        }
    )


@pytest.fixture(scope="module")
def files(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    pa.parquet.write_table(table, folder / "a.parquet", row_group_size=700)
    pa.csv.write_csv(table, folder / "a.csv")
    lines = [json.dumps(row) for row in table.to_pylist()]
    (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl"])
def test_a_file_in_blocks_gives_the_fit_in_memory(files, name):
    whole = lw.glm(FORMULA, files / name, family="poisson")
    passed = lw.glm(FORMULA, lw.Stream(files / name, rows=256), family="poisson")
    assert passed.names == whole.names
    # The loop ends 1e-8 standard errors from the optimum, its weights are those of a
    # point 1e-4 from it.
    np.testing.assert_allclose(
        passed.coef.array, whole.coef.array, rtol=0, atol=1e-8 * whole.se.array.min()
    )
    np.testing.assert_allclose(passed.se.array, whole.se.array, rtol=1e-6)
    assert passed.rows == whole.rows
    for one in ("deviance", "null_deviance", "log_likelihood", "aic", "bic", "test"):
        mine, other = getattr(passed.measures, one), getattr(whole.measures, one)
        assert mine == pytest.approx(other, rel=1e-9), one
    assert passed.digits["z"] > 7


@pytest.mark.parametrize(
    "family", [lw.family.Gamma("log"), lw.family.Gaussian(), "inverse_gaussian"]
)
def test_likelihoods_with_a_dispersion_are_those_of_all_rows(files, family):
    formula, kind = "positive ~ z + town", {"family": family}
    if family == "inverse_gaussian":
        kind = {"family": lw.family.InverseGaussian("log")}
    path = files / "a.parquet"
    for weights in (None, "w"):
        whole = lw.glm(formula, path, weights=weights, **kind)
        passed = lw.glm(formula, lw.Stream(path, rows=300), weights=weights, **kind)
        assert passed.measures.log_likelihood == pytest.approx(
            whole.measures.log_likelihood, rel=1e-10
        )
        assert passed.sigma == pytest.approx(whole.sigma, rel=1e-6)


def test_frequency_weights_are_rows_written_so_often(table, files):
    seen = table.select(["y", "z", "w"]).to_pydict()
    often = {
        name: np.repeat(np.array(seen[name], float), seen["w"]) for name in ("y", "z")
    }
    X = np.column_stack([np.ones(len(often["y"])), often["z"]])
    b = np.linalg.lstsq(X, often["y"], rcond=None)[0]
    r = often["y"] - X @ b
    se = np.sqrt(np.diagonal(np.linalg.inv(X.T @ X)) * (r @ r) / (len(r) - 2))
    m = lw.glm(
        "y ~ z",
        lw.Stream(files / "a.csv", rows=100),
        weights=lw.weights.frequency("w"),
    )
    np.testing.assert_allclose(m.coef.array, b, rtol=1e-11)
    np.testing.assert_allclose(m.se.array, se, rtol=1e-11)
    assert m.n == len(r)


@pytest.mark.parametrize("cov", ["HC0", "HC1", lw.cov.Hessian(), lw.cov.Sandwich()])
def test_covariances_are_those_in_memory(files, cov):
    kind = {"family": lw.family.Gamma("log"), "cov": cov}
    whole = lw.glm("positive ~ x + town", files / "a.parquet", **kind)
    passed = lw.glm("positive ~ x + town", lw.Stream(files / "a.parquet"), **kind)
    np.testing.assert_allclose(passed.se.array, whole.se.array, rtol=1e-6)
    new = {"x": [99.0], "town": ["B"]}
    mine, other = (m.predict(new, interval="confidence") for m in (passed, whole))
    np.testing.assert_allclose(mine.std_error, other.std_error, rtol=1e-6)


def _own(eta, y):
    return jnp.exp(eta) - y * eta


@pytest.mark.parametrize("likelihood", [False, True])
def test_a_loss_of_ones_own(files, likelihood):
    path = files / "a.parquet"
    whole = lw.fit_loss(_own, "y ~ x + town", path, likelihood=likelihood)
    stream = lw.Stream(path, rows=500)
    passed = lw.fit_loss(_own, "y ~ x + town", stream, likelihood=likelihood)
    np.testing.assert_allclose(passed.coef.array, whole.coef.array, rtol=1e-9)
    np.testing.assert_allclose(passed.se.array, whole.se.array, rtol=1e-6)
    assert passed.cov.name == whole.cov.name
    for mine, other in zip(passed.told, whole.told, strict=True):
        assert mine.value == pytest.approx(other.value, rel=1e-8)


@pytest.mark.parametrize("cov", [None, "HC0"])
def test_a_robust_loss_with_a_scale(files, cov):
    path = files / "a.csv"
    ask = {"scale": 1.0, "cov": cov, "loss": "huber"}
    whole = lw.robust("y ~ x + town", path, **ask)
    passed = lw.robust("y ~ x + town", lw.Stream(path, rows=500), **ask)
    np.testing.assert_allclose(passed.coef.array, whole.coef.array, rtol=1e-6)
    np.testing.assert_allclose(passed.se.array, whole.se.array, rtol=1e-6)
    for mine, other in zip(passed.told, whole.told, strict=True):
        assert (mine.name, mine.more) == (other.name, other.more)
        assert mine.value == pytest.approx(other.value, rel=1e-9)


def test_without_an_intercept_and_with_cuts(files):
    path = files / "a.parquet"
    formula = "y ~ cut(x, [0, 98, 102, 200]):z - 1"
    whole = lw.glm(formula, path, family="poisson")
    passed = lw.glm(formula, lw.Stream(path, rows=500), family="poisson")
    assert passed.names == whole.names
    np.testing.assert_allclose(passed.coef.array, whole.coef.array, atol=1e-9)
    assert passed.measures.null_deviance == pytest.approx(
        whole.measures.null_deviance, rel=1e-10
    )


def test_integers_beyond_float64_are_refused_and_units_do_not_matter(tmp_path):
    rng = np.random.default_rng(3)
    time = 1.7e9 + rng.uniform(0, 1e6, 2000)
    tiny = 1e-12 * rng.normal(size=2000)
    y = rng.poisson(np.exp(1 + 3e-7 * (time - 1.7e9) + 2e11 * tiny))
    large = 2**60 + rng.integers(0, 5, 2000)
    path = tmp_path / "a.parquet"
    columns = {"time": time, "tiny": tiny, "y": y, "large": large}
    pa.parquet.write_table(pa.table(columns), path, row_group_size=600)
    stream = lw.Stream(path, rows=250)
    whole = lw.glm("y ~ time + tiny", path, family="poisson")
    passed = lw.glm("y ~ time + tiny", stream, family="poisson")
    off = np.abs(passed.coef.array - whole.coef.array) / whole.se.array
    assert off.max() < 1e-8
    np.testing.assert_allclose(passed.se.array, whole.se.array, rtol=1e-6)
    with pytest.raises(DataError, match=r'"large" has integers .* from row 1 on'):
        lw.glm("y ~ large", stream, family="poisson")


def test_columns_that_add_nothing_are_named(files):
    stream = lw.Stream(files / "a.csv", rows=500)
    m = lw.glm("y ~ z + I(2 * z)", stream, family="poisson")
    assert [row.name for row in m.aliased] == ["I(2 * z)"]
    assert np.isnan(m.coef["I(2 * z)"])


def test_minibatches_come_near_and_say_how_near(files):
    path = files / "a.parquet"
    whole = lw.glm("y ~ x + town", path, family="poisson")
    # 30 batches an epoch.
    run = lw.Run(batch=100, seed=1, epochs=15)
    with pytest.warns(LeastwiseWarning, match="standard errors from the optimum"):
        m = lw.glm(
            "y ~ x + town",
            lw.Stream(path, rows=300, shuffle=600),
            family="poisson",
            solver=lw.Adam(run=run),
        )
    off = m.coef.array - whole.coef.array
    far = np.sqrt(off @ np.linalg.solve(whole.covariance, off))
    # Newton's step says it to first order.
    assert m.convergence.decrement == pytest.approx(far, rel=0.1)
    assert far < 2
    np.testing.assert_allclose(m.se.array, whole.se.array, rtol=0.1)
    trace = m.convergence.trace
    assert trace.step.tolist() == list(range(0, 451, 30))
    assert trace.loss[-1] < trace.loss[0]
    half = 0.5 * m.measures.deviance
    assert trace.loss[-1] * m.n == pytest.approx(half, rel=1e-8)


def _interrupted(monkeypatch, after):
    real, calls = walk_dealt.advance_by, []

    def stops(*args):
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(walk_dealt, "advance_by", stops)


@pytest.mark.filterwarnings("ignore::leastwise.LeastwiseWarning")
def test_a_run_is_taken_up_in_the_middle_of_an_epoch(files, tmp_path, monkeypatch):
    monkeypatch.setattr(deal, "ROWS_DEALT", 400)
    stream = lw.Stream(files / "a.parquet", rows=300, shuffle=500)

    def fit(folder):
        run = lw.Run(batch=100, seed=3, checkpoint=folder / "a.npz", every=0.0)
        solver = lw.Adam(steps=60, run=run)
        return lw.glm("y ~ z + town", stream, family="poisson", solver=solver)

    (tmp_path / "whole").mkdir()
    whole = fit(tmp_path / "whole")
    with monkeypatch.context() as patch:
        _interrupted(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path)
    again = fit(tmp_path)
    assert again.coef.array.tobytes() == whole.coef.array.tobytes()
    assert (
        again.convergence.trace.loss.tolist() == whole.convergence.trace.loss.tolist()
    )
    other = lw.Stream(files / "a.csv", rows=300, shuffle=500)
    run = lw.Run(batch=100, seed=3, checkpoint=tmp_path / "a.npz")
    with pytest.raises(RequestError, match="of another run"):
        lw.glm(
            "y ~ z + town",
            other,
            family="poisson",
            solver=lw.Adam(steps=100, run=run),
        )


class _Numbered(Passing):
    """Rows that are their own numbers."""

    fingerprint = ""

    def __init__(self, sizes):
        self._sizes = sizes

    @property
    def sizes(self):
        return self._sizes

    def pieces(self, block, skip=0):
        at = sum(sum(sizes) for sizes in self._sizes[:block])
        for piece, size in enumerate(self._sizes[block]):
            if piece >= skip and size:
                yield np.arange(at, at + size)
            at += size


def _cases(numbers):
    y = numbers.astype(float)
    return Cases(y[:, None], y, np.ones(len(y)), 0.0 * y, 1.0)


@pytest.mark.parametrize("shuffled", [1, 10, 1000])
@pytest.mark.parametrize("batch", [1, 4, 7, 53])
def test_every_row_is_dealt_once_an_epoch(shuffled, batch, monkeypatch):
    monkeypatch.setattr(deal, "ROWS_DEALT", 12)
    blocks = _Numbered(((3, 0, 5), (0,), (1, 1), (20,), (13, 10)))
    hand = deal.Hand(batch, shuffled, 5)
    every = []
    for epoch in range(3):
        batches = []
        for one in deal.deals(blocks, hand, epoch, 0, _cases):
            assert len(one.cases.y) == hand.batches * batch
            batches += [
                one.cases.y[rows[which]].tolist()
                for rows, which in zip(one.rows, one.counted, strict=True)
            ]
        assert len(batches) == deal.batches_of(53, hand)
        assert sorted(itertools.chain(*batches)) == list(range(53))
        assert {len(one) for one in batches[:-1]} <= {batch}
        every.append(batches)
        for place in range(0, len(batches), hand.batches):
            later = [
                one.cases.y[rows[which]].tolist()
                for one in deal.deals(blocks, hand, epoch, place, _cases)
                for rows, which in zip(one.rows, one.counted, strict=True)
            ]
            assert later == batches[place:]
    assert every[0] != every[1]


def test_a_model_without_rows_says_so_and_is_saved(files, tmp_path):
    m = lw.glm("y ~ z", lw.Stream(files / "a.csv"), family="poisson", cov="HC0")
    with pytest.raises(RequestError, match=r"no rows"):
        m.with_cov("HC3")
    m.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    np.testing.assert_array_equal(again.se.array, m.se.array)
    np.testing.assert_array_equal(again.predict({"z": [1.0]}), m.predict({"z": [1.0]}))
    assert "passed in blocks" in str(m)


REFUSED = [
    ({"formula": "y ~ scale(z)"}, "learns of all rows"),
    ({"formula": "y ~ bs(z, df=4)"}, "learns of all rows"),
    ({"formula": "y ~ lag(z)"}, "reads other rows"),
    ({"formula": "cbind(y, w) ~ z"}, "one target"),
    ({"cov": "HC3"}, "asks every row again"),
    ({"weights": np.ones(N)}, "name of a column"),
    ({"weights": lw.weights.probability("w")}, "probability weights"),
    ({"levels": lw.levels.Other(10)}, "counts the rows"),
    ({"solver": lw.GradientDescent()}, "in batches"),
    ({"family": "negative_binomial"}, "theta"),
]


@pytest.mark.parametrize(("ask", "match"), REFUSED)
def test_what_needs_all_rows_is_refused(files, ask, match):
    given = {"formula": "y ~ z", "family": "poisson", **ask}
    formula = given.pop("formula")
    with pytest.raises(RequestError, match=match):
        lw.glm(formula, lw.Stream(files / "a.csv", rows=500), **given)


def test_a_scale_that_is_estimated_is_refused(files):
    stream = lw.Stream(files / "a.csv")
    with pytest.raises(RequestError, match="a scale that is known"):
        lw.robust("y ~ z", stream)
    with pytest.raises(RequestError, match="scale of its own"):
        lw.robust("y ~ z", stream, scale=1.0, weights="w")
    with pytest.raises(DataError, match="taken by glm"):
        lw.ols("y ~ z", stream)
    with pytest.raises(RequestError, match="number of rows"):
        lw.glm("y ~ z", lw.Stream(files / "a.csv", rows=0))


def test_first_order_solvers_reach_a_robust_fit(table):
    rng = np.random.default_rng(1)
    x = rng.normal(50, 10, 800)
    data = {"x": x, "y": 1 + 2 * x + 5 * rng.standard_t(2, 800)}
    whole = lw.robust("y ~ x", data, scale=5.0)
    for solver in (lw.Adam(steps=2000), lw.GradientDescent()):
        m = lw.robust("y ~ x", data, scale=5.0, solver=solver)
        np.testing.assert_allclose(m.coef.array, whole.coef.array, rtol=1e-10)
        np.testing.assert_allclose(m.se.array, whole.se.array, rtol=1e-10)
        assert m.convergence.method == solver.name
    with pytest.raises(RequestError, match="a scale that is known"):
        lw.robust("y ~ x", data, solver=lw.GradientDescent())


@pytest.mark.parametrize("rows", [30, 1000])
def test_targets_that_an_input_tells_apart(tmp_path, rows):
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 500))
    lines = [
        f"{a!r},{b!r},{int(a > 0)}" for a, b in zip(x.tolist(), z.tolist(), strict=True)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["x,z,y", *lines]))
    stream = lw.Stream(path, rows=rows)
    with pytest.raises(DataError, match=r"of (x|x, z) run.*to infinity"):
        lw.glm("y ~ x + z", stream, family="binomial")
    # One town has no event: its coefficient runs, the others do not.
    town = [
        f"{'ABC'[i % 3]},{a!r},{int(a > 0 and i % 3 < 2)}"
        for i, a in enumerate(z.tolist())
    ]
    path.write_text("\n".join(["town,x,y", *town]))
    with pytest.raises(DataError, match=r"of town\[T.C\] runs to infinity"):
        lw.glm("y ~ town + I(x ** 2)", stream, family="poisson")
