"""Both folds, compiled and NumPy, against exact sums and each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from leastwise.moments.blocks import Rows
from leastwise.moments.fold import EXTENT_FLOOR, fold_rows
from leastwise.moments.fold_numpy import fold_numpy as numpy_sums
from leastwise.moments.kernel import Sums, fold_compiled, has_kernel

Fold = Callable[..., Sums | None]

# Sizes around the blocks inside: 128 rows packed, 4096 summed in float64.
EDGES = (1, 2, 127, 128, 129, 700)
GENERATOR = np.random.default_rng(0)


def data(n: int, p: int = 3, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    X = GENERATOR.normal(size=(n, p)) * [1.0, 1e8, 1e-8][:p] + [0.0, 1e9, 5.0][:p]
    return X, GENERATOR.normal(size=(n, k))


def extents(gram: np.ndarray, n: int, slices: int) -> np.ndarray:
    # Weights can be small beside the largest; what slices round cannot.
    floor = max(0.5, EXTENT_FLOOR * np.sqrt(n)) if slices > 1 else 0.0
    return np.maximum(np.sqrt(np.maximum(np.diagonal(gram), 0.0)), floor)


def exact_gram(Z: np.ndarray, shift: np.ndarray, w: np.ndarray | None) -> list[list]:
    rows = [[Fraction(1), *(Fraction(float(v)) - Fraction(float(c))
                            for v, c in zip(row, shift, strict=True))]
            for row in Z]  # fmt: skip
    weights = (
        [Fraction(1)] * len(rows) if w is None else [Fraction(float(v)) for v in w]
    )
    q = len(rows[0])
    return [
        [
            sum(v * r[i] * r[j] for v, r in zip(weights, rows, strict=True))
            for j in range(q)
        ]
        for i in range(q)
    ]


def test_the_kernel_is_built_where_there_is_a_compiler() -> None:
    # Its tests below are run by every machine that can run them.
    compilers = any(map(shutil.which, ("cc", "gcc", "clang")))
    left_out = "LEASTWISE_KERNEL" in os.environ or "LEASTWISE_NO_KERNEL" in os.environ
    assert has_kernel() or left_out or not compilers


def fold_in_numpy(
    X: np.ndarray,
    Y: np.ndarray,
    w: np.ndarray | None,
    shift: np.ndarray,
    slices: int,
    *,
    threads: int | None = None,
) -> Sums:
    """NumPy's fold by the arguments of the other; it has the threads of its BLAS."""
    top = 0 if w is None else int(np.frexp(w.max())[1])
    sums = numpy_sums(Rows(X, Y, w), slices)
    return replace(sums, gram=sums.gram.scaled(top))


# Without a compiler there is one fold, and it is held to the same.
FOLDS = [fold_in_numpy, *([fold_compiled] if has_kernel() else [])]


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("n", EDGES)
def test_sums_are_within_the_stated_error(
    n: int, slices: int, weighted: bool, fold: Fold
) -> None:
    X, Y = data(n)
    w = GENERATOR.uniform(0.01, 1.0, n) if weighted else None
    Z = np.hstack([X, Y])
    sums = fold(X, Y, w, Z[0], slices)
    assert sums is not None
    truth = exact_gram(Z, Z[0], w)
    power = np.concatenate([[0], sums.exponent])
    extent = extents(sums.gram.hi, n, slices)
    bound = sums.roundoff
    for i, row in enumerate(truth):
        for j, exact in enumerate(row):
            got = Fraction(sums.gram.hi[i, j]) + Fraction(sums.gram.lo[i, j])
            off = abs(got - exact / Fraction(2) ** int(power[i] + power[j]))
            assert float(off) <= bound * extent[i] * extent[j]
    assert sums.largest.tolist() == np.abs(Z).max(axis=0).tolist()
    assert np.all(np.abs(Z - Z[0]) <= np.ldexp(1.0, sums.exponent))


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("slices", [1, 2, 3])
@pytest.mark.parametrize("n", [4096, 4097, 16384, 16385, 32769])
def test_threads_and_orders_agree(n: int, slices: int, fold: Fold) -> None:
    X, Y = data(n, 2, 2)
    shift = np.concatenate([X[0], Y[0]])
    wide = np.zeros((n, 7))
    wide[:, 1:5:2] = X
    views = (X, np.asfortranarray(X), wide[:, 1:5:2], X[::-1][::-1])
    first = fold(X, Y, None, shift, slices, threads=1)
    assert first is not None
    extent = extents(first.gram.hi, n, slices)
    bound = 2 * first.roundoff * np.outer(extent, extent)
    for view in views:
        for threads in (1, 2, 3):
            other = fold(view, Y, None, shift, slices, threads=threads)
            assert other is not None
            # Units depend on where threads begin; they are powers of two.
            power = np.concatenate([[0], other.exponent - first.exponent])
            moved = other.gram.scaled(power[:, None] + power)
            assert np.all(np.abs((moved - first.gram).hi) <= bound)


