"""Functions of the coefficients: what `m.delta` returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.dist import t_quantile, t_two_sided
from leastwise.infer.gradient_jax import function_of, value_and_gradient
from leastwise.infer.wald import combinations_of
from leastwise.model.hypothesis import dofs_of, plain, refuse_aliased
from leastwise.model.named import check_level
from leastwise.report.number import number, p_value

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True)
class Delta:
    """A function of coefficients, with its standard error by the delta method.

    Attributes
    ----------
    label : str
        What was asked.
    estimate, std_error : float
        The function at the estimates; the root of ``g' V g`` with its gradient g.
    t, df, p_value : float
        Against `null`, with the degrees of freedom of t.
    low, high : float
        Ends of the interval.
    level : float
        Its coverage.
    null : float
        What the function is tested against.
    gradient : tuple of (str, float)
        Derivatives by coefficient, those that are not 0.
    covariance : str
        Which covariance of the coefficients it stands on.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> dict(m.delta("2 * x").gradient)
    {'x': 2.0}
    """

    label: str
    estimate: float
    std_error: float
    t: float
    df: float
    p_value: float
    low: float
    high: float
    level: float
    null: float
    gradient: tuple[tuple[str, float], ...]
    covariance: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not finite becomes None."""
        return dict(plain(asdict(self)))

    def __str__(self) -> str:
        against = "" if self.null == 0 else f" against {self.null:g}"
        return "\n".join(
            [
                self.label,
                f"estimate {number(self.estimate)}, standard error "
                f"{number(self.std_error, 4)} ({self.covariance}, delta method)",
                f"{100 * self.level:g}% from {number(self.low)} to {number(self.high)}",
                f"t {number(self.t, 4)}{against} on {self.df:g} degrees of freedom, "
                f"p {p_value(self.p_value)}",
            ]
        )


def delta(
    model: Model,
    function: str | Callable[[Mapping[str, Any]], Any],
    *,
    null: float,
    level: float,
) -> Delta:
    """Estimate a function of the coefficients; see `Model.delta`."""
    check_level(level)
    label, call = _asked(model, function)
    value, gradient = value_and_gradient(call, model.names, model.estimates)
    refuse_aliased(model, np.nan_to_num(gradient, nan=1.0)[None, :], [label])
    if not (np.isfinite(value) and np.isfinite(gradient).all()):
        raise RequestError(
            f"{label} is {value:g} at the estimates, its gradient "
            f"{', '.join(f'{v:g}' for v in gradient)}",
            fix="The delta method needs a function that is finite and smooth there",
        )
    found = combinations_of(
        model.basis,
        model.sigma,
        gradient[None, :],
        np.zeros(1),
        intercept=model.recipe.intercept,
    )
    error = float(found.combined.standard_errors[0])
    used = gradient if gradient.any() else np.ones(len(gradient))
    dof = float(dofs_of(model, used[None, :])[0])
    half = t_quantile(level, dof) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        t = float(np.float64(value - null) / error)
    return Delta(
        label=label,
        estimate=value,
        std_error=error,
        t=t,
        df=dof,
        p_value=float(t_two_sided(t, dof)),
        low=value - half,
        high=value + half,
        level=level,
        null=float(null),
        gradient=tuple(
            (name, float(v)) for name, v in zip(model.names, gradient, strict=True) if v
        ),
        covariance=model.cov.name,
    )


def _asked(
    model: Model, function: str | Callable[[Mapping[str, Any]], Any]
) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """A label, and a function of a mapping."""
    if isinstance(function, str):
        call, named = function_of(function, model.names)
        used = np.array([name in named for name in model.names])
        refuse_aliased(model, used[None, :], [function.strip()])
        return function.strip(), call
    if callable(function):
        name = getattr(function, "__name__", "function")
        return name.replace("<lambda>", "function"), function
    raise RequestError(
        f"{function!r} is no function of coefficients",
        fix='Give text such as "b1 / b2", or a function of a mapping',
    )
