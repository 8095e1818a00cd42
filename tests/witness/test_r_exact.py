"""Models of R's data sets, in balls of 400 bits: what we compute, to 12 digits.

The references are the least squares of the decimals in the files, so R's own rounding
is not in them; `tests/data/r_exact` says how each was made. HC0 to HC3 and leverages
have no public name yet: they are what the second pass over the rows brings.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.design.build import build
from leastwise.engine.plan import fit_rows
from leastwise.engine.rows import rows_of
from leastwise.moments.fitted import Want
from leastwise.moments.second_pass import second_pass
from leastwise.rows.read import read_table
from leastwise.solve.again import fitted_of
from tests.helpers.exactly import digits_of
from tests.witness.test_r import MODELS, WEIGHTS, R, table_of

EXACT = R.parent / "r_exact"
# R spells models that the references leave out: logarithms and offsets.
CASES = [
    (path.stem, model)
    for path in sorted(EXACT.glob("*.json"))
    for model in json.loads(path.read_text())["models"]
]
# A decimal in the file rounds at 1e-16 on its way to float64. The most that this costs
# here is 2.6 digits, on Longley, of the 15.95.
DIGITS = 12.0
# Nothing rounds but the result and the root, quotient or difference behind it.
DECIMAL_DIGITS = 14.0


def reference(dataset: str, model: str) -> dict[str, Any]:
    known = json.loads((EXACT / f"{dataset}.json").read_text())
    found: dict[str, Any] = known["models"][model]
    return found


def data_of(dataset: str) -> dict[str, Any]:
    levels = json.loads((R / f"{dataset}.json").read_text())["factor_levels"] or {}
    return table_of(dataset, levels)


def fitted(dataset: str, model: str, **options: Any) -> lw.Model:
    found: lw.Model = lw.ols(
        MODELS[dataset][model],
        data_of(dataset),
        weights=WEIGHTS.get((dataset, model)),
        **options,
    )
    return found


def numbers(values: Any) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.float64)


def test_every_reference_is_used() -> None:
    assert len(CASES) == 23


@pytest.mark.parametrize(
    ("options", "digits"),
    [({}, DIGITS), ({"decimal": True}, DECIMAL_DIGITS), ({"exact": True}, DIGITS)],
    ids=["float64", "decimal", "exact"],
)
@pytest.mark.parametrize(("dataset", "model"), CASES)
def test_the_summary(
    dataset: str, model: str, options: dict[str, Any], digits: float
) -> None:
    m, right = fitted(dataset, model, **options), reference(dataset, model)
    kept = np.isfinite(m.estimates)
    assert (m.n, m.dof, m.rank) == (right["n"], right["df_residual"], kept.sum())
    columns = {"coef": m.coef, "se": m.se, "t": m.t}
    for name, ours in columns.items():
        reached = digits_of(ours.array[kept], list(right[name].values()))
        assert (reached >= digits).all(), (name, reached)
    single = {
        "sigma": m.sigma, "rss": m.quality.rss, "r2": m.r_squared,
        "adj_r2": m.adj_r_squared, "F": m.f, "loglik": m.log_likelihood,
        "aic": m.aic, "bic": m.bic,
    }  # fmt: skip
    short = {
        name: float(reached)
        for name, ours in single.items()
        if (reached := digits_of(ours, float(right[name]))) < digits
    }
    assert not short
    # An entry off the diagonal can cancel: its size is that of its two errors.
    truth = numbers(right["vcov"])
    ours = m.covariance[np.ix_(kept, kept)]
    size = np.sqrt(np.outer(np.diagonal(truth), np.diagonal(truth)))
    assert np.abs((ours - truth) / size).max() <= 10.0**-digits
    # What is claimed is so; half a digit for the last rounding of a float64.
    if options.get("decimal"):
        claims = ((m.digits, m.coef, "coef"), (m.se_digits, m.se, "se"))
        for claim, ours, name in claims:
            reached = digits_of(ours.array[kept], list(right[name].values()))
            assert (np.nan_to_num(claim.array[kept]) <= reached + 0.5).all(), name


WITH_ROWS = [case for case in CASES if "hat" in reference(*case)]


@pytest.mark.parametrize(("dataset", "model"), WITH_ROWS)
def test_predictions_at_the_rows(dataset: str, model: str) -> None:
    m, right = fitted(dataset, model), reference(dataset, model)
    truth = numbers(right["fitted"])
    got = m.predict(data_of(dataset))
    used = np.isfinite(got)
    if len(truth) < len(got):
        # Rows with a missing target are predicted and are not in the reference.
        table = read_table(R / f"{dataset}.csv")
        target = MODELS[dataset][model].split(" ~ ")[0]
        missing = table.column(target).missing
        used &= True if missing is None else ~missing
    assert np.abs(got[used] - truth).max() <= 1e-15 * np.abs(truth).max()


@pytest.mark.parametrize(("dataset", "model"), WITH_ROWS)
def test_residuals_leverages_and_robust_covariances(dataset: str, model: str) -> None:
    right = reference(dataset, model)
    _, design = build(MODELS[dataset][model], read_table(data_of(dataset)))
    rows = rows_of(design)
    solved = fit_rows(rows, intercept=design.intercept)
    if not solved.fit.kept.all():
        # A second pass is of columns that are all kept.
        rows = type(rows)(
            rows.X[:, solved.fit.kept], rows.Y, rows.weights,
            roundoff=rows.roundoff[np.append(solved.fit.kept, True)],
        )  # fmt: skip
        solved = fit_rows(rows, intercept=design.intercept)
    moments, fit = solved.moments, solved.fit
    p = moments.n_inputs
    unit = np.ldexp(1.0, moments.exponent)
    for power, name in ((0, "HC0"), (1, "HC2"), (2, "HC3")):
        want = Want(residuals=True, leverages=True, power=power, pairs=True)
        found = second_pass(rows, moments, fitted_of(moments, fit), want)
        assert found.residuals is not None
        e = found.residuals[:, 0] * unit[p]
        truth = numbers(right["resid"])
        assert np.abs(e - truth).max() <= 1e-15 * np.abs(rows.Y).max()
        assert np.abs(found.leverages - numbers(right["hat"])).max() <= 1e-13
        ours = sandwich(found.meat[0], moments, fit, unit)
        truth = numbers(right["hc"][name])
        size = np.sqrt(np.outer(np.diagonal(truth), np.diagonal(truth)))
        # Meat and bread are multiplied in float64: 3e-12 is lost at most.
        assert np.abs((ours - truth) / size).max() <= 1e-11, name
        if power == 0:
            more = rows.X.shape[0] / right["df_residual"]
            truth = numbers(right["hc"]["HC1"])
            assert np.abs((ours * more - truth) / size / more).max() <= 1e-11


def sandwich(
    meat: np.ndarray[Any, Any], m: Any, fit: Any, unit: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Bread, meat, bread: about the means, then the intercept brought back."""
    p = m.n_inputs
    root = fit.root * 2.0 ** (m.weight_exponent / 2.0)
    slopes = root.T @ root * unit[:p]
    bread = np.zeros((1 + p, 1 + p))
    bread[0, 0] = 1.0 / float(m.gram.hi[0, 0]) if fit.intercept else 0.0
    bread[1:, 1:] = slopes
    made = bread @ meat @ bread.T * unit[p] ** 2
    if not fit.intercept:
        return np.asarray(made[1:, 1:])
    to_zero = np.eye(1 + p)
    mean = (m.gram[0, 1 : p + 1] / m.gram[0, 0]).rounded() * unit[:p]
    to_zero[0, 1:] = -(mean + m.shift.hi[:p])
    return np.asarray(to_zero @ made @ to_zero.T)