@pytest.mark.parametrize("fold", FOLDS)
def test_what_grows_on_the_way_is_still_summed_right(fold: Fold) -> None:
    """Units are raised when a block goes beyond them; sums before it are kept."""
    x = np.concatenate([np.zeros(300), np.arange(300.0), 1e6 * np.arange(300.0)])
    y = np.concatenate([np.full(600, 7.0), [8.0], np.full(299, 7.0)])
    Z = np.column_stack([x, y])
    for slices in (1, 2, 3):
        for threads in (1, 2, 5):
            sums = fold(Z[:, :1], Z[:, 1:], None, Z[0], slices, threads=threads)
            assert sums is not None
            power = np.concatenate([[0], sums.exponent])
            got = np.ldexp(sums.gram.hi, power[:, None] + power)
            U = np.column_stack([np.ones(900), Z - Z[0]])
            assert np.allclose(got, U.T @ U, rtol=1e-13, atol=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, 1e308])
def test_what_the_kernel_does_not_take_it_leaves(bad: float) -> None:
    X, Y = data(500)
    X[317, 1] = bad
    shift = np.concatenate([X[0], Y[0]])
    assert not has_kernel() or fold_compiled(X, Y, None, shift, 3) is None
    if np.isfinite(bad):
        moments = fold_rows(Rows(X, Y))
        assert moments.kernel == "numpy"
        assert np.isfinite(moments.gram.hi).all()


@pytest.mark.parametrize("fold", FOLDS)
def test_constant_columns_have_a_scale_and_no_spread(fold: Fold) -> None:
    X, Y = np.full((300, 1), 5.0), np.zeros((300, 1))
    sums = fold(X, Y, None, np.array([5.0, 0.0]), 3)
    assert sums is not None
    assert sums.gram.hi[0, 0] == 300.0
    assert not sums.gram.hi[1:, 1:].any()
    assert sums.largest.tolist() == [5.0, 0.0]


@pytest.mark.parametrize(
    "dtype", ["f4", "i1", "i2", "i4", "u1", "u2", "u4", "?", ">f8", "f2", "i8"]
)
def test_other_types_are_converted_block_by_block(dtype: str) -> None:
    top = 2 if dtype == "?" else 100
    X = GENERATOR.integers(0, top, size=(300, 11)).astype(dtype)
    Y = GENERATOR.integers(0, top, size=(300, 2)).astype(dtype)
    shift = np.concatenate([X[0], Y[0]]).astype(np.float64)
    for view in (X, np.asfortranarray(X), X[:, ::-1][:, ::-1]):
        sums = fold_compiled(view, Y, None, shift, 2)
        if dtype in (">f8", "f2", "i8") or not has_kernel():
            # Swapped bytes and 64-bit integers are left to NumPy.
            assert sums is None
            continue
        same = fold_compiled(X.astype("f8"), Y.astype("f8"), None, shift, 2)
        assert sums is not None and same is not None
        assert np.array_equal(sums.gram.hi, same.gram.hi)
        assert np.array_equal(sums.gram.lo, same.gram.lo)


@pytest.mark.parametrize("level", ["numpy", *(["any", "v3"] if has_kernel() else [])])
def test_older_sets_of_instructions_give_exact_sums_too(level: str) -> None:
    # The library reads the variable when it is first used: a process of its own.
    script = (
        "import numpy as np\n"
        "from leastwise.moments.fold import Rows, fold_rows\n"
        "from leastwise.moments.kernel import has_kernel\n"
        f"assert has_kernel() is {level != 'numpy'}\n"
        "X = np.arange(3000.0).reshape(1000, 3) % 17; Y = X[:, :1] ** 2\n"
        "for slices in (1, 2, 3):\n"
        "    s = fold_rows(Rows(X, Y), slices=slices)\n"
        "    power = np.ldexp(1.0, np.concatenate([[0], s.exponent]))\n"
        "    Z = np.hstack([np.ones((1000, 1)), X - X[0], Y - Y[0]])\n"
        "    assert np.array_equal(s.gram.hi * np.outer(power, power), Z.T @ Z)\n"
    )
    environment = {**os.environ, "LEASTWISE_KERNEL": level}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("n", [16384, 16385, 32769, 1_000_000])
def test_large_sums_of_integers_are_exact(n: int, fold: Fold) -> None:
    X = GENERATOR.integers(-50, 50, size=(n, 2)).astype(np.float64)
    Y = GENERATOR.integers(0, 9, size=(n, 1)).astype(np.float64)
    Z = np.hstack([np.ones((n, 1)), X, Y]).astype(np.int64)
    for slices in (1, 3):
        sums = fold(X, Y, None, np.zeros(3), slices)
        assert sums is not None
        # NumPy's fold is about the first row, whatever it is asked for.
        about = np.concatenate([[0], X[0], Y[0]]) if fold is fold_in_numpy else 0
        power = np.ldexp(1.0, np.concatenate([[0], sums.exponent]))
        truth = (Z - about).astype(np.int64)
        assert np.array_equal(sums.gram.hi * np.outer(power, power), truth.T @ truth)
