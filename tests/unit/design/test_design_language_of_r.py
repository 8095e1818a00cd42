"""The whole formula language held against R: columns, codings, splines, intervals.

`tests/data/r/make_design_refs.R` made the numbers. R computes in float64: the
tolerances are what it loses, measured in units of the column.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leastwise as lw
from leastwise.design.build import build
from leastwise.design.contrasts.base import Coding
from leastwise.design.contrasts.diff import Diff
from leastwise.design.contrasts.helmert import Helmert
from leastwise.design.contrasts.poly import Poly
from leastwise.design.contrasts.sum import Sum
from leastwise.design.contrasts.treatment import Treatment
from leastwise.rows.table import Table
from tests.unit.design.design_tables import category, table, with_columns

R = json.loads((Path(__file__).parents[2] / "data" / "r" / "design.json").read_text())
LEVELS = {"a": ["u", "v", "w"], "b": ["k", "l"], "g": ["p", "q", "r", "s", "t"]}
Array = np.ndarray[Any, Any]


def rows() -> Table:
    # R takes the levels of a factor in the order of the alphabet.
    numbers = {k: v for k, v in R["data"].items() if k not in LEVELS}
    factors = [category(k, R["data"][k], levels) for k, levels in LEVELS.items()]
    return with_columns(table(**numbers), *factors)


def inputs(formula: str) -> tuple[tuple[str, ...], Array]:
    """Give names and columns, the intercept among them."""
    _, design = build(f"y {formula}", rows())
    names, values = design.names, design.X
    if design.X_low is not None:
        values = values + design.X_low
    if design.intercept:
        names = ("(Intercept)", *names)
        values = np.column_stack([np.ones(len(values)), values])
    return names, values


def as_r(name: str) -> str:
    return re.sub(r"\[(?:T\.)?([^\]]*)\]", r"\1", name)


def near(ours: Array, theirs: Array, tolerance: float) -> None:
    assert ours.shape == theirs.shape
    size = np.abs(theirs).max(axis=0)
    off = (np.abs(ours - theirs) / np.where(size > 0, size, 1.0)).max()
    assert off <= tolerance, off


@pytest.mark.parametrize("formula", sorted(R["columns"]))
def test_columns_of_every_set_of_terms(formula: str) -> None:
    """As R, but where R has a column more than its terms span."""
    wanted = R["columns"][formula]
    names, values = inputs(formula)
    ours = [as_r(name) for name in names]
    if ours == wanted:
        return
    # Without an intercept R shows all levels of the first category it meets, though x
    # may hold their mean already: a column too many.
    assert formula.startswith("~ 0") and "x" in formula
    rank = np.linalg.matrix_rank(values)
    assert rank == values.shape[1]
    assert _rank(wanted) == rank < len(wanted)


def _rank(names: list[str]) -> int:
    """Rank of R's columns, made of their names."""
    data = {k: np.array(v) for k, v in R["data"].items()}
    columns = []
    for name in names:
        column = np.ones(24)
        for part in name.split(":"):
            if part == "x":
                column = column * data["x"]
            elif part != "(Intercept)":
                column = column * (data[part[0]] == part[1:])
        columns.append(column)
    return int(np.linalg.matrix_rank(np.column_stack(columns)))


@pytest.mark.parametrize("formula", sorted(R["matrices"]))
def test_model_matrices(formula: str) -> None:
    ours = formula.replace("scale(z, center = TRUE, scale = FALSE)", "center(z)")
    near(inputs(ours)[1], np.array(R["matrices"][formula], float), 4e-14)


@pytest.mark.parametrize("n", range(2, 9))
@pytest.mark.parametrize(
    ("kind", "coding"),
    [
        ("treatment", Treatment()),
        ("sum", Sum()),
        ("helmert", Helmert()),
        ("poly", Poly()),
        ("sdif", Diff()),
    ],
)
def test_codings(kind: str, coding: Coding, n: int) -> None:
    matrix = coding.matrix(n, coding.usual_base(n))
    ours = np.array([[high for high, _ in row] for row in matrix])
    near(ours, np.array(R["codings"][f"{kind} {n}"], float), 1e-14)


def test_codings_with_options() -> None:
    ours = [
        [high for high, _ in row] for row in Poly((1.0, 2.0, 4.0, 8.0)).matrix(4, 0)
    ]
    near(np.array(ours), np.array(R["codings"]["poly scores"], float), 4e-15)
    ours = [[high for high, _ in row] for row in Treatment().matrix(4, 2)]
    near(np.array(ours), np.array(R["codings"]["treatment base"], float), 0.0)


@pytest.mark.parametrize("call", sorted(R["bases"]))
def test_polynomials_and_splines(call: str) -> None:
    recipe, design = build(f"y ~ {call}", rows())
    near(design.X, np.array(R["bases"][call]["fit"], float), 1e-13)
    name = re.match(r"[a-z]+\((\w+)", call)
    assert name is not None
    new = table(**{name[1]: R["new"][name[1]]})
    # Far outside the values are large differences of larger numbers: of those of R.
    near(recipe.replay(new).X, np.array(R["bases"][call]["new"], float), 1e-11)


@pytest.mark.parametrize("case", sorted(R["smooths"]))
def test_cubic_regression_splines_are_those_of_mgcv(case: str) -> None:
    name, count, centred = case.split(" ")
    df = int(count) - (centred == "TRUE")
    end = "" if centred == "TRUE" else ", constraints=None"
    recipe, design = build(f"y ~ 0 + cr({name}, df={df}{end})", rows())
    near(design.X, np.array(R["smooths"][case]["fit"], float), 1e-12)
    new = table(**{name: R["new"][name]})
    near(recipe.replay(new).X, np.array(R["smooths"][case]["new"], float), 1e-11)


@pytest.mark.parametrize("call", sorted(R["cuts"]))
def test_intervals(call: str) -> None:
    wanted = np.array([v.replace(" ", "") for v in R["cuts"][call]])
    _, design = build(f"y ~ 0 + {call}", rows())
    here = np.arange(24) if design.kept is None else design.kept
    assert (wanted == "NA").sum() == 24 - len(here)
    labels = [name[name.index(")[") + 2 : -1] for name in design.names]
    assert set(labels) == set(wanted[here])
    for label, column in zip(labels, design.X.T, strict=True):
        np.testing.assert_array_equal(column, wanted[here] == label)


@pytest.mark.parametrize("formula", sorted(R["fits"]))
def test_weighted_fits_and_predictions_of_new_rows(formula: str) -> None:
    m = lw.ols(formula, rows(), weights="v")
    wanted = R["fits"][formula]
    np.testing.assert_allclose(m.estimates, wanted["coef"], rtol=1e-10)
    np.testing.assert_allclose(m.standard_errors, wanted["se"], rtol=1e-10)
    # Two of the rows lie beyond the range of the fit; R's predict adds the offset too.
    np.testing.assert_allclose(m.predict(table(**R["at"])), wanted["new"], rtol=1e-9)
