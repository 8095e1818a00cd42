"""A fit of a loss as the record of its report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import LeastwiseError
from leastwise.loss.family.base import Family
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.loss_influence import LossInfluence
from leastwise.model.plots.forest import INTERCEPT
from leastwise.model.plots.loss.ask import LossAsk
from leastwise.model.plots.loss.page import panels as panels_of
from leastwise.record.loss import LossRecord
from leastwise.record.report import ReportRecord, RowRecord
from leastwise.report.loss_text import measure_text

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel
    from leastwise.record.check import CheckRecord

ROWS = 10


def report_of_loss(
    model: LossModel, *, level: float = 0.95, title: str | None = None
) -> ReportRecord:
    """Collect all that a report shows of a fit of a loss.

    Parameters
    ----------
    model : LossModel
        The fit.
    level : float
        Coverage of intervals.
    title : str, optional
        What the report is called; the formula when None.
    """
    record = model.record(level)
    missing: list[str] = []
    found: InfluenceOfRows | None = None
    rows: tuple[RowRecord, ...] = ()
    checks: tuple[CheckRecord, ...] = ()
    try:
        rows_of(model)
    except LeastwiseError as error:
        missing.append(f"No plots of rows, no influence: {error}")
    else:
        found = _asked(model.influence, "Influence", missing)
        if found is not None:
            rows = _pulling(found)
        if isinstance(model.loss, Family) and not is_function(model):
            made = _asked(model.check, "Checks", missing)
            checks = () if made is None else made.record.checks
    panels = panels_of(LossAsk(model, None, level, found), missing)
    return ReportRecord(
        title=title or record.formula,
        answer=_answer(record),
        lede=_lede(record),
        fit=record,
        meanings=(),
        panels=tuple(panels),
        checks=checks,
        rows=rows,
        how=tuple(_how(model, record)),
        command=_command(model),
        missing=tuple(missing),
    )


def _asked(question: Any, name: str, missing: list[str]) -> Any:
    """Ask, and note why there is no answer where there is none."""
    try:
        return question()
    except LeastwiseError as error:
        missing.append(f"{name}: {error}")
        return None


def _answer(record: LossRecord) -> str:
    slopes = [row for row in record.coefficients if row.name != INTERCEPT]
    clear = [row.name for row in slopes if row.low > 0 or row.high < 0]
    if not record.converged:
        return "The loop has not arrived: these numbers are not the answer"
    if not slopes:
        return f"{record.target} at its level alone"
    if not clear:
        return f"No sign of {record.target}'s coefficients is clear from these rows"
    names = ", ".join(clear[:6]) + (", and more" if len(clear) > 6 else "")
    signs = "sign of" if len(clear) == 1 else "signs of"
    verb = "is" if len(clear) == 1 else "are"
    return f"{record.target}: the {signs} {names} {verb} clear"


def _lede(record: LossRecord) -> str:
    told = "; ".join(measure_text(measure) for measure in record.measures[:3])
    return f"{record.kind}, on {record.n:,g} observations: {told}."


def _pulling(found: InfluenceOfRows) -> tuple[RowRecord, ...]:
    made = []
    for i in found.most(ROWS):
        family = isinstance(found, LossInfluence)
        value = {name: float(getattr(found, name)[i]) for name in found.measures}
        made.append(
            RowRecord(
                int(found.row[i]),
                value["left_out"],
                value["deviance"] if family else value["score"],
                value["leverage"],
                value.get("studentized", float("nan")),
                value["cook"],
            )
        )
    return tuple(made)


def _how(model: LossModel, record: LossRecord) -> list[tuple[str, str]]:
    rows = record.rows
    used = f"{rows.used:,} of {rows.read:,}"
    if rows.dropped:
        why = "; ".join(f"{count:,} for {reason}" for reason, count in rows.dropped)
        used += f"; left out: {why}"
    digits = model.certified[np.isfinite(model.certified)]
    fewest = f"{np.floor(10 * digits.min()) / 10:.1f}" if len(digits) else "none"
    told = [
        ("Formula", record.formula),
        ("Loss", record.loss),
        ("Rows used", used),
        ("Degrees of freedom", f"{record.dof:,g}"),
        ("Standard errors", record.cov.text),
        ("Certain digits of the estimates", f"{fewest} or more"),
        ("The loop", record.convergence),
        (
            "How",
            "at the end the fit is one of least squares of its working rows: "
            "covariances, leverages and tests are read off those",
        ),
    ]
    told += [(f"Left out: {row.name}", row.text) for row in record.aliased]
    given = model.provenance
    if given is not None:
        versions = f"leastwise {given.leastwise}, numpy {given.numpy}"
        told += [
            ("Data", given.source),
            ("Fitted", given.fitted),
            ("Versions", f"{versions}, Python {given.python}"),
        ]
    return told


def _command(model: LossModel) -> tuple[tuple[str, str], ...]:
    """Name the line that makes the page of a fit that is at hand."""
    kept = model.sample
    source = getattr(getattr(kept, "sample", None), "source", None)
    data = repr(os.fspath(source)) if isinstance(source, str | os.PathLike) else "data"
    verb = f"# m: the fit of {model.formula!r} to {data}"
    return (("Python", f'm.report("report.html")  {verb}'),)
