"""The examples of docs/after-the-fit.md run as they stand there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "after-the-fit.md"


def test_every_line_of_the_page_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1 and blocks[0].count("\nm.") >= 16
    (tmp_path / "page.py").write_text(blocks[0], encoding="utf-8")
    names = runpy.run_path(str(tmp_path / "page.py"))
    assert names["m"].rank == 7
