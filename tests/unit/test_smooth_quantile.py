"""Quantiles that are walked to: the exact fit and mpmath are the witnesses."""

import mpmath
import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError
from leastwise.loss.smooth_quantile import SmoothQuantile


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(50, 10, 4000)
    y = 3 + 2 * x + (5 + 0.1 * x) * rng.standard_t(4, 4000)
    return {"x": x, "y": y}


def test_the_loss_to_the_last_digits():
    loss = SmoothQuantile(0.3, 0.25)
    eta, y = np.linspace(-40, 40, 81), np.full(81, 0.37)
    there = loss.local(eta, y)
    with mpmath.workdps(60):
        h, q = mpmath.mpf("0.25"), mpmath.mpf(0.3)
        for i, at in enumerate(eta.tolist()):

            def exact(e):
                r = mpmath.mpf(0.37) - e
                return q * r + h * mpmath.log1p(mpmath.exp(-r / h))

            e = mpmath.mpf(at)
            r = mpmath.mpf(0.37) - e
            below = 1 / (1 + mpmath.exp(r / h))
            assert float(exact(e)) == pytest.approx(there.value[i], rel=1e-15, abs=0)
            score = float(below - q)
            assert abs(there.score[i] - score) <= there.rounding[i]
            bent = float(below * (1 - below) / h)
            # Far out the working weight has a floor, and the second derivative none.
            observed = loss.observed(eta, y)[i]
            assert observed == pytest.approx(bent, rel=1e-12, abs=1e-15)
            assert there.curvature[i] == pytest.approx(max(bent, 1e-7), rel=1e-12)


@pytest.mark.parametrize(
    ("q", "solver"),
    [
        (0.5, lw.LBFGS()),
        (0.9, lw.Adam(steps=3000)),
        (0.5, lw.GradientDescent()),
        (0.9, lw.GradientDescent()),
    ],
)
def test_a_solver_comes_near_the_exact_quantile(data, q, solver):
    exact = lw.quantile("y ~ x", data, q=q)
    m = lw.quantile("y ~ x", data, q=q, solver=solver)
    assert m.convergence.status.is_success
    off = np.abs(m.coef.array - exact.coef.array) / exact.se.array
    assert off.max() < 0.5
    # Two estimates of a density: by planes beside, and by the kernel of the smoothing.
    np.testing.assert_allclose(m.se.array, exact.se.array, rtol=0.25)
    told = {one.name: one.value for one in m.told}
    least = exact.measures.deviance / 2
    assert 0 <= told["loss"] - least <= told["above the least loss by"]


def test_the_bound_shrinks_with_the_width(data):
    least = lw.quantile("y ~ x", data).measures.deviance / 2
    gaps = []
    for width in (3.0, 0.3):
        m = lw.quantile("y ~ x", data, solver=lw.GradientDescent(), width=width)
        told = {one.name: one.value for one in m.told}
        assert 0 <= told["loss"] - least <= told["above the least loss by"]
        gaps.append(told["above the least loss by"])
    assert gaps[0] > 30 * gaps[1]
    # About n f h^2 pi^2 / 6, f the density at the quantile: 4000 * 0.035 * 0.15.
    assert gaps[1] < 25


def test_several_quantiles_and_a_saved_one(data, tmp_path):
    both = lw.quantile("y ~ x", data, q=[0.2, 0.8], solver=lw.GradientDescent())
    assert both[0.2].predict({"x": [50.0]}) < both[0.8].predict({"x": [50.0]})
    both[0.2].save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert again.loss == both[0.2].loss
    np.testing.assert_array_equal(again.se.array, both[0.2].se.array)


@pytest.mark.filterwarnings("ignore::leastwise.LeastwiseWarning")
def test_quantiles_of_a_file(data, tmp_path):
    path = tmp_path / "a.csv"
    rows = zip(data["x"].tolist(), data["y"].tolist(), strict=True)
    path.write_text("\n".join(["x,y", *(f"{x!r},{y!r}" for x, y in rows)]))
    stream = lw.Stream(path, rows=500)
    solver = lw.Adam(steps=400, run=lw.Run(batch=200))
    ask = {"q": 0.9, "width": 1.0}
    m = lw.quantile("y ~ x", stream, **ask, solver=solver)
    whole = lw.quantile("y ~ x", data, **ask, solver=lw.GradientDescent())
    off = m.coef.array - whole.coef.array
    far = np.sqrt(off @ np.linalg.solve(whole.covariance, off))
    assert far < 1
    np.testing.assert_allclose(m.se.array, whole.se.array, rtol=0.2)
    with pytest.raises(RequestError, match="walked to"):
        lw.quantile("y ~ x", stream, q=0.9)


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        ({"width": 1.0}, "width= is for solver="),
        ({"width": 0.0, "solver": lw.LBFGS()}, "above 0"),
        ({"se": "iid", "solver": lw.LBFGS()}, "for the exact fit"),
    ],
)
def test_what_does_not_go_together(data, ask, match):
    with pytest.raises(RequestError, match=match):
        lw.quantile("y ~ x", data, **ask)
