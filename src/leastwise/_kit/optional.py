"""Optional libraries: imported when first needed, or an error with the pip line."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from leastwise._kit.errors import MissingDependency

# The one list of what is optional: library -> the extra that brings it.
EXTRA_OF = {
    "pyarrow": "io",
    "matplotlib": "plot",
    "pandas": "pandas",
    "polars": "polars",
    "sqlglot": "sql",
    "onnx": "onnx",
    "sklearn": "peers",
    "statsmodels": "peers",
    "great_tables": "tables",
    "maketables": "tables",
    "rich": "tables",
    "optax": "optax",
    "torch": "torch",
    "tensorflow": "tensorflow",
}


def installed(library: str) -> bool:
    """Say whether a library can be imported, without importing it.

    Examples
    --------
    >>> installed("numpy"), installed("no_such_library")
    (True, False)
    """
    return importlib.util.find_spec(library.split(".")[0]) is not None


def need(library: str, purpose: str) -> ModuleType:
    """Import an optional library or raise with the pip line that installs it.

    Examples
    --------
    >>> need("json", "reading a model").__name__
    'json'
    """
    top = library.split(".")[0]
    if not installed(top):
        extra = EXTRA_OF.get(top)
        line = f'pip install "leastwise[{extra}]"' if extra else f"pip install {top}"
        raise MissingDependency(
            f"{purpose} needs {top}, which is not installed", fix=f"Run: {line}"
        )
    return importlib.import_module(library)
