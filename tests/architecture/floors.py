"""Who may import whom. The one table of floors and libraries; see docs/decisions/."""

from __future__ import annotations

COLUMN_LEFT = ("loss", "moments", "solve", "loops", "infer")
COLUMN_RIGHT = ("rows", "design")

_BASE = ("_kit",)
_ENGINE = (*_BASE, "record", *COLUMN_LEFT, *COLUMN_RIGHT)
_REPORT = (*_BASE, "record")
_MODEL = (*_ENGINE, "engine", "report")
_API = (*_MODEL, "model")

# Room -> the rooms below it that it may import. A room may always import itself.
# Within a column each room sees those before it; the columns never see each other.
FLOORS: dict[str, tuple[str, ...]] = {
    "_kit": (),
    "record": _BASE,
    **{
        room: (*_BASE, *column[:i])
        for column in (COLUMN_LEFT, COLUMN_RIGHT)
        for i, room in enumerate(column)
    },
    "report": _REPORT,
    "engine": _ENGINE,
    "model": _MODEL,
    # Problems with certified answers, solved on this machine; not a test of ours.
    "witness": (*_ENGINE, "engine"),
    # The faces. Root modules are rooms of their own; "" is the package itself.
    "api": _API,
    "arrays": (*_API, "api"),
    # Verbs beside least squares, a file each.
    "verbs": _API,
    # The same algebra as functions that JAX can transform: it knows no table.
    "pure": (*_BASE, *COLUMN_LEFT),
    "demo": (*_API, "api"),
    "": (*_API, "api", "arrays", "pure", "verbs", "witness"),
    "cli": (*_API, "api", "arrays", "demo", "pure", "verbs", "witness", ""),
    "__main__": (*_API, "api", "arrays", "demo", "pure", "verbs", "witness", "", "cli"),
}

# Library -> the only files (or folders, with a slash) that may import it.
LIBRARIES: dict[str, tuple[str, ...]] = {
    "jax": (
        "_kit/precision.py",
        "_kit/pytree.py",
        "loops/",
        "loss/",
        "pure/",
        "engine/routes/",
        "moments/*_jax.py",
    ),
    "narwhals": ("rows/frame.py", "rows/arrays.py", "rows/mapping.py"),
    "scipy": ("infer/", "loss/"),
    "threadpoolctl": ("moments/fold_numpy.py",),
    "pyarrow": ("rows/",),
    "matplotlib": ("report/picture.py", "report/plots/"),
    "great_tables": ("report/tables/export.py",),
    "maketables": ("report/tables/export.py",),
    "rich": ("report/tables/rich_table.py",),
    "pandas": ("report/tables/export.py",),
    "sqlglot": ("model/export/sql.py",),
    "onnx": ("model/export/onnx_graph.py",),
    "polars": (),
    "sklearn": ("engine/routes/scikit_learn.py",),
    "statsmodels": ("engine/routes/statsmodels_ols.py",),
    "optax": ("loops/optimiser/",),
    "torch": ("engine/routes/pytorch.py",),
    "tensorflow": ("engine/routes/tensorflow_tape.py",),
    "numpy": ("*",),
}

# Come through `need(...)`, which says how to install them, and never by `import`.
OPTIONAL = frozenset(LIBRARIES) - {
    "jax",
    "narwhals",
    "scipy",
    "threadpoolctl",
    "numpy",
}

# Take tenths of a second to import: never at the import of a file of ours.
HEAVY = frozenset(LIBRARIES) - {"numpy"}

# `need(name)` with a name that is chosen when it runs: frames of the user's choice.
MAY_CHOOSE_LIBRARY = ("rows/give.py", "design/simulate.py")
