"""Rules about classes: abstract or final, frozen, without memory."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from tests.architecture.source import Source, Tree, dotted

_ABSTRACT = ("ABC", "Protocol", "ABCMeta")
_ENUMS = ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")
_MEMORY = ("cache", "lru_cache", "cached_property", "singledispatch")


def _last(node: ast.AST) -> str:
    return dotted(node).split(".")[-1]


def _classes(tree: Tree) -> Iterator[tuple[Source, ast.ClassDef]]:
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                yield source, node


def _bases(node: ast.ClassDef) -> list[str]:
    metaclass = [k.value for k in node.keywords if k.arg == "metaclass"]
    return [_last(base) for base in [*node.bases, *metaclass]]


def _is_error(name: str, bases: dict[str, list[str]]) -> bool:
    known = getattr(builtins, name, None)
    if isinstance(known, type):
        return issubclass(known, BaseException)
    return any(_is_error(base, bases) for base in bases.get(name, ()) if base != name)


def abstract_or_final(tree: Tree) -> list[str]:
    """A class that others extend is abstract (ABC, Protocol); all others are final.

    Errors and warnings form families, and an Enum with members is final by itself.
    """
    bases = {node.name: _bases(node) for _, node in _classes(tree)}
    bad = []
    for source, node in _classes(tree):
        for base in _bases(node):
            if base not in bases or _is_error(base, bases):
                continue
            if not {*_ABSTRACT, *_ENUMS} & set(bases[base]):
                bad.append(
                    f"{source.at(node.lineno)}: {node.name} extends {base}, which is "
                    "neither ABC nor Protocol"
                )
    return bad


def frozen(tree: Tree) -> list[str]:
    """Every dataclass is frozen."""
    bad = []
    for source, node in _classes(tree):
        for mark in node.decorator_list:
            call = mark if isinstance(mark, ast.Call) else None
            if _last(call.func if call else mark) != "dataclass":
                continue
            options = {k.arg: k.value for k in call.keywords} if call else {}
            value = options.get("frozen")
            if not (isinstance(value, ast.Constant) and value.value is True):
                bad.append(f"{source.at(node.lineno)}: {node.name} is not frozen")
    return bad


def no_memory(tree: Tree) -> list[str]:
    """No caches and no `global`: an answer depends on what was asked, not on before.

    What takes no argument has one value, made late: that may be kept.
    """
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Global):
                bad.append(f"{source.at(node.lineno)}: global {', '.join(node.names)}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                constant = not ast.unparse(node.args)
                for mark in node.decorator_list:
                    name = _last(mark.func if isinstance(mark, ast.Call) else mark)
                    if name in _MEMORY and not constant:
                        bad.append(f"{source.at(node.lineno)}: {node.name} is a {name}")
    return bad
