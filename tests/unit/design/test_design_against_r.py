"""R's names, order and values of coefficients on the reference sets."""

from __future__ import annotations

import re

import numpy as np
import pytest

from leastwise.design.build import build
from tests.unit.design.design_tables import reference

LINEAR = [
    (name, model)
    for name, models in {
        "airquality": ["na", "na_month"],
        "iris": ["anc", "full", "inter"],
        "longley_r": ["full", "trend"],
        "mtcars": [
            "simple",
            "multi",
            "factor",
            "interaction",
            "poly_raw",
            "log",
            "noint",
            "wls",
            "wls_zero",
            "offset",
        ],
        "stackloss": ["full"],
        "toothgrowth": ["num", "fac", "fac_add"],
        "warpbreaks": ["two_way", "additive"],
    }.items()
    for model in models
]


def as_r_names(name: str) -> str:
    """Write one of our names as R does: ``wool[T.B]`` is ``woolB`` there."""
    return re.sub(r"\[(?:T\.)?([^\]]*)\]", r"\1", name).replace(" ** ", "^")


@pytest.mark.parametrize(("dataset", "model"), LINEAR)
def test_coefficients_are_those_of_r(dataset: str, model: str) -> None:
    table, models = reference(dataset)
    wanted = models[model]
    _, design = build(
        wanted["formula"], table, weights=wanted["weights"], offset=wanted["offset"]
    )
    names = (("(Intercept)",) if design.intercept else ()) + design.names
    assert [as_r_names(name) for name in names] == list(wanted["coef"])
    y = design.Y[:, 0] - (0.0 if design.offset is None else design.offset)
    inputs = design.X
    if design.intercept:
        inputs = np.column_stack([np.ones(len(y)), inputs])
    if design.weights is not None:
        inputs = inputs * np.sqrt(design.weights)[:, None]
        y = y * np.sqrt(design.weights)
    # Columns of one size, so that lstsq loses nothing to their units.
    size = np.linalg.norm(inputs, axis=0)
    found = np.linalg.lstsq(inputs / size, y, rcond=None)[0] / size
    # Longley has condition 1e4 after scaling: 1e-9 leaves four digits of room.
    np.testing.assert_allclose(found, list(wanted["coef"].values()), rtol=1e-9)
    if model != "wls_zero":
        assert design.rows.used == wanted["nobs"]
        assert design.rows.read - design.rows.used == wanted["na_dropped"]


def test_zero_weights_are_dropped_as_in_r() -> None:
    table, models = reference("mtcars")
    _, design = build(models["wls_zero"]["formula"], table, weights="w0")
    assert design.rows.dropped == (("zero weight", 4),)
    assert design.rows.used - 3 == models["wls_zero"]["df_residual"]


def test_aliased_columns_stay_in_the_design() -> None:
    table, models = reference("mtcars")
    _, design = build(models["aliased"]["formula"], table)
    assert design.names == ("wt", "dup", "hp")
    _, design = build('mpg ~ 0 + cyl + am + I(cyl == "4")', table)
    assert design.names == (
        "cyl[4]",
        "cyl[6]",
        "cyl[8]",
        "am[T.manual]",
        'I(cyl == "4")',
    )


def test_factors_of_several_levels_code_as_in_r() -> None:
    table, models = reference("esoph")
    _, design = build("ncases ~ agegp + tobgp + alcgp", table)
    wanted = list(models["binom_counts"]["coef"])[1:]
    assert [as_r_names(name) for name in design.names] == wanted
