"""Models one inside the other, compared: what `leastwise.anova` returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import chi2_upper, f_upper
from leastwise.infer.wald import combinations_of, quadratic
from leastwise.model.covariance import sample_of
from leastwise.model.hypothesis import dofs_of, plain
from leastwise.model.model import Model
from leastwise.model.sample import Sample
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.record.fit import CLASSICAL
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame
from leastwise.solve.fit import solve

FIELDS = (
    "formula", "dof", "rss", "df", "sum_sq", "f", "p_value", "chi2", "chi2_p_value",
)  # fmt: skip
# A column of the smaller model of which a larger part than this of its variation is not
# in the larger model is a column of its own. Splines and polynomials carry about 1e-12.
LEFT_OVER = 1e-9


@dataclass(frozen=True)
class NestedRow:
    """A model, and the test of what it has more than the one before.

    Attributes
    ----------
    formula : str
        The model.
    dof, rss : float
        Residual degrees of freedom; residual sum of squares.
    df, sum_sq : float
        Coefficients and explained sum of squares that it has more.
    f, p_value : float
        Under the classical covariance against the mean square of the residuals of the
        largest model, as R's ``anova`` does; under another the Wald test in this model.
    chi2, chi2_p_value : float
        Likelihood ratio, ``2 (log L - log L_before)``; NaN under another covariance
        than the classical one.
    """

    formula: str
    dof: float
    rss: float
    df: float
    sum_sq: float
    f: float
    p_value: float
    chi2: float
    chi2_p_value: float


@dataclass(frozen=True)
class NestedModels:
    """Models one inside the other, the smallest first.

    Attributes
    ----------
    rows : tuple of NestedRow
        A row each; tests are NaN in the first.
    covariance : str
        Which covariance of the coefficients the tests stand on.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"a": [0.0, 1, 2, 3, 4], "b": [1.0, 0, 0, 1, 0]}
    >>> data["y"] = [1.0, 3, 5, 8, 9]
    >>> found = lw.anova(lw.ols("y ~ a", data), lw.ols("y ~ a + b", data))
    >>> round(found.rows[1].f, 6), found.rows[1].df
    (4.0, 1.0)
    """

    rows: tuple[NestedRow, ...]
    covariance: str

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
        head = ["", "dof", "rss", "df", "sum of squares", "F", "p", "chi2", "p"]
        body = [
            [
                row.formula,
                f"{row.dof:g}",
                number(row.rss),
                "-" if np.isnan(row.df) else f"{row.df:g}",
                number(row.sum_sq),
                number(row.f, 5),
                p_value(row.p_value),
                number(row.chi2, 5),
                p_value(row.chi2_p_value),
            ]
            for row in self.rows
        ]
        lines = columns([head, *body])
        if self.covariance != CLASSICAL.name:
            lines += ["", f"Wald tests, covariance of the coefficients: "
                      f"{self.covariance}"]  # fmt: skip
        return "\n".join(lines)


def anova(*models: Model) -> NestedModels:
    """Compare models of the same rows, each with all columns of the one before.

    Whether a model is inside another is decided by what its columns span, and not by
    their names: ``a + b`` is inside ``I(a + b) + I(a - b)``.

    Parameters
    ----------
    *models : Model
        Two or more, smallest or largest first, fitted to the same rows.

    Returns
    -------
    NestedModels

    Raises
    ------
    RequestError
        For models of other rows, targets, weights or offsets, models of which none is
        inside the other, and models without their rows in memory.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]}
    >>> found = lw.anova(lw.ols("y ~ 1", data), lw.ols("y ~ x", data))
    >>> round(found.rows[1].p_value, 6)
    0.003117
    """
    if len(models) < 2 or not all(isinstance(m, Model) for m in models):
        raise RequestError(
            "anova compares two models or more",
            fix="Call m.anova() for the terms of one model",
        )
    if models[0].rank > models[-1].rank:
        models = models[::-1]
    kinds = {m.cov.name for m in models}
    if len(kinds) > 1:
        raise RequestError(
            f"the models have other covariances: {', '.join(sorted(kinds))}",
            fix="Give all of them the same, by with_cov()",
        )
    for model in models:
        _refuse_least_norm(model)
    for small, large in pairwise(models):
        _refuse_other_rows(small, large)
    nan = float("nan")
    first, q = models[0], models[0].quality
    rows = [NestedRow(first.formula, q.dof, q.rss, nan, nan, nan, nan, nan, nan)]
    rows += [_row(a, b, models[-1]) for a, b in pairwise(models)]
    return NestedModels(tuple(rows), models[0].cov.name)


def _row(small: Model, large: Model, largest: Model) -> NestedRow:
    matrix = _constraints(small, large)
    df = float(len(matrix))
    q, before = large.quality, small.quality
    found = combinations_of(
        large.basis, large.sigma, matrix, np.zeros(len(matrix)),
        intercept=large.recipe.intercept,
    )  # fmt: skip
    size, nan = quadratic(found), float("nan")
    if large.cov.name != CLASSICAL.name:
        dof = float(np.min(dofs_of(large, ~np.isnan(large.estimates)[None, :])))
        p = f_upper(size / df, df, dof)
        return NestedRow(large.formula, q.dof, q.rss, df, nan, size / df, p, nan, nan)
    # d' (X'X)^-1 d: what a difference of two residual sums would lose is not lost.
    sum_sq = size * large.sigma**2
    with np.errstate(divide="ignore", invalid="ignore"):
        f = float(np.float64(sum_sq / df) / largest.sigma**2)
    chi2 = 2.0 * (q.log_likelihood - before.log_likelihood)
    return NestedRow(
        formula=large.formula,
        dof=q.dof,
        rss=q.rss,
        df=df,
        sum_sq=sum_sq,
        f=f,
        p_value=f_upper(f, df, largest.dof),
        chi2=chi2,
        chi2_p_value=chi2_upper(chi2, df),
    )


def _refuse_least_norm(model: Model) -> None:
    if any(not alias.left_out for alias in model.aliased):
        raise RequestError(
            f'"{model.formula}" is a solution of least norm of several',
            fix='Fit it with rank="drop"',
        )


def _refuse_other_rows(small: Model, large: Model) -> None:
    a, b = sample_of(small), sample_of(large)
    about = f'"{small.formula}" and "{large.formula}"'
    same = a.design.rows.read == b.design.rows.read
    if not same or not np.array_equal(a.used, b.used):
        raise RequestError(
            f"{about} stand on other rows: {a.design.rows.used} and "
            f"{b.design.rows.used} are used",
            fix="Leave rows with missing values out before both are fitted",
        )
    pairs = (
        ("targets", _target(a), _target(b)),
        ("weights", a.design.weights, b.design.weights),
        ("offsets", a.design.offset, b.design.offset),
    )
    for what, one, other in pairs:
        if not _same(one, other):
            raise RequestError(
                f"{about} have other {what}", fix="Compare models of the same target"
            )


def _same(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None:
        return a is b
    return bool(np.array_equal(a, b))


def _target(sample: Sample) -> Array:
    rows, k = sample.rows, sample.target
    j = rows.X.shape[1] + k
    shift = 0.0 if rows.origin is None else rows.origin[j]
    return np.asarray(rows.Y[:, k] + shift)


def _constraints(small: Model, large: Model) -> Array:
    """Combinations of the larger model's coefficients that are 0 in the smaller one.

    With A the columns of the smaller in those of the larger, coefficients of the form
    A c are models of the smaller: its orthogonal complement is what is tested.
    """
    inside, scale = _columns_in(small, large)
    lead = int(large.recipe.intercept)
    both = large.recipe.intercept and small.recipe.intercept
    kept = np.flatnonzero(~np.isnan(large.estimates))
    # About the means the intercepts are the same, and only slopes are compared.
    used = kept[kept >= lead] if both else kept
    A = (inside * scale[:, None])[used]
    rank = small.rank - int(both)
    if rank >= len(used):
        raise RequestError(
            f'"{small.formula}" and "{large.formula}" are the same model',
            fix="Compare models of which one has more",
        )
    size = np.linalg.norm(A, axis=0)
    u = np.linalg.svd(A / np.where(size > 0, size, 1.0), full_matrices=True)[0]
    matrix = np.zeros((len(used) - rank, len(large.names)))
    matrix[:, used] = u[:, rank:].T * scale[used]
    return matrix


def _columns_in(small: Model, large: Model) -> tuple[Array, Array]:
    """Coefficients of the smaller model's columns on the larger's, and its scales."""
    a, b = sample_of(small), sample_of(large)
    lead = int(large.recipe.intercept)
    X, names = _shown(a)
    if small.recipe.intercept and not lead:
        X = np.hstack([np.ones((len(X), 1)), X])
        names = ("Intercept", *names)
    rows = b.rows
    p = rows.X.shape[1]
    made = Rows(
        X=rows.X,
        Y=X,
        weights=rows.weights,
        origin=_first(rows.origin, p, X.shape[1]),
        origin_low=_first(rows.origin_low, p, X.shape[1]),
        X_low=rows.X_low,
    )
    fit = solve(fold_rows(made), intercept=bool(lead))
    left = fit.rss > LEFT_OVER**2 * fit.tss
    if left.any():
        name = names[int(np.argmax(left))]
        raise RequestError(
            f'"{small.formula}" is not inside "{large.formula}": what {name} says is '
            "not in its columns",
            fix="Compare models of which one has all columns of the other",
        )
    scale = np.concatenate([np.ones(lead), _spread(rows, lead)])
    return np.nan_to_num(fit.coefficients), scale


def _first(values: Any, p: int, k: int) -> Any:
    if values is None:
        return None
    return np.concatenate([np.asarray(values)[:p], np.zeros(k)])


def _shown(sample: Sample) -> tuple[Array, tuple[str, ...]]:
    """Kept columns of a model and their names."""
    kept, rows = np.flatnonzero(sample.solved.fit.kept), sample.rows
    shift = np.zeros(len(kept))
    if rows.origin is not None:
        shift = np.asarray(rows.origin)[kept]
    names = tuple(sample.design.names[j] for j in kept)
    return rows.X[:, kept] + shift, names


def _spread(rows: Rows, lead: int) -> Array:
    """Sizes of the columns, so that units do not matter in what follows."""
    found: Array = np.abs(rows.X - rows.X.mean(axis=0) if lead else rows.X).max(axis=0)
    return found
