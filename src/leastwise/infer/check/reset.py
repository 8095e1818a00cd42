"""Do powers of the fitted values help? Ramsey's RESET."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case, added
from leastwise.infer.check.finding import Finding, Numbers, Words, absent, judge
from leastwise.infer.check.tails import needed_f
from leastwise.infer.dist import f_upper

WORDS = Words(
    "RESET", "the form of the model", "F", "the share of the residuals they explain",
    "No sign that squares and cubes of the fitted values are missing",
    "Squares or cubes of the fitted values explain what the model leaves",
    "Look at m.plot of residuals: a transformed input, a square or an interaction may "
    "be missing.",
)  # fmt: skip


def reset(case: Case) -> Finding:
    """F of the squares and cubes of the fitted values beside the inputs (Ramsey 1969).

    doi:10.1111/j.2517-6161.1969.tb00796.x; lmtest's ``resettest``. Powers that the
    inputs already span (those of a group's mean) do not count; lmtest counts them.

    Parameters
    ----------
    case : Case
        The fit.
    """
    largest = float(np.abs(case.fitted).max(initial=0.0))
    if not largest > 0 or case.rank <= int(case.intercept):
        return absent(WORDS, "the fitted values are all the same")
    u = case.fitted / largest
    share, df = added(case, np.column_stack([u**2, u**3]) * case.root[:, None])
    rest = case.dof - df
    if not df or not rest > 0:
        why = "the inputs already span these powers" if not df else "too few rows"
        return absent(WORDS, why)
    value = share / df / ((1.0 - share) / rest)
    least = needed_f(df, rest) * df
    return judge(
        WORDS,
        Numbers(value, f_upper(value, df, rest), (df, rest), share,
                least / (least + rest), 0.01, 0.26),
    )  # fmt: skip
