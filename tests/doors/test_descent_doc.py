"""The examples of docs/descent.md run as they stand there."""

from __future__ import annotations

import re
import runpy
import warnings
from pathlib import Path

import leastwise as lw

PAGE = Path(__file__).parents[2] / "docs" / "descent.md"


def test_every_line_of_the_page_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 4
    (tmp_path / "page.py").write_text(blocks[0], encoding="utf-8")
    (tmp_path / "model.py").write_text(blocks[1], encoding="utf-8")
    (tmp_path / "quantile.py").write_text(blocks[2], encoding="utf-8")
    (tmp_path / "file.py").write_text(blocks[3], encoding="utf-8")
    with warnings.catch_warnings():
        # Where minibatches and rmsprop end is not the optimum, and they say so.
        warnings.simplefilter("ignore", lw.LeastwiseWarning)
        names = runpy.run_path(str(tmp_path / "page.py"))
        of_model = runpy.run_path(str(tmp_path / "model.py"))
        runpy.run_path(str(tmp_path / "quantile.py"))
        of_file = runpy.run_path(str(tmp_path / "file.py"))
    assert names["m"].notes[-1] in PAGE.read_text("utf-8")
    assert names["walked"].convergence.decrement < 1
    assert of_model["m"].convergence.status.is_success
    assert of_file["m"].convergence.text.startswith("converged in 6 steps")
    assert of_file["walked"].convergence.decrement < 3
