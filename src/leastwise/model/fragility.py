"""How few rows turn a conclusion round, with their names, checked by a refit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.plan import fit_rows
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.dist import t_quantile, t_two_sided
from leastwise.infer.fragile import question, search
from leastwise.model.covariance import sample_of
from leastwise.model.influence import labels_of
from leastwise.model.named import check_level
from leastwise.model.sample import Sample
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.report.number import count, number, on_one_line, p_value

if TYPE_CHECKING:
    from leastwise.model.model import Model

OF = ("sign", "significance")
SHOWN = 20


@dataclass(frozen=True)
class Fragility:
    """How few rows turn a conclusion about a coefficient round.

    Attributes
    ----------
    name : str
        The coefficient.
    of : {"sign", "significance"}
        What was to be turned.
    rows : tuple of int, or None
        Rows of the data, from 1, that do it when they are left out; None when no set
        of at most `tried` rows was found.
    labels : tuple of str, or None
        What they are called.
    minimal : bool
        Whether no smaller set does. False: there may be one.
    tried : int
        Most rows that were left out at once.
    used : int
        Rows of the fit.
    level : float
        Coverage that goes with "significance".
    before, after : tuple of float
        Estimate, standard error and p-value with all rows, and of a new fit without
        these rows; `after` is empty when there are none.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1, 2, 3, 9], "y": [1.0, 3, 5, 8, 2]})
    >>> m.fragility("x").rows
    (5,)
    """

    name: str
    of: str
    rows: tuple[int, ...] | None
    labels: tuple[str, ...] | None
    minimal: bool
    tried: int
    used: int
    level: float
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def count(self) -> int | None:
        """How many rows; None when none were found."""
        return None if self.rows is None else len(self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"count": self.count} | asdict(self)

    def __str__(self) -> str:
        what = "The sign" if self.of == "sign" else "Significance"
        what += f" of {on_one_line(self.name)}"
        if self.rows is None:
            sure = "none exists" if self.minimal else "a cleverer choice may exist"
            return (
                f"{what} was not turned by leaving out up to "
                f"{count(self.tried, 'row')} of {self.used:,} ({sure})."
            )
        first = [str(row) for row in self.rows[:SHOWN]]
        if self.labels is not None:
            first = [
                f"{row} ({on_one_line(label)})"
                for row, label in zip(first, self.labels, strict=False)
            ]
        more = len(self.rows) - len(first)
        sure = "no fewer do" if self.minimal else "an upper bound: fewer may do"
        verb = "turns" if len(self.rows) == 1 else "turn"
        lines = [
            f"{what}: {count(len(self.rows), 'row')} of {self.used:,} left out {verb} "
            f"it ({sure}).",
            f"left out: row{'s' * (len(self.rows) > 1)} {', '.join(first)}"
            + (f" and {more} more" if more else ""),
        ]
        for head, (b, se, p) in (("with them", self.before), ("refitted", self.after)):
            line = f"{head}: {number(b)}, std. error {number(se, 4)}, p {p_value(p)}"
            lines.append(line)
        return "\n".join(lines)


def fragility_of(
    model: Model,
    name: str,
    of: str,
    *,
    most: int | None,
    level: float,
    label: str | None,
    data: Any,
) -> Fragility:
    """Search, and fit again without what was found; see `Model.fragility`."""
    check_level(level)
    if of not in OF:
        raise RequestError(f"of={of!r} is unknown", fix='Use "sign" or "significance"')
    sample = sample_of(model, data)
    j = _coefficient(model, name)
    if of == "significance" and model.cov.name != "Classical":
        raise RequestError(
            f"significance is that of classical standard errors, not {model.cov.name}",
            fix='Ask m.with_cov("classical"), or ask about the sign',
        )
    fit, k = sample.solved.fit, sample.target
    if sample.seen().exact or not fit.dof > 0:
        raise RequestError(
            "the fit is exact: no row decides its conclusions",
            fix="Fit more rows than coefficients",
        )
    limit = max(1, len(sample.used) // 2) if most is None else most
    if limit < 1:
        raise RequestError(f"most={most} leaves no row out", fix="Give 1 or more")
    ask = question(stand_on(sample.seen()), j, level if of == "significance" else None)
    found = search(ask, min(limit, len(sample.used) - 1))
    before = _numbers(fit.coefficients[j, k], fit.standard_errors[j, k], fit.dof)
    after: tuple[float, ...] = ()
    rows, minimal = found.rows, found.minimal
    if rows is not None:
        after = _refit(sample, rows, j)
        if not _turned(of, level, before, after, (fit.dof, _dof(sample, rows))):
            # At the edge, where rounding decides: nothing is claimed.
            rows, minimal, after = None, False, ()
    names = labels_of(sample, label) if label is not None and rows else None
    return Fragility(
        name=name,
        of=of,
        rows=None if rows is None else tuple(int(sample.used[i]) + 1 for i in rows),
        labels=None if names is None else tuple(names[i] for i in rows or ()),
        minimal=minimal,
        tried=found.tried,
        used=len(sample.used),
        level=level,
        before=before,
        after=after,
    )


def _coefficient(model: Model, name: str) -> int:
    model.coef[name]  # says which there are
    j = model.names.index(name)
    if np.isnan(model.estimates[j]):
        raise RequestError(
            f"{name} is aliased: it has no estimate of its own",
            fix="See m.aliased for what it equals",
        )
    if model.estimates[j] == 0:
        raise RequestError(
            f"the estimate of {name} is 0: it has no sign",
            fix="Ask about another coefficient",
        )
    return j


def _dof(sample: Sample, rows: tuple[int, ...]) -> float:
    weights = sample.rows.weights
    gone = float(len(rows))
    if sample.frequency and weights is not None:
        gone = float(weights[list(rows)].sum())
    return float(sample.solved.fit.dof - gone)


def _refit(sample: Sample, rows: tuple[int, ...], j: int) -> tuple[float, ...]:
    stay = np.ones(len(sample.used), bool)
    stay[list(rows)] = False
    whole, k = sample.rows, sample.target
    left = taken(whole, stay)
    observations = None
    if sample.frequency and left.weights is not None:
        observations = float(left.weights.sum())
    intercept = sample.solved.fit.intercept
    fit = fit_rows(left, intercept=intercept, observations=observations).fit
    return _numbers(fit.coefficients[j, k], fit.standard_errors[j, k], fit.dof)


def taken(rows: Rows, stay: Array) -> Rows:
    """Return some of the rows.

    Parameters
    ----------
    rows : Rows
        All.
    stay : ndarray of bool, shape (n,)
        Which.
    """

    def part(given: Array | None) -> Array | None:
        return None if given is None else given[stay]

    return replace(
        rows,
        X=rows.X[stay],
        Y=rows.Y[stay],
        weights=part(rows.weights),
        X_low=part(rows.X_low),
        Y_low=part(rows.Y_low),
    )


def _numbers(b: float, se: float, dof: float) -> tuple[float, ...]:
    p = float(t_two_sided(b / se, dof)) if se > 0 else np.nan
    return float(b), float(se), p


def _turned(
    of: str,
    level: float,
    before: tuple[float, ...],
    after: tuple[float, ...],
    dofs: tuple[float, float],
) -> bool:
    if of == "sign":
        return bool(before[0] * after[0] < 0)
    clear = [
        abs(one[0] / one[1]) >= t_quantile(level, dof)
        for one, dof in zip((before, after), dofs, strict=True)
    ]
    return clear[0] != clear[1]
