"""Tests and combinations of coefficients, with their names."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.precision import float64_scope, jax_module
from leastwise.infer.combine import Combined
from leastwise.infer.wald import dependence, redundant, wald
from leastwise.model.estimates import ADJUSTMENTS, Estimates, tabulate
from leastwise.model.expression import Expression, compute, read_sides
from leastwise.model.named import check_level
from leastwise.moments.double import Array
from leastwise.report.number import number, p_value

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True)
class HypothesisTest:
    """A joint test of hypotheses about coefficients.

    Attributes
    ----------
    hypotheses : tuple of str
        As they were written.
    statistic : float
        F.
    df : tuple of float
        Degrees of freedom: hypotheses and residuals.
    p_value : float
        Of F.
    covariance : str
        Name of the covariance that was used.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 8.0]})
    >>> round(m.test("x = 2").p_value, 6)
    0.225403
    """

    hypotheses: tuple[str, ...]
    statistic: float
    df: tuple[float, float]
    p_value: float
    covariance: str

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN and infinity become None."""
        plain = asdict(self)
        for name in ("statistic", "p_value"):
            plain[name] = plain[name] if np.isfinite(plain[name]) else None
        return plain

    def __str__(self) -> str:
        dof = " and ".join(f"{value:g}" for value in self.df)
        head = [*self.hypotheses, ""]
        tail = f"F {number(self.statistic)} on {dof}, p {p_value(self.p_value)}"
        if np.isinf(self.df[1]):
            # Of a known dispersion: q F is chi-squared.
            chi2 = number(self.df[0] * self.statistic)
            tail = f"chi-squared {chi2} on {self.df[0]:g}, p {p_value(self.p_value)}"
        kind = "" if self.covariance == "Classical" else f" ({self.covariance})"
        return "\n".join([*head, tail + kind])


class _Linear:
    """A number of the form ``row b + constant``: what a hypothesis may be made of."""

    def __init__(self, row: Array, constant: float) -> None:
        self.row, self.constant = row, constant

    def is_constant(self) -> bool:
        return not self.row.any()

    def __add__(self, other: Any) -> _Linear:
        other = self.of(other)
        return _Linear(self.row + other.row, self.constant + other.constant)

    def __mul__(self, other: Any) -> _Linear:
        other = self.of(other)
        if not (self.is_constant() or other.is_constant()):
            raise RequestError(
                "a hypothesis is linear, and here two coefficients are multiplied",
                fix="Use m.delta(...) for other functions",
            )
        row = self.row * other.constant + other.row * self.constant
        return _Linear(row, self.constant * other.constant)

    def __sub__(self, other: Any) -> _Linear:
        return self + self.of(other) * -1.0

    def __truediv__(self, other: Any) -> _Linear:
        divisor = self.number(other)
        if divisor == 0.0:
            raise RequestError("division by zero", fix="Correct the hypothesis")
        return self * (1.0 / divisor)

    def __pow__(self, other: Any) -> _Linear:
        power = self.number(other)
        if power == 1.0:
            return self
        return _Linear(np.zeros_like(self.row), self.number(self) ** power)

    def __radd__(self, other: Any) -> _Linear:
        return self.of(other) + self

    def __rsub__(self, other: Any) -> _Linear:
        return self.of(other) - self

    def __rmul__(self, other: Any) -> _Linear:
        return self.of(other) * self

    def __rtruediv__(self, other: Any) -> _Linear:
        return self.of(other) / self

    def __rpow__(self, other: Any) -> _Linear:
        return self.of(other) ** self

    def of(self, value: Any) -> _Linear:
        if isinstance(value, _Linear):
            return value
        return _Linear(np.zeros_like(self.row), float(value))

    def number(self, value: Any) -> float:
        found = self.of(value)
        if not found.is_constant():
            raise RequestError(
                "a hypothesis is linear in the coefficients",
                fix="Use m.delta(...) for other functions",
            )
        return found.constant


