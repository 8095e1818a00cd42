"""First-order solvers: where they come to, what they say, checkpoints to the bit."""

import json
import os
import warnings

import jax.numpy as jnp
import numpy as np
import optax
import pytest

import leastwise as lw
from leastwise._kit.precision import float64_scope
from leastwise.loops.minibatch import order_of
from leastwise.loops.progress import Bar


def counts(n=300, seed=3):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 2)) * [1.0, 40.0] + [5.0, 1000.0]
    eta = 1.0 + 0.3 * (X[:, 0] - 5.0) + 0.01 * (X[:, 1] - 1000.0)
    return X, rng.poisson(np.exp(eta)).astype(float)


def line(n=200, seed=4):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 2)) * [1.0, 30.0] + [0.0, 7.0]
    return X, 3.0 + X @ [1.8, -0.2] + rng.standard_normal(n)


POISSON = lw.family.Poisson()
SOLVERS = [
    lw.GradientDescent(),
    lw.Momentum(),
    lw.Nesterov(),
    lw.Adam(steps=1500),
    lw.Optax(optax.sgd(0.05)),
]


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_they_come_to_the_maximum_of_the_likelihood(solver):
    X, y = counts()
    direct = lw.glm(y=y, X=X, family=POISSON)
    walked = lw.glm(y=y, X=X, family=POISSON, solver=solver)
    # Newton's answer, held to R elsewhere, is the witness.
    away = np.abs(walked.estimates - direct.estimates) / direct.standard_errors
    assert away.max() < 1e-9
    assert away.max() <= 2 * walked.convergence.left + 2 * direct.convergence.left
    np.testing.assert_allclose(walked.covariance, direct.covariance, rtol=1e-8)
    assert walked.convergence.method == solver.name
    assert any("converged in" in note for note in walked.notes)
    digits = -np.log10(np.abs(walked.estimates / direct.estimates - 1) + 1e-17)
    assert (walked.certified <= digits + 0.1).all()
    new = X[:3] + 1.0
    np.testing.assert_allclose(walked.predict(new), direct.predict(new), rtol=1e-9)


@pytest.mark.slow
def test_line_search_of_lbfgs():
    X, y = counts()
    direct = lw.glm(y=y, X=X, family=POISSON)
    walked = lw.glm(y=y, X=X, family=POISSON, solver=lw.LBFGS(steps=60))
    away = np.abs(walked.estimates - direct.estimates) / direct.standard_errors
    assert away.max() < 1e-9


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_squared_loss_on_moments(solver):
    X, y = line()
    direct = lw.ols(y=y, X=X)
    walked = lw.ols(y=y, X=X, solver=solver)
    np.testing.assert_allclose(walked.estimates, direct.estimates, rtol=1e-9)
    np.testing.assert_allclose(walked.standard_errors, direct.standard_errors)
    trace = walked.trace
    assert trace.loss[-1] <= trace.loss[0] and trace.distance[-1] < 1e-9
    np.testing.assert_allclose(trace.coefficients[-1, :, 0], walked.estimates)


