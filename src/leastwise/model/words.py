"""Coefficients in words: what a reader who knows the data wants to hear first."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from leastwise.design.formula.nodes import names_in
from leastwise.design.formula.show import label
from leastwise.record.fit import CoefficientRow, FitRecord
from leastwise.record.report import Meaning
from leastwise.report.number import by_error, number
from leastwise.report.page.number import p_value, significant

if TYPE_CHECKING:
    from leastwise.model.model import Model

INTERCEPT = "Intercept"
_UNIT = re.compile(r"^(.*\S)\s+[\[(]([^\[\]()]+)[\])]$")
_LOG = re.compile(r"^log\(([^()]+)\)$")
# What numbers, and what levels of a category, do to the target.
_WAYS, _HEIGHTS = ("rises with", "falls with"), ("is higher at", "is lower at")
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
    return (name, "") if found is None else (found[1], found[2])


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
        shared = sorted(several & _columns(model, row.name))
        if row.name == INTERCEPT:
            short, sure = _level(model, record, row)
        elif _is_part(model, row.name):
            along = _listed(shared) or "its column"
            short, sure = f"A part of the curve along {along}: look at the plot.", ""
            shared = []
        else:
            short, sure = _slope(model, record, row, bool(shared))
        if shared:
            sure += (
                f" {_listed(shared)} stand{'s' * (len(shared) == 1)} in other terms "
                "too: look at the plot along it, not at one number."
            )
        told.append(Meaning(row.name, short, sure.strip(), _clear(row)))
    # What is said of the intercept is the least.
    return tuple(sorted(told, key=lambda m: m.name == INTERCEPT))


def answer(model: Model, record: FitRecord, told: tuple[Meaning, ...]) -> str:
    """Say in one sentence what the fit found.

    Parameters
    ----------
    model : Model
        The fit.
    record : FitRecord
        Its numbers.
    told : tuple of Meaning
        Its coefficients in words.
    """
    target = unit_of(record.target)[0]
    rows = {row.name: row for row in record.coefficients}
    slopes = [m for m in told if m.name != INTERCEPT]
    if not slopes:
        row = rows.get(INTERCEPT)
        return target if row is None else f"{target} is {_shown(row)} on average"
    if len(slopes) == 1:
        if not slopes[0].clear:
            name = _plainly(model, slopes[0].name)
            return f"The data do not tell whether {target} goes with {name}"
        return slopes[0].short.rstrip(".")
    levels = _levels(model)
    several = _in_several_terms(model)
    shared = {m.name: several & _columns(model, m.name) for m in slopes}
    for m in slopes:
        if _is_contrast(model, m.name):
            shared[m.name] = _columns(model, m.name)
    curved = {column for m in slopes if m.clear for column in shared[m.name]}
    slopes = [m for m in slopes if not shared[m.name]]
    parts = [f"depends on {_listed(sorted(curved))}"] if curved else []
    for level, ways in ((False, _WAYS), (True, _HEIGHTS)):
        chosen = [m for m in slopes if m.clear and (m.name in levels) is level]
        for sign, way in zip((1, -1), ways, strict=True):
            names = [
                _plainly(model, m.name)
                for m in chosen
                if sign * rows[m.name].estimate > 0
            ]
            if names:
                parts.append(f"{way} {_listed(names)}")
    if not parts:
        return f"The data do not tell what {target} goes with"
    return f"{target} {_listed(parts)}"


def lede(record: FitRecord) -> str:
    """Say on what the answer stands, and how well it describes the data.

    Parameters
    ----------
    record : FitRecord
        The fit.
    """
    target, unit = unit_of(record.target)
    slopes = sum(row.name != INTERCEPT for row in record.coefficients)
    text = f"{record.rows.used:,} rows, {slopes} slope{'s' * (slopes != 1)}."
    if not slopes:
        return text
    if math.isfinite(record.r_squared) and record.centred:
        share = 100 * record.r_squared
        shown = f"{share:.0f}" if 1 <= share < 99 else f"{share:.3g}"
        text += f" The inputs account for {shown}% of the variation in {target}"
    if math.isfinite(record.sigma) and record.sigma > 0:
        join = "; a" if record.centred else " A"
        typical = f"{number(record.sigma, 2)}{_unit(unit)}"
        text += f"{join} row typically lies {typical} from what they predict"
    return text.rstrip(".") + "."


def _level(
    model: Model, record: FitRecord, row: CoefficientRow, where: str = ""
) -> tuple[str, str]:
    target, unit = unit_of(record.target)
    low, high = (_minus(by_error(v, row.std_error)) for v in (row.low, row.high))
    where = where or _origin(model)
    return (
        f"{where}, {target} is {_shown(row)}{_unit(unit)}.",
        f"{100 * record.level:g}% interval: {low} to {high}.",
    )


def _origin(model: Model) -> str:
    """Say where the intercept is."""
    inputs = model.recipe.inputs
    if len(model.names) == 1:
        return "On average"
    if model.recipe.encodings:
        return "Where every number is 0 and every category at its base"
    if len(inputs) == 1 and inputs == model.names[1:]:
        return f"Where {unit_of(inputs[0])[0]} is 0"
    return "Where every input is 0"


def _slope(
    model: Model, record: FitRecord, row: CoefficientRow, shared: bool
) -> tuple[str, str]:
    alone = len(record.coefficients) <= 1 + model.recipe.intercept
    others = "" if alone or shared else ", the others the same"
    level = _levels(model).get(row.name)
    if level is not None and not level[2]:
        return _level(model, record, row, f"Where {level[0]} is {level[1]}")
    head, verb, end, times = _asked(model, row.name)
    say = _change_of(record, row, times)
    short = f"{head} {verb} {say(row.estimate)} {_what(record)}{end}{others}."
    percent = f"{100 * record.level:g}%"
    return short, f"{_range(row, percent, say)} {_doubt(row)}"


def _asked(model: Model, name: str) -> tuple[str, str, str, float]:
    """Return what changes, a verb, what it is compared to, and by how much it does."""
    level = _levels(model).get(name)
    if level is not None:
        return f"{level[0]} {level[1]}", "has", f" than {level[2]}", 1.0
    logged = _LOG.match(name)
    if logged is not None:
        return f"10% more {logged[1]}", "goes with", "", math.log(_TENTH)
    if ":" in name:
        return f"One more of the product {name}", "goes with", "", 1.0
    if _is_contrast(model, name):
        return f"The contrast {name}", "goes with", "", 1.0
    column, own = unit_of(name)
    head = f"One {own} more of {column}" if own else f"One more {column}"
    return head, "goes with", "", 1.0


def _what(record: FitRecord) -> str:
    inner = _LOG.match(record.target)
    return unit_of(record.target)[0] if inner is None else inner[1]


def _change_of(
    record: FitRecord, row: CoefficientRow, times: float
) -> Callable[[float], str]:
    """Return a function that writes a coefficient as "3.2 less"."""
    unit = _unit(unit_of(record.target)[1])
    relative = _LOG.match(record.target) is not None
    error = abs(times) * row.std_error
    if relative:
        error *= 100 * math.exp(min(times * row.estimate, 700.0))

    def say(value: float) -> str:
        size = times * value
        word = "more" if size > 0 else "less"
        if not relative:
            return f"{by_error(abs(size), error)}{unit} {word}"
        # A coefficient of a logarithm is a share.
        share = 100 * abs(math.expm1(min(size, 700.0)))
        return f"{by_error(share, error)}% {word}"

    return say


def _range(row: CoefficientRow, percent: str, say: Callable[[float], str]) -> str:
    if not math.isfinite(row.low):
        return "How sure that is, is not known."
    near, far = sorted((row.low, row.high), key=abs)
    if row.low * row.high > 0:
        return f"{percent} interval: {say(near).rsplit(' ', 1)[0]} to {say(far)}."
    return f"{percent} interval: {say(row.low)} to {say(row.high)}."


def _doubt(row: CoefficientRow) -> str:
    if math.isnan(row.p_value):
        return ""
    p = f"p {significant(row.p_value, 2) if row.p_value else p_value(0.0)}"
    if _clear(row):
        return f"Its sign is clear ({p})."
    return f"Its sign is not clear ({p}): the data agree with none at all."


def _levels(model: Model) -> dict[str, tuple[str, str, str]]:
    """Return column, level and what it is compared to, for coefficients of levels.

    Contrasts of other codings are of several levels, and are not among them.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for node, encoding in model.recipe.encodings:
        for full in (True, False):
            if not encoding.indicators(full=full):
                continue
            marks = encoding.marks(node, full=full)
            shown = encoding.shown_levels(full=full)
            base = "" if full else encoding.labels[encoding.base]
            for mark, i in zip(marks, shown, strict=True):
                found[mark] = (encoding.column, encoding.labels[i], base)
    return found


