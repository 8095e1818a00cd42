"""The public verbs: a request becomes rows, moments, a fit, a `Model`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from leastwise._kit.errors import AccuracyWarning, DataError, RequestError
from leastwise.design.build import build, columns_needed
from leastwise.design.layout import Design
from leastwise.design.recipe import Recipe
from leastwise.design.weights import Weights, analytic, whole_sum, with_weights
from leastwise.engine.options import Asked, Options, read_options
from leastwise.engine.plan import fit_rows
from leastwise.engine.rows import rows_of
from leastwise.model.describe import refuse_aliased
from leastwise.model.make import make_models
from leastwise.model.model import Model
from leastwise.model.models import Models
from leastwise.moments.blocks import NotFiniteError
from leastwise.rows.read import read_table

if TYPE_CHECKING:
    from leastwise.design.matrix import Taken
    from leastwise.model.comparison import Comparison

Missing = Literal["drop", "error"]


def ols(
    formula: str | None = None,
    data: Any = None,
    *,
    y: Any = None,
    X: Any = None,
    intercept: bool = True,
    weights: str | Weights | Any = None,
    missing: Missing = "drop",
    **options: Unpack[Asked],
) -> Any:
    """Fit a linear model by least squares.

    Minimises ``sum_i w_i (y_i - b_0 - x_i' b)^2``. Rows are folded into second
    moments that are good to about 2^-98 for small data, and the normal equations
    are solved in pairs of float64, so that the answer holds every digit the data
    hold; each coefficient says how many digits are certain.

    Parameters
    ----------
    formula : str
        Such as ``"rent ~ distance + C(town)"``; ``cbind(a, b) ~ x`` for several
        targets.
    data : data frame, mapping or path
        Columns by name: pandas, polars or arrow; a dict of arrays; a path to CSV,
        TSV, JSON lines (also .gz, .zst) or Parquet.
    y, X : array_like, shapes (n,) or (n, k), and (n, p)
        Arrays, in place of a formula and data.
    intercept : bool
        For arrays: whether the model has an intercept. A formula says so itself
        (``- 1``).
    weights : str, Weights or array_like, optional
        A column or one number a row, 0 or more. A plain name or array is analytic,
        as in R's ``lm``; see `leastwise.weights`.
    missing : {"drop", "error"}
        Leave out rows with a missing value and count them, or refuse them.
    solver : GradientDescent, optional
        Descend in place of the direct solve; the model then has a `trace`.
    digits : float, default 8
        Digits to certify in each coefficient (or of its standard error, where that
        is larger), 1 to 15. Large data climb to finer arithmetic until they are;
        where the finest has not enough, a note says what is missing.
    rank : {"drop", "error", "minimum_norm"}, default "drop"
        What becomes of columns that are combinations of those before them: leave
        them out (NaN), refuse them, or take the least squares solution whose slopes
        have the smallest sum of squares, in the units of the columns as stored.
        The intercept is not in that norm, so an offset changes no slope: the slopes
        are ``pinv(X - mean) (y - mean)``, and with ``intercept=False`` all of it is
        NumPy's ``lstsq(X, y)``. Other units give another such solution, and the
        same fitted values. Each such column is named with what it equals.
    decimal : bool, default False
        Take numbers as the decimals they are written as: a float64 x stands for the
        shortest decimal that rounds to it, 0.1 for one tenth, and a file of text for
        what is written in it. What float64 leaves out is kept in a second float64.
        Weights stay float64, and so do log, exp and the like.
    cov : Covariance or str, optional
        Another covariance than the classical one; see `Model.with_cov`.
    exact : bool, default False
        Sum the rows and solve without any rounding, whatever it takes: coefficients
        and standard errors are the true ones of the numbers given, each rounded once
        to float64, and the same bits whatever the order of the rows. Small fits with
        too few certain digits do so unasked. Up to 60 inputs; beyond, exact sums are
        solved in pairs of float64.
    levels : str or policy, default "error"
        Levels that only new rows have: ``"error"``; ``"missing"``, the row predicts
        NaN; ``"reference"``, that level stands in, with a warning; ``"other"``, one
        that levels of fewer than 5 rows share. See `leastwise.levels`.

    Returns
    -------
    Model, or Models when there are several targets

    Raises
    ------
    FormulaError
        When the formula cannot be read; points at the character.
    DataError
        When the data cannot be used; names the column, the row and the value.
        With ``rank="error"``, when a column is a combination of others.
    RequestError
        When an argument is not one of those that exist.

    Warns
    -----
    AccuracyWarning
        When fewer than 6 digits of a coefficient are certain, or fewer than were
        asked for with digits=.

    References
    ----------
    Björck (1996), doi:10.1137/1.9781611971484.

    Examples
    --------
    >>> import leastwise as lw
    >>> homes = {"rent": [10.0, 12.0, 15.0, 19.0], "area": [20.0, 25.0, 32.0, 41.0]}
    >>> m = lw.ols("rent ~ area", homes)
    >>> round(m.coef["area"], 6), m.digits["area"] > 15
    (0.429719, True)
    """
    if (y is None) != (X is None) or (formula is None) == (y is None):
        raise RequestError(
            "ols takes a formula and data, or y= and X=",
            fix='Call ols("y ~ x", data) or ols(y=y, X=X)',
        )
    if formula is not None and not isinstance(formula, str):
        raise RequestError(
            f"the formula is {type(formula).__name__}, not text",
            fix='The formula comes first: ols("y ~ x", data), or ols(y=y, X=X)',
        )
    how = read_options(options)
    given = (
        weights
        if isinstance(weights, Weights) or weights is None
        else analytic(weights)
    )
    if formula is not None:
        recipe, design = _from_formula(formula, data, given, missing, intercept, how)
        return fit_design(formula, recipe, design, given, how, source=data)
    from leastwise.design.matrix import Taken, arrays_formula, as_it_is

    taken = Taken(missing, how.decimal)
    try:
        recipe, design = _from_arrays(
            as_it_is(X, taken), y, data, given, taken, intercept
        )
        return fit_design(arrays_formula(design), recipe, design, given, how)
    except NotFiniteError:
        # Now every value is looked at: what is missing is dropped or named.
        recipe, design = _from_arrays(X, y, data, given, taken, intercept)
        return fit_design(arrays_formula(design), recipe, design, given, how)


def wls(
    formula: str, data: Any, *, weights: str | Weights | Any, **options: Any
) -> Any:
    """Fit by weighted least squares: `ols` with weights that are not optional.

    Parameters
    ----------
    formula, data
        As in `ols`.
    weights : str, Weights or array_like
        A column or one number a row; analytic unless it says otherwise.
    **options
        As in `ols`.

    Returns
    -------
    Model, or Models when there are several targets

    Raises
    ------
    RequestError
        When weights is None.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"y": [1.0, 2.0, 4.0], "x": [0.0, 1.0, 2.0], "w": [1.0, 1.0, 2.0]}
    >>> round(lw.wls("y ~ x", data, weights="w").coef["x"], 9)
    1.545454545
    """
    if weights is None:
        raise RequestError("wls needs weights", fix='Give weights="column", or use ols')
    return ols(formula, data, weights=weights, **options)


def _from_formula(
    formula: str,
    data: Any,
    weights: Weights | None,
    missing: Missing,
    intercept: bool,
    how: Options,
) -> tuple[Recipe, Design]:
    if not intercept:
        raise RequestError(
            "intercept=False is for arrays", fix="Write - 1 in the formula"
        )
    column: str | None = None
    if weights is not None:
        data, column = with_weights(data, weights.values, decimal=how.decimal)
    needed = columns_needed(formula, weights=column)
    table = read_table(data, needed, decimal=how.decimal)
    return build(formula, table, weights=column, missing=missing, **how.of_design)


def _from_arrays(
    X: Any,
    y: Any,
    data: Any,
    weights: Weights | None,
    taken: Taken,
    intercept: bool,
) -> tuple[Recipe, Design]:
    from leastwise.design.matrix import design_from_arrays

    if data is not None:
        raise RequestError("data= goes with a formula", fix="Give y= and X= alone")
    values = None if weights is None else weights.values
    if isinstance(values, str):
        raise RequestError(
            f'weights="{values}" names a column, and arrays have none',
            fix="Give the weights as an array",
        )
    return design_from_arrays(X, y, weights=values, taken=taken, intercept=intercept)


def fit_design(
    formula: str,
    recipe: Recipe,
    design: Design,
    weights: Weights | None = None,
    how: Options | None = None,
    *,
    source: Any = None,
) -> Model | Models:
    """Fit arrays that are made already, and name the answer.

    Parameters
    ----------
    formula : str
        For the reader.
    recipe, design : Recipe, Design
        From `leastwise.design`.
    weights : Weights, optional
        Says what the design's weights mean.
    how : Options, optional
        How it is to be solved.
    source : data frame, mapping or path, optional
        The data as given: a covariance may need columns that the model has not.
    """
    how = how or Options()
    observations = None
    if weights is not None and weights.kind == "frequency":
        observations = whole_sum(design)
    solved = fit_rows(
        rows_of(design),
        intercept=design.intercept,
        observations=observations,
        target=how.digits,
        rank=how.rank,
        exact=how.exact,
    )
    if how.rank == "error":
        refuse_aliased(solved.fit, design.names)
    walk = None
    if how.solver is not None:
        from leastwise.engine.iterate import descended

        solved, way = descended(solved, how.solver)
        walk = (way.trace, way.note)
    result = make_models(
        formula,
        recipe,
        design,
        solved,
        walk=walk,
        source=source,
        weights=weights,
        cov=how.cov,
    )
    _warn_about_digits(result)
    return result


def _warn_about_digits(result: Model | Models) -> None:
    models = result.models if isinstance(result, Models) else (result,)
    for model in models:
        for note in model.notes:
            if note.startswith("Few digits") or "digits asked for" in note:
                warnings.warn(note, AccuracyWarning, stacklevel=_depth())


def _depth() -> int:
    """Count the frames from the caller to the first line that is not this file's."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        depth, frame = depth + 1, frame.f_back
    return depth


