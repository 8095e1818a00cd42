"""Coefficients in words: what a reader who knows the data wants to hear first."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from leastwise.model.makeup import Makeup, makeup
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
    made = makeup(model)
    told = []
    for row in record.coefficients:
        if math.isnan(row.estimate):
            continue
        shared = made.shared(row.name)
        if row.name == INTERCEPT:
            short, sure = _level(model, record, row)
        elif row.name in made.curves:
            along = _listed(shared) or "its column"
            short, sure = f"A part of the curve along {along}: look at the plot.", ""
            shared = []
        else:
            short, sure = _slope(model, made, record, row)
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
            name = _plainly(makeup(model), slopes[0].name)
            return f"The data do not tell whether {target} goes with {name}"
        return slopes[0].short.rstrip(".")
    made = makeup(model)
    shared = {m.name: set(made.shared(m.name)) for m in slopes}
    for name in made.contrasts & shared.keys():
        shared[name] = set(made.columns[name])
    curved = {column for m in slopes if m.clear for column in shared[m.name]}
    slopes = [m for m in slopes if not shared[m.name]]
    parts = [f"depends on {_listed(sorted(curved))}"] if curved else []
    for level, ways in ((False, _WAYS), (True, _HEIGHTS)):
        chosen = [m for m in slopes if m.clear and (m.name in made.levels) is level]
        for sign, way in zip((1, -1), ways, strict=True):
            names = [
                _plainly(made, m.name)
                for m in chosen
                if sign * rows[m.name].estimate > 0
            ]
            if names:
                parts.append(f"{way} {_listed(names)}")
    if not parts and record.f_p_value < 1.0 - record.level:
        return f"{target} goes with the inputs; with which, the data do not tell"
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
    made, inputs = makeup(model), model.recipe.inputs
    names = [name for name in model.names if name not in (INTERCEPT, *made.levels)]
    if len(model.names) == 1:
        return "On average"
    based = any(level.base for level in made.levels.values())
    category = "every category at its base"
    if not names:
        return f"With {category}"
    zero = "every input is 0" if set(names) <= set(inputs) else "every term is 0"
    if len(inputs) == 1 and inputs == tuple(names):
        zero = f"{unit_of(inputs[0])[0]} is 0"
    if not based:
        return f"Where {zero}"
    return f"Where {zero.replace('input', 'number')} and {category}"


def _slope(
    model: Model, made: Makeup, record: FitRecord, row: CoefficientRow
) -> tuple[str, str]:
    alone = len(record.coefficients) <= 1 + model.recipe.intercept
    others = "" if alone or made.shared(row.name) else ", the others the same"
    level = made.levels.get(row.name)
    if level is not None and not level.base:
        return _level(model, record, row, f"Where {level.column} is {level.level}")
    head, verb, end, times = _asked(made, row.name)
    say = _change_of(record, row, times)
    short = f"{head} {verb} {say(row.estimate)} {_what(record)}{end}{others}."
    percent = f"{100 * record.level:g}%"
    return short, f"{_range(row, percent, say)} {_doubt(row)}"


def _asked(made: Makeup, name: str) -> tuple[str, str, str, float]:
    """Return what changes, a verb, what it is compared to, and by how much it does."""
    level = made.levels.get(name)
    if level is not None:
        return f"{level.column} {level.level}", "has", f" than {level.base}", 1.0
    logged = _LOG.match(name)
    if logged is not None:
        return f"10% more {logged[1]}", "goes with", "", math.log(_TENTH)
    if ":" in name:
        return f"One more of the product {name}", "goes with", "", 1.0
    if name in made.contrasts:
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


def _plainly(made: Makeup, name: str) -> str:
    level = made.levels.get(name)
    return unit_of(name)[0] if level is None else f"{level.column} {level.level}"


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
