"""Rules about imports: floors, circles, libraries."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch

from tests.architecture.floors import (
    FLOORS,
    HEAVY,
    LIBRARIES,
    MAY_CHOOSE_LIBRARY,
    OPTIONAL,
)
from tests.architecture.source import PACKAGE, Import, Source, Tree, dotted

# `compression` is part of Python from 3.14 on.
STANDARD = sys.stdlib_module_names | {"compression"}


def room_of(module: str) -> str:
    """The room of a module of ours: "rows", "api"; "" for the package itself."""
    return [*module.split("."), ""][1]


def own_imports(
    source: Source, modules: frozenset[str]
) -> Iterator[tuple[str, Import]]:
    """Modules of ours that a file imports; `from a import b` is a.b if that is one."""
    for found in source.imports():
        if found.module.split(".")[0] != PACKAGE or found.level:
            continue
        for name in found.names or ("",):
            inner = f"{found.module}.{name}"
            yield (inner if inner in modules else found.module), found


def floors(tree: Tree) -> list[str]:
    """Imports go down: a room imports itself and the rooms that FLOORS names."""
    modules = frozenset(source.module for source in tree)
    bad = []
    for source in tree:
        here = room_of(source.module)
        if here not in FLOORS:
            bad.append(f"{source.path}: {here!r} has no floor in FLOORS")
            continue
        for module, found in own_imports(source, modules):
            room = room_of(module)
            if room != here and room not in FLOORS[here]:
                name = room or PACKAGE
                bad.append(f"{source.at(found.line)}: {here} may not import {name}")
    return bad


def absolute(tree: Tree) -> list[str]:
    """No relative imports: a line says by itself which floor it reaches for."""
    return [
        f"{source.at(found.line)}: relative import"
        for source in tree
        for found in source.imports()
        if found.level
    ]


def circles(tree: Tree) -> list[str]:
    """No module imports, by any way, one that imports it when it is imported.

    Imports inside functions count too: a circle that works by luck of the order is
    one. Imports for types alone do not run, and a package's `__init__` may gather
    its own modules.
    """
    modules = frozenset(source.module for source in tree)
    edges: dict[str, set[str]] = {
        source.module: {
            module
            for module, found in own_imports(source, modules)
            if module in modules and module != source.module and not found.for_types
        }
        for source in tree
    }
    bad = []
    for start in sorted(edges):
        way = _way_back(edges, start)
        if way and start == min(way):
            bad.append(f"{' -> '.join([*way, start])}")
    return bad


def _way_back(edges: dict[str, set[str]], start: str) -> list[str]:
    """The shortest circle through a module, starting there; empty without one."""
    ways, seen = [[start]], {start}
    while ways:
        longer = []
        for way in ways:
            for after in sorted(edges.get(way[-1], ())):
                if after == start:
                    return way
                if after not in seen:
                    seen.add(after)
                    longer.append([*way, after])
        ways = longer
    return []


def _named_libraries(source: Source) -> Iterator[tuple[str, int, bool]]:
    """(library or "?", line, came by need) for `need(...)` and import_module(...)."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = dotted(node.func).split(".")[-1]
        if name not in ("need", "import_module", "__import__"):
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, node.lineno, name == "need"
        elif name == "need":
            yield "?", node.lineno, True


def _may(library: str, path: str) -> bool:
    return any(
        path.startswith(place) if place.endswith("/") else fnmatch(path, place)
        for place in LIBRARIES[library]
    )


def libraries(tree: Tree) -> list[str]:
    """Each library has its places; what is in no list may not be imported at all."""
    bad = []
    for source in tree:
        uses = [(found.module, found.line) for found in source.imports()]
        for name, line, _ in _named_libraries(source):
            if name != "?":
                uses.append((name, line))
            elif source.path not in MAY_CHOOSE_LIBRARY:
                bad.append(f"{source.at(line)}: need() of a name that no reader sees")
        for module, line in uses:
            library = module.split(".")[0].replace("jaxlib", "jax")
            if library in ("", PACKAGE) or library in STANDARD:
                continue
            if library not in LIBRARIES:
                bad.append(f"{source.at(line)}: {library} is not a dependency")
            elif not _may(library, source.path):
                bad.append(f"{source.at(line)}: {library} may not be imported here")
    return bad


def optional_through_need(tree: Tree) -> list[str]:
    """Optional libraries come through `need`, which tells the user what to install."""
    bad = []
    for source in tree:
        uses = [(f.module, f.line) for f in source.imports() if not f.for_types]
        uses += [
            (n, line) for n, line, by_need in _named_libraries(source) if not by_need
        ]
        bad += [
            f"{source.at(line)}: {module} must come through need()"
            for module, line in uses
            if module.split(".")[0] in OPTIONAL
        ]
    return bad


def light_imports(tree: Tree) -> list[str]:
    """Nothing heavy is imported when a file of ours is."""
    return [
        f"{source.at(found.line)}: {found.module} at import; import it in the function"
        for source in tree
        for found in source.imports()
        if found.at_import and found.module.split(".")[0] in HEAVY
    ]
