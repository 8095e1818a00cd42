"""Tables of variance: the terms of one model, or models inside each other."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.anova import hierarchical, partial, sequential
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.dist import chi2_upper, f_upper
from leastwise.infer.wald import wald
from leastwise.model.covariance import sample_of
from leastwise.model.deviance import of_losses
from leastwise.model.estimates import dof_of
from leastwise.model.inside import constraints, of_term
from leastwise.model.loss_reads import LossReads
from leastwise.model.selection import pool_of
from leastwise.model.terms import TermColumns, term_columns
from leastwise.moments.double import Array
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.model import Model

# Codings whose columns sum to zero over the levels.
SUMMING = ("Sum", "Helmert", "Poly", "Diff")


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
    chi2, chi2_p_value : float
        Likelihood ratio ``2 (log L - log L_before)`` of models inside each other under
        the classical covariance; NaN elsewhere.
    """

    name: str
    df: float
    squares: float
    f: float
    p_value: float
    chi2: float = float("nan")
    chi2_p_value: float = float("nan")


@dataclass(frozen=True)
class Anova:
    """A table of variance.

    Attributes
    ----------
    rows : tuple of AnovaRow
        In order, residuals last.
    title : str
        What was compared, and how.
    notes : tuple of str
        What a reader should know.

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
    notes: tuple[str, ...] = ()

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
        names = ["name", "df", "squares", "f", "p_value"]
        if not all(np.isnan(row.chi2) for row in self.rows):
            names += ["chi2", "chi2_p_value"]
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
        if not all(np.isnan(row.chi2) for row in self.rows):
            head += ["chi2", "p"]
            for row, line in zip(self.rows, body, strict=True):
                none = np.isnan(row.chi2)
                line += (
                    ["", ""] if none else [number(row.chi2), p_value(row.chi2_p_value)]
                )
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([self.title, "", *columns([head, *body]), *notes])


def of_terms(model: Model, kind: Literal[1, 2, 3], data: Any) -> Anova:
    """Test the terms of a model; see `Model.anova`."""
    if kind not in (1, 2, 3):
        raise RequestError(f"type={kind!r} is unknown", fix="Use 1, 2 or 3")
    if model.cov.name != "Classical":
        return _by_covariance(model, kind, data)
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
    title = f"{model.formula}, type {'I' * kind} sums of squares"
    return Anova(tuple(rows), title, _notes(model, kind))


def _by_covariance(model: Model, kind: int, data: Any) -> Anova:
    """Wald tests of the coefficients that a term has beside those that stay."""
    sample, rows = sample_of(model, data), []
    terms = term_columns(model.recipe)
    if model.aliased and kind == 2:
        raise RequestError(
            f"{model.aliased[0].name} is a combination of others, so that what a term "
            "has beside the others is not told by the coefficients",
            fix="Leave it out of the formula",
        )
    for i, term in enumerate(terms):
        matrix = of_term(model, sample, term, _beside(terms, i, kind))
        f, p = _tested(model, matrix)
        rows.append(AnovaRow(term.label, len(matrix), np.nan, f, p))
    title = f"{model.formula}, type {'I' * kind}, Wald tests with {model.cov.text}"
    return Anova(tuple(rows), title, _notes(model, kind))


def _beside(
    terms: tuple[TermColumns, ...], i: int, kind: int
) -> tuple[TermColumns, ...]:
    """Terms that stay beside term i."""
    if kind == 1:
        return terms[:i]
    own = set(terms[i].variables)
    others = (*terms[:i], *terms[i + 1 :])
    return tuple(t for t in others if kind == 3 or not own < set(t.variables))


def _tested(
    model: Model, matrix: Array, sigma: float | None = None
) -> tuple[float, float]:
    """Wald's F and its p-value, in units of another sigma where one is given."""
    if not len(matrix):
        return np.nan, np.nan
    unit = model.sigma if sigma is None else sigma
    found = combine_coefficients(
        model.basis, unit, matrix, intercept=model.recipe.intercept
    )
    test = wald(found.estimates, found.covariance, dof_of(model))
    return test.statistic, test.p_value


def _notes(model: Model, kind: int) -> tuple[str, ...]:
    """Say where the test of a term depends on a coding."""
    if kind != 3:
        return ()
    crossed: set[Any] = set()
    for term in model.recipe.terms:
        crossed.update(term.variables if len(term.variables) > 1 else ())
    coded = [
        encoding.column
        for node, encoding in model.recipe.encodings
        if node in crossed and type(encoding.coding).__name__ not in SUMMING
    ]
    if not coded:
        return ()
    return (
        f"the coding of {', '.join(coded)} does not sum to zero: terms inside an "
        f"interaction are tested at its base and not on average. Write "
        f"C({coded[0]}, Sum), or use type=2.",
    )


def anova(*models: Any) -> Any:
    """Compare models that are inside each other, on the same rows.

    ``F = ((rss_1 - rss_2) / (dof_1 - dof_2)) / (rss / dof)`` with the variance of the
    largest model, as R's ``anova(m1, m2)``, and the likelihood ratio as chi-squared.
    Fits of `leastwise.glm` are compared by their deviances: chi-squared, or F where the
    dispersion is estimated, with that of the largest model.
    Under another covariance: the Wald test, in each larger model, of the combinations
    that the smaller one has not. What is inside what is decided by what columns span.

    Parameters
    ----------
    *models : Model or LossModel
        Two or more, fitted to the same rows; put in order of their rank.

    Returns
    -------
    Anova or Deviances
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
    if any(isinstance(model, LossReads) for model in models):
        return of_losses(_losses(models))
    if len({model.cov.name for model in models}) > 1:
        raise RequestError(
            "the models have different covariances",
            fix="Give all of them the same: m.with_cov(...)",
        )
    ordered = sorted(models, key=lambda model: model.rank)
    largest = ordered[-1]
    for small, large in itertools.pairwise(ordered):
        _check_same(small, large)
    rows = [_step(a, b, largest) for a, b in itertools.pairwise(ordered)]
    if largest.cov.name != "Classical":
        title = f"models inside each other, Wald tests with {largest.cov.text}"
        return Anova(tuple(rows), title)
    rest = AnovaRow("Residuals", largest.dof, largest.quality.rss, np.nan, np.nan)
    return Anova((*rows, rest), "models inside each other")


def _losses(models: tuple[Any, ...]) -> list[Any]:
    made = [model for model in models if isinstance(model, LossReads)]
    if len(made) < len(models):
        raise RequestError(
            "least squares and fits of a loss do not compare",
            fix='Fit all with lw.glm: family="gaussian" is least squares',
        )
    return made


def _step(small: Model, large: Model, largest: Model) -> AnovaRow:
    matrix = constraints(small, large)
    df = len(matrix)
    name = f"{large.formula} after {small.formula}"
    if large.cov.name != "Classical":
        return AnovaRow(name, df, np.nan, *_tested(large, matrix))
    # No difference of residual sums: what little a column explains keeps its digits.
    squares = df * _tested(large, matrix, 1.0)[0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        f = float(np.float64(squares / df) / np.float64(largest.sigma) ** 2)
    chi2 = 2.0 * (large.log_likelihood - small.log_likelihood)
    p = f_upper(f, df, largest.dof)
    return AnovaRow(name, df, float(squares), f, p, chi2, chi2_upper(chi2, df))


def _check_same(small: Model, large: Model) -> None:
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
