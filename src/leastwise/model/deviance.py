"""Analysis of deviance: what leaving out terms costs, by fitting without them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.engine.loss_fit import arrive, with_inputs
from leastwise.infer.dist import chi2_upper, f_upper
from leastwise.loops.newton import fold_and_solve
from leastwise.loops.working import Problem, point_of
from leastwise.loss.family.base import Family
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.terms import TermColumns, term_columns
from leastwise.moments.blocks import Rows
from leastwise.moments.double import Array
from leastwise.report.number import number, p_value
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

# A column of the smaller model of which a larger part than this of its size is not in
# the larger model is a column of its own.
LEFT_OVER = 1e-9


@dataclass(frozen=True)
class DevianceRow:
    """One line of a table of deviance.

    Attributes
    ----------
    name : str
        A term, or a model after another.
    df : float
        Coefficients that are tested.
    deviance : float
        How much the deviance rises without them; NaN for the score test.
    statistic, p_value : float
        Chi-squared or F, as the table says.
    """

    name: str
    df: float
    deviance: float
    statistic: float
    p_value: float


@dataclass(frozen=True)
class Deviances:
    """A table of deviance.

    Attributes
    ----------
    rows : tuple of DevianceRow
        In order.
    statistic : {"chi2", "F"}
        What the statistic is.
    dof : float
        Residual degrees of freedom of the largest model.
    dispersion : float
        By which the rise of the deviance is divided.
    title : str
        What was compared, and how.
    notes : tuple of str
        What a reader should know.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1, 1, 3, 6]}
    >>> found = lw.glm("y ~ x", data, family="poisson").anova(test="score")
    >>> found.statistic, round(found["x"].statistic, 6)
    ('chi2', 5.254545)
    """

    rows: tuple[DevianceRow, ...]
    statistic: str
    dof: float
    dispersion: float
    title: str
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> DevianceRow:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"there is no line {name!r}: {[r.name for r in self.rows]}")

    def frame(self, kind: str = "auto") -> Any:
        """Return the table as a data frame.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        names = ("name", "df", "deviance", "statistic", "p_value")
        return give_frame({n: [getattr(r, n) for r in self.rows] for n in names}, kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        plain = asdict(self)
        for row in plain["rows"]:
            for name, value in row.items():
                if isinstance(value, float) and not np.isfinite(value):
                    row[name] = None
        return plain

    def __str__(self) -> str:
        body = [["", "df", "deviance", self.statistic, "p"]]
        for row in self.rows:
            rise = "" if np.isnan(row.deviance) else number(row.deviance)
            tested = [number(row.statistic), p_value(row.p_value)]
            body.append([row.name, f"{row.df:g}", rise, *tested])
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([self.title, "", *columns(body), *notes])


@dataclass(frozen=True, eq=False)
class _Step:
    """A smaller problem inside a larger one."""

    name: str
    small: tuple[int, ...]
    large: tuple[int, ...]


def family_of(model: LossModel, what: str) -> Family:
    """Return the family of a fit that is asked about its likelihood.

    Parameters
    ----------
    model : LossModel
        The fit.
    what : str
        What is asked for.

    Raises
    ------
    RequestError
        When there is none, or the covariance is not that of the likelihood.
    """
    if not isinstance(model.loss, Family) or is_function(model):
        raise RequestError(
            f"{model.kind} has no deviance to make {what} of",
            fix="Use m.test(...), which needs the covariance alone",
        )
    if model.cov.name != "Classical":
        raise RequestError(
            f"{what} of the likelihood know{'s' * (what[-1] != 's')} nothing of "
            f"{model.cov.name}",
            fix='Ask m.with_cov("classical"), or use m.test(...)',
        )
    return model.loss


def of_loss(model: LossModel, kind: int, test: str) -> Deviances:
    """Test the terms of a fit; see `LossModel.anova`."""
    if kind not in (1, 2, 3):
        raise RequestError(f"type={kind!r} is unknown", fix="Use 1, 2 or 3")
    if test not in ("ratio", "score"):
        raise RequestError(f"test={test!r} is unknown", fix='Use "ratio" or "score"')
    family_of(model, "an analysis")
    problem = rows_of(model).problem
    recipe = getattr(model.predictor, "recipe", None)
    terms = () if recipe is None else term_columns(recipe)
    if not terms:
        p = problem.rows.X.shape[1]
        each = model.names[-p:] if p else ()
        terms = tuple(TermColumns(n, (), j, j + 1, False) for j, n in enumerate(each))
    steps = [_step(terms, i, kind) for i in range(len(terms))]
    rows = _tested(model, problem, steps, test)
    how = "likelihood ratio" if test == "ratio" else "score"
    title = f"{model.formula}, type {'I' * kind} {how} tests"
    return _table(model, rows, test, title)


def _step(terms: Sequence[TermColumns], i: int, kind: int) -> _Step:
    own = set(terms[i].variables)
    others = [*terms[:i], *([] if kind == 1 else terms[i + 1 :])]
    if kind == 2:
        others = [t for t in others if not (own and own < set(t.variables))]
    beside = tuple(sorted(j for t in others for j in t.columns))
    return _Step(terms[i].label, beside, tuple(sorted((*beside, *terms[i].columns))))


def _tested(
    model: LossModel, problem: Problem, steps: list[_Step], test: str
) -> list[DevianceRow]:
    whole = tuple(range(problem.rows.X.shape[1]))
    known = {whole: (model.measures.deviance, float(model.rank))}
    found = []
    for step in steps:
        large = _fitted(problem, step.large, known)
        if test == "score":
            score, rank, before = _score(problem, step)
            df, rise = rank - before, np.nan
            statistic = score / model.measures.dispersion
            p = chi2_upper(statistic, df) if df else np.nan
        else:
            small = _fitted(problem, step.small, known)
            rise, df = small[0] - large[0], large[1] - small[1]
            statistic, p = _ratio(model, rise, df)
        found.append(DevianceRow(step.name, df, rise, statistic, p))
    return found


def _ratio(model: LossModel, rise: float, df: float) -> tuple[float, float]:
    if df <= 0:
        return np.nan, np.nan
    if model.loss.has_known_dispersion:
        return rise, chi2_upper(rise, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = float(np.float64(rise / df) / model.measures.dispersion)
    return f, f_upper(f, df, model.dof)


def _fitted(
    problem: Problem,
    inputs: tuple[int, ...],
    known: dict[tuple[int, ...], tuple[float, float]],
) -> tuple[float, float]:
    """Return deviance and rank of a fit of some inputs."""
    if inputs not in known:
        if not inputs and not problem.intercept:
            n = len(problem.rows.Y)
            offset = np.zeros(n) if problem.offset is None else problem.offset
            known[inputs] = (2.0 * problem.look(offset).total, 0.0)
        else:
            fewer = with_inputs(problem, inputs)
            found = arrive(fewer)
            _, fit = fold_and_solve(fewer, found.working)
            known[inputs] = (2.0 * found.look.total, float(fit.rank))
    return known[inputs]


def _score(problem: Problem, step: _Step) -> tuple[float, float, float]:
    """Return the score statistic at the smaller fit, and the ranks of both."""
    fewer = with_inputs(problem, step.small)
    if not step.small and not problem.intercept:
        n = len(problem.rows.Y)
        look = problem.look(np.zeros(n) if problem.offset is None else problem.offset)
        before = 0.0
    else:
        found = arrive(fewer)
        look, before = found.look, float(fold_and_solve(fewer, found.working)[1].rank)
    more = with_inputs(problem, step.large)
    m, fit = fold_and_solve(more, look.working(more))
    to = point_of(m, fit)
    # Where the smaller model is fitted, as a point of the larger one.
    z = look.there.score / look.weights
    predictors = more.predictors(to)
    moved = predictors - look.eta
    weight = look.case_weights * look.weights
    total = float(np.sum(weight * moved * -z))
    return total, float(fit.rank), before


def _table(
    model: LossModel, rows: list[DevianceRow], test: str, title: str
) -> Deviances:
    notes = []
    if getattr(model.loss, "theta", None) is not None:
        notes.append("theta is held at that of the largest model")
    chi2 = model.loss.has_known_dispersion or test == "score"
    return Deviances(
        tuple(rows), "chi2" if chi2 else "F", model.dof, model.measures.dispersion,
        title, tuple(notes),
    )  # fmt: skip


def of_losses(models: Sequence[LossModel]) -> Deviances:
    """Compare fits of a family that are inside each other; see `leastwise.anova`."""
    ordered = sorted(models, key=lambda model: model.rank)
    largest = ordered[-1]
    rows = []
    for small, large in itertools.pairwise(ordered):
        family_of(small, "a comparison"), family_of(large, "a comparison")
        _check_inside(small, large)
        rise = small.measures.deviance - large.measures.deviance
        df = float(large.rank - small.rank)
        name = f"{large.formula} after {small.formula}"
        rows.append(DevianceRow(name, df, rise, *_ratio(largest, rise, df)))
    return _table(largest, rows, "ratio", "models inside each other")


def _check_inside(small: LossModel, large: LossModel) -> None:
    a, b = rows_of(small).problem, rows_of(large).problem
    same = len(a.y) == len(b.y) and np.array_equal(a.y, b.y)
    for one, two in ((a.case_weights, b.case_weights), (_offset(a), _offset(b))):
        same = same and np.array_equal(one, two)
    if not same:
        raise RequestError(
            f"{small.formula} and {large.formula} differ in rows, target, weights or "
            "offset",
            fix="Fit both to the same rows: leave out those with missing values before",
        )
    if small.loss != large.loss:
        raise RequestError(
            f"{small.loss.call} and {large.loss.call} are different losses",
            fix="Fit both with the same: theta of a negative binomial as a number",
        )
    if small.rank == large.rank:
        raise RequestError(
            f"{small.formula} and {large.formula} have as many coefficients",
            fix="Compare them by m.aic",
        )
    columns = a.rows.X
    if a.intercept and not b.intercept:
        columns = np.column_stack([np.ones(len(a.y)), columns])
    for j in range(columns.shape[1]):
        as_target = _with_target(b, columns[:, j])
        plain = Problem(a.loss, as_target, None, b.intercept)
        _, fit = fold_and_solve(plain, as_target)
        if float(fit.rss[0]) > LEFT_OVER**2 * float(fit.tss[0]):
            raise RequestError(
                f"{small.formula} is not inside {large.formula}",
                fix="Compare them by m.aic",
            )


def _offset(problem: Problem) -> Array:
    n = len(problem.rows.Y)
    return np.zeros(n) if problem.offset is None else problem.offset


def _with_target(problem: Problem, y: Array) -> Rows:
    rows = problem.rows
    p = rows.X.shape[1]

    def of(values: Any, last: float) -> Any:
        return None if values is None else np.append(np.asarray(values)[:p], last)

    return replace(
        rows, Y=np.ascontiguousarray(y[:, None]), Y_low=None, weights=None,
        origin=of(rows.origin, 0.0), origin_low=of(rows.origin_low, 0.0),
        roundoff=of(rows.roundoff, 2.0**-53),
    )  # fmt: skip
