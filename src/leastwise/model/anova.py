"""Tables of terms: what `m.anova` returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.formula.nodes import Node
from leastwise.infer.dist import f_upper
from leastwise.infer.wald import combinations_of, quadratic
from leastwise.model.covariance import sample_of
from leastwise.model.hypothesis import dofs_of, plain
from leastwise.model.sample import Sample
from leastwise.model.terms import TermColumns, term_columns
from leastwise.moments.double import Array
from leastwise.moments.state import select
from leastwise.record.fit import CLASSICAL
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame
from leastwise.solve.fit import solve

if TYPE_CHECKING:
    from leastwise.model.model import Model

FIELDS = ("term", "df", "sum_sq", "mean_sq", "f", "p_value")
# Codings whose columns sum to zero over the levels.
SUMMING = ("Sum", "Helmert", "Poly", "Diff")


@dataclass(frozen=True)
class AnovaRow:
    """A term, or the residuals.

    Attributes
    ----------
    term : str
        As it is written; ``Residuals`` for what is left.
    df : float
        Coefficients tested; of residuals, their degrees of freedom.
    sum_sq, mean_sq : float
        Sum of squares that the term explains, and by degree of freedom; NaN under
        another covariance than the classical one.
    f, p_value : float
        Against the mean square of the residuals; NaN for residuals.
    """

    term: str
    df: float
    sum_sq: float
    mean_sq: float
    f: float
    p_value: float


@dataclass(frozen=True)
class Anova:
    """An analysis of variance of the terms of one model.

    Attributes
    ----------
    formula : str
        The model.
    type : {1, 2, 3}
        Which terms stay beside each.
    rows : tuple of AnovaRow
        The terms, the residuals last.
    dof : float
        Denominator degrees of freedom of F.
    covariance : str
        Which covariance of the coefficients it stands on.
    notes : tuple of str
        What a reader should know.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"a": [0.0, 1, 2, 3, 4], "b": [1.0, 0, 0, 1, 0]}
    >>> m = lw.ols("y ~ a + b", data | {"y": [1.0, 3, 5, 8, 9]})
    >>> round(m.anova(type=2)["b"].f, 6)
    4.0
    """

    formula: str
    type: int
    rows: tuple[AnovaRow, ...]
    dof: float
    covariance: str
    notes: tuple[str, ...] = ()

    def __getitem__(self, term: str) -> AnovaRow:
        for row in self.rows:
            if row.term == term:
                return row
        known = ", ".join(row.term for row in self.rows)
        raise KeyError(f'there is no term "{term}"; there are {known}')

    def frame(self, kind: str = "auto") -> Any:
        """Return the rows as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        return give_frame({f: [getattr(r, f) for r in self.rows] for f in FIELDS}, kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes None."""
        return dict(plain(asdict(self)))

    def __str__(self) -> str:
        head = ["", "df", "sum of squares", "mean square", "F", "p"]
        body = [
            [
                row.term,
                f"{row.df:g}",
                number(row.sum_sq),
                number(row.mean_sq),
                number(row.f, 5),
                p_value(row.p_value),
            ]
            for row in self.rows
        ]
        lines = [f"{self.formula}  (type {self.type})", "", *columns([head, *body])]
        if self.covariance != CLASSICAL.name:
            lines += ["", f"Wald tests, covariance of the coefficients: "
                      f"{self.covariance}"]  # fmt: skip
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def anova_of(model: Model, kind: int, data: Any) -> Anova:
    """Test the terms of a model; see `Model.anova`."""
    if isinstance(kind, bool) or kind not in (1, 2, 3):
        raise RequestError(f"type={kind!r} is unknown", fix="Use 1, 2 or 3")
    _refuse_aliased(model, kind)
    sample = sample_of(model, data)
    rows = []
    if kind == 3 and model.recipe.intercept:
        matrix = np.eye(1, len(model.names))
        rows.append(_row(model, "Intercept", matrix))
    terms = term_columns(model.recipe)
    for i, term in enumerate(terms):
        beside = _beside(terms, i, kind)
        matrix = _tested(model, sample, term, beside)
        if len(matrix):
            rows.append(_row(model, term.label, matrix))
    q, nan = model.quality, float("nan")
    classical = model.cov.name == CLASSICAL.name
    left = (q.rss, q.sigma**2) if classical else (nan, nan)
    rows.append(AnovaRow("Residuals", q.dof, *left, nan, nan))
    dof = float(np.min(dofs_of(model, ~np.isnan(model.estimates)[None, :])))
    return Anova(
        model.formula, kind, tuple(rows), dof, model.cov.name, _notes(model, kind)
    )


def _refuse_aliased(model: Model, kind: int) -> None:
    gone = model.aliased
    if not gone or (kind == 1 and all(row.left_out for row in gone)):
        return
    fix = "Leave those columns out of the formula"
    if gone[0].left_out:
        fix = "Use type=1, or leave those columns out of the formula"
    raise RequestError(
        f"{gone[0].name} is a combination of others ({gone[0].text}), so that what a "
        "term explains beside the others is not determined",
        fix=fix,
    )


def _beside(
    terms: tuple[TermColumns, ...], i: int, kind: int
) -> tuple[TermColumns, ...]:
    """Terms that stay beside term i."""
    if kind == 1:
        return terms[:i]
    others = (*terms[:i], *terms[i + 1 :])
    if kind == 3:
        return others
    own = set(terms[i].variables)
    return tuple(t for t in others if not own < set(t.variables))


def _tested(
    model: Model, sample: Sample, term: TermColumns, beside: tuple[TermColumns, ...]
) -> Array:
    """Combinations of coefficients that are the term's in a model with fewer terms.

    Least squares without some columns R has the coefficients ``b + C b_R`` of the
    others, with C those of R on the others: a linear map of the coefficients of the
    whole model, by Frisch, Waugh and Lovell.
    """
    m, kept = sample.solved.moments, sample.solved.fit.kept
    lead = int(model.recipe.intercept)
    own = [j for j in term.columns if kept[j]]
    others = [j for t in beside for j in t.columns if kept[j]]
    inside = [*others, *own]
    rest = [j for j in np.flatnonzero(kept).tolist() if j not in set(inside)]
    matrix = np.zeros((len(own), len(model.names)))
    matrix[np.arange(len(own)), [lead + j for j in own]] = 1.0
    if rest and own:
        # Inputs as targets: their places among inputs and targets.
        chosen = select(m, inside, [j - m.n_inputs for j in rest])
        fit = solve(chosen, intercept=model.recipe.intercept)
        found = np.nan_to_num(fit.coefficients[lead + len(others) :])
        matrix[:, [lead + j for j in rest]] = found
    return matrix


def _row(model: Model, label: str, matrix: Array) -> AnovaRow:
    classical = model.cov.name == CLASSICAL.name
    basis, unit = model.basis, model.sigma
    if classical:
        # In units of sigma^2 = 1 the same quadratic form is a sum of squares.
        basis, unit = replace(basis, spread=None), 1.0
    found = combinations_of(
        basis, unit, matrix, np.zeros(len(matrix)), intercept=model.recipe.intercept
    )
    size, df = quadratic(found), len(matrix)
    dof = float(np.min(dofs_of(model, matrix)))
    nan = float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        f = float(np.float64(size / df) / model.sigma**2) if classical else size / df
    p = f_upper(f, df, dof)
    if classical:
        return AnovaRow(label, float(df), size, size / df, f, p)
    return AnovaRow(label, float(df), nan, nan, f, p)


def _notes(model: Model, kind: int) -> tuple[str, ...]:
    """Say where tests of main effects depend on a coding."""
    if kind != 3:
        return ()
    crossed: set[Node] = set()
    for term in model.recipe.terms:
        if len(term.variables) > 1:
            crossed.update(term.variables)
    coded = [
        encoding.column
        for node, encoding in model.recipe.encodings
        if node in crossed and type(encoding.coding).__name__ not in SUMMING
    ]
    if not coded:
        return ()
    return (
        f"{', '.join(coded)}: the coding does not sum to zero, so that terms which an "
        "interaction contains are tested at its base and not on average; write "
        f"C({coded[0]}, Sum), or use type=2",
    )
