"""Models that are functions, of files in blocks: NIST, memory and brute force judge."""

import warnings

import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import leastwise as lw
from benchmarks import stream
from leastwise._kit.errors import DataError, LeastwiseWarning, RequestError
from leastwise.loops import deal, walk_dealt
from tests.witness.nist_nonlinear_models import MODELS, digits, load

N = 2000
START = {"a": 1.0, "c": 0.0, "t": 1.0}
# The others are among the slow tests.
QUICK = ("BoxBOD", "ENSO", "Hahn1", "MGH09", "Rat43")


def decay(p, d):
    return p["a"] * jnp.exp(-d["x"] / p["t"]) + p["c"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curve")
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, N)
    mean = 3 * np.exp(-x / 2.5) + 1
    y = mean + 0.3 * rng.normal(size=N)
    z = mean + y + rng.normal(size=N)
    w = rng.integers(0, 4, N)
    x[::50] = np.nan
    table = pa.table({"x": pa.array(x, from_pandas=True), "y": y, "z": z, "w": w})
    pa.parquet.write_table(table, folder / "a.parquet", row_group_size=700)
    pa.csv.write_csv(table, folder / "a.csv")
    return folder


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in MODELS],
)
def test_nist_problems_arrive_in_blocks(name, tmp_path):
    problem = load(name)
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(pa.table(problem.data), path, row_group_size=40)
    m = lw.nonlinear(
        problem.model, lw.Stream(path, rows=16), y="y", start=problem.starts[0]
    )
    assert m.convergence.status.is_success
    assert digits(m.estimates, problem.estimates) >= 10
    # Of Lanczos1 float64 data say three.
    fewest = 3 if name == "Lanczos1" else 6
    assert digits(m.standard_errors, problem.errors) >= fewest
    truth = [float(one) for one in problem.exact]
    off = np.abs(m.estimates - truth) / np.abs(truth)
    # Doubles that are nearest to the truth are off by half a unit.
    assert (off <= 10.0**-m.certified + 2.0**-52).all()


ASKED = {
    "plain": {},
    "analytic": {"weights": "w"},
    "frequency": {"weights": lw.weights.frequency("w")},
    "HC0": {"cov": "HC0", "weights": lw.weights.frequency("w")},
    "HC1": {"cov": "HC1", "weights": "w"},
    "Hessian": {"cov": lw.cov.Hessian()},
    "Sandwich": {"cov": lw.cov.Sandwich(), "weights": "w"},
    "on a bound": {"bounds": {"t": (0, 2)}, "cov": "HC1"},
    "transformed": {"transforms": {"t": lw.transform.Log()}},
    "several starts": {"multistart": 2},
}


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
@pytest.mark.parametrize("asked", ASKED)
def test_a_file_in_blocks_gives_the_fit_in_memory(files, name, asked):
    path, options = files / name, ASKED[asked]
    m = lw.nonlinear(decay, lw.Stream(path, rows=256), y="y", start=START, **options)
    whole = lw.nonlinear(decay, path, y="y", start=START, **options)
    np.testing.assert_allclose(m.estimates, whole.estimates, rtol=1e-13)
    np.testing.assert_allclose(m.covariance, whole.covariance, rtol=1e-12)
    assert (m.rows, m.n, m.dof, m.rank) == (
        whole.rows,
        whole.n,
        whole.dof,
        whole.rank,
    )
    for one in ("deviance", "null_deviance", "log_likelihood", "aic", "bic", "test"):
        mine, other = getattr(m.measures, one), getattr(whole.measures, one)
        assert mine == pytest.approx(other, rel=1e-12), one
    np.testing.assert_allclose(m.certified, whole.certified, atol=0.3)
    new = {"x": [0.5, 4.0]}
    mine = m.predict(new, interval="confidence")
    other = whole.predict(new, interval="confidence")
    np.testing.assert_allclose(mine.low, other.low, rtol=1e-12)


def both(p, d):
    return decay(p, d), 2 * decay(p, d)


