"""`LossModel`: the named answer of a fit that is not least squares."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import LevelWarning, RequestError
from leastwise.infer.combine import Combined
from leastwise.infer.deviance import Measures
from leastwise.infer.summary import interval
from leastwise.loops.mapping import MappedRows
from leastwise.loops.near import Box
from leastwise.loops.trace import Trace
from leastwise.loops.working import Look, Problem
from leastwise.loss.base import Loss
from leastwise.loss.many.base import ManyLoss
from leastwise.model.asks.covariance_frame import AsksCovarianceFrame
from leastwise.model.asks.deviance import AsksDeviance
from leastwise.model.asks.loss_export import AsksLossExport
from leastwise.model.asks.loss_margins import AsksLossMargins
from leastwise.model.asks.loss_plot import AsksLossPlot
from leastwise.model.asks.loss_report import AsksLossReport
from leastwise.model.asks.loss_rows import AsksLossRows
from leastwise.model.asks.loss_save import AsksLossSave
from leastwise.model.convergence import Convergence
from leastwise.model.loss_reads import LossReads
from leastwise.model.named import Named, check_level, read_only
from leastwise.model.predictor import Predictor
from leastwise.moments.double import Array
from leastwise.record.fit import (
    CLASSICAL,
    AliasedRow,
    CovarianceRecord,
    RowsRecord,
    WeightsRecord,
)
from leastwise.record.loss import Measure
from leastwise.record.provenance import Provenance

if TYPE_CHECKING:
    from leastwise.infer.cov.base import Covariance
    from leastwise.model.many_sample import ManySample
    from leastwise.model.sample import Sample


@dataclass(frozen=True, eq=False)
class LossSample:
    """The rows of a fit of a loss, for as long as they are in memory.

    Attributes
    ----------
    sample : Sample
        The working rows at the end of the loop, and their least squares fit: what
        covariances and influence read.
    problem : Problem
        The rows and their loss.
    look : Look
        Predictors, scores and curvatures of the rows.
    usual : Covariance or None
        What "classical" stands for, where it is not the inverse of the working rows'
        curvature.
    curve, box : MappedRows and Box, or None
        The model that is a function, where it is one, and its bounds: working rows are
        then those of its Jacobian.
    """

    sample: Sample
    problem: Problem
    look: Look
    usual: Covariance | None = None
    curve: MappedRows | None = None
    box: Box | None = None


@dataclass(frozen=True, eq=False)
class LossModel(
    LossReads,
    AsksCovarianceFrame,
    AsksLossExport,
    AsksLossMargins,
    AsksLossPlot,
    AsksLossReport,
    AsksLossRows,
    AsksLossSave,
    AsksDeviance,
):
    """A fit of a loss: a generalized linear model, a robust one, one of your own.

    Numbers by name (`coef`, `se`, `statistic`, `p`, `digits`) are ordered read-only
    mappings with `.array` for the NumPy vector.

    Attributes
    ----------
    formula, target : str
        What was asked.
    kind : str
        What was fitted, such as ``Poisson regression, log link``.
    names : tuple of str, length m
        Coefficients, ``Intercept`` first when there is one.
    estimates, standard_errors, certified : ndarray, shape (m,)
        Coefficients, NaN for aliased ones; their standard errors; correct digits of
        the former.
    covariance : ndarray, shape (m, m)
        Of the coefficients.
    measures : Measures
        Deviance, dispersion, likelihood, criteria, pseudo R-squared.
    n, dof : float
        Observations counted; residual degrees of freedom.
    rank : int
        Coefficients estimated.
    rows : RowsRecord
        Rows read, used and dropped.
    aliased : tuple of AliasedRow
        Columns left out, with the combination they equal.
    notes : tuple of str
        What a reader should know.
    convergence : Convergence
        How the loop ended.
    loss : Loss
        What a row costs.
    predictor : Predictor
        What new rows go through.
    cov : CovarianceRecord
        How the covariance was estimated.
    own_dof : ndarray, shape (m,), or None
        Degrees of freedom of each t, where the covariance has its own.
    weighing : WeightsRecord or None
        What the weights mean; None where all rows weigh the same.
    sample : LossSample, ManySample or None
        The rows, for as long as they are in memory.
    provenance : Provenance or None
        Which software fitted which data, and when.
    trace : Trace or None
        The way there, where it was written down.
    told : tuple of Measure, or None
        What is said of the fit in place of the measures of a family.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> m = lw.glm("y ~ x", data, family=lw.family.Poisson())
    >>> round(m.coef["x"], 9)
    0.700200525
    """

    formula: str
    target: str
    kind: str
    names: tuple[str, ...]
    estimates: Array
    standard_errors: Array
    certified: Array
    covariance: Array
    measures: Measures
    n: float
    dof: float
    rank: int
    rows: RowsRecord
    aliased: tuple[AliasedRow, ...]
    notes: tuple[str, ...]
    convergence: Convergence
    loss: Loss
    predictor: Predictor
    cov: CovarianceRecord = CLASSICAL
    own_dof: Array | None = None
    weighing: WeightsRecord | None = None
    sample: LossSample | ManySample | None = field(default=None, repr=False)
    provenance: Provenance | None = None
    trace: Trace | None = None
    told: tuple[Measure, ...] | None = None

    @property
    def row_weights(self) -> Array:
        """How much each row used counts in the last weighted least squares fit.

        In a robust fit ``psi(u) / u``: 0 for a row that has no say.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.robust("y ~ 1", {"y": [1.0, 2.0, 3.0, 90.0]}, scale=1.0)
        >>> m.row_weights.round(3).tolist()
        [0.897, 1.0, 1.0, 0.015]
        """
        from leastwise.model.kept_rows import rows_of

        return read_only(rows_of(self).look.there.curvature.copy())

    def combined(self, matrix: Array) -> Combined:
        """Return combinations of the coefficients with their covariance."""
        return self.predictor.combined(matrix, self.sigma)

    def interval(
        self, level: float = 0.95, *, method: Literal["wald", "profile"] = "wald"
    ) -> Named:
        """Return confidence intervals by name, as (low, high).

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        method : {"wald", "profile"}
            From the standard errors, or from the likelihood: see `profile`.

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.glm("y ~ 1", {"y": [1, 2, 3]}, family="poisson")
        >>> [round(v, 6) for v in m.interval()["Intercept"]]
        [-0.107005, 1.493299]
        """
        check_level(level)
        if method == "profile":
            return self.profile(level=level)
        if method != "wald":
            raise RequestError(
                f"method={method!r} is unknown", fix='Use "wald" or "profile"'
            )
        low, high = interval(self.estimates, self.standard_errors, self.t_dof, level)
        return Named(self.names, np.column_stack([low, high]))

    def predict(
        self,
        data: Any,
        *,
        kind: Literal["mean", "link"] = "mean",
        interval: Literal["confidence", "prediction"] | None = None,
        level: float = 0.95,
        adjust: Literal["none", "bonferroni", "scheffe"] = "none",
    ) -> Any:
        """Predict new rows.

        Parameters
        ----------
        data : data frame, mapping, path or ndarray
            Columns are matched by name. A row with a missing value predicts NaN.
        kind : {"mean", "link"}
            The mean of the target, or the linear predictor.
        interval : {"confidence", "prediction"}, optional
            Also give an interval: Wald's of the predictor, carried to the mean; or one
            for a new observation, its distribution averaged over what the predictor
            may be (the dispersion is taken at its estimate).
        level : float
            Its coverage.
        adjust : {"none", "bonferroni", "scheffe"}
            For one row, for these rows together, or (means) for all rows there could
            be.

        Returns
        -------
        ndarray of shape (n,), or LossPrediction

        Raises
        ------
        DataError
            For a missing column, an infinity, a category the fit has not seen.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family=lw.family.Poisson())
        >>> m.predict({"x": [4.0]}).round(6).tolist()
        [11.877409]
        """
        from leastwise.model.loss_prediction import Interval, prediction_of
        from leastwise.model.many_prediction import many_prediction

        if kind not in ("mean", "link"):
            raise RequestError(f"kind={kind!r} is unknown", fix='Use "mean" or "link"')
        if interval not in (None, "confidence", "prediction"):
            raise RequestError(
                f"interval={interval!r} is unknown",
                fix='Use "confidence" or "prediction", or leave it out',
            )
        check_level(level)
        if interval is not None and isinstance(self.loss, ManyLoss):
            return many_prediction(self, data, kind, interval, level)
        found = self.predictor.predict(data, self.sigma)
        for note in found.notes:
            warnings.warn(note, LevelWarning, stacklevel=2)
        if interval is None:
            return found.eta if kind == "link" else self.loss.mean(found.eta)
        return prediction_of(self, found, Interval(interval, kind, level, adjust))

    def with_cov(self, cov: Covariance | str, *, data: Any = None) -> LossModel:
        """Return the model with another covariance of its coefficients.

        The working rows at the optimum are those of weighted least squares, and their
        residuals are scores over curvatures: every covariance of `leastwise.cov` is
        that of the scores here, the sandwich of M-estimation (Huber 1967; White 1982,
        doi:10.2307/1912526). Nothing is fitted again.

        Parameters
        ----------
        cov : Covariance or str
            Such as ``lw.cov.HC0()`` or ``"cluster:town"``, as in `Model.with_cov`.
        data : data frame, mapping or path, optional
            Not used yet: the rows have to be in memory.

        Returns
        -------
        LossModel

        Raises
        ------
        RequestError
            When there are no rows, or `cov` is no covariance.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson").with_cov("HC0")
        >>> round(m.se["x"], 6)
        0.091289
        """
        from leastwise.model.loss_covariance import with_covariance

        return with_covariance(self, cov)

    def __repr__(self) -> str:
        return f"<LossModel {self.formula!r}: {self.kind}, n={self.n:g}>"
