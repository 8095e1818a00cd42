"""The architecture, executed: each rule holds, and finds what is planted against it."""

from __future__ import annotations

import inspect

import pytest

from tests.architecture import (
    class_rules,
    doc_rules,
    import_rules,
    safety_rules,
    size_rules,
    text_rules,
)
from tests.architecture.floors import COLUMN_LEFT, COLUMN_RIGHT, FLOORS
from tests.architecture.plants import NOT_FOR_THE_PACKAGE, RULES, TEXTS
from tests.architecture.size_rules import lines_of_tests
from tests.architecture.source import ROOT, Tree, planted, read_tree
from tests.architecture.text_rules import repository_texts

OF_THE_PACKAGE = [rule for rule in RULES if rule.check not in NOT_FOR_THE_PACKAGE]
FILES_OF_RULES = (import_rules, size_rules, class_rules, doc_rules, safety_rules)


@pytest.fixture(scope="module")
def package() -> Tree:
    return read_tree(ROOT / "src" / "leastwise")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return repository_texts(ROOT)


def _name(rule):
    return rule.check.__name__


@pytest.mark.parametrize("rule", OF_THE_PACKAGE, ids=_name)
def test_the_package_keeps_the_rule(rule, package):
    found = rule.check(package)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", TEXTS, ids=_name)
def test_every_text_keeps_the_rule(rule, texts):
    found = rule.check(texts)
    assert not found, "\n".join(found)


def test_tests_and_benchmarks_keep_their_size():
    for folder in ("tests", "benchmarks"):
        assert not lines_of_tests(read_tree(ROOT / folder))


def _cases(which):
    return [
        pytest.param(rule, files, id=f"{_name(rule)}-{i}")
        for rule in (*RULES, *TEXTS)
        for i, files in enumerate(getattr(rule, which))
    ]


def _check(rule, files):
    return rule.check(files if rule in TEXTS else planted(files))


@pytest.mark.parametrize(("rule", "files"), _cases("breaks"))
def test_the_rule_finds_what_is_planted(rule, files):
    assert _check(rule, files)


@pytest.mark.parametrize(("rule", "files"), _cases("keeps"))
def test_the_rule_lets_good_code_pass(rule, files):
    assert _check(rule, files) == []


def test_a_violation_says_where():
    found = import_rules.floors(planted({"rows/a.py": "\nimport leastwise.solve"}))
    assert found == ["rows/a.py:2: rows may not import solve"]


def test_every_rule_is_shown_to_fail():
    shown = {rule.check for rule in (*RULES, *TEXTS)}
    written = {
        function
        for module in (*FILES_OF_RULES, text_rules)
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and inspect.signature(function).return_annotation == "list[str]"
        and not name.startswith("_")
    }
    assert written == shown


def test_the_floors_have_no_circle():
    for room, below in FLOORS.items():
        for other in below:
            assert room not in FLOORS[other], (room, other)
            assert set(FLOORS[other]) <= set(below), (room, other)


def test_the_columns_never_see_each_other():
    for one, other in ((COLUMN_LEFT, COLUMN_RIGHT), (COLUMN_RIGHT, COLUMN_LEFT)):
        for room in one:
            assert not set(FLOORS[room]) & set(other)


def test_the_package_is_there(package, texts):
    assert len(package) > 50
    assert {"pyproject.toml", "Makefile", ".ci/run"} <= set(texts)
