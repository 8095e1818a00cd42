"""What a process loads: nothing at `import leastwise`, little for a small fit."""

from __future__ import annotations

import subprocess
import sys

import leastwise

# Each takes a tenth of a second or more, and none is needed for 400 rows of CSV.
NOT_FOR_A_SMALL_FIT = (
    "jax",
    "jaxlib",
    "narwhals",
    "pandas",
    "polars",
    "pyarrow",
    "matplotlib",
    "sklearn",
    "statsmodels",
    "torch",
    "tensorflow",
    "scipy.stats",
)
NOT_AT_IMPORT = (*NOT_FOR_A_SMALL_FIT, "scipy", "numpy")


def loaded_by(arguments, **options):
    """Names of the modules that a Python process imported, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    lines = done.stderr.splitlines()
    mine = [line for line in lines if line.startswith("import time:")]
    rest = "\n".join(line for line in lines if line not in mine)
    assert done.returncode == 0, rest
    return {line.split("|")[-1].strip() for line in mine}, done.stdout


def test_importing_leastwise_imports_nothing_else():
    loaded, _ = loaded_by(["-c", "import leastwise"])
    assert "leastwise" in loaded
    assert not loaded & set(NOT_AT_IMPORT)


def test_a_small_fit_waits_for_no_compiler(tmp_path):
    rows = [f"{x},{32 + 1.8 * x + (x * 7919 % 13 - 6) / 4}" for x in range(400)]
    csv = tmp_path / "small.csv"
    csv.write_text("celsius,fahrenheit\n" + "\n".join(rows) + "\n")
    loaded, printed = loaded_by(
        ["-m", "leastwise", "fit", "fahrenheit ~ celsius", csv.name], cwd=tmp_path
    )
    assert "celsius" in printed
    assert "leastwise.moments.fold" in loaded
    assert not loaded & set(NOT_FOR_A_SMALL_FIT)


def test_every_promised_name_is_there():
    for name in leastwise.__all__:
        assert getattr(leastwise, name) is not None
    assert set(leastwise.__all__) <= set(dir(leastwise))
    assert sorted(leastwise.__all__) == leastwise.__all__
