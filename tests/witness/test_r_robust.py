"""R's MASS::rlm and sandwich, their tolerance tightened, to 8 digits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from tests.witness.test_r import R, table_of

REFERENCES = json.loads((R / "robust.json").read_text("utf-8"))
FORMULAS = {
    "stackloss": "stackloss ~ airflow + watertemp + acidconc",
    "mtcars": "mpg ~ wt + hp",
    "phones": "calls ~ year",
}
ASKED: dict[str, dict[str, Any]] = {
    "huber": {},
    "huber_2": {"loss": lw.loss.Huber(2.0)},
    "bisquare": {"loss": lw.loss.Bisquare()},
    "proposal2": {"scale": lw.scale.Proposal2()},
    "mm": {"loss": "bisquare", "scale": "s"},
}
# The loops of R stop within 1e-10 of the point where residuals stand still.
TOLERANCE = 1e-8


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=TOLERANCE)


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("name", FORMULAS)
def test_coefficients_scale_and_errors(name: str, kind: str) -> None:
    wanted = REFERENCES[name][kind]
    m = lw.robust(FORMULAS[name], R / f"{name}.csv", **ASKED[kind])
    assert m.convergence.status.is_success
    close(m.coef.array, wanted["coef"])
    close(m.se.array, wanted["se"])
    close(m.sigma, wanted.get("scale", wanted.get("s_scale")))
    assert m.digits.array.min() > 9
    if "w" in wanted:
        np.testing.assert_allclose(m.row_weights, wanted["w"], rtol=1e-7, atol=1e-9)
    if "sandwich" in wanted:
        close(m.with_cov("HC0").se.array, wanted["sandwich"])


@pytest.mark.parametrize("kind", ["huber", "proposal2"])
@pytest.mark.parametrize("weighing", ["analytic", "frequency"])
def test_weights(weighing: str, kind: str) -> None:
    wanted = REFERENCES[weighing][kind]
    data = table_of("mtcars", {})
    weights: Any = "w1"
    if weighing == "frequency":
        weights = lw.weights.frequency([1 + (i * 7) % 4 for i in range(1, 33)])
    m = lw.robust("mpg ~ wt + hp", data, weights=weights, **ASKED[kind])
    close(m.coef.array, wanted["coef"])
    close(m.se.array, wanted["se"])
    close(m.sigma, wanted["scale"])


def test_frequencies_are_copies_of_rows() -> None:
    data = table_of("mtcars", {})
    counts = [1 + (i * 7) % 4 for i in range(1, 33)]
    copied = {k: np.repeat(np.asarray(data[k]), counts) for k in ("mpg", "wt", "hp")}
    one = lw.robust("mpg ~ wt + hp", data, weights=lw.weights.frequency(counts))
    two = lw.robust("mpg ~ wt + hp", copied)
    for cov in ("classical", "hessian", "HC0", "HC1"):
        np.testing.assert_allclose(
            one.with_cov(cov).se.array, two.with_cov(cov).se.array, rtol=1e-10
        )
