"""The README's lines, run as they stand, give the output that stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_shell_lines_print_what_is_shown() -> None:
    shown = blocks("console")
    assert shown
    for block in shown:
        line, _, output = block.partition("\n")
        words = shlex.split(line.removeprefix("$ "))
        assert words[0] == "leastwise"
        done = subprocess.run(
            [sys.executable, "-m", *words],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        assert done.stdout.strip() == output.strip()


def test_python_lines_run_and_print_the_same_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block, losses = blocks("python")
    assert len([line for line in block.splitlines() if line]) <= 10
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, check=True
    )
    table = blocks("console")[0].partition("\n")[2]
    assert done.stdout.strip() == table.strip()
    assert (tmp_path / "rent.json").exists()
    subprocess.run([sys.executable, "-W", "error", "-c", losses], check=True)


def test_paths_and_commands_that_are_named_exist() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make (\w+)", README, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile
    for script in re.findall(r"`python (benchmarks/\w+\.py)`", README):
        assert (ROOT / script).exists()
