"""Sums of whole numbers on this machine, by every kernel, against exact integers.

What a compiler or a device makes of a kernel is not known before it runs there: the
real kernels run, on the device that JAX would use, at sizes around those where a
release of JAX went wrong without a word. The right answer is a sum of integers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from leastwise._kit.errors import LeastwiseError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Double
from leastwise.moments.fold import fold_rows, fold_rows_in_numpy
from leastwise.moments.fold_jax import fold
from leastwise.moments.kernel import has_kernel
from leastwise.moments.kernel_jax import has_target
from leastwise.moments.state import Moments

Array = np.ndarray[Any, Any]

SIZES = (16384, 16385, 32769, 1_000_000)
# JAX compiles anew for each: every tier at these, the finest at all.
SIZES_OF_EVERY_TIER = (16385, 1_000_000)
# With weights; the others without.
WEIGHTED = 32769
TIERS = (1, 2, 3)
MOST = 32.0
# What is promised is for roundings without a rule. Those of whole numbers have one:
# squares are 0 or 1 beyond fours. Up to 2.7 times as much has been measured.
ROOM = 4.0

Folded = Callable[[Rows, int], Moments]


@dataclass(frozen=True)
class Check:
    """One kernel on one problem.

    Attributes
    ----------
    kernel : {"numpy", "compiled", "jax", "jit"}
        What folded the rows: in JAX, or under jit by the compiled kernel, which XLA
        calls on CPU.
    device, dtype : str
        Where, and in which type.
    rows : int
        How many rows.
    tier : {1, 2, 3}
        How finely they were cut.
    digits : float
        Fewest right digits of a sum, relative to the sizes of its columns; 32 where
        every sum is exact.
    needed : float
        Digits below which something is wrong: those that the kernel promises, with
        room for roundings that all go one way.
    seconds : float
        Time of the fold, after compilation.
    """

    kernel: str
    device: str
    dtype: str
    rows: int
    tier: int
    digits: float
    needed: float
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the kernel keeps its promise."""
        return self.digits >= self.needed


