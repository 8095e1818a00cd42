"""Descent on moments: the loop over rows step by step, rates, endings, traces."""

import decimal
import subprocess
import sys
from fractions import Fraction

import jax
import numpy as np
import pytest

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope
from leastwise._kit.status import Status
from leastwise.loops.descent import GradientDescent, descend
from leastwise.loops.from_moments import standardised
from leastwise.loops.spectrum import spectrum_of
from leastwise.loops.trace import MOST_POINTS, recorded_steps
from leastwise.moments.affine import standardise
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.standardise import from_rows
from leastwise.solve.exact import exact_least_squares


def data(p, n=400, seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) @ (np.eye(p) + 0.3) + offset
    y = 32 + X @ np.linspace(1.8, -1, p) + rng.standard_normal(n)
    return X, y


def loop_over_rows(X, y, rate, steps, intercept=True):
    """The article's loop: grad of the loss over all rows, every step kept."""
    import jax.numpy as jnp

    if intercept:
        Xs, ys = (X - X.mean(0)) / X.std(0), (y - y.mean()) / y.std()
    else:
        Xs, ys = X / np.sqrt(np.mean(X**2, axis=0)), y / np.sqrt(np.mean(y**2))

    def loss(params, x, y):
        return jnp.mean((x @ params[1:] + params[0] - y) ** 2)

    @jax.jit
    def run(x, y):
        mask = jnp.ones(x.shape[1] + 1).at[0].set(float(intercept))

        def update(params, _):
            g = jax.grad(loss)(params, x, y)
            return params - rate * mask * g, (params, loss(params, x, y), g * mask)

        start = jnp.zeros(x.shape[1] + 1)
        return jax.lax.scan(update, start, None, length=steps + 1)[1]

    with float64_scope():
        params, losses, gradients = [np.asarray(a) for a in run(Xs, ys)]
    return params[:, int(not intercept) :], losses, gradients


@pytest.mark.parametrize("p", [1, 4])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("source", ["rows", "moments"])
def test_the_same_iterates_as_the_loop_over_rows(p, intercept, source):
    X, y = data(p, offset=0.5)
    params, losses, gradients = loop_over_rows(X, y, 0.1, 200, intercept)
    if source == "rows":
        m = from_rows(X, y, intercept=intercept)
    else:
        m = standardised(fold_rows(Rows(X, y[:, None])), intercept=intercept)
    trace = descend(m, GradientDescent(rate=0.1, steps=200)).trace
    assert len(trace.step) > 100
    # Each step of either rounds at 2^-53 times a few, and shrinks what came before,
    # so errors do not pile up: 1e-12 leaves room for sums over 400 rows.
    size = np.max(np.abs(params))
    difference = np.abs(trace.standardised[:, :, 0] - params[trace.step])
    assert np.max(difference) < 1e-12 * size
    np.testing.assert_allclose(trace.loss, losses[trace.step], rtol=1e-12)
    norms = np.linalg.norm(gradients[trace.step], axis=1)
    # Gradients fall to nothing: compare with the first one.
    assert np.max(np.abs(trace.gradient_norm - norms)) < 1e-12 * norms[0]


@pytest.mark.parametrize("p", [1, 3, 8])
@pytest.mark.parametrize("intercept", [True, False])
def test_it_arrives_at_the_exact_answer(p, intercept):
    X, y = data(p, offset=2.0)
    result = descend(from_rows(X, y, intercept=intercept), GradientDescent(steps=20000))
    exact = exact_least_squares(X, y, intercept=intercept).rounded()
    assert result.status is Status.CONVERGED
    # The eigenvalues lie within a factor 100: at most 2 of 15.9 digits go.
    np.testing.assert_allclose(result.coefficients, exact, rtol=1e-12)
    assert result.digits > 12


def test_the_chosen_rate_is_the_best_fixed_one():
    X, y = data(4)
    m = from_rows(X, y)
    values = np.linalg.eigvalsh(m.gram)
    top, low = max(values[-1], 1.0), min(values[0], 1.0)
    chosen = descend(m)
    # Two ways to the same eigenvalues.
    assert chosen.rate == pytest.approx(1 / (top + low), rel=1e-12)
    assert chosen.largest_rate == pytest.approx(1 / top, rel=1e-12)
    for factor in (0.5, 0.8, 1.2):
        other = descend(m, GradientDescent(rate=factor * chosen.rate, steps=5000))
        assert other.steps > chosen.steps


