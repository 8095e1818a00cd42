"""Are the residuals those of a normal distribution? Shape, order, and their plot."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.royston import francia, shapiro_wilk
from leastwise.infer.check.tails import needed_chi2, tails_chi2
from leastwise.infer.dist import Array

ABOUT = "normal errors"
GOOD, BAD = "No sign that errors are not normal", "The errors are not normal"
ADVICE = (
    "Coefficients and, with many rows, their intervals do not need it; prediction "
    "intervals do. Look at the QQ plot for outliers or a target to transform."
)
SHAPE = Words("Jarque-Bera", ABOUT, "JB", "skewness^2/6 + excess kurtosis^2/24",
              GOOD, BAD, ADVICE)  # fmt: skip
ORDER = Words("Shapiro-Wilk", ABOUT, "W", "1 - W", GOOD, BAD, ADVICE)
PLOT = Words("QQ correlation", ABOUT, "r", "1 - r^2", GOOD, BAD, ADVICE)
# As R's shapiro.test.
MOST = 5000
# Up to here even a clearly skewed sample is found in less than half of the cases.
FEW = 20


def jarque_bera(case: Case) -> Finding:
    """``n (S^2 / 6 + K^2 / 24)`` of skewness and excess kurtosis, against chi2.

    Jarque and Bera (1980), doi:10.1016/0165-1765(80)90024-5; tseries'
    ``jarque.bera.test``. The chi2 is for many rows: it is too rarely significant with
    few.

    Parameters
    ----------
    case : Case
        The fit.
    """
    c, n = case.counts, case.n
    e = case.alike
    e = e - (c @ e) / n
    variance = float(c @ e**2) / n
    if not variance > 0:
        return absent(SHAPE, "the residuals are all the same")
    skew = float(c @ e**3) / n / variance**1.5
    excess = float(c @ e**4) / n / variance**2 - 3.0
    shape = skew**2 / 6.0 + excess**2 / 24.0
    return judge(
        SHAPE,
        Numbers(n * shape, tails_chi2(n * shape, 2.0), (2.0,), shape,
                needed_chi2(2.0) / n, 0.01, 0.17,
                ("", "value"), (("skewness", skew), ("excess kurtosis", excess))),
    )  # fmt: skip


def shapiro(case: Case) -> Finding:
    """W of the residuals (Shapiro and Wilk 1965; Royston 1995), 3 to 5000 of them.

    doi:10.2307/2986146 (AS R94); R's ``shapiro.test``.

    Parameters
    ----------
    case : Case
        The fit.
    """
    e = _ordered(case)
    if e is None:
        return absent(ORDER, f"it is for 3 to {MOST:,} rows")
    if not e[-1] > e[0]:
        return absent(ORDER, "the residuals are all the same")
    w, p = shapiro_wilk(e)
    return judge(ORDER, Numbers(w, p, (), 1.0 - w, *_small(len(e), 0.003)))


def qq(case: Case) -> Finding:
    """The correlation of the QQ plot; its square is Shapiro and Francia's W'.

    With normal scores ``(i - 3/8) / (n + 1/4)`` and the p-value of Royston (1993),
    doi:10.1007/BF01891203, as in nortest's ``sf.test``; for 5 to 5000 rows. Beyond
    5000 there is no p-value: the correlation itself is judged, against 0.995.

    Parameters
    ----------
    case : Case
        The fit.
    """
    e = _ordered(case, all_rows=True)
    if e is None or len(e) < 5:
        return absent(PLOT, "there are too few rows, or too many repeated ones")
    if not e[-1] > e[0]:
        return absent(PLOT, "the residuals are all the same")
    r, p = francia(e)
    if len(e) > MOST:
        p = 0.0 if r < 0.995 else 1.0
    found = judge(PLOT, Numbers(r, p, (), 1.0 - r * r, *_small(len(e), 0.003)))
    if len(e) <= MOST:
        return found
    from dataclasses import replace

    return replace(found, p_value=float("nan"))


def _small(n: int, little: float) -> tuple[float, float, float]:
    """Say what is needed, little and much: with few rows nothing can be told."""
    return (1.0 if n < FEW else 0.0), little, 0.5


def _ordered(case: Case, *, all_rows: bool = False) -> Array | None:
    n = case.n
    if n < 3 or (n > MOST and (case.counted or not all_rows)):
        return None
    e = case.alike
    if case.counted:
        e = np.repeat(e, case.counts.astype(int))
    return np.sort(e)
