"""Ask a real PostgreSQL for every prediction that `Model.to_sql` writes.

    python -m tests.databases.postgres

Starts a server of its own in a folder of its own, which is gone afterwards; it wants
the programs of the package postgresql. Ends with 1 when a prediction differs.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw
from tests.helpers.exports import kind_of, models, new_rows, quoted, size_of, with_gaps

# Relative to the size of the terms.
TOLERANCE = 1e-12
KINDS = {
    "DOUBLE": "double precision",
    "BIGINT": "bigint",
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
}


def program(name: str) -> str:
    """Find a program of PostgreSQL, the newest where there are several."""
    found = shutil.which(name)
    if found is not None and name == "psql":
        return found
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    every = sorted(versions, key=lambda path: float(path.parts[-3]))
    if not every:
        sys.exit(f"{name} is missing: install the package postgresql")
    return str(every[-1])


def run(*words: str, given: str = "") -> str:
    done = subprocess.run(
        words, input=given, capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        sys.exit(f"{Path(words[0]).name} failed: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def server() -> Iterator[Path]:
    """Run a server that listens in a folder and nowhere else."""
    # It refuses to run as the administrator.
    drop = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if drop:
            shutil.chown(folder, "postgres")
            folder.chmod(0o755)
        data, control = str(folder / "data"), program("pg_ctl")
        setup = ("-D", data, "-U", "leastwise", "-A", "trust", "-E", "UTF8")
        run(*drop, program("initdb"), *setup, "--locale=C")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        log = str(folder / "log")
        run(*drop, control, "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield folder
        finally:
            run(*drop, control, "-D", data, "-m", "immediate", "-w", "stop")


def ask(folder: Path, text: str, rows: Mapping[str, list[Any]]) -> Any:
    """Put rows into a table, and ask for an expression of each."""
    columns = ", ".join(f"{quoted(n)} {KINDS[kind_of(v)]}" for n, v in rows.items())
    lines = io.StringIO()
    for i, line in enumerate(zip(*rows.values(), strict=True)):
        cells = [str(i), *map(cell, line)]
        lines.write(",".join(cells) + "\n")
    script = (
        f"CREATE TEMP TABLE d (row_number integer, {columns});\n"
        f"COPY d FROM STDIN WITH (FORMAT csv);\n{lines.getvalue()}\\.\n"
        f"COPY (SELECT coalesce(({text})::text, '') FROM d ORDER BY row_number) "
        "TO STDOUT;\n"
    )
    words = ("-h", str(folder), "-U", "leastwise", "-d", "postgres", "-X", "-q")
    found = run(program("psql"), *words, "-v", "ON_ERROR_STOP=1", given=script)
    return np.array([float(v) if v else np.nan for v in found.split("\n")[:-1]])


def cell(value: Any) -> str:
    """Write one value as CSV; nothing for a missing one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return repr(value) if isinstance(value, float) else str(value)


def losses() -> dict[str, Any]:
    """Name a fit of a loss with each link, and one that is a function."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=300)
    data = {"x": x, "hit": (rng.random(300) < 0.5 + 0.3 * np.sin(x)).astype(float)}
    data["y"] = np.exp(0.3 * x) * rng.gamma(4.0, 0.25, 300)
    links = ("logit", "probit", "cloglog", "cauchit")
    made: dict[str, Any] = {
        link: lw.glm("hit ~ x", data, family=lw.family.Binomial(link=link))
        for link in links
    }
    made["log"] = lw.glm("y ~ x", data, family=lw.family.Gamma(link="log"))
    made["function"] = lw.nonlinear(
        lambda p, c: p["a"] * (1.0 + c["x"] ** 2) ** p["b"],
        data, y="y", start={"a": 1.0, "b": 0.1},
    )  # fmt: skip
    return made


def ask_losses(folder: Path) -> float:
    """Return the largest difference, absolute up to 1 and relative from there."""
    rows: dict[str, list[Any]] = {"x": [0.0, -2.0, 3.0, 60.0, -1e4, None]}
    worst = 0.0
    for name, model in losses().items():
        found = ask(folder, model.to_sql("postgres"), rows)
        right = model.predict(rows)
        apart = np.abs(found - right) / np.maximum(np.abs(right), 1.0)
        gaps = (np.isnan(found) == np.isnan(right)).all()
        largest = float(np.nanmax(apart)) if gaps else float("inf")
        if not largest <= TOLERANCE:
            print(f"wrong by {largest:.1e}: {name}")
        worst = max(worst, largest)
    return worst


def main() -> int:
    """Ask for every model, without and with gaps."""
    worst, wrong = 0.0, 0
    with server() as folder:
        version = run(program("psql"), "--version").strip()
        for name, make in models().items():
            model = make()
            if model.recipe.kind == "arrays":
                continue
            whole = new_rows(model)
            for rows in (whole, with_gaps(whole)):
                found = ask(folder, model.to_sql("postgres"), rows)
                right = model.predict(rows)
                there = ~np.isnan(right)
                # Where every term is 0, so is the difference.
                size = np.maximum(size_of(model, rows)[there], 1e-300)
                apart = np.abs(found - right)[there] / size
                gaps = (np.isnan(found) == np.isnan(right)).all()
                largest = float(apart.max()) if gaps else float("inf")
                worst = max(worst, largest)
                if not largest <= TOLERANCE:
                    wrong += 1
                    print(f"wrong by {largest:.1e}: {name}")
        of_losses = ask_losses(folder)
        wrong += of_losses > TOLERANCE
    print(f"{version}: fits of losses differ by at most {of_losses:.1e}")
    print(f"{version}: {wrong} models wrong, largest difference {worst:.1e}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
