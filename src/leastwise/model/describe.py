"""What a model says about itself in words: aliased columns, notes, plans."""

from __future__ import annotations

import numpy as np

from leastwise._kit.errors import DataError
from leastwise.engine.plan import EXACT_TIER, TARGET_DIGITS, Plan, Solved, cut
from leastwise.moments.double import Array
from leastwise.record.fit import AliasedRow
from leastwise.solve.result import Fit

# Fewer certified digits than this deserve a word.
FEW_DIGITS = 6.0
# More names than this are counted.
MOST_NAMES = 12
# What can help where the finest tier is not enough.
EXACT = "exact=True (on the command line --exact)"
# Digits of a Gram entry, by tier: what its sums are carried to.
TIER_DIGITS = {1: 15, 2: 22, 3: 28}
# A coefficient this small beside what it is the difference of is rounding: a few
# roundings of float64.
ROUNDING = 2.0**-48


def aliased_rows(fit: Fit, names: tuple[str, ...]) -> tuple[AliasedRow, ...]:
    """Name each dropped column with the combination it equals.

    Parameters
    ----------
    fit : Fit
        With `combination` in original units.
    names : tuple of str, length p
        Names of the inputs, without the intercept.
    """
    rows = []
    for j in np.flatnonzero(~fit.kept):
        text = _combination_text(fit.aliases.numbers[j], names)
        digits = None
        if fit.aliases.beyond[j]:
            count = _count(fit.observations, "row")
            reason = f"{count} cannot tell it from the coefficients before it"
        elif np.isinf(fit.aliases.numbers[j]).any():
            which = np.flatnonzero(np.isinf(fit.aliases.numbers[j][1:]))
            others = ", ".join(names[k] for k in which) or "a constant"
            reason = (
                f"it is a combination of {others} with factors beyond the range of "
                "float64"
            )
            if fit.aliases.doubtful[j]:
                reason = f"it cannot be told from {reason[6:]} at this precision"
        elif fit.aliases.doubtful[j]:
            reason = f"it cannot be told from {text} at this precision"
        else:
            reason = f"{names[j]} = {text}"
            # Nothing has no digits.
            digits = None if text == "0" else int(fit.aliases.digits[j])
        # A solution of least norm has a coefficient for it, and so has a descent.
        left_out = bool(np.isnan(fit.coefficients[int(fit.intercept) + j]).all())
        rows.append(AliasedRow(names[j], reason, digits, left_out))
    return tuple(rows)


def refuse_aliased(fit: Fit, names: tuple[str, ...]) -> None:
    """Raise for columns that are combinations of others: ``rank="error"``.

    Parameters
    ----------
    fit : Fit
        The fit.
    names : tuple of str, length p
        Names of the inputs.

    Raises
    ------
    DataError
        With the combination each column equals.
    """
    rows = aliased_rows(fit, names)
    if not rows:
        return
    told = [
        row.text
        if row.reason.startswith(f"{row.name} =")
        else f"{row.name}: {row.text}"
        for row in rows[:MOST_NAMES]
    ]
    more = [f"{len(rows) - MOST_NAMES} more"] if len(rows) > MOST_NAMES else []
    shown = "; ".join([*told, *more])
    what = "1 column adds" if len(rows) == 1 else f"{len(rows)} columns add"
    if fit.aliases.doubtful.any():
        what = f"{_count(len(rows), 'column')} may add"
    raise DataError(
        f"{what} nothing to the others: {shown}",
        fix='Leave them out, or say rank="drop" or rank="minimum_norm"',
    )


def _combination_text(combination: Array, names: tuple[str, ...]) -> str:
    constant, slopes = float(combination[0]), combination[1:]
    parts: list[str] = []
    if constant != 0.0:
        parts.append(f"{constant:.10g}")
    for name, slope in zip(names, slopes, strict=True):
        if slope == 0.0:
            continue
        sign = "-" if slope < 0 else "+"
        size = "" if f"{abs(slope):.10g}" == "1" else f"{abs(slope):.10g} "
        if parts:
            parts.append(f"{sign} {size}{name}")
        else:
            parts.append(f"{'-' if slope < 0 else ''}{size}{name}")
    return " ".join(parts) or "0"


