"""Families of several predictors, against nnet, MASS and survival.

``make_many.R`` tightens what they stop by. Where polr's quasi-Newton method still ends
at 1e-6 of a standard error, its coefficients are compared to that, and with a Newton
method of exact derivatives in `test_many_exact.py` to all digits.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw

DATA = Path(__file__).parents[1] / "data" / "r"
REFERENCE = json.loads((DATA / "many.json").read_text("utf-8"))
TOLERANCE = 1e-8
# polr minimises with BFGS and differences of gradients: it stops where the likelihood
# no longer changes, and its Hessian is one of finite differences.
POLR, POLR_SE = 1e-5, 1e-4


def rows(name: str) -> dict[str, list[Any]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    return {key: [_value(row[key]) for row in read] for key in read[0]}


def _value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


HOUSING = (
    "Sat ~ C(Infl, levels=['Low', 'Medium', 'High'])"
    " + C(Type, levels=['Tower', 'Apartment', 'Atrium', 'Terrace'])"
    " + C(Cont, levels=['Low', 'High'])"
)
SATISFIED = ("Low", "Medium", "High")


def agree(
    m: lw.LossModel, name: str, tolerance: float, errors: float | None = None
) -> None:
    right = REFERENCE[name]
    np.testing.assert_allclose(m.estimates, right["coef"], rtol=tolerance)
    limit = tolerance if errors is None else errors
    np.testing.assert_allclose(m.standard_errors, right["se"], rtol=limit)
    assert m.log_likelihood == pytest.approx(right["loglik"], rel=1e-11)


def test_multinomial_of_the_irises() -> None:
    m = lw.glm("species ~ sepal_width", rows("iris"), family=lw.family.Multinomial())
    agree(m, "multinomial_iris", TOLERANCE)
    assert m.names[1] == "versicolor: sepal_width"


def test_multinomial_of_counted_rows() -> None:
    # The levels of R's factor are Low, Medium, High: its base is Low.
    data = rows("housing")
    m = lw.glm(
        HOUSING,
        data,
        family=lw.family.Multinomial(base="Low"),
        weights=lw.weights.frequency("Freq"),
    )
    right = REFERENCE["multinomial_housing"]
    p = len(right["coef"]) // 2
    # Ours in the order Low, High, Medium of the alphabet.
    mine = np.concatenate([m.estimates[p:], m.estimates[:p]])
    errors = np.concatenate([m.standard_errors[p:], m.standard_errors[:p]])
    np.testing.assert_allclose(mine, right["coef"], rtol=TOLERANCE)
    np.testing.assert_allclose(errors, right["se"], rtol=TOLERANCE)
    assert m.log_likelihood == pytest.approx(right["loglik"], rel=1e-12)
    assert m.n == sum(data["Freq"])


@pytest.mark.parametrize(
    ("link", "name"),
    [("logit", "logistic"), ("probit", "probit"), ("cloglog", "cloglog")],
)
def test_ordered(link: str, name: str) -> None:
    m = lw.glm(
        HOUSING,
        rows("housing"),
        family=lw.family.Ordered(link, levels=SATISFIED),
        weights=lw.weights.frequency("Freq"),
    )
    agree(m, f"ordered_{name}", POLR, POLR_SE)
    assert m.names[-2:] == ("Low|Medium", "Medium|High")


@pytest.mark.parametrize(
    ("family", "name"),
    [
        (lw.family.Weibull, "weibull"),
        (lw.family.Exponential, "exponential"),
        (lw.family.LogNormal, "lognormal"),
        (lw.family.LogLogistic, "loglogistic"),
    ],
)
def test_times_of_lung_cancer(family: Any, name: str) -> None:
    m = lw.glm("time ~ age + sex + Q('ph.ecog')".replace("Q('ph.ecog')", "`ph.ecog`"),
               rows("lung"), family=family(event="died"))  # fmt: skip
    agree(m, name, TOLERANCE)


def test_sandwich_of_times() -> None:
    m = lw.glm(
        "time ~ age + sex + `ph.ecog`",
        rows("lung"),
        family=lw.family.Weibull(event="died"),
        cov="HC0",
    )
    agree(m, "weibull_HC0", TOLERANCE)


def test_clusters_of_times() -> None:
    m = lw.glm("time ~ age + sex", rows("lung"), family=lw.family.Weibull("died"))
    agree(m.with_cov(lw.cov.Cluster("ph.ecog", kind="CR0")), "weibull_CR0", TOLERANCE)


def test_tobit_of_tobin() -> None:
    m = lw.glm("durable ~ age + quant", rows("tobin"), family=lw.family.Tobit(lower=0))
    agree(m, "tobit_tobin", TOLERANCE)
    told = {measure.name: measure.value for measure in m.record().measures}
    assert told["sigma"] == pytest.approx(np.exp(REFERENCE["tobit_tobin"]["coef"][-1]))
