"""Models of every kind, new rows for them, and each language run for real."""

from __future__ import annotations

import runpy
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.rows.read import read_table

TOWNS = ["Bern", "Ge'nf", 'Zü"rich', "back\\slash", "two\nlines", "%s; --"]
Columns = Mapping[str, list[Any]]


def rows_of(n: int, seed: int) -> dict[str, list[Any]]:
    """Make rows with columns of every kind."""
    rng = np.random.default_rng(seed)
    return {
        "y": rng.normal(size=n).tolist(),
        "a": rng.normal(size=n).tolist(),
        "b": rng.uniform(1, 5, n).tolist(),
        "year": rng.integers(1990, 2030, n).tolist(),
        "seconds": (1.7e9 + rng.integers(0, 4000, n)).tolist(),
        "nano": [17 * 10**17 + int(k) for k in rng.integers(0, 10**12, n)],
        "id": [2**53 + 1 + int(k) for k in rng.integers(0, 3, n)],
        "town": [TOWNS[k] for k in rng.integers(0, len(TOWNS), n)],
        "flag": (rng.random(n) > 0.5).tolist(),
        "k": rng.integers(0, 4, n).tolist(),
        "half": (rng.integers(0, 4, n) / 2).tolist(),
        'odd "name"; --': rng.normal(size=n).tolist(),
        "select": rng.normal(size=n).tolist(),
    }


TRAIN = rows_of(150, 1)
WEIGHTS = [1.0 + (i % 3) for i in range(150)]

FORMULAS = (
    "y ~ 1",
    "y ~ a",
    "y ~ a - 1",
    "y ~ town",
    "y ~ 0 + town + a",
    "y ~ town * year",
    "y ~ town:year + a",
    "y ~ flag * a + C(k) + C(half)",
    "y ~ C(id) * a",
    "y ~ seconds + year",
    "y ~ nano + a",
    "y ~ nano:a + I(seconds / 2)",
    "y ~ year + I(year ** 2) + I(year ** 3)",
    "y ~ year * I(year ** 2) + a:b",
    "y ~ I(year ** 2)",
    "log(b) ~ a",
    "y ~ log(b) + log1p(b) + log2(b) + log10(b) + sqrt(b)",
    "y ~ I(1 / log2(b + 2)) + I(a / log10(b + 3))",
    "y ~ exp(a) + expm1(a) + abs(a) + sin(a) + cos(a) + tan(a / 3) + tanh(a)",
    "y ~ I(a > 0) + I(b != 2) + I(year <= 2000) + I(1 / b - a * 2) + I(b ** 1.5)",
    'y ~ I(town == "Ge\'nf") + I(town != "Bern") + I(-a)',
    "y ~ I((a > 0) * b) + I(k == 2)",
    "y ~ scale(b) + center(seconds)",
    "y ~ poly(year, 4) + poly(a, 2, raw=True)",
    "y ~ poly(seconds, 3)",
    "y ~ poly(b, 2):town",
    "y ~ bs(a, df=6)",
    "y ~ bs(year, df=5, degree=2) + bs(b, degree=1, df=4)",
    "y ~ ns(a, df=4) + b",
    "y ~ ns(seconds, df=3) * flag",
    "y ~ cr(a, df=5)",
    "y ~ cr(b, df=3) * ns(a, df=2)",
    "y ~ cut(a, 4) * b",
    "y ~ cut(b, [0, 2, 3, 6], right=False)",
    "y ~ bin(b, 3) + bin(year, 2)",
    "y ~ C(town, Sum) * a",
    "y ~ C(k, Helmert) + C(town, Poly) + C(half, Diff)",
    "y ~ a + offset(b * 2) + offset(log(b))",
    "y ~ a + I(2 * a) + b",
    "y ~ town * flag * a",
    'y ~ `odd "name"; --` * town + `select`',
)
OPTIONS: dict[str, dict[str, Any]] = {
    "weights": {"weights": WEIGHTS},
    "decimal": {"decimal": True},
    "least norm": {"rank": "minimum_norm"},
}


