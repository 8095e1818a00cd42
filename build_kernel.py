"""Compile the fold: python build_kernel.py. Needs a C compiler and nothing else.

Files have different rules: the tiles may contract multiply-add, the error-free
transforms must not; what is done to a block is compiled for several sets of
instructions, of which the machine's best is chosen at run time. A wheel build does
the same through hatch_build.py. Where there is no compiler, or it refuses, leastwise
runs on NumPy; where there is no jaxlib, only jit does without what is compiled.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

NATIVE = Path(__file__).parent / "src" / "leastwise" / "moments" / "native"
LIBRARY = NATIVE / "kernel.so"
COMMON = ("-std=gnu11", "-O3", "-fPIC", "-Wall", "-Wextra", "-Wno-psabi")
# Error-free transforms depend on each operation being rounded on its own.
EXACT = ("-ffp-contract=off", "-fno-trapping-math", "-fno-math-errno")
# What is compiled once for each set of instructions.
BLOCKS = {"tiles.c": ("-ffp-contract=fast",), "pack.c": EXACT, "system.c": EXACT}
REST = dict.fromkeys(
    (
        "source.c",
        "dispatch.c",
        "fold.c",
        "again.c",
        "certify.c",
        "fit.c",
        "direct.c",
        "descend.c",
        "plain.c",
    ),
    EXACT,
)
SETS = {
    "any": (),
    "v3": ("-march=x86-64-v3",),
    "v4": ("-march=x86-64-v4", "-mprefer-vector-width=512"),
}


def interface() -> Path | None:
    """Return the folder of XLA's headers for foreign functions, if jaxlib is here."""
    found = importlib.util.find_spec("jaxlib")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "include"
    return folder if (folder / "xla" / "ffi" / "api" / "c_api.h").exists() else None


def steps() -> list[tuple[str, tuple[str, ...]]]:
    """Return each source with its flags."""
    here = platform.machine().lower() in ("x86_64", "amd64")
    sets = SETS if here else {"any": ()}
    blocks = [
        (source, (*rules, *flags, f"-DLW_ISA={name}"))
        for source, rules in BLOCKS.items()
        for name, flags in sets.items()
    ]
    # The fold for jit, where XLA says how it calls.
    foreign = [("ffi.c", (*EXACT, f"-I{headers}"))] if (headers := interface()) else []
    return [*blocks, *REST.items(), *foreign]


def compiler() -> str | None:
    """Return the C compiler: CC, or the first of cc, gcc, clang; None without."""
    chosen = os.environ.get("CC", "").split()
    names = chosen[:1] or ["cc", "gcc", "clang"]
    return next((name for name in names if shutil.which(name)), None)


def build() -> Path | None:
    """Compile into the source tree; None where that cannot be done, and why said."""
    cc = compiler()
    if os.environ.get("LEASTWISE_NO_KERNEL") or os.name != "posix":
        return None
    if cc is None:
        print("leastwise: no C compiler; the fold runs on NumPy", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        try:
            for number, (source, rules) in enumerate(steps()):
                made = str(Path(folder) / f"{number}.o")
                command = [cc, *COMMON, *rules, "-c", str(NATIVE / source), "-o", made]
                subprocess.run(command, check=True)
                objects.append(made)
            made = str(Path(folder) / LIBRARY.name)
            link = [cc, "-shared", "-pthread", *objects, "-lm", "-o", made]
            subprocess.run(link, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"leastwise: {error}; the fold runs on NumPy", file=sys.stderr)
            return None
        # Whole or not at all: another process may be loading it.
        beside = LIBRARY.with_suffix(".part")
        shutil.copyfile(made, beside)
        beside.replace(LIBRARY)
    return LIBRARY


def platform_tag() -> str:
    """Return the tag of a wheel that holds the kernel: any Python 3, this platform."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"py3-none-{platform}"


if __name__ == "__main__":
    built = build()
    print(f"built {built}" if built else "not built")