@dataclass(frozen=True)
class SelfTest:
    """What `selftest` found.

    Attributes
    ----------
    checks : tuple of Check
        Every kernel, size and tier.
    trouble : tuple of str
        What could not be run, and why.
    seconds : float
        How long it took.
    """

    checks: tuple[Check, ...]
    trouble: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything ran and kept its promise."""
        return not self.trouble and all(check.passed for check in self.checks)

    def __str__(self) -> str:
        form = "{:<9} {:<10} {:<8} {:>8} {:>5} {:>7} {:>7} {:>9}"
        head = ("kernel", "device", "dtype", "rows", "tier", "digits", "needed", "ms")
        lines = [form.format(*head)]
        for c in self.checks:
            digits = "exact" if c.digits == MOST else f"{c.digits:.1f}"
            cells = (c.kernel, c.device, c.dtype, c.rows, c.tier, digits)
            line = form.format(*cells, f"{c.needed:.1f}", f"{1e3 * c.seconds:.1f}")
            lines.append(line + ("" if c.passed else "  WRONG"))
        lines += ["", *self.trouble]
        wrong = sum(not check.passed for check in self.checks)
        if wrong:
            lines.append(
                f"{wrong} of {len(self.checks)} checks are wrong: do not trust results "
                "of these kernels on this machine"
            )
        elif not self.trouble:
            lines.append(
                f"all {len(self.checks)} checks are right; {self.seconds:.1f} s"
            )
        return "\n".join(lines)


def selftest(*, sizes: Sequence[int] = SIZES) -> SelfTest:
    """Run every kernel on this machine against exact integers.

    Folds whole numbers with the NumPy fold, the compiled one where it was built, and
    the fold of JAX on the default device, at every tier, and compares each sum with
    the exact integer. A release of JAX that is known to compute wrong numbers is
    refused, and named in `SelfTest.trouble`.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of rows. JAX compiles for each of them, which is most of the time.

    Returns
    -------
    SelfTest
        Prints as a table; `passed` says whether all is well.

    Examples
    --------
    >>> import leastwise as lw
    >>> found = lw.selftest(sizes=[100])
    >>> found.passed, min(check.digits for check in found.checks) > 14
    (True, True)
    """
    start = time.perf_counter()
    trouble: list[str] = []
    kernels = _kernels(trouble)
    checks = []
    for n in sizes:
        rows, truth = _problem(n)
        for kernel in kernels:
            for tier in _tiers(kernel, n):
                checks.append(_check(kernel, rows, truth, tier))
    checks.sort(key=lambda check: (check.kernel, check.dtype), reverse=True)
    return SelfTest(tuple(checks), tuple(trouble), time.perf_counter() - start)


def _tiers(kernel: _Kernel, n: int) -> tuple[int, ...]:
    if kernel.dtype == "float32":
        return TIERS if n == SIZES_OF_EVERY_TIER[0] else ()
    return TIERS[-1:] if kernel.compiles and n not in SIZES_OF_EVERY_TIER else TIERS


@dataclass(frozen=True)
class _Kernel:
    fold: Folded
    device: str = "host"
    dtype: str = "float64"
    compiles: bool = False
    name: str | None = None


def _kernels(trouble: list[str]) -> list[_Kernel]:
    """Every kernel that is here; what is not usable goes to `trouble`."""
    kernels = [_Kernel(lambda rows, tier: fold_rows_in_numpy(rows, slices=tier))]
    if has_kernel():
        kernels.append(_Kernel(lambda rows, tier: fold_rows(rows, slices=tier)))
    try:
        jax = jax_module()
        device = jax.devices()[0].device_kind
    except (LeastwiseError, ImportError, RuntimeError) as error:
        trouble.append(f"JAX was not run: {error}")
        return kernels

    def in_jax(dtype: str, *, batch: bool) -> Folded:
        def folded(rows: Rows, tier: int) -> Moments:
            with float64_scope():
                return _run(jax, rows, tier, dtype, batch=batch)

        return folded

    kernels += [
        _Kernel(in_jax("float64", batch=True), device, "float64", compiles=True),
        _Kernel(in_jax("float32", batch=True), device, "float32", compiles=True),
    ]
    if jax.default_backend() == "cpu" and has_target():
        alone = in_jax("float64", batch=False)
        kernels.append(_Kernel(alone, device, "float64", compiles=True, name="jit"))
    return kernels


def _run(jax: Any, rows: Rows, tier: int, dtype: str, *, batch: bool) -> Moments:
    """Fold under jit; a batch of one is folded in JAX on every device."""
    arrays = [jax.numpy.asarray(a, dtype)
              for a in (rows.X, rows.Y, rows.weights) if a is not None]  # fmt: skip
    if batch:
        arrays = [a[None] for a in arrays]
    done = jax.block_until_ready(_under_jit(batch)(tier, *arrays))
    moments: Moments = jax.tree.map(lambda a: np.asarray(a)[0 if batch else ()], done)
    return moments


def _of_rows(tier: int, *arrays: Any) -> Moments:
    return fold(*arrays, slices=tier)


def _of_batch(tier: int, *arrays: Any) -> Moments:
    moments: Moments = jax_module().vmap(partial(_of_rows, tier))(*arrays)
    return moments


def _under_jit(batch: bool) -> Any:
    # JAX knows by the function what it has compiled already.
    return jax_module().jit(_of_batch if batch else _of_rows, static_argnums=0)


def _problem(n: int) -> tuple[Rows, list[list[int]]]:
    """Whole numbers of 24 bits, and the exact sums of their products."""
    generator = np.random.default_rng(n)
    Z = generator.integers(-(2**23), 2**23, size=(n, 4))
    Z[:, 1] //= 2**15  # a column of another size
    w = generator.integers(1, 8, size=n) if n == WEIGHTED else np.ones(n, np.int64)
    values = Z.astype(np.float64)
    weights = w.astype(np.float64) if n == WEIGHTED else None
    U = np.column_stack([np.ones(n, np.int64), Z - Z[0]])
    # Halves of 12 bits and a sign: no product of them, summed, leaves 64 bits.
    high, low = U >> 12, U & (2**12 - 1)
    parts = [(high, high, 24), (high, low, 12), (low, high, 12), (low, low, 0)]
    exact = [[0] * 5 for _ in range(5)]
    for a, b, bits in parts:
        product = np.einsum("ni,nj->ij", a * w[:, None], b)
        exact = [
            [old + (int(new) << bits) for old, new in zip(*pair, strict=True)]
            for pair in zip(exact, product, strict=True)
        ]
    return Rows(values[:, :3], values[:, 3:], weights), exact


def _check(kernel: _Kernel, rows: Rows, truth: list[list[int]], tier: int) -> Check:
    if kernel.compiles:
        kernel.fold(rows, tier)  # compiles
    start = time.perf_counter()
    m = kernel.fold(rows, tier)
    seconds = time.perf_counter() - start
    return Check(
        kernel=kernel.name or m.kernel,
        device=kernel.device,
        dtype=kernel.dtype,
        rows=len(rows.X),
        tier=tier,
        digits=min(MOST, _digits(m, truth)),
        needed=float(-np.log10(ROOM * m.roundoff)),
        seconds=seconds,
    )


def _digits(m: Moments, truth: list[list[int]]) -> float:
    """Fewest digits of a sum, relative to the extents of its columns."""
    worst = 0.0
    power = [0, *(int(e) for e in m.exponent)]
    gram = Double(m.gram.hi.astype(np.float64), m.gram.lo.astype(np.float64))
    for i, row in enumerate(truth):
        for j, exact in enumerate(row):
            bits = power[i] + power[j] + int(m.weight_exponent)
            # Sums of whole numbers in units of 2^bits: exact as fractions of them.
            off = _exactly(gram.hi[i, j], bits) + _exactly(gram.lo[i, j], bits) - exact
            size = float(m.extent[i]) * float(m.extent[j])
            worst = max(worst, abs(float(off)) / 2.0**bits / size)
    return float(-np.log10(worst)) if worst else MOST


def _exactly(value: float, bits: int) -> Fraction:
    return Fraction(float(value)) * Fraction(2) ** bits
