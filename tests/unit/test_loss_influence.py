"""Rows of a generalized linear model: by fits without each, and by statmod's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.glm_cases import CASES, fitted, table


def without(name: str, i: int) -> tuple[lw.LossModel, float]:
    """The fit of all rows but one, and what it predicts for that."""
    formula, data, family, more = CASES[name]
    whole = table(data)
    keep = np.arange(len(next(iter(whole.values())))) != i

    def of(values: Any, which: np.ndarray) -> Any:
        return [v for v, use in zip(values, which, strict=True) if use]

    m = lw.glm(
        formula, {k: of(v, keep) for k, v in whole.items()}, family=family, **more
    )
    return m, float(m.predict({k: of(v, ~keep) for k, v in whole.items()})[0])


@pytest.mark.parametrize(
    "name",
    ["share_logit", "share_probit", "poisson_log", "poisson_offset", "gamma_log"],
)
def test_rows_predicted_from_the_others(name: str) -> None:
    m = fitted(name)
    found = m.influence()
    mean = m.predict(table(CASES[name][1]))
    rows = range(0, len(mean), 5)
    gap, one, plain = [], [], []
    for i in rows:
        other, predicted = without(name, i)
        assert other.names == m.names
        gap.append(abs(found.left_out[i] - predicted))
        plain.append(abs(mean[i] - predicted))
        one.append((found.one_step[i] - other.estimates) / other.standard_errors)
    # One step leaves a small part of the way, which is all that is claimed.
    assert np.max(gap) < 0.15 * np.max(plain)
    assert np.abs(one).max() < 0.15


def test_one_step_is_exact_for_least_squares() -> None:
    m = fitted("gaussian_identity")
    found = m.influence()
    for i in (0, 9, 30):
        other, predicted = without("gaussian_identity", i)
        np.testing.assert_allclose(found.left_out[i], predicted, rtol=1e-12)
        np.testing.assert_allclose(found.one_step[i], other.estimates, rtol=1e-11)


def test_rows_that_count_are_as_if_written_out() -> None:
    data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1, 1, 3, 6, 5]}
    times = [2, 1, 3, 1, 2]
    counted = lw.glm(
        "y ~ x", {**data, "n": times}, family="poisson",
        weights=lw.weights.frequency("n"),
    )  # fmt: skip
    long = {k: np.repeat(v, times) for k, v in data.items()}
    whole = lw.glm("y ~ x", long, family="poisson").influence()
    first = np.cumsum(times) - times
    found = counted.influence()
    for name in ("leverage", "pearson", "deviance", "cook", "left_out", "dfbetas",
                 "one_step", "studentized", "covratio"):  # fmt: skip
        np.testing.assert_allclose(
            getattr(found, name), getattr(whole, name)[first], rtol=1e-9, err_msg=name
        )


def test_quantile_residuals_of_a_continuous_target() -> None:
    from scipy import stats

    m = fitted("gamma_log")
    y, mean = table("mtcars")["mpg"], m.predict(table("mtcars"))
    shape = 1 / m.measures.dispersion
    wanted = stats.norm.ppf(stats.gamma.cdf(y, shape, scale=mean / shape))
    np.testing.assert_allclose(m.quantile_residuals(), wanted, rtol=1e-9)


@pytest.mark.parametrize("name", ["poisson_log", "share_logit", "negative_binomial"])
def test_quantile_residuals_of_counts(name: str) -> None:
    from scipy import stats

    m = fitted(name)
    data = table(CASES[name][1])
    mean = m.predict(data)
    if name == "share_logit":
        low, high = (
            stats.binom.cdf(data["carb"] - k, data["trials"], mean) for k in (1, 0)
        )
    elif name == "poisson_log":
        low, high = (stats.poisson.cdf(data["breaks"] - k, mean) for k in (1, 0))
    else:
        low, high = (
            stats.nbinom.cdf(data["breaks"] - k, 3, 3 / (3 + mean)) for k in (1, 0)
        )
    share = stats.norm.cdf(m.quantile_residuals(seed=3))
    assert ((low - 1e-12 <= share) & (share <= high + 1e-12)).all()
    assert (m.quantile_residuals(seed=3) == m.quantile_residuals(seed=3)).all()


def test_who_has_none_says_so() -> None:
    with pytest.raises(lw.RequestError, match="no distribution"):
        fitted("tweedie").quantile_residuals()
    robust = lw.robust("y ~ 1", {"y": [1.0, 2.0, 3.0, 90.0]}, scale=1.0)
    with pytest.raises(lw.RequestError, match="no fit of a family"):
        robust.criteria()
    with pytest.raises(lw.RequestError, match="no deviance"):
        robust.profile()
    with pytest.raises(lw.RequestError, match="no deviance"):
        robust.anova()


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("poisson_offset", "sign"),
        ("poisson_offset", "significance"),
        ("share_logit", "sign"),
    ],
)
def test_few_rows_that_turn_a_conclusion(name: str, of: Any) -> None:
    formula, data, family, more = CASES[name]
    m = fitted(name)
    coefficient = m.names[1]
    found = m.fragility(coefficient, of)
    assert found.rows is not None and found.count is not None
    whole = table(data)
    stay = [i + 1 not in found.rows for i in range(int(m.n))]
    left = {
        k: [v for v, use in zip(values, stay, strict=True) if use]
        for k, values in whole.items()
    }
    other = lw.glm(formula, left, family=family, **more)
    np.testing.assert_allclose(
        found.after,
        [v[coefficient] for v in (other.coef, other.se, other.p)],
        rtol=1e-8,
    )
    if of == "sign":
        assert m.coef[coefficient] * other.coef[coefficient] < 0
    else:
        assert (m.p[coefficient] < 0.05) != (other.p[coefficient] < 0.05)


def test_what_no_few_rows_turn() -> None:
    found = fitted("gamma_log").fragility("wt", most=3)
    assert found.rows is None and not found.minimal and found.after == ()
    with pytest.raises(lw.RequestError, match="of="):
        fitted("gamma_log").fragility("wt", "size")  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", [1e160, 1e200, 1e-160, 1e-200])
@pytest.mark.parametrize("cov", [None, "HC0", "classical"])
def test_units_whose_squares_leave_float64_change_no_test(
    unit: float, cov: Any
) -> None:
    """Of an input near 1e160 a variance is below float64, its root is not."""
    x = np.array([0.3, 1.2, 2.2, 2.9, 4.1, 5.0])
    y = np.array([1, 0, 3, 2, 6, 9])
    plain = lw.glm("y ~ x", {"x": x, "y": y}, family="poisson", cov=cov)
    far = lw.glm("y ~ x", {"x": x * unit, "y": y}, family="poisson", cov=cov)
    if cov is not None:
        far = far.with_cov(cov)
    np.testing.assert_allclose(far.se["x"] * unit, plain.se["x"], rtol=1e-12)
    assert far.p["x"] == pytest.approx(plain.p["x"], rel=1e-10)
    assert far.certified[1] == pytest.approx(plain.certified[1], abs=0.6)


def test_classes_have_the_same_errors_in_any_unit() -> None:
    x = np.array([0.3, 1.2, 2.2, 2.9, 4.1, 5.0, 0.1, 3.3])
    t = ["a", "b", "c", "a", "b", "c", "a", "b"]
    plain = lw.glm("t ~ x", {"x": x, "t": t}, family="multinomial")
    far = lw.glm("t ~ x", {"x": x * 1e200, "t": t}, family="multinomial")
    slopes = np.array(["x" in name for name in plain.names])
    np.testing.assert_allclose(
        far.standard_errors[slopes] * 1e200, plain.standard_errors[slopes], rtol=1e-9
    )
