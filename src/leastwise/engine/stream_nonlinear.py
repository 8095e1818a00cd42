"""A model with rows that pass in blocks -> a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.certify_curve import certify, noise_of
from leastwise.engine.function_file import FunctionSurvey
from leastwise.engine.nonlinear import (
    NonlinearSolved,
    Ways,
    check_way,
    nowhere,
    refuse_start,
)
from leastwise.engine.starts import best_of
from leastwise.loops.descend_function import (
    FunctionCases,
    OfFunction,
    WentOnFunction,
    descend_passing,
    measure,
)
from leastwise.loops.levenberg import Found, Levenberg
from leastwise.loops.mapping import ROUNDINGS, Mapped, MappedRows
from leastwise.loops.near import Box
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.passed_rows import PassedRows
from leastwise.loops.passing import Passing
from leastwise.loops.walk_dealt import Dealing
from leastwise.moments.blocks import NotFiniteError
from leastwise.moments.double import Array
from leastwise.moments.state import select
from leastwise.solve.fit import solve


@dataclass(frozen=True)
class DealtTo:
    """A solver that is dealt batches.

    Attributes
    ----------
    solver : Optimiser
        The solver; checked.
    shuffled : int
        Rows that batches are drawn from at a time.
    about : str
        What a checkpoint has to agree with, beside solver and rows.
    """

    solver: Optimiser
    shuffled: int
    about: str


def passed_rows(
    mapping: Mapped, source: Passing[MappedRows], about: FunctionSurvey, targets: int
) -> PassedRows:
    """Return a model with the rows of a file.

    Parameters
    ----------
    mapping : Mapped
        The model.
    source : Passing of MappedRows
        The rows.
    about : FunctionSurvey
        What is known of them.
    targets : int
        How many.
    """
    rounding = ROUNDINGS * float(np.sqrt(about.squares))
    return PassedRows(mapping, source, targets * source.rows, rounding)


def solve_passing(
    curve: PassedRows, start: Array, box: Box, ways: Ways
) -> NonlinearSolved:
    """Fit a model by least squares, a pass a step.

    Parameters
    ----------
    curve : PassedRows
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    ways : Ways
        Other starts, and how observations are counted.

    Raises
    ------
    NotFiniteError
        When the model has no value, or no derivative, at the start.
    """
    found, tries = best_of(curve, start, box, ways.more, Levenberg(passing=True))
    return _finished(curve, found, tries, ways)


def walk_passing(
    curve: PassedRows,
    start: Array,
    box: Box,
    dealt: DealtTo,
    ways: Ways,
    about: FunctionSurvey,
) -> tuple[NonlinearSolved, WentOnFunction]:
    """Go down on batches, and make the linear fit where that came to.

    Parameters
    ----------
    curve : PassedRows
        The model with its rows.
    start : ndarray, shape (p,)
        Where to start.
    box : Box
        Bounds.
    dealt : DealtTo
        The solver.
    ways : Ways
        How observations are counted.
    about : FunctionSurvey
        What is known of the rows.

    Raises
    ------
    RequestError
        For a solver without batches; when it diverged or met numbers that are not
        finite.
    """
    solver = dealt.solver
    refuse_start(solver)
    if solver.run.batch is None:
        raise RequestError(
            "rows in blocks are gone down in batches",
            fix=f"Give {solver.name}(run=leastwise.Run(batch=4096)), or leave out "
            "solver= for the steps of Levenberg and Marquardt, a pass each",
        )
    try:
        measured = measure(curve, start, box, spread=about.spread, weight=about.weight)
        dealing = Dealing[MappedRows, FunctionCases](
            curve.source,
            measured.cases,
            OfFunction(curve.mapping, measured.bounded),
            solver.over(curve.source.rows),
            weight=about.weight,
            shuffled=dealt.shuffled,
            about=dealt.about,
        )
        went = descend_passing(curve, start, box, dealing, measured)
    except NotFiniteError as error:
        raise nowhere(solver) from error
    check_way(went)
    return _finished(curve, went.found, (1, 1), ways), went


def _finished(
    curve: PassedRows, found: Found, tries: tuple[int, int], ways: Ways
) -> NonlinearSolved:
    point = found.point
    moments = select(point.moments, np.flatnonzero(point.free), [0])
    fit = solve(moments, intercept=False, observations=ways.observations)
    noise = curve.norm(lambda piece: noise_of(piece, point.theta))
    certified, left, grain = certify(found, fit, noise=noise)
    return NonlinearSolved(curve, found, fit, None, certified, left, *tries, grain)
