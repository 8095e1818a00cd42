"""Whether one model is inside another, and which combinations are 0 if it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.model.covariance import sample_of
from leastwise.model.sample import Sample
from leastwise.model.terms import TermColumns
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.moments.fold import fold_rows
from leastwise.moments.state import select
from leastwise.solve.fit import solve

if TYPE_CHECKING:
    from leastwise.model.model import Model

# A column of the smaller model of which a larger part than this of its size is not in
# the larger model is a column of its own. Splines and polynomials carry about 1e-12.
LEFT_OVER = 1e-9


def constraints(small: Model, large: Model) -> Array:
    """Return combinations of the larger model's coefficients that the smaller has at 0.

    With A the columns of the smaller in those of the larger, coefficients of the form
    ``A c`` are models of the smaller: what is tested is the complement of A.

    Parameters
    ----------
    small, large : Model
        Of the same rows.

    Returns
    -------
    ndarray, shape (q, m)
        q is how many coefficients the larger model has more.

    Raises
    ------
    RequestError
        When the smaller is not inside the larger: decided by what columns span, and
        not by their names.
    """
    for model in (small, large):
        if any(not alias.left_out for alias in model.aliased):
            raise RequestError(
                f"{model.formula} is one of several solutions, that of least norm",
                fix='Fit it with rank="drop"',
            )
    inside, scale = _columns_in(small, large)
    lead = int(large.recipe.intercept)
    both = large.recipe.intercept and small.recipe.intercept
    kept = np.flatnonzero(~np.isnan(large.estimates))
    # About the means the intercepts are the same, and only slopes are compared.
    used = kept[kept >= lead] if both else kept
    within = (inside * scale[:, None])[used]
    size = np.linalg.norm(within, axis=0)
    within = within / np.where(size > 0, size, 1.0)
    rank = small.rank - int(both)
    across = np.linalg.svd(within, full_matrices=True)[0][:, rank:]
    matrix = np.zeros((across.shape[1], len(large.names)))
    matrix[:, used] = across.T * scale[used]
    return matrix


def _columns_in(small: Model, large: Model) -> tuple[Array, Array]:
    """Coefficients of the smaller model's columns on the larger's, and their sizes."""
    a, b = sample_of(small), sample_of(large)
    lead = int(large.recipe.intercept)
    X, names = _kept(a)
    if small.recipe.intercept and not lead:
        X, names = np.hstack([np.ones((len(X), 1)), X]), ("Intercept", *names)
    rows = b.rows
    made = Rows(
        X=rows.X,
        Y=X,
        weights=rows.weights,
        origin=_of_inputs(rows.origin, rows.X.shape[1], X.shape[1]),
        origin_low=_of_inputs(rows.origin_low, rows.X.shape[1], X.shape[1]),
        X_low=rows.X_low,
    )
    fit = solve(fold_rows(made), intercept=bool(lead))
    left = fit.rss > LEFT_OVER**2 * fit.tss
    if left.any():
        raise RequestError(
            f"{small.formula} is not inside {large.formula}: what "
            f"{names[int(np.argmax(left))]} says is not in its columns",
            fix="Compare them by m.aic or m.criteria()",
        )
    about = rows.X - rows.X.mean(axis=0) if lead else rows.X
    size = np.abs(about).max(axis=0, initial=0.0)
    scale = np.concatenate([np.ones(lead), np.where(size > 0, size, 1.0)])
    return np.nan_to_num(fit.coefficients), scale


def _of_inputs(values: Any, p: int, k: int) -> Any:
    if values is None:
        return None
    return np.concatenate([np.asarray(values)[:p], np.zeros(k)])


def _kept(sample: Sample) -> tuple[Array, tuple[str, ...]]:
    """Columns that a model has coefficients for, and their names."""
    kept, rows = np.flatnonzero(sample.solved.fit.kept), sample.rows
    shift = 0.0 if rows.origin is None else np.asarray(rows.origin)[kept]
    return rows.X[:, kept] + shift, tuple(sample.design.names[j] for j in kept)


def of_term(
    model: Model, sample: Sample, term: TermColumns, beside: tuple[TermColumns, ...]
) -> Array:
    """Return combinations that are a term's coefficients in a model with fewer terms.

    Least squares without some columns R has the coefficients ``b + C b_R`` of the
    others, with C those of R on the others: a linear map of the coefficients of the
    whole model (Frisch and Waugh 1933, doi:10.2307/1907330).

    Parameters
    ----------
    model, sample : Model, Sample
        The whole model and its rows.
    term : TermColumns
        What is asked about.
    beside : tuple of TermColumns
        The other terms of the model with fewer.
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
