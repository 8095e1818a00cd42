"""Are coefficients blurred because inputs go together? VIF and condition indices."""

from __future__ import annotations

import numpy as np

from leastwise.infer.check.base import Case
from leastwise.infer.check.finding import Finding, Words, absent
from leastwise.infer.dist import Array

ABOUT = "inputs that go together"
ADVICE = (
    "Single coefficients of these are uncertain; their sum, predictions and other "
    "coefficients are not. Drop or combine inputs only where that answers the question."
)
INFLATION = Words("variance inflation", ABOUT, "VIF", "the largest factor", "", "", "")
CONDITION = Words("condition indices", ABOUT, "index", "the largest index", "", "", "")
HIGH, HIGHEST = 5.0, 10.0
STRONG, PART = 30.0, 0.5


def inflation(case: Case) -> Finding:
    """What the variance of a coefficient is multiplied by because of other inputs.

    For terms of several columns the generalized factor (Fox and Monette 1992,
    doi:10.1080/01621459.1992.10475190), whose root of order its number of columns is
    compared: ``det R_11 det R_22 / det R`` of the correlations of the coefficients, as
    car's ``vif``. A factor has no p-value; above 10 is called high (Marquardt 1970).

    Parameters
    ----------
    case : Case
        The fit.
    """
    terms = {k: v for k, v in case.terms.items() if v}
    inner = tuple(j for v in terms.values() for j in v)
    if len(terms) < 2:
        return absent(INFLATION, "there is one term, or none")
    if len(case.toward) != case.rank:
        return absent(INFLATION, "some columns are combinations of others")
    rows = case.toward / np.sqrt((case.toward**2).sum(axis=1, keepdims=True))
    whole = _log_volume(rows[list(inner)])
    table: list[tuple[str | float, ...]] = []
    for label, own in terms.items():
        others = [j for j in inner if j not in own]
        part = _log_volume(rows[list(own)]) + _log_volume(rows[others])
        factor = float(np.exp(2.0 * (part - whole)))
        table.append((label, factor, float(len(own)), factor ** (0.5 / len(own))))
    worst = max(table, key=lambda row: float(row[3]))
    largest = float(worst[3]) ** 2
    times = f"its variance is {largest:.3g} times what it would be without them"
    status, advice = "ok", ""
    verdict = f"Inputs are told apart: the largest factor is {largest:.3g}."
    if largest > HIGHEST:
        status, advice = "fails", ADVICE
        verdict = f"Other inputs blur {worst[0]}: {times}."
    elif largest > HIGH:
        status = "slight"
        verdict = f"Other inputs blur {worst[0]} somewhat: {times}."
    return Finding(
        INFLATION.name, ABOUT, "VIF", largest, (), float("nan"), INFLATION.effect,
        largest, status, verdict, advice,
        ("", "GVIF", "columns", "GVIF^(1/(2 columns))"), tuple(table),
    )  # fmt: skip


def _log_volume(rows: Array) -> float:
    """Half the log of the determinant of the products of rows."""
    return float(np.sum(np.log(np.abs(np.diag(np.linalg.qr(rows.T, mode="r"))))))


def conditions(case: Case) -> Finding:
    """Ratios of the singular values of the design, and what they do to variances.

    Columns (the intercept with them, nothing centred) are scaled to one length;
    the share of each coefficient's variance that belongs to each singular value says
    which inputs go together (Belsley, Kuh and Welsch 1980, doi:10.1002/0471725153).
    An index above 30 with two shares above a half is called strong.

    Parameters
    ----------
    case : Case
        The fit.
    """
    if case.rank < 2:
        return absent(CONDITION, "there is one column, or none")
    if len(case.columns) != case.rank:
        return absent(CONDITION, "some columns are combinations of others")
    _, values, right = np.linalg.svd(case.columns.T, full_matrices=False)
    if not values[-1] > 0:
        return absent(CONDITION, "columns cannot be told apart")
    share = (right / values[:, None]) ** 2
    share = share / share.sum(axis=0)
    index = values[0] / values
    table: tuple[tuple[str | float, ...], ...] = tuple(
        (f"{k + 1}", float(index[k]), *map(float, share[k])) for k in range(len(index))
    )
    largest = float(index[-1])
    strong = [np.flatnonzero(share[k] > PART) for k in np.flatnonzero(index > STRONG)]
    groups = [those for those in strong if len(those) > 1]
    status, advice = "ok", ""
    verdict = f"No columns go together: the largest index is {largest:.3g}."
    if groups:
        told = "; ".join(", ".join(case.names[j] for j in those) for those in groups)
        status, advice = "fails", ADVICE
        verdict = f"These go together: {told}. The index is {largest:.3g}."
        if case.intercept and all(len(t) == 2 and t[0] == 0 for t in groups):
            status, advice = "slight", ""
            verdict += " Values far from 0 do that to the intercept: centre them."
    return Finding(
        CONDITION.name, ABOUT, "index", largest, (), float("nan"), CONDITION.effect,
        largest, status, verdict, advice,
        ("", "index", *case.names), table,
    )  # fmt: skip