def linear_forms(text: str, names: Sequence[str]) -> tuple[Array, Array]:
    """Read a hypothesis as rows R and numbers r of ``R b = r``.

    Parameters
    ----------
    text : str
        Such as ``"a = 2 * b"``; ``"a = b = 0"`` are two; without ``=``, equals zero.
    names : sequence of str
        Of the coefficients.

    Examples
    --------
    >>> rows, right = linear_forms("a - 2 * b = 3", ("a", "b"))
    >>> rows.tolist(), right.tolist()
    ([[1.0, -2.0]], [3.0])
    """
    sides = read_sides(text, names)
    one = np.eye(len(names))
    values = [_Linear(row, 0.0) for row in one]
    nothing = _Linear(np.zeros(len(names)), 0.0)
    functions = {name: _constant_only(name) for name in _PLAIN}
    made = [nothing + compute(side, values, functions) for side in sides]
    if len(made) == 1:
        made.append(nothing)
    pairs = [a - b for a, b in itertools.pairwise(made)]
    for pair in pairs:
        if pair.is_constant():
            raise RequestError(
                f'"{text}" says nothing of a coefficient',
                fix="Name one, as the coefficient table does",
            )
    return np.array([p.row for p in pairs]), np.array([-p.constant for p in pairs])


_PLAIN: dict[str, Callable[[float], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
}


def _constant_only(name: str) -> Callable[[Any], float]:
    def function(value: Any) -> float:
        inner = value.number(value) if isinstance(value, _Linear) else float(value)
        return float(_PLAIN[name](inner))

    return function


def test(model: Model, hypotheses: tuple[Any, ...], values: Any) -> HypothesisTest:
    """Test hypotheses together; see `Model.test`."""
    rows, right, labels = _asked(model, hypotheses, values)
    extra = redundant(rows, np.nan_to_num(model.covariance))
    if extra:
        _refuse_dependent(rows, right, extra[0], labels)
    combined = model.combined(rows)
    dof = float(_dofs(model, rows).min())
    found = wald(combined.estimates - right, combined.covariance, dof)
    return HypothesisTest(
        tuple(dict.fromkeys(labels)),
        found.statistic,
        found.df,
        found.p_value,
        model.cov.name,
    )


def linear(
    model: Model, expressions: tuple[str, ...], *, adjust: str, level: float
) -> Estimates:
    """Estimate combinations; see `Model.linear`."""
    check_level(level)
    known = (*ADJUSTMENTS[:3], "scheffe")
    if adjust not in known:
        raise RequestError(
            f"adjust={adjust!r} is unknown",
            fix=f"Use one of {', '.join(map(repr, known))}",
        )
    rows, right, _ = _stack(model, expressions)
    if len(rows) != len(expressions):
        raise RequestError("a combination has one side", fix="Use m.test for a = b = 0")
    combined = model.combined(rows)
    moved = Combined(combined.estimates - right, combined.covariance)
    rank = len(rows) - len(redundant(rows, np.nan_to_num(model.covariance)))
    dofs = _dofs(model, rows)
    return tabulate(expressions, moved, dofs, level, adjust=adjust, means=rank)


def delta(
    model: Model, expressions: tuple[str | Callable[..., Any], ...], *, level: float
) -> Estimates:
    """Estimate functions of the coefficients; see `Model.delta`."""
    check_level(level)
    if not expressions:
        raise RequestError("there is nothing to estimate", fix='Give such as "a / b"')
    readers = [_reader(model, expression) for expression in expressions]
    jax = jax_module()
    used = np.nan_to_num(model.estimates)
    with float64_scope():
        b = jax.numpy.asarray(used)
        values = np.array([float(reader(b)) for reader in readers])
        rises = np.array([np.asarray(jax.grad(reader)(b)) for reader in readers])
    _refuse_aliased(model, rises, [_word(e) for e in expressions])
    if not (np.isfinite(values).all() and np.isfinite(rises).all()):
        bad = int(np.flatnonzero(~np.isfinite(values + rises.sum(axis=1)))[0])
        raise RequestError(
            f"{_word(expressions[bad])} has no value or no derivative at the estimates",
            fix="Check the function and the coefficients",
        )
    found = Combined(values, model.combined(rises).covariance)
    labels = [_word(e) for e in expressions]
    return tabulate(labels, found, _dofs(model, rises), level)


def _reader(model: Model, expression: str | Callable[..., Any]) -> Callable[[Any], Any]:
    numpy = jax_module().numpy
    if callable(expression):
        return lambda b: expression({name: b[i] for i, name in enumerate(model.names)})
    sides = read_sides(expression, model.names)
    if len(sides) != 1:
        raise RequestError(
            f'"{expression}" has an equals sign',
            fix="Write the difference of the sides",
        )
    one: Expression = sides[0]
    functions: Mapping[str, Any] = {name: getattr(numpy, name) for name in _PLAIN}
    return lambda b: compute(one, b, functions) + 0.0 * b.sum()


def _word(expression: str | Callable[..., Any]) -> str:
    if isinstance(expression, str):
        return expression
    return str(getattr(expression, "__name__", "function"))


def _stack(
    model: Model, texts: tuple[str, ...]
) -> tuple[Array, Array, tuple[str, ...]]:
    if not texts:
        raise RequestError("there is no hypothesis", fix='Give such as "a = 2 * b"')
    forms = [linear_forms(text, model.names) for text in texts]
    rows = np.vstack([rows for rows, _ in forms])
    labels = [t for t, (r, _) in zip(texts, forms, strict=True) for _ in r]
    _refuse_aliased(model, rows, labels)
    return rows, np.concatenate([right for _, right in forms]), tuple(labels)


def _asked(
    model: Model, hypotheses: tuple[Any, ...], values: Any
) -> tuple[Array, Array, tuple[str, ...]]:
    """Rows, numbers and labels, of texts or of one matrix."""
    if all(isinstance(text, str) for text in hypotheses):
        if values is not None:
            raise RequestError(
                "values= goes with a matrix", fix='Write the value, as in "x = 2"'
            )
        return _stack(model, hypotheses)
    if len(hypotheses) != 1:
        raise RequestError(
            "hypotheses are all text, or one matrix", fix='Such as m.test("x = 0")'
        )
    try:
        rows = np.atleast_2d(np.asarray(hypotheses[0], dtype=np.float64))
        given = np.zeros(len(rows)) if values is None else values
        right = np.atleast_1d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError):
        raise RequestError(
            "the hypotheses are no numbers", fix="Give texts, or a matrix of numbers"
        ) from None
    m = len(model.names)
    if rows.shape[1:] != (m,) or right.shape != (len(rows),) or not len(rows):
        raise RequestError(
            f"a matrix of shape {rows.shape} and values of shape {right.shape} for {m} "
            "coefficients",
            fix="Give a row for each hypothesis, a column for each coefficient",
        )
    if not (np.isfinite(rows).all() and np.isfinite(right).all()):
        raise RequestError("a hypothesis has a number that is not finite")
    labels = tuple(
        _written(*line, model.names) for line in zip(rows, right, strict=True)
    )
    if not rows.any(axis=1).all():
        raise RequestError("a row of the matrix is 0 and says nothing")
    _refuse_aliased(model, rows, labels)
    return rows, right, labels


