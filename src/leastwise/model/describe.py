"""What a model says about itself in words: aliased columns, notes, plans."""

from __future__ import annotations

from leastwise.engine.plan import Plan, Solved
from leastwise.infer.summary import Quality
from leastwise.moments.double import Array
from leastwise.record.fit import AliasedRow
from leastwise.solve.fit import Fit

# Fewer certified digits than this deserve a word.
FEW_DIGITS = 6.0


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
            count = f"{fit.observations:g} row" + "s" * (fit.observations != 1)
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


def fit_notes(
    solved: Solved, target: int, quality: Quality, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what a reader of one target's numbers should know."""
    fit = solved.fit
    notes = []
    if quality.tss == 0.0:
        notes.append(
            "The target does not vary: R-squared and F are undefined."
            if fit.intercept
            else "The target is zero everywhere: R-squared and F are undefined."
        )
    elif bool(solved.exact[target]):
        notes.append(
            "The fit is exact to the rounding of the data: residuals are taken as 0, "
            "so standard errors are 0 and t is infinite."
        )
    if not fit.dof > 0:
        notes.append(
            f"{fit.observations:g} observations and {fit.rank} coefficients leave no "
            "degrees of freedom: standard errors are undefined."
        )
    digits = fit.digits[:, target]
    few = [
        f"{name} ({value:.1f})"
        for name, value in zip(names, digits, strict=True)
        if value < FEW_DIGITS and quality.tss != 0.0
    ]
    if few:
        notes.append(
            "Few digits are certified for " + ", ".join(few) + ": the columns are "
            "nearly collinear, or the data hold no more."
        )
    return tuple(notes)


def plan_text(plan: Plan) -> str:
    """Say which tier ran, when it was more than plain arithmetic asked for."""
    return f"arithmetic: tier {plan.tier} ({plan.reason})"
