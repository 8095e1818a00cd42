"""The loop of folds: where it arrives, and when it says that there is nowhere to."""

from __future__ import annotations

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.status import Status
from leastwise.engine.loss_fit import solve_loss
from leastwise.loops import approach as approach_module
from leastwise.loops import newton as newton_module
from leastwise.loops import working as working_module
from leastwise.loops.approach import approach
from leastwise.loops.newton import newton
from leastwise.loops.working import Point, Problem
from leastwise.loss.family import (
    Binomial,
    Family,
    Gamma,
    Gaussian,
    InverseGaussian,
    NegativeBinomial,
    Poisson,
    QuasiBinomial,
    QuasiPoisson,
    Tweedie,
)
from leastwise.moments.blocks import Rows

LINKS = ("logit", "probit", "cloglog", "cauchit")
EVERY = [
    kind(link)
    for kind in (
        Gaussian,
        Binomial,
        Poisson,
        Gamma,
        InverseGaussian,
        QuasiBinomial,
        QuasiPoisson,
        Tweedie,
    )
    for link in kind.links
]
EVERY.append(NegativeBinomial(theta=1.5))


def inputs(n: int = 300, seed: int = 3) -> np.ndarray:
    """A number, an indicator and another number, positive and not standardised."""
    make = np.random.default_rng(seed)
    return np.column_stack(
        [make.uniform(0, 1, n), make.random(n) < 0.3, make.uniform(5, 6, n)]
    ).astype(float)


def targets(family: Family, X: np.ndarray, seed: int = 4) -> np.ndarray:
    """Targets that a family takes, of means that all of its links have."""
    make = np.random.default_rng(seed)
    mean = 0.2 + 0.4 * X[:, 0] + 0.1 * X[:, 1]
    if isinstance(family, (Binomial, QuasiBinomial)):
        return (make.random(len(X)) < mean).astype(float)
    if isinstance(family, (Poisson, QuasiPoisson, NegativeBinomial)):
        return make.poisson(5 * mean).astype(float)
    if isinstance(family, Tweedie):
        return make.gamma(2, mean) * (make.random(len(X)) < 0.7)
    if isinstance(family, InverseGaussian):
        return make.wald(mean, 4.0)
    return make.gamma(3, mean / 3)


def score_by_hand(family: Family, X: np.ndarray, y: np.ndarray, b: np.ndarray):
    """The gradient of the likelihood, term by term as the textbook has it."""
    eta = b[0] + X @ b[1:]
    mean, slope = family.mean(eta), family.mean_slope(eta)
    each = (y - mean) * slope / family.variance(mean)
    Z = np.column_stack([np.ones(len(X)), X])
    information = Z.T @ ((slope**2 / family.variance(mean))[:, None] * Z)
    return Z.T @ each, information


@pytest.mark.parametrize("family", EVERY, ids=lambda f: f.call)
def test_the_gradient_is_zero_where_it_arrives(family: Family) -> None:
    X = inputs()
    y = targets(family, X)
    found = solve_loss(Problem(family, Rows(X, y[:, None])))
    assert found.newton.status is Status.CONVERGED
    gradient, information = score_by_hand(family, X, y, found.estimates)
    # The length of the gradient in standard errors, computed by hand in float64.
    left = np.sqrt(gradient @ np.linalg.solve(information, gradient))
    assert left < 1e-10
    assert found.newton.left < 1e-11
    inverse = np.linalg.inv(information)
    # An entry near 0 is the difference of larger ones: it is judged beside these.
    size = np.sqrt(np.outer(np.diagonal(inverse), np.diagonal(inverse)))
    assert np.abs((found.unscaled - inverse) / size).max() < 1e-9


@pytest.mark.parametrize("link", LINKS)
def test_complete_separation_is_seen(link: str) -> None:
    X = inputs()
    y = (X[:, 0] > 0.6).astype(float)
    found = newton(Problem(Binomial(link), Rows(X, y[:, None])))
    assert found.status is Status.SEPARATED
    assert found.direction is not None and found.direction[1]


@pytest.mark.parametrize("link", LINKS)
def test_a_level_without_any_hit_is_seen_and_named(link: str) -> None:
    X = inputs()
    y = (np.random.default_rng(5).random(len(X)) < 0.5).astype(float)
    y[X[:, 1] == 1] = 0.0
    found = newton(Problem(Binomial(link), Rows(X, y[:, None])))
    assert found.status is Status.SEPARATED
    assert found.direction is not None and found.direction[2]
    assert found.rising is not None
    moving = np.abs(found.rising) > 1e-3 * np.abs(found.rising).max()
    assert np.array_equal(moving, X[:, 1] == 1)


def test_counts_that_are_all_zero_in_a_level_are_seen() -> None:
    X = inputs()
    y = np.random.default_rng(5).poisson(3.0, len(X)).astype(float)
    y[X[:, 1] == 1] = 0.0
    found = newton(Problem(Poisson(), Rows(X, y[:, None])))
    assert found.status is Status.SEPARATED
    assert found.direction is not None
    assert found.direction.tolist() == [False, False, True, False]


