"""Does the variance follow the inputs, their squares or products? White."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import CHUNK, Case, explained
from leastwise.infer.check.breusch_pagan import ADVICE, NO_INPUT
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.tails import needed_chi2, tails_chi2
from leastwise.infer.dist import Array
from leastwise.moments.blocks import Rows
from leastwise.moments.fold import fold_rows
from leastwise.solve.fit import solve

WORDS = Words(
    "White", "equal variance", "n R2", "R-squared of the squared residuals",
    "No sign that the variance changes with the inputs, their squares or products",
    "The variance changes with the inputs, their squares or products", ADVICE,
)  # fmt: skip
SHORT = Words(
    "White (fitted values)", WORDS.about, WORDS.statistic, WORDS.effect,
    "No sign that the variance changes with the fitted values or their squares",
    "The variance changes with the fitted values or their squares", ADVICE,
)  # fmt: skip
# Products up to which the long form takes seconds.
MOST_WORK = 4e9


def white(case: Case) -> Finding:
    """``n R^2`` on inputs, squares and products (White 1980, doi:10.2307/1912934).

    statsmodels' ``het_white``. Where these are too many for the rows, or for a few
    seconds, on the fitted values and their squares (Wooldridge).

    Parameters
    ----------
    case : Case
        The fit.
    """
    p = case.inputs.shape[1]
    if not p:
        return absent(WORDS, NO_INPUT)
    size = p + p * (p + 1) // 2
    square = case.alike**2
    if 2 * size <= case.n and len(case.e) * size**2 <= MOST_WORK:
        words = WORDS
        share, df = _long(case, square)
    else:
        words, u = SHORT, case.fitted / np.abs(case.fitted).max()
        ess, tss, df = explained(case, np.column_stack([u, u * u]), square)
        share = ess / tss if tss > 0 else float("nan")
    value = case.n * share
    return judge(
        words,
        Numbers(value, tails_chi2(value, df), (df,), share, needed_chi2(df) / case.n,
                0.01, 0.26),
    )  # fmt: skip


def _long(case: Case, square: Array) -> tuple[float, int]:
    x = case.inputs * np.sqrt(len(case.e))
    first, second = np.triu_indices(x.shape[1])
    parts = []
    for start in range(0, len(x), CHUNK):
        here = slice(start, start + CHUNK)
        block = x[here]
        made = np.hstack([block, block[:, first] * block[:, second]])
        weights = case.counts[here] if case.counted else None
        parts.append(fold_rows(Rows(made, square[here, None], weights), slices=2))
    moments = parts[0]
    for part in parts[1:]:
        moments = moments + part
    fit = solve(moments, intercept=True, observations=case.n)
    tss = float(fit.tss[0])
    return (float(fit.explained[0]) / tss if tss > 0 else np.nan), fit.rank - 1
