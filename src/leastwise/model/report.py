"""A fit as the record of its report."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise.engine.plan import EXACT_TIER, TARGET_DIGITS
from leastwise.model.check import checks_of
from leastwise.model.plots import diagnostics, effect, fit, forest, influence
from leastwise.model.plots.ask import Ask, with_rows
from leastwise.model.plots.looked import Looked
from leastwise.model.words import answer, lede, meanings
from leastwise.record.check import CheckRecord
from leastwise.record.fit import CLASSICAL, FitRecord
from leastwise.record.panel import Panel
from leastwise.record.report import ReportRecord, RowRecord

if TYPE_CHECKING:
    from leastwise.model.model import Model

# Rows named, and inputs of which a plot is shown.
ROWS, EFFECTS = 10, 6
# Covariances that take no arguments.
NO_ROWS = (
    "The model was saved without its rows: plots of rows, checks and influence need "
    "them. Give the data to show these."
)
NO_FREEDOM = "No degrees of freedom are left: every residual is 0, and none is shown."


def report_of(
    model: Model, *, level: float = 0.95, data: Any = None, title: str | None = None
) -> ReportRecord:
    """Collect all that a report shows of a fit.

    Parameters
    ----------
    model : Model
        The fit.
    level : float
        Coverage of intervals.
    data : data frame, mapping or path, optional
        Its rows, where it has none in memory.
    title : str, optional
        What the report is called; the formula when None.
    """
    model = with_rows(model, data)
    record = model.record(level)
    told = meanings(model, record)
    ask = Ask(model, None, level)
    panels = _estimates(ask, record)
    missing: list[str] = []
    rows: tuple[RowRecord, ...] = ()
    checks: tuple[CheckRecord, ...] = ()
    there = model.sample is not None
    if there:
        panels += _along(ask)
    else:
        missing.append(NO_ROWS)
    if there and model.dof > 0:
        if model.sigma > 0:
            ask = replace(ask, seen=ask.looked)
            panels += [*diagnostics.panels(ask), *influence.panels(ask)]
            rows = _pulling(ask.looked)
            checks = checks_of(model).record.checks
            missing += [f"{note[0].upper()}{note[1:]}" for note in ask.looked.notes]
        else:
            missing.append("The fit is exact: there are no residuals to look at.")
    elif there:
        missing.append(NO_FREEDOM)
    return ReportRecord(
        title=title or record.formula,
        answer=answer(model, record, told),
        lede=lede(record),
        fit=record,
        meanings=told,
        panels=tuple(panels),
        checks=checks,
        rows=rows,
        how=tuple(_how(model)),
        command=_command(model),
        missing=tuple(missing),
    )


def _estimates(ask: Ask, record: FitRecord) -> list[Panel]:
    """Return the forest, where there is more in it than the picture of the fit says."""
    slopes = [row for row in record.coefficients if row.name != forest.INTERCEPT]
    rows = ask.model.sample is not None
    alone = rows and len(slopes) == 1 and len(ask.model.recipe.inputs) == 1
    return [] if alone or not slopes else list(forest.panels(ask))


def _along(ask: Ask) -> list[Panel]:
    inputs = ask.model.recipe.inputs
    if len(inputs) == 1:
        return list(fit.panels(ask))
    return [
        panel
        for name in inputs[:EFFECTS]
        for panel in effect.panels(replace(ask, of=name))
    ]


def _pulling(seen: Looked) -> tuple[RowRecord, ...]:
    order = np.argsort(-np.nan_to_num(seen.cook, nan=np.inf), kind="stable")[:ROWS]
    return tuple(
        RowRecord(
            int(seen.rows[i]),
            float(seen.fitted[i]),
            float(seen.residual[i]),
            float(seen.leverage[i]),
            float(seen.studentized[i]),
            float(seen.cook[i]),
        )
        for i in order
    )


def _how(model: Model) -> list[tuple[str, str]]:
    record, rows = model.record(), model.rows
    used = f"{rows.used:,} of {rows.read:,}"
    if rows.dropped:
        why = "; ".join(f"{count:,} for {reason}" for reason, count in rows.dropped)
        used += f"; left out: {why}"
    digits = model.certified[np.isfinite(model.certified)]
    fewest = f"{np.floor(10 * digits.min()) / 10:.1f}" if len(digits) else "none"
    told = [
        ("Formula", model.formula),
        ("Rows used", used),
        ("Degrees of freedom", f"{model.dof:,g}"),
        ("Standard errors", model.cov.text),
        ("Certain digits of the estimates", f"{fewest} or more"),
        ("Arithmetic", record.plan or "plain sums in pairs (tier 1 of 3)"),
        ("Kernel", model.plan.kernel),
    ]
    if model.recipe.weights is not None:
        told.append(("Weights", f"{_kind(model)}, column {model.recipe.weights}"))
    told += [(f"Left out: {row.name}", row.text) for row in model.aliased]
    given = model.provenance
    if given is not None:
        told += [
            ("Data", given.source),
            ("Fitted", given.fitted),
            (
                "Versions",
                f"leastwise {given.leastwise}, numpy {given.numpy}, Python "
                f"{given.python}",
            ),
        ]
    return told


def _kind(model: Model) -> str:
    """Return what the weights mean."""
    return "analytic" if model.weighing is None else model.weighing.kind


def _design(model: Model) -> str:
    """Return the columns of a survey's design as arguments."""
    if model.weighing is None:
        return ""
    given = {"strata": model.weighing.strata, "cluster": model.weighing.cluster}
    return "".join(f", {name}={column!r}" for name, column in given.items() if column)


def _command(model: Model) -> tuple[tuple[str, str], ...]:
    """Write the lines that make the same report, as far as the model knows them."""
    source = None if model.sample is None else model.sample.source
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else None
    recipe, exact = model.recipe, model.plan.tier == EXACT_TIER
    asked = {
        "exact": exact and model.plan.reason == "as asked",
        "decimal": recipe.decimal,
    }
    weights = recipe.weights
    given = "data" if path is None else repr(path)
    options = [repr(model.formula), given]
    if recipe.kind == "arrays":
        options = ["y=y", "X=X"] + ["intercept=False"] * (not recipe.intercept)
    if weights is not None:
        options.append(
            f"weights=lw.weights.{_kind(model)}({weights!r}{_design(model)})"
        )
    options += [f"{name}=True" for name, wanted in asked.items() if wanted]
    if model.plan.target != TARGET_DIGITS:
        options.append(f"digits={model.plan.target:g}")
    # What probability weights bring by themselves is not asked for.
    own = CLASSICAL.name if _kind(model) != "probability" else "Survey"
    robust = model.cov.name != own
    cov, note = "", ""
    if robust and model.cov.call is not None:
        cov = f".with_cov({model.cov.call})"
    elif robust:
        # Of arrays: a model knows what its covariance is, not what was given for it.
        cov, note = ".with_cov(...)", f"  # {model.cov.text}"
    python = f'lw.ols({", ".join(options)}){cov}.report("report.html"){note}'
    lines = [("Python", python)]
    plain = recipe.kind == "formula" and not _design(model)
    plain = plain and (not robust or model.cov.word is not None)
    if path is not None and plain and not any(asked.values()):
        words = ["leastwise", "report", model.formula, path]
        if weights is not None:
            kind = _kind(model)
            words += ["--weights" if kind == "analytic" else f"--{kind}", weights]
        if robust and model.cov.word is not None:
            words += ["--cov", model.cov.word]
        lines.insert(0, ("Shell", shlex.join([*words, "-o", "report.html"])))
    return tuple(lines)
