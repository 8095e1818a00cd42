"""Negative binomial regression with its theta, against MASS's glm.nb."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp, mpf

import leastwise as lw

DATA = Path(__file__).parents[1] / "data" / "r"
REFERENCE = json.loads((DATA / "warpbreaks.json").read_text("utf-8"))["models"]
# R iterates theta to about 1e-8 of itself; its coefficients move less by that.
TOLERANCE = 1e-8


def rows() -> dict[str, list[object]]:
    with (DATA / "warpbreaks.csv").open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    return {
        "breaks": [int(row["breaks"]) for row in read],
        "wool": [row["wool"] for row in read],
        "tension": [row["tension"] for row in read],
    }


FORMULA = "breaks ~ wool * C(tension, levels=['L', 'M', 'H'])"


def test_coefficients_theta_and_errors_are_those_of_r() -> None:
    right = REFERENCE["negbin"]
    m = lw.glm(FORMULA, rows(), family="negative_binomial")
    np.testing.assert_allclose(m.estimates, list(right["coef"].values()), rtol=1e-7)
    np.testing.assert_allclose(
        m.standard_errors, list(right["se"].values()), rtol=TOLERANCE
    )
    assert isinstance(m.loss, lw.family.NegativeBinomial)
    assert m.loss.theta == pytest.approx(right["theta"], rel=TOLERANCE)
    told = {measure.name: measure for measure in m.record().measures}
    assert told["theta"].value == m.loss.theta
    assert f"{right['SE_theta']:.4g}" in told["theta"].more
    assert m.log_likelihood == pytest.approx(right["loglik"], rel=1e-12)


def test_theta_is_where_the_likelihood_is_highest() -> None:
    """The derivative by theta at 40 digits, with the group means that fit exactly."""
    m = lw.glm(FORMULA, rows(), family="negative_binomial")
    data = rows()
    groups: dict[tuple[object, object], list[int]] = {}
    for y, wool, tension in zip(*data.values(), strict=True):
        groups.setdefault((wool, tension), []).append(int(str(y)))
    with mp.workdps(40):

        def slope(t: mpf) -> mpf:
            total = mpf(0)
            for counts in groups.values():
                mean = mpf(sum(counts)) / len(counts)
                for y in counts:
                    total += mp.digamma(y + t) - mp.digamma(t) + mp.log(t / (mean + t))
                    total += 1 - (y + t) / (mean + t)
            return total

        root = mp.findroot(slope, mpf(10))
    assert isinstance(m.loss, lw.family.NegativeBinomial)
    assert m.loss.theta == pytest.approx(float(root), rel=1e-12)


def test_counts_that_vary_no_more_than_poissons_have_no_theta() -> None:
    data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "y": [3, 4, 4, 5, 6, 6]}
    with pytest.raises(lw.DataError, match="no more than Poisson's"):
        lw.glm("y ~ x", data, family=lw.family.NegativeBinomial())


def test_weights_that_count_rows_are_rows() -> None:
    make = np.random.default_rng(3)
    x = make.uniform(0, 2, 40)
    y = make.negative_binomial(2, 0.3, 40)
    times = make.integers(1, 4, 40)
    counted = lw.glm(
        "y ~ x",
        {"x": x, "y": y},
        family="negative_binomial",
        weights=lw.weights.frequency(times),
    )
    rows = {"x": np.repeat(x, times), "y": np.repeat(y, times)}
    right = lw.glm("y ~ x", rows, family="negative_binomial")
    np.testing.assert_allclose(counted.estimates, right.estimates, rtol=1e-9)
    np.testing.assert_allclose(
        counted.standard_errors, right.standard_errors, rtol=1e-9
    )
    assert counted.log_likelihood == pytest.approx(right.log_likelihood, rel=1e-12)
    assert counted.bic == pytest.approx(right.bic, rel=1e-12)
