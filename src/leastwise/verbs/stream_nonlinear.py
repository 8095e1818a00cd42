"""`nonlinear` of a `Stream`: the rows pass at every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.engine.function_file import (
    FunctionFile,
    FunctionRequest,
    first_rows,
    survey_file,
)
from leastwise.engine.nonlinear import Ways
from leastwise.engine.stream_nonlinear import (
    DealtTo,
    passed_rows,
    solve_passing,
    walk_passing,
)
from leastwise.infer.cov.passed import known
from leastwise.infer.cov.read import read_cov
from leastwise.loops.levenberg import Levenberg, levenberg
from leastwise.loops.mapping import Mapped, MappedRows
from leastwise.loops.near import Box
from leastwise.loops.passed_rows import PassedRows
from leastwise.loops.transform import Transform
from leastwise.model.loss_model import LossModel
from leastwise.model.make_nonlinear import (
    AboutRows,
    Asked,
    make_nonlinear_model,
    walked_model,
)
from leastwise.moments.double import Array
from leastwise.rows.blocks.base import BlockFile
from leastwise.rows.stream import Stream
from leastwise.verbs.model_ask import (
    ModelAsk,
    Transformed,
    VectorModel,
    in_coordinates,
)
from leastwise.verbs.own_model import (
    checked_sizes,
    columns_read,
    is_by_row,
    refuse_sizes,
)
from leastwise.verbs.stream import refuse_arrays

# Rows of which a model is asked whether it goes row by row.
SOME = 64


def fit_on_stream(ask: ModelAsk) -> LossModel:
    """Fit a model to the rows of a file, pass by pass.

    Parameters
    ----------
    ask : ModelAsk
        What was asked.

    Raises
    ------
    DataError
        When the model has no value or no derivative in a row at the start.
    RequestError
        For what needs all rows at once.
    """
    refuse_arrays(ask.weights)
    if ask.how.decimal:
        raise RequestError(
            "decimal=True is for rows in memory", fix="Leave it out, or fit in memory"
        )
    if ask.how.cov is not None:
        known(read_cov(ask.how.cov))
    stream: Stream = ask.data
    file = stream.open()
    request = _request(ask, file)
    about = survey_file(file, request)
    k, free = len(ask.targets), int((ask.box.low < ask.box.high).sum())
    if k * about.count.used < free:
        raise DataError(
            f"{k * about.count.used} residuals cannot determine {free} parameters",
            file.path.name,
            "Get more rows, or hold parameters with bounds",
        )
    parameters = ask.parameters
    made = VectorModel(ask.function, parameters.tree, parameters.shapes, k, 0)
    if not is_by_row(made, first_rows(file, request, SOME), ask.theta):
        raise RequestError(
            "a row of this model depends on other rows, or on no column, and rows "
            "pass in blocks",
            fix="Write it row by row, or fit in memory",
        )
    source = FunctionFile(file, request, Mapped(made), about.used)
    _check_start(source, ask)
    curve = passed_rows(source.mapping, source, about, k)
    counted = about.weight * k if request.counts else None
    ways = Ways(ask.more, counted, ask.how.digits)
    rows = AboutRows(
        request.columns,
        ask.targets,
        about.count,
        k * about.count.used,
        about.null,
        k * about.logs,
    )
    asked = Asked(
        ask.formula, parameters, rows, ask.box, stream.path, ask.weights, ask.how
    )
    if ask.solver is not None:
        dealt = DealtTo(ask.solver, stream.shuffle, ask.formula)
        walked, went = walk_passing(curve, ask.theta, ask.box, dealt, ways, about)
        return walked_model(make_nonlinear_model(asked, walked), ask.solver, went)
    theta = ask.theta
    if ask.transforms:
        theta = ask.box.clip(_by_transforms(curve, ask, ask.transforms))
    return make_nonlinear_model(asked, solve_passing(curve, theta, ask.box, ways))


def _request(ask: ModelAsk, file: BlockFile) -> FunctionRequest:
    weights = ask.weights
    for block in range(file.count):
        for table in file.read(block, None):
            names = columns_read(ask.function, ask.parameters, ask.theta, table)
            for name in (*names, *ask.targets):
                table.column(name)
            return FunctionRequest(
                names,
                ask.targets,
                None if weights is None else weights.values,
                weights is not None and weights.kind == "frequency",
                ask.missing,
            )
    raise DataError("there are no rows", file.path.name, "Give data with rows.")


def _check_start(source: FunctionFile, ask: ModelAsk) -> None:
    """See that there are values and derivatives in every row."""
    names = ask.parameters.names
    sizes = np.zeros(len(names))
    for block in range(len(source.sizes)):
        for table, rows in source.tables(block):
            piece = MappedRows(source.mapping, rows.columns, rows.target, rows.weights)
            here = checked_sizes(piece, rows, ask.theta, names, table)
            sizes = np.maximum(sizes, here)
    refuse_sizes(sizes, names)


def _by_transforms(
    curve: PassedRows, ask: ModelAsk, transforms: Mapping[str, Transform]
) -> Array:
    """Go to a minimum in other coordinates; return it in those of the parameters."""
    moved, start = in_coordinates(ask.parameters, ask.theta, transforms)
    other = Transformed(curve.mapping.function, moved)
    way = replace(curve, mapping=Mapped(other, curve.mapping.by_row))
    free = np.full(len(start), np.inf)
    found = levenberg(way, start, Box(-free, free), Levenberg(passing=True))
    return other.values(found.point.theta)
