"""What a benchmark ran on: processor, memory, libraries, BLAS. No date, no host."""

from __future__ import annotations

import importlib
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.moments.kernel import has_kernel

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-learn-intelex",
    "statsmodels",
    "narwhals",
    "jax",
)
# Which kernel the machine's own instructions choose; see moments/native/dispatch.c.
VECTORS = (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("asimd", "NEON"))


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def facts() -> list[str]:
    """Return the facts, a line each, without what changes from day to day."""
    kernel = "compiled kernel" if has_kernel() else "no compiled kernel, NumPy alone"
    return [
        f"{_processor()}; {cores()} cores for this process; {_memory()}",
        f"Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}; leastwise {lw.__version__}, {kernel}",
        ", ".join(_versions()),
        f"BLAS: {'; '.join(_blas()) or 'not known'}",
    ]


def busy() -> str:
    """Say how busy other processes kept the machine just before."""
    if not hasattr(os, "getloadavg"):
        return "load not known"
    load = os.getloadavg()[0]
    noisy = ": NOISY, others are running" if load > 0.5 * cores() else ""
    return f"load average before the start {load:.1f} on {cores()} cores{noisy}"


def _proc(name: str) -> dict[str, str]:
    path = Path("/proc") / name
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _processor() -> str:
    found = _proc("cpuinfo")
    name = found.get("model name") or platform.processor() or platform.machine()
    # A virtual machine hides the name; family and model still say which it is.
    if "model" in found:
        name += f" (family {found.get('cpu family', '?')}, model {found['model']})"
    flags = (found.get("flags") or found.get("Features") or "").split()
    vectors = [text for flag, text in VECTORS if flag in flags]
    return ", ".join([name, *vectors[:1]])


def _memory() -> str:
    total = _proc("meminfo").get("MemTotal", "").split()
    return f"{int(total[0]) / 2**20:.0f} GiB" if total else "memory not known"


def _versions() -> list[str]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    return found


def _blas() -> list[str]:
    try:
        pools = importlib.import_module("threadpoolctl").threadpool_info
    except ImportError:
        built: Any = np.show_config(mode="dicts")
        blas = built["Build Dependencies"]["blas"]
        return [f"{blas['name']} {blas['version']}"]
    importlib.import_module("scipy.linalg")  # has a BLAS of its own
    return sorted(
        {
            f"{pool['internal_api']} {pool['version']} "
            f"({pool.get('architecture', '?')}, {pool['num_threads']} threads)"
            for pool in pools()
            if pool["user_api"] == "blas"
        }
    )
