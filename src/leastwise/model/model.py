"""`Model`: the named answer. Frozen, complete, without the data."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import LevelWarning, RequestError
from leastwise.design.recipe import Recipe
from leastwise.engine.plan import Plan
from leastwise.infer.predict import Basis, predict_rows, spread_unit
from leastwise.infer.summary import Quality, interval
from leastwise.loops.trace import Trace
from leastwise.model.asks.check import AsksCheck
from leastwise.model.asks.covariance import AsksCovariance
from leastwise.model.asks.covariance_frame import AsksCovarianceFrame
from leastwise.model.asks.export import AsksExport
from leastwise.model.asks.influence import AsksInfluence
from leastwise.model.asks.margins import AsksMargins
from leastwise.model.asks.plot import AsksPlot
from leastwise.model.asks.report import AsksReport
from leastwise.model.asks.selection import AsksSelection
from leastwise.model.asks.tests import AsksTests
from leastwise.model.describe import plan_text
from leastwise.model.extrapolation import (
    adjusted_interval,
    band_quantile,
    extrapolating,
    leverages,
    shifted_columns,
    with_limits,
)
from leastwise.model.named import Named, check_level
from leastwise.model.prediction import Prediction
from leastwise.model.reads import Reads
from leastwise.model.save import to_text
from leastwise.record.fit import (
    CLASSICAL,
    AliasedRow,
    ArithmeticRecord,
    CoefficientRow,
    CovarianceRecord,
    FitRecord,
    RowsRecord,
    WeightsRecord,
)
from leastwise.record.provenance import Provenance
from leastwise.rows.give import give_frame
from leastwise.rows.read import read_table
from leastwise.rows.table import Table

if TYPE_CHECKING:
    from leastwise.model.sample import Sample

Array = np.ndarray[Any, Any]
# Besides data frames, what has columns with names.
NAMED = (str, os.PathLike, Mapping)


@dataclass(frozen=True, eq=False)
class Model(
    Reads,
    AsksCheck,
    AsksCovariance,
    AsksCovarianceFrame,
    AsksExport,
    AsksInfluence,
    AsksMargins,
    AsksPlot,
    AsksReport,
    AsksSelection,
    AsksTests,
):
    """A least squares fit of one target, in original units, without the data.

    Numbers by name (`coef`, `se`, `t`, `p`, `digits`) are ordered read-only
    mappings with `.array` for the NumPy vector.

    Attributes
    ----------
    formula, target : str
        What was asked.
    names : tuple of str, length m
        Coefficients, ``Intercept`` first when there is one.
    estimates, standard_errors : ndarray, shape (m,)
        NaN for aliased coefficients.
    certified, se_certified : ndarray, shape (m,)
        Correct decimal digits of the two, 0 to 15.95.
    covariance : ndarray, shape (m, m)
        Of the coefficients.
    quality : Quality
        R-squared, F, likelihood, criteria.
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
    plan : Plan
        Which arithmetic ran and why.
    basis : Basis
        What predictions need.
    recipe : Recipe
        How columns become the design, on any rows.
    trace : Trace or None
        The way of a gradient descent.
    cov : CovarianceRecord
        How the covariance was estimated.
    own_dof : ndarray, shape (m,), or None
        Degrees of freedom of the t of each coefficient, where they are not `dof`.
    weighing : WeightsRecord or None
        What the weights mean; None where all rows weigh the same.
    sample : Sample or None
        The rows, for as long as they are in memory; a saved model has none.
    provenance : Provenance or None
        Which software fitted which data, and when.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.coef["x"], 12), m.dof
    (2.3, 2.0)
    """

    formula: str
    target: str
    names: tuple[str, ...]
    estimates: Array
    standard_errors: Array
    certified: Array
    se_certified: Array
    covariance: Array
    quality: Quality
    n: float
    dof: float
    rank: int
    rows: RowsRecord
    aliased: tuple[AliasedRow, ...]
    notes: tuple[str, ...]
    plan: Plan
    basis: Basis
    recipe: Recipe
    trace: Trace | None = None
    cov: CovarianceRecord = CLASSICAL
    own_dof: Array | None = None
    weighing: WeightsRecord | None = None
    sample: Sample | None = field(default=None, repr=False)
    provenance: Provenance | None = None

    def interval(
        self,
        level: float = 0.95,
        *,
        adjust: Literal["none", "bonferroni", "scheffe"] = "none",
    ) -> Named:
        """Return confidence intervals by name, as (low, high).

        Parameters
        ----------
        level : float
            Coverage, between 0 and 1.
        adjust : {"none", "bonferroni", "scheffe"}
            Each on its own; all coefficients together; all their linear combinations
            together (``sqrt(rank F)`` standard errors, Scheffe 1953).

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ 1", {"y": [1.0, 2.0, 3.0]})
        >>> [round(v, 6) for v in m.interval(0.95)["Intercept"]]
        [-0.484138, 4.484138]
        """
        check_level(level)
        if adjust != "none":
            return adjusted_interval(self, level, adjust)
        low, high = interval(self.estimates, self.standard_errors, self.t_dof, level)
        return Named(self.names, np.column_stack([low, high]))

    def predict(
        self,
        data: Any,
        *,
        interval: Literal["confidence", "prediction"] | None = None,
        level: float = 0.95,
        adjust: Literal["none", "bonferroni", "scheffe"] = "none",
    ) -> Any:
        """Predict new rows.

        Parameters
        ----------
        data : data frame, mapping, path or ndarray
            Columns are matched by name; for a model fitted to arrays, an array of
            shape (n, p). A row with a missing value predicts NaN.
        interval : {"confidence", "prediction"}, optional
            Also give an interval for the mean, or for one new observation.
        level : float
            Its coverage.
        adjust : {"none", "bonferroni", "scheffe"}
            Intervals that hold one by one, or together for all rows asked about;
            Scheffe's for means hold for all rows there could be (Working and
            Hotelling's band).

        Returns
        -------
        ndarray of shape (n,), or Prediction
            The latter when an interval is asked for; it says which rows extrapolate,
            for which the rows of the fit, where in memory, are looked at once more.

        Raises
        ------
        DataError
            For a missing column, an infinity, a category the fit has not seen (if
            it was not made with ``levels=`` that says otherwise).

        Examples
        --------
        >>> import leastwise as lw
        >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]})
        >>> m.predict({"x": [3.0]}).round(6).tolist()
        [7.666667]
        """
        if interval not in (None, "confidence", "prediction"):
            raise RequestError(
                f"interval={interval!r} is unknown",
                fix='Use "confidence", "prediction" or leave it out',
            )
        check_level(level)
        source = data
        if not self._is_matrix(data):
            recipe = self.recipe
            source = read_table(data, recipe.inputs, decimal=recipe.decimal)
        design = self.recipe.replay(source, missing="nan")
        for note in design.notes:
            warnings.warn(note, LevelWarning, stacklevel=2)
        mean, leverage = predict_rows(
            self.basis, design.X, design.origin, design.origin_low, design.X_low
        )
        if design.offset is not None:
            mean = mean + design.offset
        if interval is None:
            return mean
        with np.errstate(over="ignore", invalid="ignore"):
            classical = self.basis.spread is None
            unit = self.sigma if classical else spread_unit(self.basis)
            std_error = unit * np.sqrt(leverage)
            # The root of a sum of squares, whatever the units.
            extra = self.sigma if interval == "prediction" else 0.0
            quantile = band_quantile(
                adjust,
                level,
                count=int(np.isfinite(mean).sum()),
                rank=self.rank,
                dof=self.band_dof,
                new=interval == "prediction",
            )
            half = quantile * np.hypot(std_error, extra)
            low, high = mean - half, mean + half
        limits = with_limits(self)
        own = leverages(limits, design)
        return Prediction(
            fit=mean,
            std_error=std_error,
            low=low,
            high=high,
            interval=interval,
            level=level,
            adjust=adjust,
            leverage=own,
            extrapolates=extrapolating(limits, own),
            shifted=shifted_columns(limits, design, self.recipe.names),
        )

    def _is_matrix(self, data: Any) -> bool:
        """Say whether data are rows without names, for the door of arrays."""
        if isinstance(data, (np.ndarray, Table)):
            return isinstance(data, Table) or not data.dtype.names
        if self.recipe.kind != "arrays" or isinstance(data, NAMED):
            return False
        from leastwise.rows.frame import as_frame

        return isinstance(data, (list, tuple)) or as_frame(data) is None

    def record(self, level: float = 0.95) -> FitRecord:
        """Return everything that is said about the fit, as a plain record."""
        q = self.quality
        bounds = self.interval(level).array
        tests = self._tests()
        rows = zip(
            self.names, self.estimates, self.standard_errors, tests.t, tests.p,
            bounds[:, 0], bounds[:, 1], self.certified, strict=True,
        )  # fmt: skip
        return FitRecord(
            formula=self.formula,
            target=self.target,
            n=_whole(self.n),
            rank=self.rank,
            dof=_whole(self.dof),
            sigma=q.sigma,
            r_squared=q.r_squared,
            adj_r_squared=q.adj_r_squared,
            f=q.f,
            f_p_value=q.f_p_value,
            f_dof=(_whole(q.f_numerator), _whole(q.dof)),
            centred=q.centred,
            log_likelihood=q.log_likelihood,
            aic=q.aic,
            bic=q.bic,
            covariance=tuple(map(tuple, self.covariance.tolist())),
            coefficients=tuple(
                CoefficientRow(name, *map(float, numbers)) for name, *numbers in rows
            ),
            aliased=self.aliased,
            rows=self.rows,
            notes=(*self.notes, *self.cov.notes),
            level=level,
            plan=plan_text(self.plan),
            arithmetic=ArithmeticRecord(
                tier=self.plan.tier,
                kernel=self.plan.kernel,
                reason=self.plan.reason,
                target=self.plan.target,
                undecided=self.plan.undecided,
            ),
            rss=q.rss,
            rss_digits=q.rss_digits,
            r_squared_digits=q.r_squared_digits,
            cov=self.cov,
        )

    def frame(self, kind: str = "auto", level: float = 0.95) -> Any:
        """Return the coefficient table as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        level : float
            Coverage of the interval.
        """
        rows = self.record(level).coefficients
        fields = (
            "name",
            "estimate",
            "std_error",
            "t",
            "p_value",
            "low",
            "high",
            "digits",
        )
        return give_frame(
            {field: [getattr(row, field) for row in rows] for field in fields}, kind
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as versioned JSON, without the data.

        Beside the numbers it holds the recipe, which covariance it is, the versions of
        leastwise, NumPy and Python that fitted it, the time, the name of the source and
        a hash of the rows used.
        """
        from leastwise.model.provenance import with_rows

        content = {f.name: getattr(self, f.name) for f in fields(self)}
        content["basis"] = with_limits(self)
        content["provenance"] = with_rows(self.provenance, self.sample)
        Path(path).write_text(to_text(content), encoding="utf-8")

    def __repr__(self) -> str:
        return f"<Model {self.formula!r}: n={self.n:g}, rank={self.rank}>"


def _whole(value: float) -> float:
    """Show counts as integers."""
    return int(value) if float(value).is_integer() else value