def models() -> dict[str, Callable[[], lw.Model]]:
    """Name every model, made when it is called for."""
    made: dict[str, Callable[[], Any]] = {
        formula: lambda formula=formula: lw.ols(formula, TRAIN) for formula in FORMULAS
    }
    for name, options in OPTIONS.items():
        made[name] = lambda options=options: lw.ols(
            "y ~ a + town + I(3 * a) + year", TRAIN, **options
        )
    made["robust"] = lambda: lw.ols("y ~ a + town", TRAIN).with_cov(lw.cov.HC3())
    made["one of two"] = lambda: lw.ols("cbind(y, b) ~ a", TRAIN)["b"]
    inputs = np.column_stack([TRAIN["a"], TRAIN["b"]])
    made["arrays"] = lambda: lw.ols(y=TRAIN["y"], X=inputs)
    made["arrays, no intercept"] = lambda: lw.ols(
        y=TRAIN["y"], X=inputs, intercept=False
    )
    return made


def new_rows(model: lw.Model, n: int = 40) -> dict[str, list[Any]]:
    """Make new rows, some outside of the old ones."""
    rows = rows_of(n, 2)
    if model.recipe.kind == "arrays":
        return {"x1": rows["a"], "x2": rows["b"]}
    rows["a"][:4] = [-4.0, 4.0, 0.0, 1e-12]
    if not any(word in model.formula for word in ("[0", "log", "sqrt", "**")):
        rows["b"][:2] = [-3.0, 50.0]
    return rows


def with_gaps(rows: Columns) -> dict[str, list[Any]]:
    """Take one value out of each column, each in a row of its own."""
    made = {name: list(values) for name, values in rows.items()}
    for i, values in enumerate(made.values()):
        values[2 * i + 5] = None
    return made


def size_of(model: lw.Model, rows: Columns) -> Any:
    """Add up the sizes of the terms of each prediction, about the means."""
    table = read_table(dict(rows), model.recipe.inputs)
    design = model.recipe.replay(table, missing="nan")
    basis = model.basis
    apart = np.abs(design.X + (design.origin[: design.X.shape[1]] - basis.center))
    slopes = basis.slopes if basis.change is None else basis.change @ basis.slopes
    size = abs(basis.target_mean) + apart @ np.abs(slopes)
    return size if design.offset is None else size + np.abs(design.offset)


def run_python(model: lw.Model, rows: Columns, folder: Path) -> Any:
    path = folder / "scoring.py"
    path.write_text(model.to_python(), encoding="utf-8")
    predict = runpy.run_path(str(path))["predict"]
    count = len(next(iter(rows.values())))
    return np.array([predict({n: v[i] for n, v in rows.items()}) for i in range(count)])


def kind_of(values: list[Any]) -> str:
    first = next(v for v in values if v is not None)
    return {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}[
        type(first)
    ]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def in_database(connection: Any, text: str, rows: Columns) -> Any:
    """Put rows into a table, and ask for an expression of each."""
    rows = {n: values for n, values in rows.items() if quoted(n) in text} or {
        "row": next(iter(rows.values()))
    }
    kinds = ", ".join(f"{quoted(n)} {kind_of(v)}" for n, v in rows.items())
    connection.execute(f"CREATE TABLE d (row_number INTEGER, {kinds})")
    marks = ", ".join("?" * (len(rows) + 1))
    lines = [[i, *line] for i, line in enumerate(zip(*rows.values(), strict=True))]
    connection.executemany(f"INSERT INTO d VALUES ({marks})", lines)
    found = connection.execute(f"SELECT {text} FROM d ORDER BY row_number").fetchall()
    connection.close()
    return np.array([np.nan if v is None else v for (v,) in found], np.float64)


def run_sqlite(model: lw.Model, rows: Columns, _folder: Path) -> Any:
    return in_database(sqlite3.connect(":memory:"), model.to_sql("sqlite"), rows)


def run_duckdb(model: lw.Model, rows: Columns, _folder: Path) -> Any:
    import duckdb

    return in_database(duckdb.connect(), model.to_sql("duckdb"), rows)


TYPES: dict[int, Any] = {11: np.float64, 8: object, 9: bool, 7: np.int64}


def run_onnx(model: lw.Model, rows: Columns, _folder: Path) -> Any:
    import onnxruntime

    graph = model.to_onnx()
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {
        value.name: np.array(rows[value.name], TYPES[value.type.tensor_type.elem_type])
        for value in graph.graph.input
    }
    (found,) = session.run(None, feed)
    return found


RUN: dict[str, Callable[[lw.Model, Columns, Path], Any]] = {
    "python": run_python,
    "sqlite": run_sqlite,
    "duckdb": run_duckdb,
    "onnx": run_onnx,
}