@pytest.mark.parametrize("passing", [True, False], ids=["in blocks", "in memory"])
def test_scores_of_several_targets_of_a_row_are_added(files, passing):
    """Sandwiches by brute force: the Jacobian by hand."""
    path = files / "a.parquet"
    data = lw.Stream(path, rows=256) if passing else path
    weights = "w"

    def fit(cov):
        return lw.nonlinear(
            both, data, y=["y", "z"], start=START, cov=cov, weights=weights
        )

    plain = fit(None)
    table = pa.parquet.read_table(path).to_pydict()
    x, y, z, w = (np.array(table[name], float) for name in "xyzw")
    used = np.isfinite(x) & (w > 0)
    x, y, z, w = x[used], y[used], z[used], w[used]
    a, c, t = plain.estimates
    e = np.exp(-x / t)
    J = np.column_stack([e, np.ones_like(x), a * e * x / t**2])
    r = np.column_stack([y - (a * e + c), z - 2 * (a * e + c)])
    n, size = r.size, 3
    bread = np.linalg.inv(5 * J.T @ (w[:, None] * J))
    scores = J * (w * (r[:, 0] + 2 * r[:, 1]))[:, None]
    meat = scores.T @ scores
    np.testing.assert_allclose(fit("HC0").covariance, bread @ meat @ bread, rtol=1e-9)
    np.testing.assert_allclose(
        fit("HC1").covariance, n / (n - size) * bread @ meat @ bread, rtol=1e-9
    )
    sigma = (w @ r**2).sum() / (n - size)
    np.testing.assert_allclose(plain.covariance, sigma * bread, rtol=1e-9)
    # Second derivatives of the model by t alone, and by a and t.
    bend = np.zeros((3, 3))
    left = w * (r[:, 0] + 2 * r[:, 1])
    bend[0, 2] = bend[2, 0] = left @ (e * x / t**2)
    bend[2, 2] = left @ (a * e * (x**2 / t**4 - 2 * x / t**3))
    hessian = np.linalg.inv(np.linalg.inv(bread) - bend)
    np.testing.assert_allclose(
        fit(lw.cov.Hessian()).covariance, sigma * hessian, rtol=1e-8
    )
    if not passing:
        with pytest.raises(RequestError, match="several targets"):
            fit("HC3")
        with pytest.raises(RequestError, match="several targets"):
            plain.influence()


@pytest.mark.filterwarnings("ignore::leastwise.LeastwiseWarning")
def test_minibatches_come_near_and_are_taken_up(files, tmp_path, monkeypatch):
    monkeypatch.setattr(deal, "ROWS_DEALT", 400)
    path = files / "a.parquet"
    whole = lw.nonlinear(decay, path, y="y", start=START, weights="w")
    shuffled = lw.Stream(path, rows=300, shuffle=500)

    def fit(name):
        run = lw.Run(
            batch=100, seed=3, epochs=30, checkpoint=tmp_path / name, every=0.0
        )
        return lw.nonlinear(
            decay,
            shuffled,
            y="y",
            start=START,
            weights="w",
            bounds={"t": (0.1, None)},
            solver=lw.Adam(run=run),
        )

    m = fit("whole.npz")
    off = m.estimates - whole.estimates
    far = np.sqrt(off @ np.linalg.solve(whole.covariance, off))
    assert far < 3
    assert m.convergence.decrement == pytest.approx(far, rel=0.15)
    trace = m.convergence.trace
    assert trace.loss[-1] < 0.2 * trace.loss[0]
    np.testing.assert_array_equal(trace.coefficients[-1, :, 0], m.estimates)
    real, calls = walk_dealt.advance_by, []

    def stops(*args):
        calls.append(1)
        if len(calls) > 7:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(walk_dealt, "advance_by", stops)
        with pytest.raises(KeyboardInterrupt):
            fit("again.npz")
    again = fit("again.npz")
    assert again.estimates.tobytes() == m.estimates.tobytes()
    assert again.convergence.trace.loss.tolist() == trace.loss.tolist()


def test_a_run_that_has_not_arrived_says_how_far(files):
    run = lw.Run(batch=100, epochs=2)
    with pytest.warns(LeastwiseWarning, match="standard errors from the optimum"):
        m = lw.nonlinear(
            decay,
            lw.Stream(files / "a.parquet", rows=300),
            y="y",
            start=START,
            solver=lw.Adam(run=run),
        )
    assert (m.certified == 0).all()


