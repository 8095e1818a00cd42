"""Rules about words: public names say what they are and show it."""

from __future__ import annotations

import ast
import itertools

from tests.architecture.source import PACKAGE, Source, Tree

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def docstrings(tree: Tree) -> list[str]:
    """Every file, and every public function and class in it, has a docstring."""
    bad = []
    for source in tree:
        # An `__init__` that only makes a folder a package has nothing to say.
        if source.text.strip() and ast.get_docstring(source.tree) is None:
            bad.append(f"{source.path}: the file has no docstring")
        for node in source.tree.body:
            if isinstance(node, Named) and not node.name.startswith("_"):
                if _is_overload(node):
                    continue
                if ast.get_docstring(node) is None:
                    bad.append(
                        f"{source.at(node.lineno)}: {node.name} has no docstring"
                    )
    return bad


def _promised(face: Source) -> list[str]:
    """The names in `__all__`."""
    for node in face.tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return list(ast.literal_eval(node.value))
    return []


def _homes(face: Source) -> dict[str, str]:
    """Public name -> module, read from the imports for types in `__init__`."""
    return {
        name: found.module
        for found in face.imports()
        if f"{found.module}.".startswith(f"{PACKAGE}.")
        for name in found.names
    }


def _definition(source: Source | None, name: str) -> Named | None:
    for node in source.tree.body if source else []:
        if isinstance(node, Named) and node.name == name and not _is_overload(node):
            return node
    return None


def _is_overload(node: Named) -> bool:
    """Say whether it is one of several signatures: the last has the docstring."""
    return any(
        isinstance(m, ast.Name) and m.id == "overload" for m in node.decorator_list
    )


def _arguments(node: Named) -> list[str]:
    """What a reader has to know: arguments of a function, fields of a dataclass."""
    if isinstance(node, ast.ClassDef):
        return [
            part.target.id
            for part in node.body
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
            if not part.target.id.startswith("_")
        ]
    given = node.args
    return [a.arg for a in [*given.posonlyargs, *given.args, *given.kwonlyargs]]


def promises(tree: Tree) -> list[str]:
    """What `leastwise.__all__` promises is documented whole.

    A docstring in NumPy's form: Parameters (or Attributes of a class) when there are
    any, each named; Returns when a function returns something; Examples with `>>>`.
    Errors and warnings need no Parameters, and a module needs a docstring and an
    example.
    """
    by_module = {source.module: source for source in tree}
    face = by_module.get(PACKAGE)
    if face is None:
        return [f"there is no {PACKAGE}/__init__.py"]
    homes, bad = _homes(face), []
    for name in _promised(face):
        module = homes.get(name)
        if module is None:
            bad.append(f"{name}: not imported for types in __init__.py")
            continue
        whole = by_module.get(f"{module}.{name}")
        if whole is not None:
            if ">>>" not in whole.text:
                bad.append(f"{whole.path}: no example")
            continue
        source = by_module.get(module)
        node = _definition(source, name)
        if source is None or node is None:
            bad.append(f"{name}: not defined in {module}")
            continue
        bad += [f"{source.at(node.lineno)}: {name}: {what}" for what in _lacks(node)]
    return bad


def _lacks(node: Named) -> list[str]:
    text = ast.get_docstring(node) or ""
    titles = _titles(text)
    lacks = []
    if "Examples" not in titles or ">>>" not in text:
        lacks.append("no example")
    simple = isinstance(node, ast.ClassDef) and node.name.endswith(("Error", "Warning"))
    if simple or node.name == "MissingDependency":
        return lacks
    arguments = _arguments(node)
    if arguments and not titles & {"Parameters", "Attributes"}:
        lacks.append("no Parameters section")
    words = set(text.replace(",", " ").replace("*", " ").split())
    lacks += [f"{a} is not explained" for a in arguments if a not in words]
    if isinstance(node, ast.FunctionDef) and not _returns_nothing(node):
        if "Returns" not in titles:
            lacks.append("no Returns section")
    return lacks


def _titles(text: str) -> set[str]:
    """Section titles: lines with a line of hyphens under them."""
    lines = [line.strip() for line in text.splitlines()]
    return {a for a, b in itertools.pairwise(lines) if a and b == "-" * len(a)}


def _returns_nothing(node: ast.FunctionDef) -> bool:
    return isinstance(node.returns, ast.Constant) and node.returns.value is None
