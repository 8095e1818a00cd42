"""Coefficients in words: what a reader who knows the data wants to hear first."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from leastwise.design.formula.nodes import names_in
from leastwise.record.fit import CoefficientRow, FitRecord
from leastwise.record.report import Meaning
from leastwise.report.number import by_error, number, p_value

if TYPE_CHECKING:
    from leastwise.model.model import Model

INTERCEPT = "Intercept"
_UNIT = re.compile(r"^(.*\S)\s*[\[(]([^\[\]()]+)[\])]$")
_LEVEL = re.compile(r"^(?:C\()?(.+?)\)?\[T\.(.*)\]$", re.DOTALL)
_LOG = re.compile(r"^log\(([^()]+)\)$")
# A tenth more: what a logarithm is read by.
_TENTH = 1.1


def unit_of(name: str) -> tuple[str, str]:
    """Part the name of a column from its unit in brackets.

    Examples
    --------
    >>> unit_of("size [m2]"), unit_of("rent"), unit_of("log(x)")
    (('size', 'm2'), ('rent', ''), ('log(x)', ''))
    """
    found = _UNIT.match(name)
    if found is None or " " not in name[: len(found[1]) + 1]:
        return name, ""
    return found[1], found[2]


def meanings(model: Model, record: FitRecord) -> tuple[Meaning, ...]:
    """Say what each coefficient means.

    Parameters
    ----------
    model : Model
        The fit.
    record : FitRecord
        Its numbers.
    """
    several = _in_several_terms(model)
    told = []
    for row in record.coefficients:
        if math.isnan(row.estimate):
            continue
        text = _meaning(model, record, row)
        shared = sorted(several & _columns(model, row.name))
        if shared:
            text += (
                f" {' and '.join(shared)} stand{'s' * (len(shared) == 1)} in other "
                "terms too: look at the plot along it, not at one number."
            )
        told.append(Meaning(row.name, text, _clear(row)))
    return tuple(told)


def answer(record: FitRecord, told: tuple[Meaning, ...]) -> str:
    """Say in one sentence what the fit found.

    Parameters
    ----------
    record : FitRecord
        The fit.
    told : tuple of Meaning
        Its coefficients in words.
    """
    target = unit_of(record.target)[0]
    slopes = [m for m in told if m.name != INTERCEPT]
    if not slopes:
        row = record.coefficients[0] if record.coefficients else None
        return f"{target} is {_about(row)} on average" if row else target
    if len(slopes) == 1:
        return slopes[0].text.split(". ")[0].rstrip(".").split(" (")[0]
    rows = {row.name: row for row in record.coefficients}
    up = [m.name for m in slopes if m.clear and rows[m.name].estimate > 0]
    down = [m.name for m in slopes if m.clear and rows[m.name].estimate < 0]
    parts = []
    if up:
        parts.append(f"rises with {_listed(up)}")
    if down:
        parts.append(f"falls with {_listed(down)}")
    if not parts:
        return f"The data do not tell what {target} goes with"
    return f"{target} {' and '.join(parts)}"


def lede(record: FitRecord) -> str:
    """Say on what the answer stands, and how well it describes the data.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    target, unit = unit_of(record.target)
    text = f"{record.rows.used:,} rows, {_terms(record)}."
    if math.isfinite(record.r_squared) and record.centred:
        share = 100 * record.r_squared
        shown = f"{share:.0f}" if 1 <= share < 99 else f"{share:.3g}"
        text += f" The inputs account for {shown}% of the variation in {target}"
    if math.isfinite(record.sigma) and record.sigma > 0:
        join = ";" if record.centred else " What is left is large:"
        typical = f"{number(record.sigma, 2)}{_unit(unit)}"
        text += f"{join} a row typically lies {typical} from what they predict"
    return text.rstrip(".") + "."


def _terms(record: FitRecord) -> str:
    count = sum(row.name != INTERCEPT for row in record.coefficients)
    return f"{count} slope{'s' * (count != 1)}"


def _meaning(model: Model, record: FitRecord, row: CoefficientRow) -> str:
    target, unit = unit_of(record.target)
    sure = _how_sure(record, row, unit)
    if row.name == INTERCEPT:
        return (
            f"Where every number is 0 and every category at its base, {target} is "
            f"{by_error(row.estimate, row.std_error)}{_unit(unit)} ({sure})."
        )
    relative = _LOG.match(record.target)
    others = ", the others the same" if len(record.coefficients) > 2 else ""
    found = _LEVEL.match(row.name)
    if found is not None and ":" not in row.name:
        base = _base(model, found[1])
        where = f"{found[1]} {found[2]}"
        beside = f" than {base}" if base else " than the base level"
        change = _change(row, target, unit, relative is not None, 1.0)
        return f"{where} has {change}{beside}{others} ({sure}). {_doubt(row)}"
    logged = _LOG.match(row.name)
    if logged is not None:
        head, times = f"10% more {logged[1]}", math.log(_TENTH)
    elif ":" in row.name:
        head, times = f"One more of the product {row.name}", 1.0
    else:
        name, own = unit_of(row.name)
        head = f"One {own} more of {name}" if own else f"One more {name}"
        times = 1.0
    change = _change(row, target, unit, relative is not None, times)
    return f"{head} goes with {change}{others} ({sure}). {_doubt(row)}"


def _change(
    row: CoefficientRow, target: str, unit: str, relative: bool, times: float
) -> str:
    size, error = row.estimate * times, row.std_error * times
    word = "more" if size > 0 else "less"
    if relative:
        share = 100 * math.expm1(size) if size < 700 else math.inf
        inner = _LOG.match(target)
        name = target if inner is None else inner[1]
        shown = by_error(abs(share), 100 * error * math.exp(min(size, 700.0)))
        return f"{shown}% {word} {name}"
    return f"{by_error(abs(size), error)}{_unit(unit)} {word} {target}"


def _how_sure(record: FitRecord, row: CoefficientRow, unit: str) -> str:
    if not math.isfinite(row.low):
        return "how sure is not known"
    low, high = (by_error(v, row.std_error) for v in (row.low, row.high))
    return (
        f"coefficient {by_error(row.estimate, row.std_error)}, {100 * record.level:g}% "
        f"interval {low} to {high}"
    )


def _doubt(row: CoefficientRow) -> str:
    if math.isnan(row.p_value):
        return "How sure that is cannot be said."
    if _clear(row):
        return f"Its sign is clear (p {p_value(row.p_value)})."
    return (
        f"Its sign is not clear (p {p_value(row.p_value)}): the data agree with none "
        "at all."
    )


def _clear(row: CoefficientRow) -> bool:
    return math.isfinite(row.low) and row.low * row.high > 0


def _about(row: CoefficientRow) -> str:
    return by_error(row.estimate, row.std_error)


def _listed(names: list[str]) -> str:
    shown = names[:4] + ([f"{len(names) - 4} more"] if len(names) > 4 else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def _base(model: Model, name: str) -> str:
    for node, encoding in model.recipe.encodings:
        if name in names_in(node):
            return encoding.labels[encoding.base]
    return ""


def _columns(model: Model, name: str) -> set[str]:
    """Return the columns that a coefficient is made of, by its term."""
    return {
        column
        for term in model.recipe.terms
        for column in names_in(*term.variables)
        if column in name
    }


def _in_several_terms(model: Model) -> set[str]:
    counted: dict[str, int] = {}
    for term in model.recipe.terms:
        for column in set(names_in(*term.variables)):
            counted[column] = counted.get(column, 0) + 1
    return {column for column, count in counted.items() if count > 1}
