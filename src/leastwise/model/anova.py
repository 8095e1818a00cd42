"""Tables of variance: the terms of one model, or models inside each other."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.plan import fit_rows
from leastwise.infer.anova import hierarchical, partial, sequential
from leastwise.infer.dist import f_upper
from leastwise.infer.wald import wald
from leastwise.model.covariance import sample_of
from leastwise.model.estimates import dof_of
from leastwise.model.selection import pool_of
from leastwise.model.terms import term_columns
from leastwise.moments.blocks import Rows
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.model import Model

# What a column of the smaller model may leave of itself on the larger one.
INSIDE = 1e-18


@dataclass(frozen=True)
class AnovaRow:
    """One line of a table of variance.

    Attributes
    ----------
    name : str
        A term, a model, or ``Residuals``.
    df : float
        Degrees of freedom.
    squares : float
        Sum of squares; NaN where only a test is made.
    f, p_value : float
        Against the residual variance; NaN for residuals.
    """

    name: str
    df: float
    squares: float
    f: float
    p_value: float


@dataclass(frozen=True)
class Anova:
    """A table of variance.

    Attributes
    ----------
    rows : tuple of AnovaRow
        In order, residuals last.
    title : str
        What was compared, and how.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0, 6.0], "g": ["a", "a", "b", "b"]}
    >>> found = lw.ols("y ~ g", data).anova()
    >>> [(row.name, row.squares) for row in found.rows]
    [('g', 12.25), ('Residuals', 2.5)]
    """

    rows: tuple[AnovaRow, ...]
    title: str

    def __getitem__(self, name: str) -> AnovaRow:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"there is no line {name!r}: {[r.name for r in self.rows]}")

    def frame(self, kind: str = "auto") -> Any:
        """Return the table as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        names = ("name", "df", "squares", "f", "p_value")
        return give_frame({n: [getattr(r, n) for r in self.rows] for n in names}, kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        plain = asdict(self)
        for row in plain["rows"]:
            for name, value in row.items():
                if isinstance(value, float) and not np.isfinite(value):
                    row[name] = None
        return plain

    def __str__(self) -> str:
        head = ["", "df", "sum of squares", "F", "p"]
        body = [
            [
                row.name,
                f"{row.df:g}",
                "" if np.isnan(row.squares) else number(row.squares),
                "" if np.isnan(row.f) else number(row.f),
                "" if np.isnan(row.p_value) else p_value(row.p_value),
            ]
            for row in self.rows
        ]
        return "\n".join([self.title, "", *columns([head, *body])])


def of_terms(model: Model, kind: Literal[1, 2, 3], data: Any) -> Anova:
    """Test the terms of a model; see `Model.anova`."""
    if kind not in (1, 2, 3):
        raise RequestError(f"type={kind!r} is unknown", fix="Use 1, 2 or 3")
    if model.cov.name != "Classical":
        return _by_covariance(model, kind)
    pool = pool_of(model, data)
    found = {1: sequential, 2: hierarchical, 3: partial}[kind](pool)
    dof, sigma = model.dof, np.float64(model.sigma)
    rows = []
    for line in found:
        with np.errstate(divide="ignore", invalid="ignore"):
            f = float(line.squares / line.df / sigma**2) if line.df else np.nan
        p = f_upper(f, line.df, dof)
        rows.append(AnovaRow(line.name, line.df, line.squares, f, p))
    rows.append(AnovaRow("Residuals", dof, model.quality.rss, np.nan, np.nan))
    return Anova(tuple(rows), f"{model.formula}, type {'I' * kind} sums of squares")


def _by_covariance(model: Model, kind: int) -> Anova:
    terms = term_columns(model.recipe)
    inside = any(
        set(a.variables) < set(b.variables) for a in terms for b in terms if a is not b
    )
    if kind == 1 or (kind == 2 and inside):
        raise RequestError(
            f"type {kind} sums of squares are those of the classical covariance",
            fix="Use type=3, or m.test with the hypotheses that are meant",
        )
    lead, rows = int(model.recipe.intercept), []
    for term in terms:
        own = np.arange(term.start, term.stop) + lead
        own = own[~np.isnan(model.estimates[own])]
        found = wald(
            model.estimates[own], model.covariance[np.ix_(own, own)], dof_of(model)
        )
        rows.append(
            AnovaRow(term.label, len(own), np.nan, found.statistic, found.p_value)
        )
    return Anova(tuple(rows), f"{model.formula}, Wald tests with {model.cov.text}")


def anova(*models: Model) -> Anova:
    """Compare models that are inside each other, on the same rows.

    ``F = ((rss_1 - rss_2) / (dof_1 - dof_2)) / (rss / dof)`` with the variance of the
    largest model, as R's ``anova(m1, m2)``.

    Parameters
    ----------
    *models : Model
        Two or more, fitted to the same rows; put in order of their rank.

    Returns
    -------
    Anova
        A line for each step from a model to the next larger one.

    Raises
    ------
    RequestError
        When rows, targets or weights differ, or a model is not inside the next.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0, 6.0, 9.0], "a": [0.0, 1, 2, 3, 4],
    ...         "b": [1.0, 0, 0, 1, 2]}
    >>> small, large = lw.ols("y ~ a", data), lw.ols("y ~ a + b", data)
    >>> round(lw.anova(small, large).rows[0].f, 6)
    12.25
    """
    if len(models) < 2:
        raise RequestError("there is nothing to compare", fix="Give two models or more")
    if any(model.cov.name != "Classical" for model in models):
        raise RequestError(
            "a comparison of residuals is classical",
            fix="Test the coefficients of the larger model: m.test(...)",
        )
    ordered = sorted(models, key=lambda model: model.rank)
    largest = ordered[-1]
    for small, large in itertools.pairwise(ordered):
        _check_inside(small, large)
    variance = np.float64(largest.sigma) ** 2
    rows = []
    for small, large in itertools.pairwise(ordered):
        df = small.dof - large.dof
        squares = small.quality.rss - large.quality.rss
        with np.errstate(divide="ignore", invalid="ignore"):
            f = float(squares / df / variance)
        name = f"{large.formula} after {small.formula}"
        rows.append(AnovaRow(name, df, squares, f, f_upper(f, df, largest.dof)))
    rest = AnovaRow("Residuals", largest.dof, largest.quality.rss, np.nan, np.nan)
    return Anova((*rows, rest), "models inside each other")


def _check_inside(small: Model, large: Model) -> None:
    one, two = sample_of(small), sample_of(large)
    if small.rank == large.rank:
        raise RequestError(
            f"{small.formula} and {large.formula} have as many coefficients",
            fix="Compare them by m.aic or m.criteria()",
        )
    a, b = one.rows, two.rows
    same = a.Y.shape[0] == b.Y.shape[0] and np.array_equal(
        a.Y[:, one.target], b.Y[:, two.target]
    )
    weighted = (a.weights is None) == (b.weights is None)
    if same and weighted and a.weights is not None and b.weights is not None:
        weighted = np.array_equal(a.weights, b.weights)
    if not (same and weighted):
        raise RequestError(
            f"{small.formula} and {large.formula} differ in rows, target or weights",
            fix="Fit both to the same rows: leave out those with missing values before",
        )
    if not a.X.shape[1]:
        inside = two.design.intercept or not one.design.intercept
    else:
        whole = fit_rows(Rows(b.X, a.X, b.weights), intercept=two.design.intercept).fit
        left = np.where(whole.tss > 0, whole.rss / np.maximum(whole.tss, 1e-300), 0.0)
        inside = bool((left <= INSIDE).all())
        inside &= two.design.intercept or not one.design.intercept
    if not inside:
        raise RequestError(
            f"{small.formula} is not inside {large.formula}",
            fix="Compare them by m.aic or m.criteria()",
        )