@pytest.mark.parametrize("factor", [1.0, 1.01, 1.5, 40.0])
def test_a_rate_too_large_is_told_and_gives_no_numbers(factor):
    m = from_rows(*data(3))
    limit = descend(m).largest_rate
    result = descend(m, GradientDescent(rate=factor * limit, steps=2000))
    assert result.status is Status.DIVERGED
    assert np.all(np.isnan(result.coefficients)) and result.digits == 0
    assert f"rates below {limit:.6g} converge" in result.note
    assert result.status.advice
    assert np.all(np.isfinite(result.trace.loss[:2]))


def test_just_below_the_limit_it_converges():
    m = from_rows(*data(3))
    limit = descend(m).largest_rate
    result = descend(m, GradientDescent(rate=0.99 * limit, steps=20000))
    assert result.status is Status.CONVERGED


def test_too_few_steps_are_told():
    m = from_rows(*data(2))
    result = descend(m, GradientDescent(rate=0.001, steps=50))
    assert result.status is Status.STEPS_EXHAUSTED and result.steps == 50
    assert result.trace.step.tolist() == list(range(51))
    assert "not converged after 50 steps" in result.note
    assert result.digits < 1


def test_the_trace_is_bounded_dense_at_first_and_ends_at_the_end():
    m = from_rows(*data(1))
    result = descend(m, GradientDescent(rate=1e-5, steps=123_456))
    steps = result.trace.step
    assert len(steps) <= MOST_POINTS
    assert steps[:65].tolist() == list(range(65)) and steps[-1] == 123_456
    assert np.all(np.diff(steps) > 0)
    assert result.trace.coefficients.shape == (len(steps), 2, 1)
    assert np.all(np.diff(result.trace.loss) < 0)
    np.testing.assert_array_equal(result.trace.coefficients[-1], result.coefficients)


@pytest.mark.parametrize("steps", [1, 2, 63, 64, 65, 100, 511, 512, 5000, 10**9])
def test_recorded_steps_start_at_0_and_end_at_the_last(steps):
    chosen = recorded_steps(steps)
    assert len(chosen) == MOST_POINTS
    assert chosen[0] == 0 and chosen[-1] == steps and np.all(np.diff(chosen) >= 0)
    assert chosen[: min(steps, 64) + 1].tolist() == list(range(min(steps, 64) + 1))


def test_distance_and_digits_are_counted_from_a_given_optimum():
    X, y = data(2)
    m = from_rows(X, y)
    exact = exact_least_squares(X, y).rounded()
    optimum = standardise(exact, m.inputs, m.targets)
    result = descend(m, GradientDescent(rate=0.1), optimum=optimum)
    own = descend(m, GradientDescent(rate=0.1))
    # The two optima differ by the rounding of the moments.
    np.testing.assert_allclose(result.trace.distance, own.trace.distance, atol=1e-13)
    assert result.trace.distance[0] == pytest.approx(np.linalg.norm(optimum), rel=1e-14)


def test_a_start_of_ones_choice():
    X, y = data(2)
    m = from_rows(X, y)
    far = descend(m, GradientDescent(start=[3.0, -2.0, 5.0]))
    assert far.status is Status.CONVERGED
    np.testing.assert_allclose(far.coefficients, descend(m).coefficients, rtol=1e-12)
    here = descend(m, GradientDescent(start=far.trace.standardised[-1]))
    assert here.steps <= 1


def test_several_targets_descend_together():
    X, y = data(3)
    Y = np.column_stack([y, -2 * y + X[:, 0], np.full(len(y), 7.0)])
    both = descend(from_rows(X, Y))
    assert both.coefficients.shape == (4, 3)
    exact = exact_least_squares(X, Y).rounded()
    # Zero slopes of the constant target are met exactly: nothing to compare by.
    np.testing.assert_allclose(both.coefficients, exact, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e12, 1e300])
def test_units_do_not_matter(scale):
    X, y = data(2, offset=1.0)
    factor = 2.0 ** round(np.log2(scale))  # a power of two: the same digits
    one = descend(from_rows(X, y))
    two = descend(from_rows(X * [factor, 1.0], y * 4.0))
    np.testing.assert_array_equal(two.standardised, one.standardised)
    assert two.steps == one.steps
    assert two.coefficients[1, 0] * factor == 4 * one.coefficients[1, 0]


