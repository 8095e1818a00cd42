"""Every example in docs/formulas.md makes the columns that stand beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import leastwise as lw
from leastwise.design.formula.functions import KNOWN

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
DATA = {
    "y": [float(i * i % 11) for i in range(10)],
    "x": [float(i) for i in range(10)],
    "z": [1.5 + i * i % 7 for i in range(10)],
    "n": [1, 2, 3, 1, 2, 3, 1, 2, 3, 1],
    "t": list(range(10)),
    "g": list("ABCABCABCA"),
    "h": list("KKLLKLKLLK"),
    "net rent": [float(i % 4) for i in range(10)],
}
CODE = re.compile(r"``(.+?)``|`([^`]+)`")


def spans(cell: str) -> list[str]:
    return [(a or b).strip() for a, b in CODE.findall(cell)]


def examples() -> list[tuple[str, list[str]]]:
    found = []
    for line in TEXT.splitlines():
        cells = line.strip("|").split(" | ")
        if not line.startswith("|") or len(cells) < 3 or "`" not in cells[1]:
            continue
        names = spans(cells[2])
        # `a ^ 2` is written as "or `^ 2`" there: a piece, no formula.
        found += [(f, names) for f in spans(cells[1]) if f != "^ 2"]
    return found


def test_there_are_examples() -> None:
    formulas = " ".join(formula for formula, _ in examples())
    assert len(examples()) >= 45
    functions = set(KNOWN) - {"cbind", "Q", "factor"}
    plain = {"log2", "log10", "log1p", "exp", "expm1", "sqrt", "abs", "sin", "cos"}
    for name in functions - plain - {"tan", "tanh"}:
        assert f"{name}(" in formulas, name


@pytest.mark.parametrize(("right", "names"), examples())
def test_example(right: str, names: list[str]) -> None:
    found = lw.explain(f"y ~ {right}", DATA)
    if not names:
        assert right == "."
        return
    shown = [row.name for row in found.columns]
    if shown == names:
        return
    # Two spellings of one model share the columns of the first.
    assert [n.split("[")[-1] for n in shown] == [n.split("[")[-1] for n in names]