def test_momentum_takes_the_steps_of_its_recurrence():
    X, y = line()
    xs, ys = (X - X.mean(0)) / X.std(0), (y - y.mean()) / y.std()
    for nesterov, solver in (
        (False, lw.Momentum(0.1, steps=9, tolerance=0, decay=0.7)),
        (True, lw.Nesterov(0.1, steps=9, tolerance=0, decay=0.7)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lw.AccuracyWarning)
            trace = lw.ols(y=y, X=X, solver=solver).trace
        t, v = np.zeros(2), np.zeros(2)
        for step in range(10):
            # Sums over 200 rows in another order.
            np.testing.assert_allclose(trace.standardised[step, 1:, 0], t, atol=1e-14)
            g = 2 * xs.T @ (xs @ t - ys) / len(y)
            v = 0.7 * v + g
            t = t - 0.1 * (g + 0.7 * v if nesterov else v)


@pytest.mark.slow
def test_adam_is_that_of_optax_on_rows():
    X, y = counts(80)
    with pytest.warns(lw.LeastwiseWarning, match="standard errors from the optimum"):
        m = lw.glm(y=y, X=X, family=POISSON, solver=lw.Adam(0.05, steps=12))
    assert "The loop has not arrived" in " ".join(m.notes)
    assert not m.convergence.status.is_success and (m.certified == 0).all()
    xs = np.column_stack([np.ones(80), (X - X.mean(0)) / X.std(0)])
    start = POISSON.start(y, None)
    unit, level = start.std(), start.mean()

    def loss(t):
        eta = level + unit * (xs @ t)
        return jnp.mean(jnp.exp(eta) - y * eta)

    import jax

    with float64_scope():
        rule, t = optax.adam(0.05), jnp.zeros(3)
        state = rule.init(t)
        for _ in range(12):
            change, state = rule.update(jax.grad(loss)(t), state)
            t = t + change
        theta = m.convergence.trace.standardised[-1, :, 0]
        np.testing.assert_allclose(theta, np.asarray(t), rtol=1e-10)
    # How far it is is said in standard errors, and is about right.
    best = lw.glm(y=y, X=X, family=POISSON)
    d = m.estimates - best.estimates
    true = np.sqrt(d @ np.linalg.solve(best.covariance, d))
    assert m.convergence.decrement == pytest.approx(true, rel=0.5)


def test_a_loss_of_ones_own():
    X, y = counts()
    solver = lw.Nesterov()
    m = lw.fit_loss(lambda eta, t: jnp.exp(eta) - t * eta, y=y, X=X, solver=solver)
    direct = lw.fit_loss(lambda eta, t: jnp.exp(eta) - t * eta, y=y, X=X)
    np.testing.assert_allclose(m.estimates, direct.estimates, rtol=1e-9)
    np.testing.assert_allclose(m.covariance, direct.covariance, rtol=1e-7)


def test_a_chosen_rate_is_cut_where_it_goes_to_and_fro():
    X, y = counts()
    y = y * 30
    m = lw.glm(y=y, X=X, family=POISSON, solver=lw.GradientDescent(steps=3000))
    assert m.convergence.status.is_success


@pytest.mark.parametrize(
    "solver",
    [
        lw.GradientDescent(rate=50.0),
        lw.Momentum(rate=50.0, decay=0.9),
        lw.Nesterov(rate=50.0, decay=0.9),
    ],
    ids=lambda s: s.name,
)
def test_divergence_is_explained(solver):
    X, y = line()
    with pytest.raises(lw.RequestError, match=r"diverged .* rates below .* converge"):
        lw.ols(y=y, X=X, solver=solver)
    with pytest.raises(lw.RequestError, match=r"diverged .* rates below .* converge"):
        lw.glm(y=y, X=X, solver=solver)


@pytest.mark.parametrize("kind", [lw.Momentum, lw.Nesterov])
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9])
def test_the_limit_of_the_rate_is_the_limit(kind, decay):
    X, y = line()
    with pytest.raises(lw.RequestError) as told:
        lw.ols(y=y, X=X, solver=kind(rate=99.0, decay=decay))
    limit = float(str(told.value).split("rates below ")[1].split()[0])
    kind_of = {"decay": decay, "steps": 4000}
    m = lw.ols(y=y, X=X, solver=kind(rate=0.99 * limit, **kind_of))
    assert "converged" in m.notes[-1]
    with pytest.raises(lw.RequestError, match="diverged"):
        lw.ols(y=y, X=X, solver=kind(rate=1.01 * limit, **kind_of))


def test_minibatches_are_the_same_for_the_same_seed():
    X, y = counts()

    def fit(**run):
        solver = lw.Adam(steps=400, run=lw.Run(batch=32, **run))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lw.LeastwiseWarning)
            return lw.glm(y=y, X=X, family=POISSON, solver=solver)

    one, two, other = fit(seed=1), fit(seed=1), fit(seed=2)
    assert one.estimates.tobytes() == two.estimates.tobytes()
    assert one.estimates.tobytes() != other.estimates.tobytes()
    direct = lw.glm(y=y, X=X, family=POISSON)
    away = np.abs(one.estimates - direct.estimates) / direct.standard_errors
    # The rate falls to 0: what is left is the noise of its last steps.
    assert away.max() < 0.1
    assert one.convergence.trace.step[:3].tolist() == [0, 10, 20]


def test_every_row_is_looked_at_once_an_epoch():
    for n, batch in ((10, 3), (7, 7), (5, 1), (2, 1)):
        rows, counted = order_of(n, batch, 0, 5)
        assert sorted(rows[counted].tolist()) == list(range(n))
    assert not np.array_equal(order_of(50, 5, 0, 0)[0], order_of(50, 5, 0, 1)[0])


