"""Run the kernel's tests on a build that watches memory: make test-sanitize.

The C sources are compiled anew with AddressSanitizer and UndefinedBehaviorSanitizer, so
that a read beyond an array, a misaligned load or an overflow ends the run with a trace.
Python itself is not instrumented: the runtime of the sanitizer is loaded first, and
every array of NumPy lies between guarded bytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import build_kernel

TESTS = (
    "test_kernel.py",
    "test_kernel_sweep.py",
    "test_second_pass.py",
    "test_solve_compiled.py",
    "test_low_parts.py",
    "test_array_fit.py",
)
# JAX is not what is watched, and freed memory is kept from use for a while.
LEFT_OUT = "not jax and not memory"
WATCH = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
# Memory that lives as long as the process is Python's own; leaks have a test apart.
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def build(cc: str, into: Path) -> None:
    """Compile the kernel as it is compiled, and watched."""
    objects = []
    for number, (source, rules) in enumerate(build_kernel.steps()):
        made = str(into.with_suffix(f".{number}.o"))
        path = str(build_kernel.NATIVE / source)
        flags = (*build_kernel.COMMON, *rules, *WATCH)
        subprocess.run([cc, *flags, "-c", path, "-o", made], check=True)
        objects.append(made)
    link = [cc, "-shared", "-pthread", *WATCH[:1], *objects, "-lm", "-o", str(into)]
    subprocess.run(link, check=True)


def runtime(cc: str) -> str:
    """Return the runtime to load before everything else."""
    asked = [cc, "-print-file-name=libasan.so"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout


# One number too few for the shift: a read beyond an array, which has to be noticed.
CONTROL = """
import numpy as np
from tests.sanitize.use import load_watched
from leastwise.moments.kernel import fold_compiled
load_watched()
# Arrays below a KiB come from a store of NumPy's own, without guarded bytes.
X = np.ones((300, 200))
fold_compiled(X, X, None, np.ones(399), 3)
"""


def main(arguments: list[str]) -> int:
    """Build, and run pytest with what was built."""
    cc = build_kernel.compiler()
    if cc is None:
        print("test-sanitize: no C compiler")
        return 1
    unit = Path(__file__).parents[1] / "unit"
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "kernel.so"
        build(cc, library)
        environment = {
            **os.environ,
            **OPTIONS,
            "LD_PRELOAD": runtime(cc).strip(),
            "LEASTWISE_WATCHED_KERNEL": str(library),
        }
        control = subprocess.run(
            [sys.executable, "-c", CONTROL],
            env=environment, capture_output=True, text=True,
        )  # fmt: skip
        if "heap-buffer-overflow" not in control.stderr:
            print(f"test-sanitize: nothing is watched here\n{control.stderr}")
            return 1
        tests = [str(unit / name) for name in TESTS]
        # Output is not caught: what the sanitizer says last has to be seen.
        command = [sys.executable, "-m", "pytest", "-s", "-k", LEFT_OUT]
        command += ["-p", "tests.sanitize.use"]
        return subprocess.run(
            [*command, *arguments, *tests], env=environment
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
