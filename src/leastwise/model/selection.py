"""Which terms to keep, with their names: what `m.step` and `m.best_subset` return."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from leastwise._kit.errors import RequestError
from leastwise.design.formula.parse import parse
from leastwise.design.formula.show import show
from leastwise.design.formula.terms import expand
from leastwise.infer.criteria import CRITERIA, Criteria, Criterion, criteria
from leastwise.infer.subsets import (
    Candidate,
    Group,
    Pool,
    best_of_each_size,
    is_closed,
    walk,
)
from leastwise.model.covariance import sample_of
from leastwise.model.terms import TermColumns, term_columns
from leastwise.model.weighing import is_probability
from leastwise.moments.state import select
from leastwise.report.number import number
from leastwise.report.text import columns
from leastwise.rows.give import give_frame

if TYPE_CHECKING:
    from leastwise.model.model import Model

MOST_TERMS = 30
DIRECTIONS = ("both", "backward", "forward")
_NUMBERS = ("rank", "rss", "r_squared", "adj_r_squared", "aic", "aicc", "bic", "cp")


@dataclass(frozen=True)
class Selection:
    """Models that were compared, and the one that was chosen.

    Attributes
    ----------
    formula : str
        Of the chosen model: fit it again for standard errors and digits.
    criterion : str
        What decided.
    candidates : tuple of Candidate
        The way of `step`, or the best of each size.
    chosen : int
        Which of them.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> m.best_subset(criterion="bic").formula
    'y ~ x'
    """

    formula: str
    criterion: str
    candidates: tuple[Candidate, ...]
    chosen: int

    def frame(self, kind: str = "auto") -> Any:
        """Return the candidates as a data frame, a row each.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        made: dict[str, list[Any]] = {
            "change": [c.change for c in self.candidates],
            "terms": [" + ".join(c.terms) for c in self.candidates],
        }
        for name in _NUMBERS:
            made[name] = [getattr(c, name) for c in self.candidates]
        return give_frame(made, kind)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        head = ["", "", "rank", "R-squared", self.criterion]
        body = [
            [
                c.change or " + ".join(c.terms) or "(no term)",
                "chosen" if i == self.chosen else "",
                str(c.rank),
                number(c.r_squared),
                number(float(getattr(c, self.criterion))),
            ]
            for i, c in enumerate(self.candidates)
        ]
        note = "p-values of a model that was chosen know nothing of the choice"
        return "\n".join(
            [self.formula, "", *columns([head, *body]), "", f"note: {note}"]
        )


def criteria_of(model: Model, data: Any = None) -> Criteria:
    """Return the criteria of a model."""
    return criteria(sample_of(model, data).seen(), model.quality)


def stepwise(
    model: Model, direction: str, criterion: Criterion, *, start: str | None, data: Any
) -> Selection:
    """Walk from one model to the next; see `Model.step`."""
    _check(criterion)
    if direction not in DIRECTIONS:
        raise RequestError(
            f"direction={direction!r} is unknown",
            fix=f"Use one of {', '.join(map(repr, DIRECTIONS))}",
        )
    pool = _pool(model, data)
    first = [] if direction == "forward" else list(pool.groups)
    if start is not None:
        first = _start(pool, start)
    if not pool.has(first):
        raise RequestError(
            "a model without an intercept has at least one term",
            fix="Give the first with start=",
        )
    way = walk(
        pool,
        first,
        forward=direction != "backward",
        backward=direction != "forward",
        criterion=criterion,
    )
    return Selection(_formula(model, way[-1]), criterion, way, len(way) - 1)


def subsets(model: Model, criterion: Criterion, *, data: Any) -> Selection:
    """Compare the best models of all sizes; see `Model.best_subset`."""
    _check(criterion)
    pool = _pool(model, data)
    if len(pool.groups) > MOST_TERMS:
        raise RequestError(
            f"the model has {len(pool.groups)} terms: their subsets are too many",
            fix=f"Give a model of at most {MOST_TERMS} terms, or use m.step()",
        )
    found = best_of_each_size(pool)
    values = [candidate.value(criterion) for candidate in found]
    chosen = values.index(min(values))
    return Selection(_formula(model, found[chosen]), criterion, found, chosen)


def _check(criterion: str) -> None:
    if criterion not in CRITERIA:
        raise RequestError(
            f"criterion={criterion!r} is unknown",
            fix=f"Use one of {', '.join(map(repr, CRITERIA))}",
        )


def _pool(model: Model, data: Any) -> Pool:
    if is_probability(sample_of(model, data).weighing):
        raise RequestError(
            "with probability weights there is no likelihood to compare models by",
            fix="Compare predictions of rows that were left out",
        )
    for term in term_columns(model.recipe):
        if term.full:
            raise RequestError(
                f"the columns of {term.label} depend on which other terms there are",
                fix="Give the model an intercept and the main effects of interactions",
            )
    return pool_of(model, data)


def pool_of(model: Model, data: Any) -> Pool:
    """Return the terms of a model with the moments that models are made of.

    Parameters
    ----------
    model : Model
        The fit.
    data : data frame, mapping or path, optional
        Its rows, where it has none in memory.
    """
    sample, terms = sample_of(model, data), term_columns(model.recipe)
    m = sample.solved.moments
    return Pool(
        moments=select(m, list(range(m.n_inputs)), [sample.target]),
        groups=tuple(_group(term, terms) for term in terms),
        intercept=sample.solved.fit.intercept,
        observations=sample.solved.fit.observations,
        full=model.quality,
    )


def _group(term: TermColumns, terms: tuple[TermColumns, ...]) -> Group:
    own = set(term.variables)
    above = frozenset(t.label for t in terms if own < set(t.variables))
    return Group(term.label, term.columns, above)


def _start(pool: Pool, text: str) -> list[Group]:
    parsed = parse(f"y ~ {text}")
    asked = {
        frozenset(map(show, term)): ":".join(map(show, term))
        for term in expand(parsed.right, parsed.text, ()).terms
    }
    known = {frozenset(g.name.split(":")): g for g in pool.groups}
    for parts, label in asked.items():
        if parts not in known:
            raise RequestError(
                f'start names "{label}", which is no term of the model',
                fix=f"The terms are {', '.join(g.name for g in pool.groups)}",
            )
    chosen = [g for parts, g in known.items() if parts in asked]
    if not is_closed(chosen, pool.groups):
        raise RequestError(
            "start has an interaction without the terms in it",
            fix="Write a * b for a + b + a:b",
        )
    return chosen


def _formula(model: Model, candidate: Candidate) -> str:
    left = model.formula.partition("~")[0].strip()
    parts = [*candidate.terms]
    parts += [f"offset({show(node)})" for node in model.recipe.offsets]
    right = " + ".join(parts) or ("1" if model.recipe.intercept else "0")
    if parts and not model.recipe.intercept:
        right += " - 1"
    return f"{left} ~ {right}"
