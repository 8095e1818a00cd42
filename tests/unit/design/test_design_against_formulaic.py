"""Grammar and coding against another implementation: formulaic.

Columns must be equal as sets of vectors wherever both follow the same rule. They
differ where a crossing stands without its margins: there the columns must span
the same space.
"""

from __future__ import annotations

import formulaic
import numpy as np
import pandas
import pytest

from leastwise.design.build import build
from leastwise.design.recipe import Recipe
from leastwise.rows.read import read_table

SAME_COLUMNS = [
    "x + z",
    "x + z - 1",
    "0 + x",
    "x * z",
    "x:z + x",
    "(x + z + u)**2",
    "(x + z + u)**3 - x:z:u",
    "(x + z)**2 - x",
    "x / z",
    "a",
    "a - 1",
    "a + b",
    "0 + a + b",
    "a * b",
    "a / b",
    "a * x",
    "a:x",
    "a + a:x",
    "x + a:x",
    "a * b * x",
    "(a + b + x)**2",
    "a * b * c",
    "(a + b + c)**2",
    "C(g)",
    "C(g) * x",
    "0 + C(g):x",
    "C(a, contr.treatment('q'))",
    "log(x) + exp(z) + np.sqrt(x)",
    "log(x) * a",
    "log10(x) + I(x**2) + I(x * z - 3)",
    "I(x / z) + I((x + z)**2):b",
    "`net rent` + x",
    "x + x + z - z",
]
SAME_SPACE = [
    "a:b",
    "a:b + c",
    "a:b:c",
    "b + a:b:c",
    "x + a:b:x",
    "a + b:c",
    "0 + a:b + a:c",
]


def frame(seed: int, *, holes: bool) -> pandas.DataFrame:
    rng = np.random.default_rng(seed)
    n = 60
    data = pandas.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.uniform(1, 2, n),
            "z": rng.uniform(1, 2, n),
            "u": rng.integers(1, 9, n),
            "net rent": rng.normal(size=n),
            "a": rng.choice(list("pqr"), n),
            "b": rng.choice(list("uv"), n),
            "c": rng.choice(list("lmn"), n),
            "g": rng.choice([4, 6, 8], n),
        }
    )
    if holes:
        data.loc[3, "x"] = np.nan
        data.loc[7, "a"] = None
        data.loc[[7, 9], "y"] = np.nan
    return data


def both(right: str, data: pandas.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    own = right.replace("contr.treatment('q')", "Treatment('q')")
    recipe, design = build(f"y ~ {own}", read_table(data))
    wanted = formulaic.model_matrix(f"y ~ {right}", data, na_action="drop").rhs
    ours = design.X
    if design.intercept:
        ours = np.column_stack([np.ones(len(ours)), ours])
    assert Recipe.from_json(recipe.to_json()) == recipe
    return ours, np.asarray(wanted, np.float64)


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("right", SAME_COLUMNS)
def test_columns_are_the_same(right: str, holes: bool) -> None:
    ours, theirs = both(right, frame(len(right), holes=holes))
    assert ours.shape == theirs.shape
    unmatched = list(theirs.T)
    for column in ours.T:
        # Functions of two libraries may differ in the last bits.
        close = [np.allclose(column, other, rtol=1e-13, atol=0) for other in unmatched]
        assert any(close)
        unmatched.pop(close.index(True))


@pytest.mark.parametrize("right", SAME_SPACE)
def test_spaces_are_the_same(right: str) -> None:
    ours, theirs = both(right, frame(5, holes=False))
    rank = np.linalg.matrix_rank
    assert rank(ours) == rank(theirs) == rank(np.column_stack([ours, theirs]))
