"""Means and slopes of a family, written out by hand with a numeric gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import leastwise as lw
from tests.helpers.glm_cases import fitted, table

CARS = table("mtcars")
LINKS = {
    "share_logit": lambda e: 1 / (1 + np.exp(-e)),
    "share_probit": lambda e: lw.family.Binomial("probit").mean(e),
    "gamma_inverse": lambda e: 1 / e,
    "gamma_log": np.exp,
}


def design(m: lw.LossModel, data: dict[str, np.ndarray]) -> np.ndarray:
    columns = [np.ones(len(data["wt"])), data["wt"]]
    if "hp" in m.names:
        columns.append(data["hp"])
    else:
        columns += [np.array([c == k for c in data["cyl"]], float) for k in "68"]
    return np.column_stack(columns)


def judged(m: lw.LossModel, f: Callable[[np.ndarray], float]) -> tuple[float, float]:
    """A function of the coefficients and its standard error, by differences."""
    b = m.coef.array
    gradient = np.empty(len(b))
    for j, error in enumerate(m.se.array):
        h = np.zeros(len(b))
        h[j] = 1e-4 * error
        gradient[j] = (f(b + h) - f(b - h)) / (2e-4 * error)
    return f(b), float(np.sqrt(gradient @ m.covariance @ gradient))


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("cov", ["classical", "HC3"])
def test_average_marginal_effects(name: str, cov: str) -> None:
    m, mean = fitted(name).with_cov(cov), LINKS[name]
    up = {**CARS, "wt": CARS["wt"] + 1e-5}
    down = {**CARS, "wt": CARS["wt"] - 1e-5}

    def effect(b: np.ndarray) -> float:
        change = mean(design(m, up) @ b) - mean(design(m, down) @ b)
        return float(np.mean(change) / 2e-5)

    wanted, error = judged(m, effect)
    found = m.slopes("wt").rows[0]
    np.testing.assert_allclose(found.estimate, wanted, rtol=1e-8)
    np.testing.assert_allclose(found.std_error, error, rtol=1e-5)
    link = m.slopes("wt", kind="link").rows[0]
    np.testing.assert_allclose(
        [link.estimate, link.std_error], [m.coef["wt"], m.se["wt"]], rtol=1e-12
    )


@pytest.mark.parametrize("name", ["share_logit", "share_probit"])
def test_means_at_levels(name: str) -> None:
    m, mean = fitted(name), LINKS[name]
    row = {"wt": np.full(1, CARS["wt"].mean()), "cyl": ["6"]}
    x = design(m, row)[0]
    wanted, error = judged(m, lambda b: float(mean(x @ b)))
    found = m.means("cyl")["6"]
    np.testing.assert_allclose([found.estimate, found.std_error], [wanted, error], 1e-8)
    wanted, error = judged(m, lambda b: float(x @ b))
    link = m.means("cyl", kind="link")["6"]
    np.testing.assert_allclose([link.estimate, link.std_error], [wanted, error], 1e-8)
    levels = [design(m, {"wt": row["wt"], "cyl": [k]})[0] for k in "468"]
    wanted, error = judged(m, lambda b: float(np.mean([mean(v @ b) for v in levels])))
    every = m.means().table.rows[0]
    np.testing.assert_allclose([every.estimate, every.std_error], [wanted, error], 1e-8)
    pair = m.means("cyl").contrasts()["4 - 8"]
    wanted, error = judged(
        m, lambda b: float(mean(levels[0] @ b) - mean(levels[2] @ b))
    )
    np.testing.assert_allclose([pair.estimate, pair.std_error], [wanted, error], 1e-8)


def test_with_an_offset_and_an_interaction() -> None:
    data = table("warpbreaks")
    formula = "breaks ~ exposure * wool + offset(log(exposure + 1))"
    m = lw.glm(formula, data, family=lw.family.Poisson())
    up, down = ({**data, "exposure": data["exposure"] + h} for h in (1e-5, -1e-5))
    wanted = np.mean(m.predict(up) - m.predict(down)) / 2e-5
    np.testing.assert_allclose(m.slopes("exposure").rows[0].estimate, wanted, rtol=1e-8)
    found = m.slopes("exposure", by="wool")
    which = np.array([w == "B" for w in data["wool"]])
    wanted = np.mean((m.predict(up) - m.predict(down))[which]) / 2e-5
    np.testing.assert_allclose(found["exposure, wool = B"].estimate, wanted, rtol=1e-8)


def test_what_is_not_asked_for() -> None:
    m = fitted("gamma_log")
    with pytest.raises(lw.RequestError, match="kind="):
        m.slopes("wt", kind="log")
    with pytest.raises(lw.RequestError, match="no category"):
        m.means("wt")
