"""Verbs over a `Stream`: what they share."""

from __future__ import annotations

from typing import Any

from leastwise._kit.errors import RequestError
from leastwise.design.levels import read_policy
from leastwise.design.weights import Weights, analytic
from leastwise.engine.file_blocks import BlockRequest, FileBlocks, blocks_of
from leastwise.engine.stream_fit import StreamSolved, solve_blocks
from leastwise.infer.cov.passed import known
from leastwise.infer.cov.read import read_cov
from leastwise.loss.base import Loss
from leastwise.model.make_stream import StreamRequest
from leastwise.rows.stream import Stream
from leastwise.verbs.rows import Asked


def fit_stream(
    asked: Asked, loss: Loss, *, kind: str, solver: Any, usual: str, cov: Any = None
) -> tuple[StreamRequest, StreamSolved, FileBlocks]:
    """Fit a loss to the rows of a file, pass by pass.

    Parameters
    ----------
    asked : Asked
        Which rows; `data` is a `Stream`.
    loss : Loss
        What a row costs.
    kind : str
        What is fitted, for the reader.
    solver : Optimiser or None
        A first-order solver with batches; Newton's steps when None.
    usual : str
        The covariance when `cov` is None.
    cov : Covariance or str, optional
        Another one.

    Raises
    ------
    RequestError
        For what needs all rows at once.
    """
    stream = asked.data
    if not isinstance(asked.formula, str):
        raise RequestError(
            "rows in blocks are fitted by a formula",
            fix='Call it as ("y ~ x", leastwise.Stream("rows.parquet"))',
        )
    if asked.y is not None or asked.X is not None or not asked.intercept:
        raise RequestError(
            "y=, X= and intercept= are for arrays", fix="Write it in the formula"
        )
    weights = asked.weights
    if weights is not None and not isinstance(weights, Weights):
        weights = analytic(weights)
    refuse_arrays(weights, asked.offset)
    estimator = read_cov(usual if cov is None else cov)
    known(estimator)
    blocks, learnt = blocks_of(
        stream.open(),
        BlockRequest(
            asked.formula,
            None if weights is None else weights.values,
            asked.offset,
            weights is not None and weights.kind == "frequency",
            asked.missing,
            read_policy(asked.levels),
        ),
        loss,
    )
    solved = solve_blocks(
        blocks, solver, shuffled=stream.shuffle, names=blocks.recipe.names
    )
    request = StreamRequest(
        kind=kind,
        recipe=blocks.recipe,
        rows=learnt.rows,
        notes=learnt.notes,
        source=stream.path,
        weights=weights,
        loss=loss,
        cov=estimator,
        method="Newton" if solver is None else solver.name,
    )
    return request, solved, blocks


def is_stream(data: Any) -> bool:
    """Say whether rows come in blocks.

    Parameters
    ----------
    data : object
        As the user gave it.
    """
    return isinstance(data, Stream)


def refuse_arrays(weights: Weights | None, offset: Any = None) -> None:
    """Refuse what is not a column of the file, and weights that need the design.

    Parameters
    ----------
    weights : Weights or None
        As they were asked for.
    offset : object
        The same.

    Raises
    ------
    RequestError
        For values, and probability weights.
    """
    values = None if weights is None else weights.values
    for role, given in (("weights", values), ("offset", offset)):
        if given is not None and not isinstance(given, str):
            raise RequestError(
                f"{role}= beside rows in blocks is the name of a column",
                fix=f"Write the {role} into the file",
            )
    if weights is not None and weights.kind == "probability":
        raise RequestError(
            "probability weights need the design of the sample, and rows in blocks "
            "have passed",
            fix='Fit in memory, or take analytic weights with cov="HC0"',
        )
