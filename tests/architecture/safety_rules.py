"""Rules about what library code never does."""

from __future__ import annotations

import ast

from tests.architecture.source import Tree, dotted

_RUNS_TEXT = ("eval", "exec", "compile", "__import__")
_READS_CODE = (
    "pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "shelve",
    "marshal",
    "joblib",
)
_PRECISION = "_kit/precision.py"
_VAGUE = ("utils", "util", "helpers", "misc")
_AT_IMPORT = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
)


def no_eval(tree: Tree) -> list[str]:
    """No text is ever run as Python, and nothing that can run code is unpickled."""
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in _RUNS_TEXT:
                    bad.append(f"{source.at(node.lineno)}: {node.func.id}()")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                value = node.value
                if not (isinstance(value, ast.Constant) and value.value is False):
                    bad.append(f"{source.at(value.lineno)}: allow_pickle is not False")
        bad += [
            f"{source.at(found.line)}: import {found.module}"
            for found in source.imports()
            if found.module.split(".")[0] in _READS_CODE
        ]
    return bad


def no_assert(tree: Tree) -> list[str]:
    """`python -O` removes asserts, so nothing may depend on one."""
    return [
        f"{source.at(node.lineno)}: assert"
        for source in tree
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assert)
    ]


def no_bare_except(tree: Tree) -> list[str]:
    """No handler takes everything: Ctrl-C and the end of memory are not ours."""
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = "everything" if node.type is None else dotted(node.type)
                if caught in ("everything", "BaseException"):
                    bad.append(f"{source.at(node.lineno)}: except of {caught}")
    return bad


def no_vague_names(tree: Tree) -> list[str]:
    """No `utils.py`: a file is called by what it knows."""
    return [
        f"{source.path}: say what it is about"
        for source in tree
        if set(source.path.removesuffix(".py").split("/")) & set(_VAGUE)
    ]


def quiet_import(tree: Tree) -> list[str]:
    """The top of a file defines; it does not loop, open, print or try."""
    bad = []
    for source in tree:
        for node in source.tree.body:
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            choice = isinstance(node, ast.If) and (
                dotted(node.test).endswith("TYPE_CHECKING")
                or ast.unparse(node.test) == "__name__ == '__main__'"
            )
            if not (text or choice or isinstance(node, _AT_IMPORT)):
                bad.append(f"{source.at(node.lineno)}: {type(node).__name__} at import")
    return bad


def one_precision(tree: Tree) -> list[str]:
    """One file enters float64 in JAX; the flag of the process is nobody's."""
    bad = []
    for source in tree:
        for node in ast.walk(source.tree):
            what = ""
            if isinstance(node, ast.Attribute):
                name = dotted(node)
                if "jax.config" in name:
                    what = name
                elif node.attr == "enable_x64" and source.path != _PRECISION:
                    what = "enable_x64"
            elif isinstance(node, ast.ImportFrom) and node.module:
                if node.module.startswith("jax"):
                    what = ", ".join(
                        a.name for a in node.names if a.name in ("config", "enable_x64")
                    )
            elif isinstance(node, ast.Constant) and node.value in (
                "jax_enable_x64",
                "JAX_ENABLE_X64",
            ):
                what = str(node.value)
            if what:
                bad.append(f"{source.at(node.lineno)}: {what}")
    return bad
