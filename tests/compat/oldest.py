"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

    python tests/compat/oldest.py > oldest.txt

The libraries that leastwise runs with, not the tools that judge it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
# Tools come as they are; these two are too large for every run and have their own.
LEFT_OUT = ("dev", "torch", "tensorflow")

_LOWEST = re.compile(r"^([A-Za-z0-9._-]+)>=([0-9][0-9.]*)")


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    return table


def lowest(requirement: str) -> str:
    found = _LOWEST.match(requirement)
    if found is None:
        raise ValueError(f"no lowest version in {requirement!r}: write name>=version")
    name, version = found.groups()
    # pip reads 2 as 2.0.0 here too, so the constraint is the release itself.
    return f"{name}=={version}"


def constraints() -> Iterator[str]:
    table = project()
    for requirement in table["dependencies"]:
        yield lowest(requirement)
    for extra, requirements in table["optional-dependencies"].items():
        if extra not in LEFT_OUT:
            yield from map(lowest, requirements)


if __name__ == "__main__":
    print("\n".join(constraints()))
