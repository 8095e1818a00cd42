"""Does the middle of the rows fit better than all of them? The rainbow test."""

from __future__ import annotations

import math

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.order import ORDERED, repeats
from leastwise.infer.check.tails import needed_f
from leastwise.infer.dist import Array, f_upper

WORDS = Words(
    "rainbow", "the form of the model", "F", "the excess of the outer variance",
    "The middle half of the rows fits no better than all",
    "The middle half of the rows fits better than all: the model bends",
    "Give order= a column along which it may bend, and look at residuals along it.",
)  # fmt: skip


def rainbow(case: Case) -> Finding:
    """F of the rows beside the middle half (Utts 1982, doi:10.1080/03610928208828423).

    lmtest's ``raintest``: the middle of the order in which rows come, unless `order`
    says another. Where the middle half does not determine all coefficients, lmtest
    counts them nonetheless.

    Parameters
    ----------
    case : Case
        The fit.
    """
    if repeats(case):
        return absent(WORDS, ORDERED)
    n = len(case.e)
    first = math.ceil(1 + (n - 1) * 0.25) - 1
    inside = slice(first, first + n // 2)
    if n // 2 < 1:
        return absent(WORDS, "too few rows")
    inner, rank = _rss(case.z[inside], case.e[inside])
    outer, rest = n - n // 2 - (case.rank - rank), n // 2 - rank
    if not (rest > 0 and outer > 0):
        return absent(WORDS, "half of the rows do not determine the coefficients")
    value = ((case.rss - inner) / outer) / (inner / rest) if inner > 0 else np.nan
    return judge(
        WORDS,
        Numbers(value, f_upper(value, outer, rest), (outer, rest), value - 1.0,
                needed_f(outer, rest) - 1.0, 0.1, 3.0),
    )  # fmt: skip


def _rss(z: Array, e: Array) -> tuple[float, int]:
    """Fit residuals again on some rows: what is left is that of the target."""
    u, s, _ = np.linalg.svd(z, full_matrices=False)
    rank = int((s > 1e-9 * s[0]).sum())
    u = u[:, :rank]
    left = e - u @ (u.T @ e)
    left = left - u @ (u.T @ left)
    return float(left @ left), rank