def compare(
    formula: str,
    data: Any,
    *,
    truth: Mapping[str, float] | None = None,
    routes: Sequence[str] | None = None,
    missing: Missing = "drop",
) -> Comparison:
    """Fit the same line by every route that is installed, side by side.

    Each route runs in a process of its own, so that its set-up, its memory and
    its failures are its own. Digits are counted against exact rational arithmetic
    when the data are small.

    Parameters
    ----------
    formula : str
        As in `ols`, with one target.
    data : data frame, mapping or path
        As in `ols`.
    truth : Mapping of str to float, optional
        The ideal coefficients.
    routes : sequence of str, optional
        Which routes; all when None.
    missing : {"drop", "error"}
        As in `ols`.

    Returns
    -------
    Comparison

    Raises
    ------
    RequestError
        For an unknown route or several targets.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0], "y": [1.0, 3.0, 5.5]}
    >>> found = lw.compare("y ~ x", data, routes=["leastwise"])
    >>> found.routes[0].route, found.routes[0].digits > 15
    ('leastwise', True)
    """
    from leastwise.engine.compare import run_routes
    from leastwise.model.comparison import Comparison
    from leastwise.record.comparison import ComparisonRecord

    table = read_table(data, columns_needed(formula))
    _, design = build(formula, table, missing=missing)
    if len(design.targets) != 1:
        raise RequestError(
            f"compare takes one target, the formula has {len(design.targets)}",
            fix="Compare one target at a time",
        )
    rows = rows_of(design)
    names = (("Intercept",) if design.intercept else ()) + design.names
    _check_truth(truth, names)
    if rows.origin is not None and rows.origin.any():
        raise DataError(
            "integers beyond 2^53 cannot be handed to other libraries exactly",
            table.source,
            "Subtract the first value from the column and compare again",
        )
    run = run_routes(
        rows.X, rows.Y, names=design.names, intercept=design.intercept, routes=routes
    )
    record = ComparisonRecord(
        formula=formula,
        truth=None if truth is None else dict(truth),
        best=run.best,
        best_source=run.best_source,
        routes=run.results,
    )
    return Comparison(record)


def _check_truth(truth: Mapping[str, float] | None, names: tuple[str, ...]) -> None:
    for name in truth or ():
        if name not in names:
            raise RequestError(
                f'truth names "{name}", which is no coefficient',
                fix=f"The coefficients are {', '.join(names)}",
            )
