"""What each row does to a fit of a loss that is no family."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.cov.ground import stand_on
from leastwise.infer.loss_influence import row_influences
from leastwise.infer.predict import basis_of
from leastwise.loss.quantile import Quantile
from leastwise.model.influence import labels_of
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.named import read_only
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel, LossSample

MEASURES = ("leverage", "score", "cook", "left_out", "left_out_loss")


@dataclass(frozen=True, eq=False)
class RowInfluence(InfluenceOfRows):
    """What each row does to a fit of any loss, by one step of Newton's without it.

    With s and h the first and second derivatives of the loss of a row at its predictor,
    by automatic differentiation, w its weight and ``H = sum w h x x'``:

    Attributes
    ----------
    row : ndarray of int, shape (n,)
        Which row of the data, from 1.
    label : tuple of str, or None
        What the rows are called, where a column says so.
    leverage : ndarray, shape (n,)
        ``w h x'H^-1 x``: 0, or below, for a row that pulls with a force that does not
        grow.
    score : ndarray, shape (n,)
        s: how hard, and in which direction, it pulls.
    cook : ndarray, shape (n,)
        ``(b - b_i)' V^-1 (b - b_i) / rank`` with V the covariance of the model: squared
        standard errors that all coefficients move together.
    left_out : ndarray, shape (n,)
        The predictor of each row from all others.
    left_out_loss : ndarray, shape (n,)
        What it costs there.
    dfbetas : ndarray, shape (n, m)
        ``(b - b_i) / se``.
    one_step : ndarray, shape (n, m)
        ``b_i = b + H^-1 x w s / (1 - leverage)``, coefficients without the row (Rad and
        Maleki 2020, doi:10.1111/rssb.12374). A scale that was estimated is held.
    names : tuple of str
        The m coefficients.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.1, 2.9, 4.2, 9.0]}
    >>> lw.robust("y ~ x", data).influence().most(1)
    (4,)
    """

    row: Array
    label: tuple[str, ...] | None
    leverage: Array
    score: Array
    cook: Array
    left_out: Array
    left_out_loss: Array
    dfbetas: Array
    one_step: Array
    names: tuple[str, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the numbers of rows."""
        return MEASURES


def row_influence_of(
    model: LossModel, kept: LossSample, label: str | None
) -> RowInfluence:
    """Measure what each row does; see `LossModel.influence`."""
    if isinstance(model.loss, Quantile):
        raise RequestError(
            "the plane of a quantile goes through rows, and jumps when one is left "
            "out: no derivative says where to",
            fix="Fit again without the rows in question",
        )
    sample = kept.sample
    found = row_influences(
        stand_on(sample.seen()), kept.problem.loss, kept.look, kept.problem.y
    )
    fit = sample.solved.fit
    m = len(model.estimates)
    made = combine_coefficients(
        basis_of(fit, 0), 1.0, np.eye(m), intercept=fit.intercept
    )
    moved = found.moved * made.standard_errors
    with np.errstate(divide="ignore", invalid="ignore"):
        dfbetas = -moved / model.standard_errors
    here = np.isfinite(model.standard_errors) & (model.standard_errors > 0)
    cook = np.full(len(moved), np.nan)
    if here.any():
        # In standard errors, so that units cannot make the inverse worse.
        se = model.standard_errors[here]
        inverse = np.linalg.pinv(
            model.covariance[np.ix_(here, here)] / se / se[:, None], hermitian=True
        )
        z = dfbetas[:, here]
        cook = np.einsum("ij,jk,ik->i", z, inverse, z) / model.rank
    return RowInfluence(
        row=read_only(sample.used + 1),
        label=None if label is None else labels_of(sample, label),
        leverage=read_only(found.leverage),
        score=read_only(found.score),
        cook=read_only(cook),
        left_out=read_only(found.left_out),
        left_out_loss=read_only(found.left_out_loss),
        dfbetas=read_only(dfbetas),
        one_step=read_only(model.estimates + moved),
        names=model.names,
    )
