"""Run a route in a process of its own and bring back what it said.

A process a route keeps memory and set-up apart, and nothing a library does to it
(raise, abort, hang, print) can reach the other routes: it becomes a note.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leastwise.engine.routes.base import Problem, Route

_WORKER = "leastwise.engine.routes.worker"


@dataclass(frozen=True)
class Outcome:
    """What came back from the process of a route.

    Attributes
    ----------
    coefficients : tuple of float, or None
        In original units; None when the route is missing or failed.
    seconds, setup_seconds : float or None
        Median time of a run; time of import and first run.
    peak_memory_mib : float or None
        Peak of a run above the state before it.
    steps : int or None
        Steps an iterative route took.
    note : str
        What the reader should know; why there are no coefficients.
    """

    coefficients: tuple[float, ...] | None = None
    seconds: float | None = None
    setup_seconds: float | None = None
    peak_memory_mib: float | None = None
    steps: int | None = None
    note: str = ""


@contextmanager
def data_file(problem: Problem) -> Iterator[Path]:
    """Write the problem to a temporary file that all routes read, then remove it."""
    with tempfile.TemporaryDirectory(prefix="leastwise-") as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, X=problem.X, y=problem.y, intercept=problem.intercept)
        yield path


def run_in_process(route: Route, data: Path, columns: int, timeout: float) -> Outcome:
    """Run one route on the data file; never raises for what the route does.

    Parameters
    ----------
    route : Route
        Which.
    data : Path
        From `data_file`; the process may write beside it.
    columns : int
        How many coefficients to expect.
    timeout : float
        Seconds after which the process is ended.
    """
    with tempfile.TemporaryDirectory(prefix="route-", dir=data.parent) as folder:
        answer, chatter = Path(folder) / "answer.json", Path(folder) / "chatter.txt"
        # -P: files in the current folder named like a library must not be run.
        command = [sys.executable, "-P", "-m", _WORKER]
        command += [route.module, str(data), str(answer)]
        try:
            ended = _run(command, chatter, timeout)
        except OSError as error:
            return Outcome(note=f"failed: the process could not be started: {error}")
        if ended is None:
            return Outcome(note=f"stopped: no answer after {timeout:g} s")
        said = _read(answer)
        if said is None:
            return Outcome(note=_death(ended, chatter))
        return _outcome(said, columns)


def _run(command: list[str], chatter: Path, timeout: float) -> int | None:
    """Return the exit code, or None when the time was up."""
    # To a file: a pipe could fill, and be held open by a child of the child.
    with chatter.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, also when we are interrupted."""
    if hasattr(os, "killpg"):
        try:
            # The group is the route's own: start_new_session made it.
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # all of it has ended already
    elif process.poll() is None:
        process.kill()
    process.wait()


def _environment() -> dict[str, str]:
    """Return the environment of the process: it must import this very leastwise."""
    environment = dict(os.environ)
    home = str(Path(__file__).resolve().parents[3])
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    if home not in {str(Path(p).resolve()) for p in installed}:
        old = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = home if not old else home + os.pathsep + old
    return environment


def _read(answer: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _death(code: int, chatter: Path) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "unknown"
        memory = ": out of memory?" if name == "SIGKILL" else ""
        return f"failed: the process was ended by signal {-code} ({name}){memory}"
    with chatter.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 2000))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    last = f": {lines[-1][:200]}" if lines else ""
    return f"failed: the process ended without an answer (exit code {code}){last}"


def _outcome(said: dict[str, Any], columns: int) -> Outcome:
    if "missing" in said:
        return Outcome(note=f"not installed: {said['missing']}")
    if "failed" in said:
        return Outcome(note=f"failed: {said['failed']}")
    coefficients = tuple(said["coefficients"])
    if len(coefficients) != columns:
        return Outcome(
            note=f"failed: {len(coefficients)} coefficients for {columns} columns"
        )
    if not np.any(np.isfinite(coefficients)):
        return Outcome(
            note=f"failed: no finite number came out. {said['note']}".strip()
        )
    return Outcome(
        coefficients,
        said["seconds"],
        said["setup_seconds"],
        said["peak_memory_mib"],
        said["steps"],
        said["note"],
    )
