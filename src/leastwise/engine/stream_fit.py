"""A loss and rows that pass in blocks -> a fit, with what the last passes bring."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np

from leastwise._kit.errors import (
    AccuracyWarning,
    DataError,
    LeastwiseWarning,
    RequestError,
)
from leastwise._kit.status import Status
from leastwise.engine.options import check_solver
from leastwise.infer.combine import combine_coefficients
from leastwise.infer.cov.passed import Deviances, RowSums, sum_rows
from leastwise.infer.predict import Basis, basis_of
from leastwise.loops.blocks import Blocks, LevelAlone, Survey, survey
from leastwise.loops.newton_blocks import OnBlocks, newton_blocks
from leastwise.loops.optimiser import Optimiser
from leastwise.loops.trace import Trace
from leastwise.loops.walk_blocks import walk_blocks
from leastwise.loops.working import Point
from leastwise.loss.family.base import Family
from leastwise.moments.double import Array
from leastwise.solve.digits import relative_to_digits
from leastwise.solve.result import Fit

# More names than this are not told.
MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class StreamSolved:
    """A fit of rows that passed.

    Attributes
    ----------
    about : Survey
        What there was to know before.
    found : OnBlocks
        How the loop ended.
    fit : Fit
        Of the working rows, with the coefficients where the loop stands.
    estimates, certified : ndarray, shape (m,)
        Coefficients, NaN for aliased ones, and their digits.
    unscaled, errors : ndarray, shapes (m, m) and (m,)
        Inverse of the curvature, and the roots of its diagonal.
    null_total : float
        The loss of a level alone.
    sums : RowSums
        What the last pass brought.
    trace : Trace or None
        The way of a first-order solver.
    note : str
        What it did, in words.
    """

    about: Survey
    found: OnBlocks
    fit: Fit
    estimates: Array
    certified: Array
    unscaled: Array
    errors: Array
    null_total: float
    sums: RowSums
    trace: Trace | None
    note: str

    @property
    def basis(self) -> Basis:
        """What predictions need."""
        return basis_of(self.fit, 0)


def solve_blocks(
    blocks: Blocks,
    solver: Optimiser | None,
    *,
    shuffled: int,
    names: tuple[str, ...] = (),
) -> StreamSolved:
    """Minimise the loss of rows that pass, and sum what inference needs.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    solver : Optimiser or None
        Newton's method when None, a pass a step.
    shuffled : int
        Rows that minibatches are drawn from at a time.
    names : tuple of str, length p
        Of the inputs, for messages.

    Raises
    ------
    DataError
        When the loss has no minimum, with the inputs that run away.
    RequestError
        When a solver has no batches, or diverged; when the loss is finite nowhere.
    """
    check_solver(solver)
    about = survey(blocks)
    trace, note = None, ""
    found: OnBlocks | None
    if solver is None:
        found = newton_blocks(blocks, about)
        if found is None:
            raise RequestError(
                "the loss is finite nowhere on the way",
                fix="Take another link or loss, whose values are all in range",
            )
        if found.status is Status.SEPARATED:
            raise _separated(found, names)
        if not found.status.is_success:
            warnings.warn(
                f"The loop has not arrived. {found.status.advice}".strip(),
                AccuracyWarning,
                stacklevel=5,
            )
    else:
        if solver.run.batch is None:
            raise RequestError(
                "rows in blocks are gone down in batches",
                fix=f"Give {solver.name}(run=leastwise.Run(batch=4096)), or leave out "
                "solver= for Newton's steps, a pass each",
            )
        walked = walk_blocks(blocks, about, solver, shuffled)
        found, trace, note = walked.found, walked.trace, walked.note
        if found is None:
            raise RequestError(note, fix=walked.status.advice)
        if found.status is not Status.CONVERGED:
            far = found.decrements[-1] / found.passed.unit(about.counted)
            warnings.warn(
                f"{note}: about {far:.2g} standard errors from the optimum",
                LeastwiseWarning,
                stacklevel=5,
            )
    return _solved(blocks, about, found, trace, note)


def _separated(found: OnBlocks, names: tuple[str, ...]) -> DataError:
    """Name what runs away (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1)."""
    running = np.ones(1 + len(names), bool) if found.running is None else found.running
    some = [name for name, runs in zip(names, running[1:], strict=True) if runs]
    shown = ", ".join(some[:MOST_NAMES]) or "Intercept"
    if len(some) > MOST_NAMES:
        shown += f" and {len(some) - MOST_NAMES} more"
    one = len(some) <= 1
    return DataError(
        f"the loss falls for ever as the coefficient{'s' * (not one)} of {shown} "
        f"run{'s' * one} to infinity: {'it tells' if one else 'they tell'} the targets "
        "of some rows without error, and there is no minimum",
        fix=f"Leave {'it' if one else 'some of them'} out, join levels, or get rows in "
        "which the target is mixed",
    )


def _solved(
    blocks: Blocks, about: Survey, found: OnBlocks, trace: Trace | None, note: str
) -> StreamSolved:
    fit = found.passed.fit if found.taken else _moved(found, about)
    estimates = fit.coefficients[:, 0].copy()
    basis = basis_of(fit, 0)
    combined = combine_coefficients(
        basis, 1.0, np.eye(len(estimates)), intercept=fit.intercept
    )
    unscaled = combined.covariance
    gone = np.isnan(estimates)
    errors = np.where(gone, np.nan, combined.standard_errors)
    unscaled[gone, :] = unscaled[:, gone] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        off = errors * (found.left / np.abs(estimates))
        digits = relative_to_digits(off + 10.0 ** -found.passed.fit.digits[:, 0])
    digits = np.where(estimates == 0, np.nan, digits)
    if found.status is not Status.CONVERGED:
        digits = np.where(np.isnan(digits), np.nan, 0.0)
    null = null_total(blocks, about)
    of = Deviances(2.0 * found.passed.total, 2.0 * null, about.weight, blocks.rows)
    sums = sum_rows(blocks, found.at, about.first, basis, of)
    return StreamSolved(
        about, found, fit, estimates, digits, unscaled, errors, null, sums, trace, note
    )


def _moved(found: OnBlocks, about: Survey) -> Fit:
    """Take the coefficients back from where Newton's step leads to where it begins."""
    fit, at, to = found.passed.fit, found.at, found.to
    slopes = np.where(fit.kept, at.slopes - to.slopes, 0.0)
    level = at.level - to.level
    change, center = slopes, 0.0
    if fit.intercept:
        change = np.append(level - about.first @ slopes, slopes)
        center = float(level + (fit.center - about.first) @ slopes)
    return replace(
        fit,
        coefficients=fit.coefficients + change[:, None],
        target_mean=fit.target_mean + center,
        carried=None,
    )


def null_total(blocks: Blocks, about: Survey) -> float:
    """Return the loss of a level alone, with the offset.

    Parameters
    ----------
    blocks : Blocks
        The rows.
    about : Survey
        What is known of them.
    """
    alone = LevelAlone(blocks)
    if not blocks.intercept:
        return _total_at(alone, 0.0)
    loss = blocks.loss
    if isinstance(loss, Family) and not _has_offset(blocks):
        with np.errstate(all="ignore"):
            return _total_at(alone, float(loss.how.predictor(np.float64(about.target))))
    found = newton_blocks(alone, survey(alone))
    if found is None or not found.status.is_success:
        return float("nan")
    return found.passed.total


def _has_offset(blocks: Blocks) -> bool:
    return next(blocks.every()).offset is not None


def _total_at(blocks: Blocks, level: float) -> float:
    total = 0.0
    for problem in blocks.every():
        at = problem.predictors(Point(level, np.zeros(0)))
        total += problem.look(at).total
    return total