def test_an_offset_of_1e9_costs_only_what_the_data_lost():
    X, y = data(1)
    shifted = np.round(X * 2**20) / 2**20 + 1e9  # exact: 30 + 20 bits
    exact = exact_least_squares(shifted, y).rounded()
    m = standardised(fold_rows(Rows(shifted, y[:, None])))
    result = descend(m)
    # Slope: no loss. Intercept: slope * 1e9 cancels nothing here, it dominates.
    np.testing.assert_allclose(result.coefficients, exact, rtol=1e-14)
    rows = descend(from_rows(shifted, y))
    # Means in float64 carry 1e9 * 2^-53 = 1e-7 of a unit, against a spread of 1.
    np.testing.assert_allclose(rows.coefficients, exact, rtol=1e-6)


def test_collinear_inputs_are_told():
    X, y = data(2)
    X = np.column_stack([X, X[:, 0]])
    result = descend(from_rows(X, y))
    assert result.status is Status.CONVERGED
    assert "collinear (rank 3 of 4)" in result.note
    # A direct solver leaves one of them out, as NaN: that is no place to aim for.
    other = descend(from_rows(X, y), optimum=np.array([[0.0], [1.0], [0.5], [np.nan]]))
    np.testing.assert_array_equal(other.trace.distance, result.trace.distance)
    # The nearest answer to a start of zero shares the weight out equally.
    b = result.coefficients[:, 0]
    assert b[1] == pytest.approx(b[3], rel=1e-10)
    whole = exact_least_squares(X[:, :2], y).rounded()[:, 0]
    assert b[1] + b[3] == pytest.approx(whole[1], rel=1e-10)


def test_a_constant_column_stays_at_zero():
    X, y = data(1)
    X = np.column_stack([X, np.full(len(y), 0.1)])
    for m in (from_rows(X, y), standardised(fold_rows(Rows(X, y[:, None])))):
        result = descend(m)
        assert m.scale_x[1] == 1.0 and result.coefficients[2, 0] == 0.0
        assert "rank 2 of 3" in result.note


def test_not_finite_moments_are_told():
    X, y = data(1)
    y[3] = np.nan
    result = descend(from_rows(X, y))
    assert result.status is Status.NOT_FINITE
    assert np.all(np.isnan(result.coefficients))
    assert result.status.advice


