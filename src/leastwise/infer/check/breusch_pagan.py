"""Does the variance follow the inputs? Breusch and Pagan, Koenker."""

from __future__ import annotations

from leastwise.infer.check.base import Case, explained
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.tails import needed_chi2, tails_chi2
from leastwise.infer.dist import Array

BAD = "The variance changes with the inputs"
ADVICE = (
    'Use standard errors that allow for it, m.with_cov("HC3"), or transform the target.'
)
STUDENTIZED = Words(
    "Breusch-Pagan", "equal variance", "BP", "R-squared of the squared residuals",
    "No sign that the variance changes with the inputs", BAD, ADVICE,
)  # fmt: skip
NORMAL = Words(
    "Breusch-Pagan (normal errors)", "equal variance", "BP", STUDENTIZED.effect,
    STUDENTIZED.good, BAD, ADVICE,
)  # fmt: skip
SCORE = Words(
    "score test on fitted values", "equal variance", "chi2", STUDENTIZED.effect,
    "No sign that the variance changes with the fitted values",
    "The variance changes with the fitted values", ADVICE,
)  # fmt: skip
NO_INPUT = "there is no input that the variance could follow"


def studentized(case: Case) -> Finding:
    """``n R^2`` of the squared residuals on the inputs (Koenker 1981).

    doi:10.1016/0304-4076(81)90062-2; lmtest's ``bptest``. The auxiliary regression has
    an intercept also where the model has none; lmtest's has not. With analytic weights
    the squares are those of ``sqrt(w) e`` as in car's ``ncvTest``; those of lmtest
    depend on the unit of the weights.

    Parameters
    ----------
    case : Case
        The fit.
    """
    ess, tss, df = explained(case, case.inputs, case.alike**2)
    if not df:
        return absent(STUDENTIZED, NO_INPUT)
    share = ess / tss if tss > 0 else float("nan")
    value = case.n * share
    return judge(
        STUDENTIZED,
        Numbers(value, tails_chi2(value, df), (df,), share, needed_chi2(df) / case.n,
                0.01, 0.26),
    )  # fmt: skip


def normal(case: Case) -> Finding:
    """Half the explained sum of squares of ``e^2 / mean(e^2)`` (Breusch, Pagan 1979).

    doi:10.2307/1911963; ``bptest(studentize = FALSE)``. It takes the errors for
    normal: heavy tails make it significant alone.

    Parameters
    ----------
    case : Case
        The fit.
    """
    return _half(case, case.inputs, NORMAL)


def score(case: Case) -> Finding:
    """The same on the fitted values alone (Cook and Weisberg 1983).

    doi:10.1093/biomet/70.1.1; car's ``ncvTest``.

    Parameters
    ----------
    case : Case
        The fit.
    """
    return _half(case, case.fitted[:, None], SCORE)


def _half(case: Case, columns: Array, words: Words) -> Finding:
    ess, tss, df = explained(case, columns, case.alike**2)
    if not df:
        return absent(words, NO_INPUT)
    value = ess / 2
    share = ess / tss if tss > 0 else float("nan")
    return judge(
        words,
        Numbers(value, tails_chi2(value, df), (df,), share, needed_chi2(df) / case.n,
                0.01, 0.26),
    )  # fmt: skip
