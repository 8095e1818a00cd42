"""Fixtures for every test, the examples in docstrings among them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _float64_stays_in_its_scope() -> Iterator[None]:
    """Fail a test after which JAX's process-wide flag is not what it was."""
    jax = sys.modules.get("jax")
    before = jax.config.jax_enable_x64 if jax else False
    yield
    jax = sys.modules.get("jax")
    if jax is not None:
        assert jax.config.jax_enable_x64 == before, "the test leaked float64 into JAX"


@pytest.fixture(autouse=True)
def _examples_write_into_a_folder_of_their_own(
    request: pytest.FixtureRequest,
) -> None:
    """Let an example say `m.save("rent.json")` without leaving a file behind."""
    if isinstance(request.node, pytest.DoctestItem):
        folder: Path = request.getfixturevalue("tmp_path")
        request.getfixturevalue("monkeypatch").chdir(folder)
