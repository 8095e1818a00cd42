"""Source trees as the rules see them: read from a folder, or planted in memory."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "leastwise"


@dataclass(frozen=True)
class Import:
    """One import of one module, wherever in the file it stands."""

    module: str  # "leastwise.rows.table", "numpy"
    names: tuple[str, ...]  # what `from module import ...` takes; () for `import`
    line: int
    level: int  # dots of a relative import
    at_import: bool  # runs when the file is imported
    for_types: bool  # under `if TYPE_CHECKING:`


@dataclass(frozen=True)
class Source:
    """One Python file: where it is below the package, its text and its tree."""

    path: str  # "rows/table.py", below the package's folder
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def module(self) -> str:
        parts = self.path.removesuffix(".py").split("/")
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join([PACKAGE, *parts])

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"

    def imports(self) -> list[Import]:
        return list(_imports(self.tree, at_import=True, for_types=False))


Tree = tuple[Source, ...]


def planted(files: Mapping[str, str]) -> Tree:
    """A small tree in memory, to show that a rule finds what it should."""
    return tuple(Source(path, text, ast.parse(text)) for path, text in files.items())


def read_tree(folder: Path) -> Tree:
    paths = sorted(folder.rglob("*.py"))
    return planted(
        {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in paths}
    )


def dotted(node: ast.AST) -> str:
    """`a.b.c` as text; empty for anything else. Subscripts are looked through."""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return node.id if isinstance(node, ast.Name) else ""


def docstring_lines(node: ast.AST) -> int:
    """Lines that the docstring of a function or class takes."""
    body = getattr(node, "body", [])
    if not body or not isinstance(body[0], ast.Expr):
        return 0
    first = body[0].value
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def _imports(node: ast.AST, *, at_import: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, (), child.lineno, 0, at_import, for_types)
        elif isinstance(child, ast.ImportFrom):
            names = tuple(alias.name for alias in child.names)
            yield Import(
                child.module or "",
                names,
                child.lineno,
                child.level,
                at_import,
                for_types,
            )
        elif isinstance(child, ast.If) and dotted(child.test).endswith("TYPE_CHECKING"):
            for part in child.body:
                yield from _imports(
                    ast.Module([part], []), at_import=False, for_types=True
                )
            for part in child.orelse:
                yield from _imports(
                    ast.Module([part], []), at_import=at_import, for_types=for_types
                )
        else:
            inside = isinstance(
                child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            )
            yield from _imports(
                child, at_import=at_import and not inside, for_types=for_types
            )
