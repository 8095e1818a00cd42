"""docs/covariances.md: its lines run, and it names every covariance."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import leastwise as lw
from leastwise.infer.cov.base import Covariance
from leastwise.infer.cov.read import read_cov

PAGE = Path(__file__).parents[2] / "docs" / "covariances.md"


def test_its_lines_run() -> None:
    # R 4.2.2 with sandwich and clubSandwich prints the same numbers.
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.failed == 0 and found.attempted >= 6


def test_it_names_every_covariance_and_its_words() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    table = [row for row in rows if not row[0].startswith(" `lw.weights")]
    objects = " ".join(row[0] for row in table)
    # HC0() to HC5() are one line.
    said = set(re.findall(r"(\w+)\(", objects)) | {f"HC{i}" for i in range(6)}
    kinds = {name for name in lw.cov.__all__ if name not in ("Covariance", "read_cov")}
    assert kinds == said & set(lw.cov.__all__)
    words = [word for row in table for word in re.findall(r"`([^`]+)`", row[1])]
    assert len(words) >= 10
    assert all(isinstance(read_cov(word), Covariance) for word in words)
