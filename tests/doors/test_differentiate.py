"""The lines of docs/differentiate.md and the two examples beside it run."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np

DOCS = Path(__file__).parents[2] / "docs"


def test_every_line_of_the_page_runs(tmp_path: Path) -> None:
    page = (DOCS / "differentiate.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 1 and blocks[0].count("@jax.") >= 6
    (tmp_path / "page.py").write_text(blocks[0], encoding="utf-8")
    names = runpy.run_path(str(tmp_path / "page.py"))
    # The same decay at twice the height.
    np.testing.assert_allclose(*names["many"], rtol=1e-5)


def test_a_penalty_for_each_column_beats_one_for_all() -> None:
    found = runpy.run_path(str(DOCS / "examples" / "tune_penalties.py"))["main"]()
    assert found["each"]["left out"] < 0.9 * found["one"]["left out"]
    # The variance of the noise is 4: what counts is what is above.
    assert found["each"]["new rows"] - 4.0 < 0.7 * (found["one"]["new rows"] - 4.0)
    # What matters is hardly shrunk, most of what does not is.
    penalties = np.array(found["penalties"])
    assert penalties[:3].max() < 10.0 and np.median(penalties[3:]) > 1e3


def test_measurements_go_where_the_theory_has_them() -> None:
    found = runpy.run_path(str(DOCS / "examples" / "design_experiment.py"))["main"]()
    right = np.repeat(found["known"], 3)
    np.testing.assert_allclose(found["measure at"], right, rtol=1e-5)
    assert found["volume"] < 0.75