@pytest.mark.parametrize("link", LINKS[:2])
def test_nearly_separated_targets_are_no_separation(link: str) -> None:
    X = inputs(600)
    y = (X[:, 0] > 0.6).astype(float)
    # One row on the other side, as far as there is: a maximum exists.
    y[np.argmin(X[:, 0])] = 1.0
    y[np.argmax(X[:, 0])] = 0.0
    found = newton(Problem(Binomial(link), Rows(X, y[:, None])))
    assert found.status is Status.CONVERGED


def test_plain_steps_decline_what_is_not_plain() -> None:
    X = inputs()
    y = targets(Poisson(), X)
    twice = np.column_stack([X, X[:, 0] * 2])
    constant = np.column_stack([X, np.zeros(len(X))])
    for rows in (twice, constant):
        assert approach(Problem(Poisson(), Rows(rows, y[:, None]))) is None
    few = Problem(Poisson(), Rows(X[:5], y[:5, None]))
    assert approach(few) is None
    assert newton(few).status in (Status.CONVERGED, Status.SEPARATED)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_sample_to_start_from_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, intercept: bool
) -> None:
    X = inputs(4000)
    y = targets(Poisson(), X)
    problem = Problem(Poisson(), Rows(X, y[:, None]), intercept=intercept)
    whole = solve_loss(problem)
    monkeypatch.setattr(approach_module, "MOST", 2000)
    monkeypatch.setattr(newton_module, "FEW", 0)
    monkeypatch.setattr(working_module, "LOOKED_AT", 300)
    sampled = solve_loss(problem)
    assert len(sampled.newton.decrements) > 1
    errors = np.sqrt(np.diagonal(whole.unscaled))
    assert np.abs(whole.estimates - sampled.estimates).max() < 1e-8 * errors.max()
    # What it says of itself is true.
    gap = np.abs(whole.estimates - sampled.estimates) / np.abs(whole.estimates)
    assert (gap <= 10.0**-sampled.certified).all()


def test_a_poor_start_is_come_back_from() -> None:
    X = inputs()
    y = targets(Binomial(), X)
    problem = Problem(Binomial(), Rows(X, y[:, None]))
    usual = solve_loss(problem)
    for level in (-30.0, 30.0):
        found = solve_loss(problem, start=Point(level, np.array([8.0, -8.0, 3.0])))
        assert found.newton.status is Status.CONVERGED
        np.testing.assert_allclose(found.estimates, usual.estimates, rtol=1e-10)


def test_an_offset_takes_the_place_of_a_coefficient() -> None:
    X = inputs()
    y = targets(Poisson(), X)
    whole = solve_loss(Problem(Poisson(), Rows(X, y[:, None])))
    offset = X[:, 2] * whole.estimates[3]
    part = solve_loss(Problem(Poisson(), Rows(X[:, :2], y[:, None]), offset))
    np.testing.assert_allclose(part.estimates, whole.estimates[:3], rtol=1e-9)


def test_time_stamps_lose_no_digits() -> None:
    X = inputs()
    y = targets(Poisson(), X)
    near = solve_loss(Problem(Poisson(), Rows(X, y[:, None])))
    # Whole numbers, so that moving them away is exact.
    X[:, 0] = np.round(X[:, 0] * 2**20)
    far = X + np.array([2.0**40, 0.0, 0.0])
    one = solve_loss(Problem(Poisson(), Rows(X, y[:, None])))
    two = solve_loss(Problem(Poisson(), Rows(far, y[:, None])))
    assert near.newton.status is two.newton.status
    np.testing.assert_allclose(one.estimates[1:], two.estimates[1:], rtol=1e-11)
    assert two.certified[1] > 11


def test_a_mean_at_the_end_of_its_range_is_said() -> None:
    # The line of least loss would have a negative mean at x = 0.
    data = {"x": [0.0, 0.0, 1.0, 2.0, 3.0], "y": [0, 0, 0, 4, 9]}
    family = Poisson("identity")
    with pytest.warns(lw.AccuracyWarning, match="another link"):
        m = lw.glm("y ~ x", data, family=family)
    assert m.convergence.status is Status.EDGE
    assert "the family and the link allow" in " ".join(m.notes)
    assert (m.digits.array == 0).all()
    assert m.predict(data).min() > -1e-6


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_units_of_the_target_change_no_digit(unit: float) -> None:
    X = inputs()
    for family in (Gaussian("log"), Gamma("log"), InverseGaussian("log")):
        y = targets(family, X)
        one = solve_loss(Problem(family, Rows(X, y[:, None])))
        two = solve_loss(Problem(family, Rows(X, unit * y[:, None])))
        assert two.newton.status is Status.CONVERGED
        np.testing.assert_allclose(two.estimates[1:], one.estimates[1:], rtol=1e-9)
        assert two.certified.min() > 9