def _dofs(model: Model, rows: Array) -> Array:
    """Degrees of freedom of combinations: the fewest of what each combines."""
    dof = model.t_dof
    if not isinstance(dof, np.ndarray):
        return np.full(len(rows), float(dof))
    found = [dof[row != 0] if row.any() else dof for row in rows]
    return np.array([float(np.nanmin(own)) for own in found])


def _written(row: Array, right: float, names: Sequence[str]) -> str:
    """A row of a matrix as text."""
    text = ""
    for value, name in zip(row.tolist(), names, strict=True):
        if value:
            sign = "-" if value < 0 else "+"
            between = f" {sign} " if text else sign.replace("+", "")
            size = "" if abs(value) == 1 else f"{abs(value):.12g} * "
            text += f"{between}{size}{name}"
    return f"{text} = {right:.12g}"


def _refuse_dependent(
    rows: Array, right: Array, i: int, labels: tuple[str, ...]
) -> None:
    """Say which hypotheses one follows from, or contradicts."""
    parts, apart = dependence(rows, right, i)
    used = dict.fromkeys(labels[k] for k in np.flatnonzero(parts))
    others = ", ".join(f'"{label}"' for label in used)
    if apart:
        raise RequestError(
            f'"{labels[i]}" contradicts {others}',
            fix="No coefficients fulfil them together: leave one out",
        )
    raise RequestError(f'"{labels[i]}" follows from {others}', fix="Leave it out")


def _refuse_aliased(model: Model, rows: Array, labels: Sequence[str]) -> None:
    gone = np.isnan(model.estimates)
    for row, label in zip(rows, labels, strict=True):
        bad = np.flatnonzero(gone & (row != 0))
        if len(bad):
            raise RequestError(
                f'"{label}" names {model.names[bad[0]]}, which was left out of the fit',
                fix="See m.aliased for what it equals",
            )
