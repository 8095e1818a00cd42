"""Rules about size: what decays is the tail, so the tail has a budget."""

from __future__ import annotations

import ast

from tests.architecture.source import Tree, docstring_lines

FILE_LINES = 400
TEST_FILE_LINES = 500
FUNCTION_LINES = 60
ARGUMENTS = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


def file_lines(tree: Tree, limit: int = FILE_LINES) -> list[str]:
    bad = []
    for source in tree:
        lines = len(source.text.splitlines())
        if lines > limit:
            bad.append(f"{source.path}: {lines} lines, at most {limit}")
    return bad


def lines_of_tests(tree: Tree) -> list[str]:
    return file_lines(tree, TEST_FILE_LINES)


def function_lines(tree: Tree) -> list[str]:
    """Lines of a function, decorators and docstring left out."""
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                lines -= docstring_lines(node)
                if lines > FUNCTION_LINES:
                    bad.append(
                        f"{source.at(node.lineno)}: {node.name} has {lines} lines, at "
                        f"most {FUNCTION_LINES}"
                    )
    return bad


def arguments(tree: Tree) -> list[str]:
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                given = node.args
                names = [*given.posonlyargs, *given.args, *given.kwonlyargs]
                count = sum(a.arg not in ("self", "cls") for a in names)
                count += (given.vararg is not None) + (given.kwarg is not None)
                if count > ARGUMENTS:
                    bad.append(
                        f"{source.at(node.lineno)}: {node.name} takes {count} "
                        f"arguments, at most {ARGUMENTS}"
                    )
    return bad
