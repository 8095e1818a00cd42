"""The self-test finds what is wrong, says it, and ends with 1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jax
import pytest

import leastwise as lw
from leastwise._kit.errors import MissingDependency
from leastwise.cli.app import main
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fold import fold_rows_in_numpy
from leastwise.moments.kernel import has_kernel
from leastwise.moments.state import Moments
from leastwise.witness import selftest

SMALL = (300,)
KERNELS = {"numpy", "jax", *(["compiled", "jit"] if has_kernel() else [])}


def wrong(rows: Rows, *, slices: int) -> Moments:
    """A kernel whose sum of one column is off in its ninth digit."""
    m = fold_rows_in_numpy(rows, slices=slices)
    hi = m.gram.hi.copy()
    hi[1, 1] *= 1.0 + 1e-9
    return replace(m, gram=Double(hi, m.gram.lo))


def test_every_kernel_is_run_and_right() -> None:
    found = selftest.selftest(sizes=SMALL)
    assert found.passed and not found.trouble
    assert {check.kernel for check in found.checks} == KERNELS
    assert {check.tier for check in found.checks} == {1, 2, 3}
    assert all(
        check.digits == selftest.MOST for check in found.checks if check.tier > 1
    )
    assert f"all {len(found.checks)} checks are right" in str(found)


def test_weights_are_among_the_problems_and_their_sums_are_exact() -> None:
    rows, truth = selftest._problem(selftest.WEIGHTED)
    assert rows.weights is not None
    w = [int(v) for v in rows.weights]
    column = [int(v) for v in rows.X[:, 0]]
    shifted = [v - column[0] for v in column]
    assert truth[0][0] == sum(w)
    assert truth[1][1] == sum(a * v * v for a, v in zip(w, shifted, strict=True))


def test_what_is_wrong_is_named_and_the_command_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selftest, "fold_rows_in_numpy", wrong)
    small = selftest.selftest
    monkeypatch.setattr(selftest, "selftest", lambda: small(sizes=SMALL))
    assert main(["selftest"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("WRONG") == 3
    assert "3 of " in printed and "do not trust results of these kernels" in printed
    assert main(["selftest", "--json"]) == 1
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    bad = {check["kernel"] for check in answer["checks"] if not check["passed"]}
    assert bad == {"numpy"} and answer["passed"] is False


def test_a_jax_that_computes_wrong_numbers_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jax, "__version__", "0.10.2")
    found = selftest.selftest(sizes=SMALL)
    assert not found.passed
    assert {check.kernel for check in found.checks} == KERNELS - {"jax", "jit"}
    assert "jax 0.10.2 computes wrong numbers on CPU" in str(found)
    assert "checks are right" not in str(found)
    with pytest.raises(MissingDependency, match="jax-ml/jax#39103"):
        lw.pure.ols([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0])
