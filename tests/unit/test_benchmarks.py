"""The benchmarks run, at tiny sizes, and all who are timed answer the same question."""

from __future__ import annotations

import argparse
import doctest
import os
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import (
    batch,
    document,
    growth,
    jit,
    memory,
    moments,
    robust,
    stream,
    turns,
)
from benchmarks.candidates import who_answers
from benchmarks.document import between
from benchmarks.kernel_switch import numpy_alone
from benchmarks.turns import Task, Turns, take_turns
from leastwise.moments.kernel import has_kernel

QUICK = Turns(rounds=1, enough=0.0, rest=0.0)
# Too little time for anybody, and enough for everybody.
LIMITS = ((moments.COEFFICIENTS, 1e-6), (moments.TIER_2, 1e6))
SIZES = {ask.question: replace(ask, n=40, p=3) for ask in moments.ASKS}


def _answer(who, X, y):
    with numpy_alone() if who.numpy_alone else Task(lambda: None).around():
        return who.run(X, y)


@pytest.mark.parametrize("ask", SIZES.values(), ids=list(SIZES))
def test_all_who_answer_a_question_give_the_same_numbers(ask):
    X, y = moments.make_data(ask.n, ask.p)
    here = who_answers(ask.question, ask.n, ask.p)
    answers = {n: _answer(w, X, y) for n, w in here.items() if not w.part}
    peer = next(n for n, w in here.items() if not w.ours and not w.part)
    expected = answers[peer]
    assert len(answers) >= 2
    for name, found in answers.items():
        # All but the finest are float64 on data of condition 10.
        np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)


def test_the_table_is_written_and_says_where_it_falls_short():
    asks = [replace(SIZES[q], compiled=limit) for q, limit in LIMITS]
    text = moments.report([moments.run(ask, QUICK) for ask in asks], "quiet")
    rows = [line for line in text.splitlines() if line.startswith("| 40 x 3")]
    assert all("short by" in row for row in rows if "| lw.ols | 1e-06" in row)
    assert any("| met |" in row for row in rows)
    assert "scikit-learn" in text and "BLAS: " in text and "cores" in text


def test_the_fold_under_jit_is_timed_beside_itself_in_jax():
    times = jit.measure(40, 3, QUICK)
    assert list(times) == [jit.OURS, jit.IN_JAX, jit.PLAIN]
    assert all(len(found.values) == 1 for found in times.values())


def test_batches_are_timed_and_compiled_once():
    found = batch.measure(3, 20, QUICK)
    ours = [(who, start) for who, _, start in found if "pure." in who]
    assert len(ours) == 3 and all(start > 0 for _, start in ours)
    assert all(each > 0 for _, each, _ in found)


def test_robust_errors_are_timed_and_judged():
    times = robust.measure(200, 3, QUICK)
    data = 200 * 4 * 8 / 2**20
    peaks = dict.fromkeys(times, data / 2) | {"lw.ols": 2 * data}
    lines = robust.table(200, 3, times, peaks)
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}
    assert "**not met**" in rows["lw.ols"]
    assert rows["normal equations, float64"].endswith("| peer |")


def test_the_kernel_is_left_out_and_comes_back():
    before, value = has_kernel(), os.environ.get("LEASTWISE_KERNEL")
    with numpy_alone():
        assert not has_kernel()
    assert has_kernel() is before
    assert os.environ.get("LEASTWISE_KERNEL") == value


def test_a_round_goes_to_everybody_and_a_slow_one_is_asked_twice():
    calls = []
    tasks = {name: Task(lambda name=name: calls.append(name)) for name in "ab"}
    times = take_turns(tasks, replace(QUICK, rounds=4, slow=-1.0))
    assert calls == ["a", "b", "a", "b", "b", "a"]
    assert [len(t.values) for t in times.values()] == [2, 2]
    assert len(take_turns(tasks, replace(QUICK, rounds=4))["a"].values) == 4


def test_the_sweep_finds_the_exponent_of_its_timings():
    found = growth.sweep((40, 80), (1, 3), 1e9, QUICK)
    small = growth.sweep((10,), (1, 2), 1e9, QUICK)
    assert set(found) == {(40, 1), (40, 3), (80, 1), (80, 3)}
    text = growth.report(found, small, "quiet")
    assert "| n = 40 |" in text and "| n = 10 |" in text
    slope = growth.exponent([10, 100, 1000, 10_000], [2.0, 40.0, 800.0, 16_000.0])
    assert slope.value == pytest.approx(np.log10(20), rel=1e-12)


def test_a_cliff_is_found_and_steady_growth_is_none():
    def grid(*times):
        sizes = ((10, 1), (100, 1), (1000, 1))
        return {
            size: {"it": turns.Times((ms,))}
            for size, ms in zip(sizes, times, strict=True)
        }

    assert growth.steps(grid(1.0, 1.0, 10.0), "it") == []
    assert growth.steps(grid(1.0, 1.0, 16.0), "it") == [
        "it, 100 x 1 to 1,000 x 1: 16.0 times"
    ]


def test_memory_is_what_a_call_holds_at_its_peak():
    def hold(X, y):
        if len(X) > 1:
            np.ones(2**23).sum()  # 64 MiB, given back before it returns

    X, y = memory.make_rows(1000, 3)
    assert X.shape == (1000, 3) and np.isfinite(X).all() and np.isfinite(y).all()
    peak = memory.peak(hold, X, y, slice(0, 1))
    # Where the peak cannot be set back, an earlier one of this process may be higher.
    assert (63 if memory.set_back() else 0) <= peak < 80


def test_memory_is_measured_in_a_process_of_its_own():
    assert 0 <= memory.in_a_process(memory.COEFFICIENTS, "lw.ols", 500, 2) < 30


def test_a_text_goes_between_its_marks_and_nowhere_else():
    page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
    new = between(page, "x", "new")
    assert new.startswith("a\n") and new.endswith("\nb\n")
    assert "new" in new and "old" not in new
    assert between(new, "x", "new") == new
    with pytest.raises(ValueError, match="needs one"):
        between(page, "y", "new")


@pytest.mark.parametrize("module", [document, growth, moments, turns])
def test_the_examples_of_the_benchmarks_run(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


@pytest.mark.parametrize("curve", [False, True])
@pytest.mark.parametrize("way", ["passes", "memory"])
def test_a_file_in_blocks_is_fitted_as_in_memory(way, curve, tmp_path):
    path = tmp_path / "rows.parquet"
    stream.write(path, 5000, 2)
    ask = argparse.Namespace(rows=5000, inputs=2, batch=100, curve=curve)
    found = stream.fit(path, way, ask)
    assert found["far"] < 1e-6 and found["peak"] > 0
