"""What pyproject.toml promises is what the package says and does."""

from __future__ import annotations

import re
from importlib.metadata import entry_points, version

import pytest
from oldest import constraints, lowest, project

import leastwise
from leastwise._kit.optional import EXTRA_OF
from leastwise._kit.precision import BROKEN_JAX

# Where a library is imported under another name than it is installed by.
INSTALLED_AS = {"sklearn": "scikit-learn", "great_tables": "great-tables"}


def _names(requirements):
    return {re.split(r"[^A-Za-z0-9_-]", line)[0] for line in requirements}


def test_one_version_everywhere():
    assert leastwise.__version__ == project()["version"] == version("leastwise")


def test_each_optional_library_is_in_the_extra_that_the_error_names():
    extras = project()["optional-dependencies"]
    for library, extra in EXTRA_OF.items():
        assert INSTALLED_AS.get(library, library) in _names(extras[extra])


def test_each_extra_for_users_is_known_to_the_error():
    assert set(EXTRA_OF.values()) | {"dev"} == set(project()["optional-dependencies"])


DEPENDENCIES = {"jax", "narwhals", "numpy", "scipy", "threadpoolctl"}


def test_dependencies_are_these_and_no_more():
    assert _names(project()["dependencies"]) == DEPENDENCIES


def test_a_jax_that_computes_wrong_numbers_is_never_installed():
    (jax,) = (line for line in project()["dependencies"] if line.startswith("jax"))
    for broken in BROKEN_JAX:
        assert f"!={broken}" in jax


def test_the_command_is_installed():
    (command,) = entry_points(group="console_scripts", name="leastwise")
    assert command.value == "leastwise.cli.app:main"
    assert callable(command.load())


def test_every_dependency_has_an_oldest_version():
    found = list(constraints())
    assert len(found) == len(DEPENDENCIES)
    assert all(re.fullmatch(r"[\w.-]+==[0-9.]+", line) for line in found)


def test_a_library_without_an_oldest_version_is_refused():
    with pytest.raises(ValueError, match="write name>=version"):
        lowest("numpy")