def test_an_intercept_alone():
    y = np.array([1.0, 2.0, 6.0])
    result = descend(from_rows(np.empty((3, 0)), y))
    assert result.coefficients.tolist() == [[3.0]] and result.steps == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (GradientDescent(rate=0.0), "rate=0.0"),
        (GradientDescent(rate=-1.0), "rate=-1.0"),
        (GradientDescent(rate=float("nan")), "rate=nan"),
        (GradientDescent(rate=float("inf")), "rate=inf"),
        (GradientDescent(steps=0), "steps=0"),
        (GradientDescent(tolerance=-1e-3), "tolerance=-0.001"),
        (GradientDescent(tolerance=1.0), "tolerance=1.0"),
        (GradientDescent(start=[1.0]), r"start has shape \(1,\)"),
        (GradientDescent(start=[1.0, np.nan]), "start is not finite"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(RequestError, match=message):
        descend(from_rows(*data(1)), options)


def test_nothing_to_fit_is_refused():
    m = from_rows(np.empty((3, 0)), np.arange(3.0), intercept=False)
    with pytest.raises(RequestError, match="nothing to fit"):
        descend(m)


def exact_loop(half, g, rate, steps, floor=None, ceiling=None):
    """The loop in fractions: every step, and the one at which it stops."""
    m = len(g)
    A = [[Fraction(float(v)) for v in row] for row in half]
    c = [Fraction(float(v)) for v in g]
    r, t = Fraction(float(rate)), [Fraction(0)] * m
    kept, stop = [], None
    for step in range(steps + 1):
        gradient = [
            2 * (sum(A[i][j] * t[j] for j in range(m)) - c[i]) for i in range(m)
        ]
        square = sum(v * v for v in gradient)
        kept.append((t, square))
        low = floor is not None and square <= Fraction(floor) ** 2
        high = ceiling is not None and square > Fraction(ceiling) ** 2
        if stop is None and (low or high):
            stop = step
        # 200 bits are as good as all of them, and do not double with each step.
        t = [
            Fraction(round((t[i] - r * gradient[i]) * 2**200), 2**200) for i in range(m)
        ]
    return kept, steps if stop is None else stop


@pytest.mark.parametrize("factor", [0.02, 0.3, 0.7, 0.97, 1.0, 1.02, 1.5, 3.0])
@pytest.mark.parametrize("floor", [1e-2, 1e-9, 0.0])
def test_the_step_it_stops_at_is_that_of_the_loop(factor, floor):
    m = from_rows(*data(3, n=50, seed=2))
    values, vectors = np.linalg.eigh(m.gram)
    rate = factor / values[-1]
    away = vectors.T @ -np.linalg.solve(m.gram, m.cross)
    best = np.linalg.solve(m.gram, m.cross)
    way = spectrum_of(values, vectors, away, best, rate)
    kept, stop = exact_loop(m.gram, m.cross[:, 0], rate, 300, floor, 50.0)
    assert way.first_stop(floor, 50.0, 300) == stop
    for step in (0, 1, 2, 17, stop):
        exact = np.array([float(v) for v in kept[step][0]])
        # The eigenvalues lie within a factor 100.
        size = max(1.0, np.abs(exact).max())
        assert np.abs(way.after(step)[:, 0] - exact).max() < 1e-12 * size
        norm = float(way.gradient_norm(np.array([step]))[0])
        square = float(kept[step][1])
        assert norm**2 == pytest.approx(square, rel=1e-9, abs=1e-28)


def test_a_billion_steps_keep_their_digits():
    """(1 - 2e-9)^(10^9) = exp(-2 (1 + 1e-9 + ...)): no loop gets there."""
    m = from_rows(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
    result = descend(m, GradientDescent(rate=1e-9, steps=10**9))
    with decimal.localcontext() as context:
        context.prec = 40
        rate = decimal.Decimal.from_float(1e-9)
        exact = 1 - (1 - rate * 2) ** (10**9)
    assert result.standardised[1, 0] == pytest.approx(float(exact), rel=1e-14)
    assert result.status is Status.STEPS_EXHAUSTED and result.steps == 10**9


def test_without_a_tolerance_all_steps_are_taken():
    m = from_rows(*data(2))
    all_of_them = descend(m, GradientDescent(rate=0.1, steps=5000, tolerance=0))
    assert all_of_them.steps == 5000 and all_of_them.status is Status.CONVERGED
    assert all_of_them.trace.step[-1] == 5000
    np.testing.assert_array_equal(all_of_them.coefficients, all_of_them.at(5000))


def test_any_step_can_be_asked_for():
    X, y = data(2)
    params, _, _ = loop_over_rows(X, y, 0.1, 60)
    m = from_rows(X, y)
    result = descend(m, GradientDescent(rate=0.1, steps=30))
    for step in (0, 7, 30, 60):
        there = standardise(result.at(step), m.inputs, m.targets)
        np.testing.assert_allclose(there[:, 0], params[step], rtol=0, atol=1e-13)
    for wrong in (-1, True, 2**60):
        with pytest.raises(RequestError, match="is no step"):
            result.at(wrong)


def test_no_compiler_is_waited_for():
    code = (
        "import sys, numpy as np, leastwise as lw\n"
        "x = np.arange(9.0)[:, None]\n"
        "w = lw.descend(x, 1 + x[:, 0], lw.GradientDescent(rate=0.1))\n"
        "assert w.status.is_success and len(w.trace.step) > 9\n"
        "assert 'jax' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_process_flag_of_jax_is_left_alone():
    before = jax.config.jax_enable_x64
    result = descend(from_rows(*data(1)))
    assert jax.config.jax_enable_x64 is before
    assert type(result.coefficients) is np.ndarray
    assert result.coefficients.dtype == np.float64
    assert result.trace.standardised.dtype == np.float64


def test_every_failure_has_advice():
    for status in Status:
        assert bool(status.advice) is not status.is_success


def test_moments_of_rows_and_of_the_fold_are_the_same():
    X, y = data(3, offset=10.0)
    for intercept in (True, False):
        a = from_rows(X, y, intercept=intercept)
        b = standardised(fold_rows(Rows(X, y[:, None])), intercept=intercept)
        for name in ("mean_x", "mean_y", "scale_x", "scale_y", "gram", "cross", "yy"):
            # Sums over 400 rows in float64 against sums in pairs.
            np.testing.assert_allclose(
                getattr(a, name), getattr(b, name), rtol=1e-12, atol=1e-14
            )


def test_the_exact_slope_of_a_line():
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    result = descend(from_rows(x, 1 + 2 * x[:, 0]))
    assert [Fraction(v).limit_denominator(1000) for v in result.coefficients[:, 0]] == [
        1,
        2,
    ]
    assert result.trace.loss[-1] < 1e-30