@pytest.mark.slow
@pytest.mark.parametrize("batch", [None, 64])
@pytest.mark.parametrize("rule", ["adam", "optax"])
def test_a_run_that_was_interrupted_ends_in_the_same_bits(
    tmp_path, monkeypatch, batch, rule
):
    X, y = counts()

    def fit(path, steps=110):
        run = lw.Run(batch=batch, checkpoint=path, every=0.0)
        solver = (
            lw.Adam(0.01, steps=steps, tolerance=0, run=run)
            if rule == "adam"
            else lw.Optax(optax.lion(1e-3), steps=steps, tolerance=0, run=run)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", lw.LeastwiseWarning)
            return lw.glm(y=y, X=X, family=POISSON, solver=solver)

    whole = fit(tmp_path / "whole.npz")
    path, shown = tmp_path / "part.npz", []

    def interrupt(self, step, value, gradient_norm):
        shown.append(step)
        if step > 40:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Bar, "show", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fit(path)
    assert path.exists() and 40 < shown[-1] < 110
    resumed = fit(path)
    assert resumed.estimates.tobytes() == whole.estimates.tobytes()
    one, two = whole.convergence.trace, resumed.convergence.trace
    assert one.standardised[-1].tobytes() == two.standardised[-1].tobytes()
    # What is done is not done again.
    assert fit(path).estimates.tobytes() == whole.estimates.tobytes()


def checkpointed(path, y=None, **solver):
    X, t = line()
    run = lw.Run(checkpoint=path, every=0.0)
    return lw.ols(y=t if y is None else y, X=X, solver=lw.Momentum(run=run, **solver))


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    checkpointed(path)
    _, y = line()
    with pytest.raises(lw.RequestError, match="another run"):
        checkpointed(path, y=y + np.arange(len(y)))
    with pytest.raises(lw.RequestError, match="another run"):
        checkpointed(path, decay=0.5)


@pytest.mark.parametrize("damage", ["cut", "bit", "text", "empty"])
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    path = tmp_path / "a.npz"
    checkpointed(path)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "bit":
        # In the numbers of the first array, behind its head.
        content[content.index(b"NUMPY") + 200] ^= 1
    else:
        content = bytearray(b"not a checkpoint" if damage == "text" else b"")
    path.write_bytes(bytes(content))
    with pytest.raises(lw.DataError, match="damaged"):
        checkpointed(path)


def test_a_full_disk_stops_no_run(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.npz"
    checkpointed(path)
    before = path.read_bytes()
    path2 = tmp_path / "b.npz"
    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(lw.LeastwiseWarning, match="No space left on device"):
        m = checkpointed(path2)
    assert "converged" in m.notes[-1]
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.npz"]


def test_a_checkpoint_is_no_pickle_and_says_what_it_is(tmp_path):
    path = tmp_path / "a.npz"
    checkpointed(path)
    with np.load(path, allow_pickle=False) as file:
        header = json.loads(file["header"].tobytes())
    assert header["format"] == 1 and "Momentum(" in header["text"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lw.Adam(0.0), "rate=0"),
        (lambda: lw.Adam(steps=0), "steps=0"),
        (lambda: lw.Adam(steps=2.5), "steps=2.5"),
        (lambda: lw.Adam(decay1=1.0), "decay1=1.0"),
        (lambda: lw.Adam(epsilon=0.0), "epsilon=0.0"),
        (lambda: lw.Momentum(decay=-0.1), "decay=-0.1"),
        (lambda: lw.LBFGS(rate=0.1), "rate=0.1"),
        (lambda: lw.LBFGS(memory=0), "memory=0"),
        (lambda: lw.LBFGS(run=lw.Run(batch=5)), "batch"),
        (lambda: lw.Optax(3), "no transformation"),
        (lambda: lw.Optax(optax.sgd(0.1), rate=0.1), "rate=0.1"),
        (lambda: optax.sgd(0.1), r"leastwise\.Optax"),
        (lambda: "adam", "no solver"),
        (lambda: lw.Adam(run=lw.Run(batch=0)), "batch=0"),
        (lambda: lw.Adam(run=lw.Run(seed=-1)), "seed=-1"),
        (lambda: lw.Adam(run=lw.Run(every=-1)), "every=-1"),
        (lambda: lw.Adam(run="fast"), "run='fast'"),
        (lambda: lw.Adam(start=[1.0]), "start has shape"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    X, y = line(20)
    with pytest.raises(lw.RequestError, match=message):
        lw.ols(y=y, X=X, solver=make())
    with pytest.raises(lw.RequestError, match=message):
        lw.glm(y=y, X=X, solver=make())


def test_the_bar_writes_and_goes_away(capsys):
    bar = Bar(100, True)
    bar.show(10, 1.0, 0.5)
    bar.close()
    told = capsys.readouterr().err
    assert "10 of 100 steps" in told and told.endswith("\r")
    quiet = Bar(100, None)
    quiet.show(10, 1.0, 0.5)
    quiet.close()
    assert capsys.readouterr().err == ""
