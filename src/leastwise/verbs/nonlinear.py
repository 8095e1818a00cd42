"""`nonlinear`: least squares of a model that is a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.function_rows import FunctionRows, function_rows
from leastwise.design.weights import Weights, analytic, with_weights
from leastwise.engine.nonlinear import (
    NonlinearSolved,
    Ways,
    solve_nonlinear,
    walk_nonlinear,
)
from leastwise.engine.options import Asked as Choices
from leastwise.engine.options import Options, check_solver, read_options
from leastwise.engine.starts import MultiStart
from leastwise.loops.levenberg import Levenberg, levenberg
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.near import Box
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.paired.program import UnknownOperationError
from leastwise.loops.paired.rows import PairedRows
from leastwise.loops.parameters import Parameters, box_of, parameters_of
from leastwise.loops.transform import Transform
from leastwise.model.loss_model import LossModel
from leastwise.model.make_nonlinear import (
    AboutRows,
    Asked,
    make_nonlinear_model,
    observations_of,
    walked_model,
)
from leastwise.moments.double import Array
from leastwise.rows.read import read_table
from leastwise.rows.stream import Stream
from leastwise.rows.table import did_you_mean
from leastwise.verbs.model_ask import (
    ModelAsk,
    Transformed,
    VectorModel,
    in_coordinates,
)
from leastwise.verbs.own_model import (
    check_start,
    columns_read,
    is_by_row,
)
from leastwise.verbs.stream_nonlinear import fit_on_stream


def nonlinear(
    function: Callable[[Any, Any], Any],
    data: Any,
    *,
    y: str | Sequence[str],
    start: Any,
    bounds: Mapping[str, Any] | None = None,
    transforms: Mapping[str, Transform] | None = None,
    weights: str | Weights | Any = None,
    **options: Any,
) -> LossModel:
    """Fit any model by least squares.

    Minimises ``sum_i w_i (y_i - f(p, d_i))^2``, f written with `jax.numpy`. JAX
    derives the Jacobian, block by block; each step folds its rows into moments and
    solves them, damped (Levenberg 1944; Marquardt 1963) until it is near, and Newton's
    from there. The result is a linear fit of the Jacobian at the minimum: standard
    errors, covariances and tests are those of such a fit.

    Parameters
    ----------
    function : callable
        ``f(parameters, columns)``: `parameters` has the structure of `start`,
        ``columns["x"]`` is an array of all rows. Returns one number a row; with
        several targets an array of shape (n, k), or one array for each.
    data : data frame, mapping, path or Stream
        As in `ols`; a `Stream` is a file larger than memory, whose rows pass at every
        step. Only the columns that the function reads are looked at.
    y : str or sequence of str
        What the model is to give.
    start : pytree of numbers
        Where to start, such as ``{"a": 1.0, "tau": 3.0}``; lists, tuples and arrays
        inside of it have names such as ``w[1,2]``.
    bounds : Mapping of str to (low, high), optional
        None for an open end; twice the same number holds a parameter.
    transforms : Mapping of str to Transform, optional
        Coordinates in which the way is gone, such as
        ``{"rate": lw.transform.Log()}``; what is found is that of the parameters.
    weights : str, Weights or array_like, optional
        As in `ols`.
    **options
        ``missing=`` and ``cov=`` as in `ols`; ``multistart=``, a number or
        `MultiStart`: more starts, between the bounds or about the one given;
        ``digits=`` to certify, 1 to 15: where float64 does not reach them, the last
        steps are taken with the model in pairs of float64; ``decimal=True`` takes
        numbers as the decimals they are written as, in pairs to the end.
        ``solver=`` for a first-order solver, such as ``lw.LBFGS()``.

    Returns
    -------
    LossModel

    Raises
    ------
    DataError
        When the model has no value or no derivative in a row at the start; for fewer
        rows than parameters.
    RequestError
        For a start outside of its bounds, names that are no parameter, an output of
        another shape, a function that JAX cannot trace, ``decimal=True`` for one that
        has no form in pairs.

    References
    ----------
    Bates and Watts (1988), doi:10.1002/9780470316757.

    Examples
    --------
    >>> import jax.numpy as jnp, leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 4.0, 8.0], "signal": [5.1, 3.6, 2.7, 1.2, 0.4]}
    >>> m = lw.nonlinear(
    ...     lambda p, d: p["a"] * jnp.exp(-d["x"] / p["tau"]),
    ...     data,
    ...     y="signal",
    ...     start={"a": 1.0, "tau": 3.0},
    ... )
    >>> round(m.coef["tau"], 6), round(m.se["tau"], 6)
    (2.94859, 0.123219)
    """
    solver = options.pop("solver", None)
    check_solver(solver)
    how, multistart = _options(options)
    parameters, theta = parameters_of(start)
    box = box_of(parameters, bounds, theta)
    targets = (y,) if isinstance(y, str) else tuple(y)
    given = (
        weights
        if isinstance(weights, Weights) or weights is None
        else analytic(weights)
    )
    missing = options.get("missing", "drop")
    ask = ModelAsk(
        function, data, targets, parameters, theta, box, transforms, given, missing,
        how, _starts(multistart), solver,
    )  # fmt: skip
    if solver is not None:
        _refuse_beside(solver, ask)
    return fit_on_stream(ask) if isinstance(data, Stream) else _in_memory(ask)


def _in_memory(ask: ModelAsk) -> LossModel:
    parameters, theta, box, how = ask.parameters, ask.theta, ask.box, ask.how
    data, column = ask.data, None
    if ask.weights is not None:
        data, column = with_weights(data, ask.weights.values, decimal=how.decimal)
    table = read_table(data, decimal=how.decimal)
    names = columns_read(ask.function, parameters, theta, table)
    rows = function_rows(
        table,
        names,
        ask.targets,
        weights=column,
        missing=ask.missing,
        decimal=how.decimal,
    )
    n, k = 0 if rows.columns else len(rows.target), len(ask.targets)
    made = VectorModel(ask.function, parameters.tree, parameters.shapes, k, n)
    _enough(rows, box.low < box.high)
    mapping = Mapped(made, is_by_row(made, rows, theta))
    curve = MappedRows(mapping, rows.columns, rows.target, rows.weights)
    check_start(curve, rows, theta, parameters.names)
    ways = Ways(ask.more, observations_of(rows, ask.weights), how.digits, how.decimal)
    about = AboutRows.of(rows)
    asked = Asked(ask.formula, parameters, about, box, ask.data, ask.weights, how)
    if ask.solver is not None:
        walked, went = walk_nonlinear(
            curve, theta, box, ask.solver, ways, about=ask.formula
        )
        return walked_model(make_nonlinear_model(asked, walked), ask.solver, went)
    if ask.transforms:
        # There by other coordinates; then, from where that is, as always.
        theta = box.clip(_by_transforms(curve, parameters, theta, ask.transforms))
    solved = _solved(PairedRows(curve, rows.low, rows.target_low), theta, box, ways)
    return make_nonlinear_model(asked, solved)


def _refuse_beside(solver: Optimiser, ask: ModelAsk) -> None:
    """Refuse what goes with the steps of Levenberg, Marquardt and Newton alone."""
    beside = {
        "transforms": bool(ask.transforms),
        "multistart": ask.more is not None,
        "decimal": ask.how.decimal,
    }
    for name, given in beside.items():
        if given:
            raise RequestError(
                f"{name}= does not go with solver={solver.name}",
                fix=f"Leave out {name}=; bounds= keep parameters in their range",
            )


def _solved(rows: PairedRows, theta: Array, box: Box, ways: Ways) -> NonlinearSolved:
    try:
        return solve_nonlinear(rows, theta, box, ways)
    except UnknownOperationError as error:
        raise RequestError(
            f"decimal=True: the model uses {error}, which has no form in pairs of "
            "float64",
            fix="Leave out decimal=True, or write the model with other functions",
        ) from error


def _by_transforms(
    curve: MappedRows,
    parameters: Parameters,
    theta: Array,
    transforms: Mapping[str, Transform],
) -> Array:
    """Go to a minimum in other coordinates; return it in those of the parameters."""
    moved, start = in_coordinates(parameters, theta, transforms)
    other = Transformed(curve.mapping.function, moved)
    way = replace(curve, mapping=Mapped(other, curve.mapping.by_row))
    free = np.full(len(theta), np.inf)
    found = levenberg(way, start, Box(-free, free), Levenberg())
    return other.values(found.point.theta)


def _options(options: dict[str, Any]) -> tuple[Options, Any]:
    known = ("missing", "cov", "multistart", "digits", "decimal")
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known)
            raise TypeError(f"unexpected keyword argument {name!r}. {hint}".rstrip())
    of_fit = {n: v for n, v in options.items() if n not in ("missing", "multistart")}
    return read_options(cast("Choices", of_fit)), options.get("multistart")


def _starts(multistart: MultiStart | int | None) -> MultiStart | None:
    if multistart is None or isinstance(multistart, MultiStart):
        return multistart
    if isinstance(multistart, bool) or not isinstance(multistart, int):
        raise RequestError(
            f"multistart={multistart!r} is no number of starts",
            fix="Give such as 20, or leastwise.MultiStart(points=20)",
        )
    if multistart < 1:
        raise RequestError(f"multistart={multistart}", fix="Give 1 or more")
    return MultiStart(multistart)


def _enough(rows: FunctionRows, free: Array) -> None:
    count = int(free.sum())
    if rows.target.size < count:
        raise DataError(
            f"{rows.target.size} residuals cannot determine {count} parameters",
            fix="Get more rows, or hold parameters with bounds",
        )