def fit_notes(solved: Solved, target: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Say what a reader of one target's numbers should know.

    Parameters
    ----------
    solved : Solved
        The fit.
    target : int
        Which target, from 0.
    names : tuple of str, length m
        Names of the coefficients.
    """
    fit = solved.fit
    varies = bool(fit.tss[target] != 0.0)
    notes = []
    if not varies:
        what = "does not vary" if fit.intercept else "is zero everywhere"
        notes.append(f"The target {what}: R-squared and F are undefined.")
    elif fit.dof > 0 and bool(solved.exact[target]):
        notes.append(
            "The fit is exact to the rounding of the data: residuals are taken as 0, "
            "so standard errors are 0 and t is infinite."
        )
    if not fit.dof > 0:
        notes.append(
            f"{_count(fit.observations, 'observation')} and "
            f"{_count(fit.rank, 'coefficient')} leave no degrees of freedom: standard "
            "errors are undefined."
        )
    estimates = fit.coefficients[:, target]
    # An estimate that is 0 has no count of digits; one that became 0 has none right.
    lost = np.isinf(estimates) | ((estimates == 0) & (fit.digits[:, target] == 0))
    lost |= _lost_errors(fit, target)
    if lost.any():
        beyond = some([names[i] for i in np.flatnonzero(lost)])
        small = "smaller" if np.isinf(estimates).any() else "larger"
        notes.append(
            f"Beyond the range of float64: {beyond}. Give the columns in {small} units."
        )
    notes += _of_rank(fit, names)
    if varies:
        notes += _few_digits(fit, target, names)
        notes += _zeros(fit, target, names)
    return tuple(notes)


def _of_rank(fit: Fit, names: tuple[str, ...]) -> list[str]:
    """Say what became of columns that the others leave undetermined."""
    inputs = names[int(fit.intercept) :]
    notes = []
    if fit.least_norm:
        gone = some([inputs[j] for j in np.flatnonzero(~fit.kept)])
        notes.append(
            f"The data do not determine all slopes ({gone}): of all least squares "
            "solutions this is the one whose slopes have the smallest sum of squares, "
            "in the units of the columns; the intercept is not counted."
        )
    unknown = [inputs[j] for j in np.flatnonzero(fit.aliases.doubtful)]
    if unknown:
        notes.append(
            f"Whether {some(unknown)} adds anything cannot be told at this "
            f"precision; {EXACT} decides it."
        )
    return notes


def short_of(solved: Solved, target: int, names: tuple[str, ...]) -> tuple[str, ...]:
    """Say which coefficients miss the digits that were asked for, and what helps.

    Parameters
    ----------
    solved, target, names
        As in `fit_notes`.
    """
    fit, asked = solved.fit, solved.plan.target
    said = "asked for" if asked != TARGET_DIGITS else "aimed at"
    if fit.tss[target] == 0.0:
        return ()
    worth = fit.worth[:, target]
    # Those below FEW_DIGITS have a note of their own.
    something = ~_nothing(fit, target)
    told = (fit.digits[:, target] < FEW_DIGITS) & (asked >= FEW_DIGITS) & something
    short = (worth < asked) & ~told & something
    advice = (
        f"{EXACT} leaves no error but that of the data; otherwise it takes columns "
        "that are less nearly combinations of each other."
    )
    if fit.least_norm:
        # Exact arithmetic takes rounded values at their word: no combination is left.
        advice = "the rounding of the values leaves the combinations no better known."
    if not short.any():
        few = told & (worth < asked)
        return (f"Not the {asked:g} digits {said}: {advice}",) * bool(few.any())
    shown = np.where(np.isnan(fit.digits), fit.worth, fit.digits)
    which = _with_digits(names, shown, short, target)
    return (
        f"Fewer than the {asked:g} digits {said} are certified for {which}: {advice}",
    )


def _zeros(fit: Fit, target: int, names: tuple[str, ...]) -> list[str]:
    """Say why an estimate of 0, or of what cannot be told from it, has no digits."""
    b, digits = fit.coefficients[:, target], fit.digits[:, target]
    zero = (b == 0) & np.isnan(digits)
    small = (b != 0) & (digits == 0) & _nothing(fit, target)
    notes = []
    for found, head, why in (
        (zero, "Exactly 0", "Digits are relative, and 0 has none"),
        (small, "Not told from 0", "The estimate is smaller than its error bound"),
    ):
        if not found.any():
            continue
        beside = ""
        if (fit.standard_errors[found, target] > 0).all():
            worth = cut(float(fit.worth[found, target].min()))
            beside = f"; beside its standard error it is known to {worth} digits"
        which = some([names[i] for i in np.flatnonzero(found)])
        notes.append(f"{head}: {which}. {why}{beside}.")
    return notes


def some(names: list[str]) -> str:
    """Name a dozen and count the others."""
    more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return ", ".join([*names[:MOST_NAMES], *more])


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}" + "s" * (number != 1)


def few_in_the_data(
    solved: Solved, target: int, names: tuple[str, ...], computed: Array
) -> list[str]:
    """Warn where columns nearly agree and the data were rounded before they came.

    Rounding moves the rows of ``y - x'b`` by at most r, and then a slope by at most
    ``r sqrt(W V_ii)``, where the residuals are small.

    Parameters
    ----------
    solved, target, names
        As in `fit_notes`.
    computed : ndarray of bool, shape (p,)
        Columns that were made of others in pairs: they round together with those.
    """
    fit, m = solved.fit, solved.moments
    # The arithmetic had no trouble with other fits, and data of few digits are known.
    # With weights of all sizes the bound says little: W V_ii counts heavy rows twice.
    even = fit.weight == fit.observations
    exact = solved.plan.tier == EXACT_TIER and even
    hard = fit.carried is not None or exact
    if not hard or solved.exact[target]:
        return []
    p, lead = m.n_inputs, int(fit.intercept)
    grain = np.ldexp(m.grain, -m.exponent)
    grain[:p][computed] = 0.0
    moved = np.abs(fit.slopes.hi[:, target]) @ grain[:p] + grain[p + target]
    moved = np.ldexp(moved * np.sqrt(fit.weight), m.exponent[p + target])
    with np.errstate(over="ignore", invalid="ignore"):
        error = moved * np.linalg.norm(fit.root, axis=0)
    size = np.fmax(np.abs(fit.coefficients), fit.standard_errors)[lead:, target]
    few = error > 10.0**-FEW_DIGITS * size
    if not few.any():
        return []
    which = ", ".join(name for name, bad in zip(names[lead:], few, strict=True) if bad)
    return [
        f"Few digits of {which} are in the data: the columns are nearly collinear, and "
        "the rounding of their values shows. The digits certified are of the numbers "
        "as given."
    ]


def _few_digits(fit: Fit, target: int, names: tuple[str, ...]) -> list[str]:
    """Warn of coefficients and standard errors that have few certain digits."""
    notes = []
    few = (fit.digits[:, target] < FEW_DIGITS) & ~_nothing(fit, target)
    if few.any():
        which = _with_digits(names, fit.digits, few, target)
        notes.append(
            f"Few digits are certified for {which}: the columns are nearly collinear, "
            "or the data hold no more."
        )
    few = (fit.se_digits[:, target] < FEW_DIGITS) & ~_lost_errors(fit, target)
    if fit.dof > 0 and few.any():
        which = _with_digits(names, fit.se_digits, few, target)
        notes.append(f"Few digits are certified for the standard errors of {which}.")
    share = float(fit.r_squared_digits[target])
    if share < FEW_DIGITS and fit.explained[target] > ROUNDING * fit.tss[target]:
        notes.append(f"R-squared is certified to {cut(share)} digits.")
    return notes


def _lost_errors(fit: Fit, target: int) -> Array:
    """Find standard errors that became 0 though the residuals are not."""
    error = fit.standard_errors[:, target]
    lost: Array = (error == 0) & (fit.se_digits[:, target] == 0)
    return lost


def _with_digits(
    names: tuple[str, ...], digits: Array, chosen: Array, target: int
) -> str:
    which = np.flatnonzero(chosen)
    told = [f"{names[i]} ({cut(digits[i, target])})" for i in which[:MOST_NAMES]]
    more = [f"{len(which) - MOST_NAMES} more"] if len(which) > MOST_NAMES else []
    return ", ".join([*told, *more])


def _nothing(fit: Fit, target: int) -> Array:
    """Find coefficients that are zero to the rounding of the target.

    The digits of a zero are none, and nobody misses them.
    """
    lead = int(fit.intercept)
    b = np.abs(np.nan_to_num(fit.coefficients[:, target]))
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.ldexp(np.sqrt(fit.tss[target]), int(fit.target_exponent[target]))
        spread = spread * 2.0 ** (fit.weight_exponent / 2)
        # root'root is (X'WX)^-1: so large is a slope that explains everything.
        largest = np.abs(fit.root).max(axis=0, initial=0.0)
        unit = np.where(largest > 0, largest, 1.0)
        size = spread * unit * np.sqrt(((fit.root / unit) ** 2).sum(axis=0))
        if lead:
            level = np.abs(fit.target_mean[target]) + b[1:] @ np.abs(fit.center)
            size = np.concatenate([[level], size])
    return np.asarray(b <= ROUNDING * size)


def plan_text(plan: Plan) -> str:
    """Say which tier ran and why, where it was not the plain one; else nothing.

    Examples
    --------
    >>> plan_text(Plan(3, "as for all small data", "numpy"))
    'sums carried to 28 digits (tier 3 of 3), as for all small data'
    >>> plan_text(Plan(4, "as asked", "numpy"))
    'exact arithmetic, as asked'
    >>> plan_text(Plan(1, "certifies 8 digits", "numpy"))
    ''
    """
    if plan.tier == 1:
        return ""
    if plan.tier == EXACT_TIER:
        return f"exact arithmetic, {plan.reason}"
    digits = TIER_DIGITS[plan.tier]
    return f"sums carried to {digits} digits (tier {plan.tier} of 3), {plan.reason}"
