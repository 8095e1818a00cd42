"""What a model says about itself in words: aliased columns, notes, plans."""

from __future__ import annotations

import numpy as np

from leastwise.engine.plan import Plan, Solved
from leastwise.moments.double import Array
from leastwise.record.fit import AliasedRow
from leastwise.solve.fit import Fit

# Fewer certified digits than this deserve a word.
FEW_DIGITS = 6.0
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
    full = fit.rank >= fit.observations
    for j, kept in enumerate(fit.kept):
        if kept:
            continue
        combination = fit.combination[j]
        if full:
            count = _count(fit.observations, "row")
            reason = f"{count} cannot tell it from the coefficients before it"
        else:
            reason = f"{names[j]} = {_combination_text(combination, names)}"
        rows.append(AliasedRow(names[j], reason))
    return tuple(rows)


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
    beyond = [name for name, b in zip(names, estimates, strict=True) if np.isinf(b)]
    if beyond:
        notes.append(
            f"Beyond the range of float64: {', '.join(beyond)}. Give the columns in "
            "smaller units."
        )
    if varies:
        notes += _few_digits(fit, target, names)
    return tuple(notes)


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}" + "s" * (number != 1)


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
    few = fit.se_digits[:, target] < FEW_DIGITS
    if fit.dof > 0 and few.any():
        which = _with_digits(names, fit.se_digits, few, target)
        notes.append(f"Few digits are certified for the standard errors of {which}.")
    return notes


def _with_digits(
    names: tuple[str, ...], digits: Array, chosen: Array, target: int
) -> str:
    return ", ".join(
        f"{names[i]} ({digits[i, target]:.1f})" for i in np.flatnonzero(chosen)
    )


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
    """Say which tier ran, when it was more than plain arithmetic asked for."""
    return f"arithmetic: tier {plan.tier}, {plan.kernel} ({plan.reason})"
