"""Tables of estimates: means, contrasts, effects, with p-values for their number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise.infer.combine import Combined
from leastwise.infer.dist import f_quantile, f_upper, t_quantile, t_two_sided
from leastwise.infer.ranges import range_quantile, range_upper
from leastwise.moments.double import Array
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame
from leastwise.rows.table import did_you_mean, shown

if TYPE_CHECKING:
    from leastwise.model.model import Model

ADJUSTMENTS = ("none", "bonferroni", "holm", "tukey", "scheffe")


@dataclass(frozen=True)
class Estimate:
    """One line: a mean, a difference or an effect.

    Attributes
    ----------
    label : str
        What it is of.
    estimate, std_error : float
        In units of the target (an effect: by unit of the column); NaN where the data
        cannot say.
    t, p_value : float
        Against zero; p adjusted as the table says.
    low, high : float
        Ends of the interval, adjusted as far as the adjustment has intervals.
    """

    label: str
    estimate: float
    std_error: float
    t: float
    p_value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimates:
    """A table of estimates.

    Attributes
    ----------
    rows : tuple of Estimate
        In order.
    dof : float
        Degrees of freedom of t.
    level : float
        Coverage of the intervals.
    adjust : str
        How p-values and intervals are adjusted for their number.
    """

    rows: tuple[Estimate, ...]
    dof: float
    level: float
    adjust: str

    def __getitem__(self, label: str) -> Estimate:
        for row in self.rows:
            if row.label == label:
                return row
        known = [row.label for row in self.rows]
        raise KeyError(
            f'there is no "{label}". {did_you_mean(label, known)}There are '
            f"{shown(known)}."
        )

    def frame(self, kind: str = "auto") -> Any:
        """Return the rows as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        fields = ("label", "estimate", "std_error", "t", "p_value", "low", "high")
        return give_frame({f: [getattr(r, f) for r in self.rows] for f in fields}, kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        plain = asdict(self)
        for row in plain["rows"]:
            for name, value in row.items():
                if isinstance(value, float) and not np.isfinite(value):
                    row[name] = None
        return plain

    def __str__(self) -> str:
        percent = f"{100 * self.level:g}%"
        statistic = "z" if np.isinf(self.dof) else "t"
        head = ["", "estimate", "std. error", statistic, "p", f"{percent} low", "high"]
        body = [
            [
                row.label,
                number(row.estimate),
                number(row.std_error, 4),
                number(row.t, 4),
                p_value(row.p_value),
                number(row.low),
                number(row.high),
            ]
            for row in self.rows
        ]
        lines = columns([head, *body])
        if self.adjust != "none":
            lines += ["", f"adjusted for {len(self.rows)} lines: {self.adjust}"]
        return "\n".join(lines)


def dof_of(model: Model) -> float:
    """Return the degrees of freedom of a combination: the fewest of its parts."""
    dof = model.t_dof
    return float(np.nanmin(dof)) if isinstance(dof, np.ndarray) else float(dof)


def tabulate(
    labels: Sequence[str],
    combined: Combined,
    dof: float | Array,
    level: float,
    *,
    adjust: str = "none",
    means: int = 0,
) -> Estimates:
    """Put estimates, tests and intervals side by side.

    Parameters
    ----------
    labels : sequence of str, length r
        What each is.
    combined : Combined
        The estimates.
    dof : float or ndarray, shape (r,)
        Degrees of freedom of t, one for all or one each.
    level : float
        Coverage of the intervals.
    adjust : {"none", "bonferroni", "holm", "tukey", "scheffe"}
        For their number.
    means : int
        How many means Tukey's range is of; of how many dimensions are the
        combinations that Scheffe's method covers.
    """
    estimates, errors = combined.estimates, combined.standard_errors
    errors = np.where(np.isnan(estimates), np.nan, errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimates / errors
    dofs = np.broadcast_to(np.asarray(dof, dtype=np.float64), t.shape)
    p, half = _adjusted(t, errors, dofs, level, adjust, means)
    rows = zip(labels, estimates, errors, t, p, estimates - half, estimates + half,
               strict=True)  # fmt: skip
    return Estimates(
        tuple(Estimate(label, *map(float, numbers)) for label, *numbers in rows),
        float(np.min(dofs)),
        level,
        adjust,
    )


def _adjusted(
    t: Array, errors: Array, dof: Array, level: float, adjust: str, means: int
) -> tuple[Array, Array]:
    # A t of infinity is a test too: an exact fit.
    count = int(np.isfinite(errors).sum())
    each = list(zip(t.tolist(), dof.tolist(), strict=True))
    if adjust == "tukey":
        root = float(np.sqrt(2.0))
        p = np.array([range_upper(abs(v) * root, means, d) for v, d in each])
        return p, errors * _each(lambda d: range_quantile(level, means, d) / root, dof)
    if adjust == "scheffe":
        p = np.array([f_upper(v * v / means, means, d) for v, d in each])
        wide = _each(lambda d: math.sqrt(means * f_quantile(level, means, d)), dof)
        return p, errors * wide
    p = np.array([float(t_two_sided(v, d)) for v, d in each])
    if adjust == "none":
        return p, errors * _each(lambda d: t_quantile(level, d), dof)
    share = 1.0 - (1.0 - level) / max(count, 1)
    half = errors * _each(lambda d: t_quantile(share, d), dof)
    if adjust == "bonferroni":
        return np.minimum(count * p, 1.0), half
    order = np.argsort(p)
    stepped = p[order] * np.maximum(count - np.arange(len(p)), 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return np.where(np.isnan(p), np.nan, adjusted), half


def _each(quantile: Callable[[float], float], dof: Array) -> Array:
    """A quantile for each line, found once for each number of degrees."""
    found = {d: quantile(d) for d in set(dof.tolist())}
    return np.array([found[d] for d in dof.tolist()])
