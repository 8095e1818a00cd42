"""Are residuals like those before them? Breusch and Godfrey."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case, added
from leastwise.infer.check.durbin_watson import WORDS as NEIGHBOURS
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.order import ORDERED, repeats
from leastwise.infer.check.tails import needed_chi2, tails_chi2


def breusch_godfrey_1(case: Case) -> Finding:
    """Lag 1; see `breusch_godfrey`."""
    return breusch_godfrey(case, 1)


def breusch_godfrey_2(case: Case) -> Finding:
    """Lags 1 and 2; see `breusch_godfrey`."""
    return breusch_godfrey(case, 2)


def breusch_godfrey(case: Case, lags: int) -> Finding:
    """``n R^2`` of the residuals on the inputs and their own lags.

    Breusch (1978), doi:10.1111/j.1467-8454.1978.tb00635.x; Godfrey (1978),
    doi:10.2307/1913829; lmtest's ``bgtest``: residuals before the first row are 0.
    With analytic weights the rows are multiplied by their roots; lmtest leaves weights
    out.

    Parameters
    ----------
    case : Case
        The fit.
    lags : int
        How many.
    """
    words = Words(
        f"Breusch-Godfrey, lag {'1' if lags == 1 else f'1 to {lags}'}",
        NEIGHBOURS.about, "LM", "the share of the residuals they explain",
        "No sign that residuals are like those before",
        "Residuals are like those before", NEIGHBOURS.advice,
    )  # fmt: skip
    if repeats(case):
        return absent(words, ORDERED)
    n = len(case.e)
    before = np.zeros((n, lags))
    for j in range(lags):
        before[j + 1 :, j] = case.e[: n - j - 1]
    share, df = added(case, before)
    if df < lags:
        return absent(words, "too few rows")
    value = n * share
    return judge(
        words,
        Numbers(value, tails_chi2(value, df), (df,), share, needed_chi2(df) / n,
                0.01, 0.26),
    )  # fmt: skip
