"""Some of the cases of `make test-sanitize`, without the sanitizers."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.moments.kernel import has_kernel
from leastwise.solve.fit import solve
from tests.verify.stress import cases, drive, wrong_sums

RNG = np.random.default_rng(3)
X = RNG.normal(size=(3000, 9))
Y = X[:, :1] + RNG.normal(size=(3000, 1))


@pytest.mark.parametrize("seed", range(4))
def test_whole_numbers_have_exact_sums_however_they_lie(seed: int) -> None:
    made = list(cases(20, seed))
    if has_kernel():
        assert reduce(list.__add__, map(wrong_sums, made)) == []
    for case in made:
        drive(case)


def answer(_: int) -> list[float]:
    return solve(fold_rows(Rows(X, Y))).coefficients.ravel().tolist()


def test_threads_that_fold_at_once_get_the_same() -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(answer, range(60)))
    assert found == [answer(0)] * 60


PROCESSES = """
import multiprocessing, sys
from tests.unit.test_kernel_stress import answer
if __name__ == "__main__":
    right = answer(0)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        assert pool.map(answer, range(4)) == [right] * 4
"""


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_processes_that_fold_get_the_same(how: str, tmp_path: Path) -> None:
    # In a process without JAX, whose threads do not survive a fork.
    script = tmp_path / "processes.py"
    script.write_text(PROCESSES, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, str(script), how], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_memory_is_given_back() -> None:
    page = os.sysconf("SC_PAGE_SIZE")

    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * page

    for _ in range(200):
        answer(0)
    before = resident()
    for _ in range(1500):
        answer(0)
    # A leak of one Gram a fold would be 2.9 MB, of one block 14 MB.
    assert resident() - before < 2_000_000


def test_misaligned_numbers_are_read_right() -> None:
    raw = b"\0" + np.ascontiguousarray(X).tobytes()
    odd = np.frombuffer(raw, offset=1, dtype="f8").reshape(X.shape)
    assert not odd.flags.aligned
    found = solve(fold_rows(Rows(odd, Y))).coefficients.ravel().tolist()
    assert np.allclose(found, answer(0), rtol=1e-15, atol=0)
