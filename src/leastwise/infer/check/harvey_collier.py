"""Do rows, predicted from those before, miss to one side? Harvey and Collier."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import ALPHA, Finding, Numbers, Words, absent, judge
from leastwise.infer.check.order import ORDERED, repeats
from leastwise.infer.dist import Array, t_quantile, t_two_sided

WORDS = Words(
    "Harvey-Collier", "the form of the model", "t", "their mean in standard deviations",
    "Rows predicted from those before miss to no side",
    "Rows predicted from those before miss to one side: the model bends",
    "Give order= a column along which it may bend; a square of it may be missing.",
)  # fmt: skip
STEP = 48


def harvey_collier(case: Case) -> Finding:
    """The t of the mean of recursive residuals (Harvey and Collier 1977).

    doi:10.1016/0304-4076(77)90042-5; lmtest's ``harvtest``, in the order in which rows
    come unless `order` says another. It begins where the rows so far determine all
    coefficients, at the earliest after as many rows as coefficients; lmtest asks for
    that at once.

    Parameters
    ----------
    case : Case
        The fit.
    """
    if repeats(case):
        return absent(WORDS, ORDERED)
    start = _start(case.z)
    if start is None or len(case.e) - start < 3:
        return absent(WORDS, "the first rows do not determine the coefficients")
    steps = recursive(case.z, case.e, start)
    m = len(steps)
    spread = float(np.std(steps, ddof=1))
    if not spread > 0:
        return absent(WORDS, "the recursive residuals are all the same")
    value = abs(float(steps.sum())) / np.sqrt(m) / spread
    dof = m - 1.0
    return judge(
        WORDS,
        Numbers(value, float(t_two_sided(value, dof)), (dof,), value / np.sqrt(m),
                t_quantile(1 - ALPHA, dof) / np.sqrt(m), 0.05, 0.8),
    )  # fmt: skip


def recursive(z: Array, e: Array, start: int) -> Array:
    """Return the standardised errors of predicting each row from those before.

    A block of rows at a time: the errors of a block, given all before, divided by the
    Cholesky factor of their covariance, are those of one row after the other.

    Parameters
    ----------
    z, e : ndarray, shapes (n, r) and (n,)
        Rows and target (or residuals: the same, as they differ by a combination).
    start : int
        Rows that the first is predicted from.
    """
    head = z[:start]
    left, values, right = np.linalg.svd(head, full_matrices=False)
    # A root of the inverse Gram: A = root root'.
    root = right.T / values
    b = root @ (left.T @ e[:start])
    found = np.empty(len(e) - start)
    for at in range(start, len(e), STEP):
        x, y = z[at : at + STEP], e[at : at + STEP]
        reach = x @ root
        lower = np.linalg.cholesky(np.eye(len(x)) + reach @ reach.T)
        error = np.linalg.solve(lower, y - x @ b)
        found[at - start : at - start + len(x)] = error
        # K = A x' (I + x A x')^-1, and A - K x A = root (I - g'g) root'.
        gain = np.linalg.solve(lower, reach)
        b = b + root @ (gain.T @ error)
        rest = np.eye(root.shape[1]) - gain.T @ gain
        root = root @ np.linalg.cholesky(0.5 * (rest + rest.T))
    return found


def _start(z: Array) -> int | None:
    """Return the fewest first rows that determine all coefficients."""
    low = high = int(z.shape[1])
    while not _is_full(z[:high]):
        if high >= len(z):
            return None
        low, high = high + 1, min(2 * high, len(z))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_full(z[:middle]) else (middle + 1, high)
    return high


def _is_full(z: Array) -> bool:
    values = np.linalg.svd(z, compute_uv=False)
    return len(values) == z.shape[1] and bool(values[-1] > 1e-9 * values[0])