BAD = "x,y,w,s\n1,2,1,a\n2,3,1,b\n-1,,1,c\n0,4,1.5,c\n3,2,1,d\n4,1,0,e\n"


def line(p, d):
    return p["a"] * d["x"]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        (
            {"function": lambda p, d: p["a"] * jnp.log(d["x"])},
            DataError,
            r"-inf in line 5 at the start \(x = 0\)",
        ),
        (
            {"function": lambda p, d: p["a"] * jnp.sqrt(d["x"] + p["b"])},
            DataError,
            "derivative of the model by b is inf in line 5",
        ),
        ({"weights": lw.weights.frequency("w")}, DataError, "1.5 in line 5"),
        ({"function": lambda p, d: p["a"] * d["q"]}, DataError, 'no column "q"'),
        ({"function": lambda p, d: p["a"] * d["s"]}, DataError, '"s" is text'),
        ({"function": lambda p, d: p["a"]}, RequestError, "on no column"),
        (
            {"function": lambda p, d: p["a"] * jnp.cumsum(d["x"])},
            RequestError,
            "depends on other rows",
        ),
        ({"y": "no"}, DataError, 'no column "no"'),
        ({"y": "s"}, DataError, "not numbers"),
        ({"weights": np.ones(6)}, RequestError, "name of a column"),
        ({"weights": lw.weights.probability("w")}, RequestError, "design of the"),
        ({"cov": "HC3"}, RequestError, "asks every row again"),
        ({"decimal": True}, RequestError, "in memory"),
        ({"missing": "error"}, DataError, "first in line 4"),
        ({"solver": lw.Adam()}, RequestError, "in batches"),
        ({"start": {"b": 1.0}}, RequestError, "KeyError: 'a'"),
        (
            {"function": lambda p, d: p["a"] * 1e150 * d["x"]},
            DataError,
            "its square leaves float64",
        ),
        (
            {"start": {f"a{i}": 1.0 for i in range(6)}, "function": lambda p, d: sum(
                v * d["x"] ** i for i, v in enumerate(p.values()))},
            DataError,
            "5 residuals cannot determine 6",
        ),
    ],
)  # fmt: skip
def test_bad_input_names_the_place(tmp_path, options, error, match):
    path = tmp_path / "bad.csv"
    path.write_text(BAD)
    function = options.pop("function", line)
    two = {"a": 1.0, "b": 0.0} if "by b" in match else {"a": 1.0}
    asked = {"y": "y", "start": two} | options
    with pytest.raises(error, match=match) as found:
        lw.nonlinear(function, lw.Stream(path, rows=2), **asked)
    assert found.value.fix
    if error is DataError and "square" not in match:
        assert "bad.csv" in str(found.value)


def test_a_file_without_rows_and_one_that_changes(tmp_path, files):
    path = tmp_path / "bad.csv"
    path.write_text("x,y\n,1\n,2\n")
    with pytest.raises(DataError, match="no row of 2 is left: 2 for missing value"):
        lw.nonlinear(line, lw.Stream(path), y="y", start={"a": 1.0})
    path.write_text("x,y\n")
    with pytest.raises(DataError, match="no rows"):
        lw.nonlinear(line, lw.Stream(path), y="y", start={"a": 1.0})


def test_more_digits_than_float64_gives_are_not_promised(files):
    whole = lw.Stream(files / "a.parquet")
    m = lw.nonlinear(decay, whole, y="y", start=START, digits=15)
    assert any("15 digits were asked for" in note for note in m.notes)
    assert m.certified.min() < 15
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RequestError, match="passed in blocks"):
            m.influence()


def test_parameters_that_run_away_are_named(tmp_path):
    """Growth without an end in sight: the height of the curve is told by nothing."""
    stream.write(tmp_path / "a.parquet", 500, 2)
    m = stream.curve(tmp_path / "a.parquet", 2, None)
    assert not m.convergence.status.is_success
    assert any("level, top have standard errors" in note for note in m.notes)
    assert (m.certified == 0).all()