def _plainly(model: Model, name: str) -> str:
    level = _levels(model).get(name)
    return unit_of(name)[0] if level is None else f"{level[0]} {level[1]}"


def _is_contrast(model: Model, name: str) -> bool:
    """Say whether a coefficient is of several levels, by its coding."""
    return name not in _levels(model) and any(
        name in encoding.marks(node, full=False)
        for node, encoding in model.recipe.encodings
    )


def _is_part(model: Model, name: str) -> bool:
    """Say whether a coefficient is one of several of a learnt function."""
    levels = _levels(model)
    return name not in levels and any(
        name.startswith(f"{label(node)}[") for node, _ in model.recipe.learnt
    )


def _clear(row: CoefficientRow) -> bool:
    return math.isfinite(row.low) and row.low * row.high > 0


def _shown(row: CoefficientRow) -> str:
    return _minus(by_error(row.estimate, row.std_error))


def _minus(text: str) -> str:
    return f"\N{MINUS SIGN}{text[1:]}" if text.startswith("-") else text


def _listed(names: list[str]) -> str:
    shown = names[:4] + ([f"{len(names) - 4} more"] if len(names) > 4 else [])
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


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
    curves = {
        column
        for node, _ in model.recipe.learnt
        if any(
            _is_part(model, name) and name.startswith(f"{label(node)}[")
            for name in model.names
        )
        for column in names_in(node)
    }
    return curves | {column for column, count in counted.items() if count > 1}
