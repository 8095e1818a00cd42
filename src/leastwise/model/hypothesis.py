"""Tests of linear hypotheses: what `m.test` and `m.tests` return."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import chi2_upper, f_upper, t_two_sided
from leastwise.infer.hypothesis import (
    Hypotheses,
    hypotheses_of,
    rank_of,
    refuse_dependent,
)
from leastwise.infer.wald import Combinations, combinations_of, quadratic
from leastwise.model.estimates import Estimates, tabulate
from leastwise.model.named import check_level
from leastwise.moments.double import Array
from leastwise.report.number import number, p_value

if TYPE_CHECKING:
    from leastwise.model.model import Model

ADJUST = ("none", "bonferroni", "holm", "scheffe")


@dataclass(frozen=True)
class HypothesisTest:
    """A test of one or more linear hypotheses together.

    Attributes
    ----------
    hypotheses : tuple of str
        What was tested.
    name : {"t", "F", "chi2"}
        Which distribution the statistic has under the hypotheses.
    statistic : float
        The larger (t: in size), the less the data agree with them.
    df : tuple of float
        Degrees of freedom: (dof,) of t, (hypotheses, dof) of F, (hypotheses,) of
        chi-squared.
    p_value : float
        Probability of such a statistic, or a larger one, under the hypotheses.
    estimates, std_errors : tuple of float
        Left side less right side of each, and its standard error.
    covariance : str
        Which covariance of the coefficients it stands on.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> print(m.test("x = 2"))
    x = 2
    t 2.32379 on 2 degrees of freedom, p 0.146
    left side less right side 0.3, standard error 0.1291 (Classical)
    """

    hypotheses: tuple[str, ...]
    name: Literal["t", "F", "chi2"]
    statistic: float
    df: tuple[float, ...]
    p_value: float
    estimates: tuple[float, ...]
    std_errors: tuple[float, ...]
    covariance: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes None."""
        return dict(plain(asdict(self)))

    def __str__(self) -> str:
        on = " and ".join(f"{v:g}" for v in self.df)
        noun = "degree" if self.df == (1.0,) else "degrees"
        lines = [
            *self.hypotheses,
            f"{self.name} {number(self.statistic)} on {on} {noun} of freedom, "
            f"p {p_value(self.p_value)}",
        ]
        if len(self.hypotheses) == 1:
            lines.append(
                f"left side less right side {number(self.estimates[0])}, standard "
                f"error {number(self.std_errors[0], 4)} ({self.covariance})"
            )
        else:
            lines.append(f"covariance of the coefficients: {self.covariance}")
        return "\n".join(lines)


def plain(value: Any) -> Any:
    """Return a value with lists for tuples, and None where a number is not finite.

    Examples
    --------
    >>> plain({"a": (1.0, float("nan"))})
    {'a': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def test_together(
    model: Model, given: Sequence[Any], values: Any, use: str
) -> HypothesisTest:
    """Test hypotheses together; see `Model.test`."""
    if use not in ("F", "chi2"):
        raise RequestError(f"use={use!r} is unknown", fix='Use "F" or "chi2"')
    asked = hypotheses_of(given, values, model.names)
    refuse_aliased(model, asked.matrix, asked.labels)
    refuse_dependent(asked)
    found = combine_hypotheses(model, asked)
    dof = float(min(dofs_of(model, asked.matrix)))
    return _judged(asked.labels, found, dof, use, model.cov.name)


def _judged(
    labels: tuple[str, ...], found: Combinations, dof: float, use: str, cov: str
) -> HypothesisTest:
    count = len(labels)
    errors = found.combined.standard_errors
    name: Literal["t", "F", "chi2"]
    df: tuple[float, ...]
    if use == "chi2":
        name, df, statistic = "chi2", (float(count),), quadratic(found)
        p = chi2_upper(statistic, count)
    elif count == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = float((found.estimates / errors)[0])
        name, df = "t", (dof,)
        p = float(t_two_sided(statistic, dof))
    else:
        name, df, statistic = "F", (float(count), dof), quadratic(found) / count
        p = f_upper(statistic, count, dof)
    return HypothesisTest(
        labels,
        name,
        statistic,
        df,
        p,
        tuple(found.estimates.tolist()),
        tuple(errors.tolist()),
        cov,
    )


def test_each(
    model: Model, given: Sequence[Any], values: Any, adjust: str, level: float
) -> Estimates:
    """Test hypotheses one by one; see `Model.tests`."""
    check_adjust(adjust)
    check_level(level)
    asked = hypotheses_of(given, values, model.names)
    refuse_aliased(model, asked.matrix, asked.labels)
    found = combine_hypotheses(model, asked)
    return tabulate(
        asked.labels,
        found.combined,
        dofs_of(model, asked.matrix),
        level,
        adjust=adjust,
        means=rank_of(asked),
    )


def check_adjust(adjust: str, known: tuple[str, ...] = ADJUST) -> None:
    """Refuse an adjustment that does not exist."""
    if adjust not in known:
        raise RequestError(
            f"adjust={adjust!r} is unknown",
            fix=f"Use one of {', '.join(map(repr, known))}",
        )


def combine_hypotheses(model: Model, asked: Hypotheses) -> Combinations:
    """Estimate what hypotheses are about, under the covariance of the model."""
    return combinations_of(
        model.basis,
        model.sigma,
        asked.matrix,
        asked.values,
        intercept=model.recipe.intercept,
    )


def dofs_of(model: Model, matrix: Array) -> Array:
    """Return degrees of freedom of combinations: the fewest of what is combined."""
    dof = model.t_dof
    if not isinstance(dof, np.ndarray):
        return np.full(len(matrix), float(dof))
    return np.array([float(np.min(dof[row != 0])) for row in matrix])


def refuse_aliased(model: Model, matrix: Array, labels: Sequence[str]) -> None:
    """Refuse hypotheses about coefficients that have no estimate, by name.

    Raises
    ------
    RequestError
        With the reason why a coefficient was left out.
    """
    gone = np.isnan(model.estimates)
    for row, label in zip(matrix, labels, strict=True):
        for j in np.flatnonzero((row != 0) & gone):
            name = model.names[j]
            why = [alias.text for alias in model.aliased if alias.name == name]
            because = f", because {why[0]}" if why else ""
            raise RequestError(
                f'"{label}" is about {name}, which was left out of the fit{because}',
                fix="Ask about the coefficients that are estimated",
            )
