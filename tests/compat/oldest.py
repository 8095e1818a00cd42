"""Print the oldest versions that pyproject.toml allows, as constraints for pip.

    python tests/compat/oldest.py > oldest.txt

The libraries that leastwise cannot do without. The optional ones stay new: several of
their old releases do not agree with each other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
_LOWEST = re.compile(r"^([A-Za-z0-9._-]+)>=([0-9][0-9.]*)")


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    return table


def lowest(requirement: str) -> str:
    found = _LOWEST.match(requirement)
    if found is None:
        raise ValueError(f"no lowest version in {requirement!r}: write name>=version")
    name, version = found.groups()
    return f"{name}=={version}"


def constraints() -> Iterator[str]:
    yield from map(lowest, project()["dependencies"])


if __name__ == "__main__":
    print("\n".join(constraints()))
