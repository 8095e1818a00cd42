"""Peak memory above the data, each candidate in a fresh process.

    python -m benchmarks.memory [--rows 1000000] [--inputs 50] [--write]

A process makes the arrays, answers the question once on 400 rows, so that libraries
are loaded and threads are there, sets the peak that Linux keeps back to what it holds
now, and answers the question on the arrays. Where the peak cannot be set back (macOS,
old kernels), the largest peak of the process is taken instead, less what it held
before: too little if it held more before.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.candidates import CLASSICAL, COEFFICIENTS, HC3, Answer, who_answers
from benchmarks.document import give
from benchmarks.kernel_switch import numpy_alone
from benchmarks.machine import facts

Array = np.ndarray[Any, Any]
ASKED_MIB = 32.0
QUESTIONS = (COEFFICIENTS, CLASSICAL, HC3)
ROOT = Path(__file__).resolve().parents[1]
STATUS, SET_BACK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def make_rows(n: int, p: int) -> tuple[Array, Array]:
    """Make rows block by block, so that the making needs no memory of its own."""
    generator = np.random.default_rng(0)
    X, y = np.empty((n, p)), np.empty(n)
    for start in range(0, n, 10_000):
        part = slice(start, start + 10_000)
        generator.standard_normal(out=X[part])
        generator.standard_normal(out=y[part])
    return X, y


def held(field: str) -> float | None:
    """Return VmRSS or VmHWM of this process in MiB, None where Linux does not say."""
    if not STATUS.exists():
        return None
    for line in STATUS.read_text("utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return None


def largest() -> float:
    """Return the largest peak of this process in MiB, from its beginning."""
    unit = 2**20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def set_back() -> bool:
    """Set the peak back to what is held now; say whether that worked."""
    try:
        SET_BACK.write_text("5", "utf-8")
    except OSError:
        return False
    now, peak = held("VmRSS"), held("VmHWM")
    return now is not None and peak is not None and peak - now < 1.0


def above(question: str, name: str, n: int, p: int) -> float:
    """Return the peak above the data, in MiB, of one candidate in this process."""
    who = who_answers(question, n, p)[name]
    warnings.simplefilter("ignore")
    X, y = make_rows(n, p)
    small = slice(0, max(400, 4 * p))
    if who.numpy_alone:
        with numpy_alone():
            return peak(who.run, X, y, small)
    return peak(who.run, X, y, small)


def peak(run: Answer, X: Array, y: Array, small: slice) -> float:
    """Return how far a call goes above what is held before, in MiB."""
    run(X[small].copy(), y[small].copy())
    exact = set_back()
    before = held("VmRSS") if exact else largest()
    answer = run(X, y)
    after = held("VmHWM") if exact else largest()
    del answer
    return (after or 0.0) - (before or 0.0)


def in_a_process(question: str, name: str, n: int, p: int) -> float:
    """Return the same from a process of its own."""
    words = ["--child", json.dumps([question, name, n, p])]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1]))


def table(n: int, p: int, questions: Sequence[str] = QUESTIONS) -> list[str]:
    """Measure everybody and write the table."""
    lines = [
        f"{n:,} x {p} float64 ({n * (p + 1) * 8 / 2**20:,.0f} MiB of data); asked: at "
        f"most {ASKED_MIB:g} MiB above the data.",
        "",
        "| who | answer | peak above the data, MiB | |",
        "|---|---|--:|---|",
    ]
    for question in questions:
        for name, who in who_answers(question, n, p).items():
            if who.part and question != questions[0]:
                continue
            found = in_a_process(question, name, n, p)
            judged = "peer"
            if who.ours:
                over = found / ASKED_MIB
                judged = "met" if over <= 1 else f"**{over:.1f} times what is asked**"
            what = "moments" if who.part else question
            print(f"{name}, {what}: {found:.1f} MiB", file=sys.stderr, flush=True)
            lines.append(f"| {name} | {what} | {found:,.1f} | {judged} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the table, or one candidate for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--inputs", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(above(*json.loads(options.child))))
        return
    lines = [*(f"- {fact}" for fact in facts()), ""]
    lines += table(options.rows, options.inputs)
    give("memory", "\n".join(lines), write=options.write)


if __name__ == "__main__":
    main()
