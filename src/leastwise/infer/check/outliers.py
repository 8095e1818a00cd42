"""Is the largest residual larger than chance allows? Bonferroni."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import ALPHA, Finding, Numbers, Words, absent, judge
from leastwise.infer.dist import t_quantile, t_two_sided
from leastwise.infer.influence import FULL

WORDS = Words(
    "outlier", "outliers", "t", "the shift of a coefficient, in standard errors,",
    "No row is farther out than the largest of so many may be",
    "A row is farther out than chance allows",
    "Look at that row: an error of typing, or a case the model does not know. "
    "m.influence() says what it does.",
)  # fmt: skip


def outlier(case: Case) -> Finding:
    """The t of the largest studentized residual, p times the number of rows.

    car's ``outlierTest``; Cook and Weisberg (1982), Residuals and Influence in
    Regression. The effect is the largest DFBETAS of that row.

    Parameters
    ----------
    case : Case
        The fit.
    """
    dof = case.dof - 1.0
    if not dof > 0:
        return absent(WORDS, "no degree of freedom is left without a row")
    once = case.counts if case.counted else 1.0
    h = np.einsum("ij,ij->i", case.z, case.z) / once
    e2 = case.e**2 / once
    h = np.where(h < FULL, h, np.nan)
    own = e2 / (1.0 - h)
    left = np.maximum(case.rss - own, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.sqrt(own / (left / dof))
    t = np.where(np.isnan(t), 0.0, t)
    i = int(np.argmax(t))
    p = min(1.0, float(t_two_sided(t[i], dof)) * case.n)
    e_sign = float(np.sign(case.e[i]))
    one = case.counts[i] if case.counted else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = case.toward @ case.z[i] * case.e[i] / one / (1.0 - h[i])
        size = np.sqrt((case.toward**2).sum(axis=1) * left[i] / dof)
        effect = float(np.max(np.abs(moved / size), initial=0.0))
    if not np.isfinite(effect):
        effect = np.inf
    critical = t_quantile(1.0 - ALPHA / case.n, dof)
    rows = ((f"row {int(case.row[i])}", float(t[i]) * e_sign),)
    # So few degrees of freedom that only a row 10 standard errors out shows.
    return judge(
        WORDS,
        Numbers(float(t[i]) * e_sign, p, (dof,), effect, critical, 0.1, 10.0,
                ("", "studentized"), rows),
    )  # fmt: skip
