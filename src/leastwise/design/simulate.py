"""Data with a known truth: a linear equation, inputs, Gaussian noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from leastwise._kit.errors import FormulaError, RequestError
from leastwise.design.formula.nodes import (
    Name,
    Node,
    Number,
    Operation,
    Sum,
    names_in,
    start,
)
from leastwise.design.formula.parse import parse_equation
from leastwise.design.formula.show import show_name
from leastwise.design.layout import Array
from leastwise.rows.give import FrameKind, give_frame
from leastwise.rows.table import did_you_mean, shown

# The rows of the article's example, when nothing says another number.
ROWS = 400
# Grid values are rounded to this many digits: 0.15 and not 0.15000000000000036.
GRID_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated data with the truth beside it.

    Attributes
    ----------
    data : data frame, pyarrow table or dict of arrays
        The inputs and the target; give this to `ols` or `compare`.
    truth : Mapping of str to float
        The coefficients that made the data; ``Intercept`` is always there.
    formula : str
        The formula of the model that fits the truth.
    equation : str
        The equation as it was given.

    Examples
    --------
    >>> made = simulate("y = 2 * x", x=[1.0, 2.0, 3.0], frame="dict")
    >>> made.formula, dict(made.truth), made.data["y"].tolist()
    ('y ~ x', {'Intercept': 0.0, 'x': 2.0}, [2.0, 4.0, 6.0])
    """

    data: Any
    truth: Mapping[str, float]
    formula: str
    equation: str


def simulate(
    equation: str,
    /,
    *,
    noise: float = 0.0,
    n: int | None = None,
    seed: int = 0,
    frame: FrameKind = "auto",
    **inputs: Any,
) -> Simulation:
    """Make data that follow a linear equation, with Gaussian noise.

    Parameters
    ----------
    equation : str
        Such as ``"fahrenheit = 32 + 1.8 * celsius"``, with any number of inputs.
    noise : float
        Standard deviation of the noise of the target.
    n : int, optional
        Number of rows; that of the inputs given as values, else 400.
    seed : int
        The same seed makes the same data, whatever the inputs are.
    frame : {"auto", "pandas", "polars", "arrow", "dict"}
        What `data` is; ``"auto"`` is the first of these that is installed.
    **inputs
        For each input its values, or a tuple ``(low, high, step)``: a grid
        without its end, or a tuple ``(low, high)``: uniform draws. An input not
        given is drawn from the standard normal distribution.

    Returns
    -------
    Simulation

    Examples
    --------
    >>> made = simulate("fahrenheit = 32 + 1.8 * celsius",
    ...                 celsius=(-5, 15, 0.05), noise=3, frame="dict")
    >>> len(made.data["celsius"]), made.data["celsius"][:3].tolist()
    (400, [-5.0, -4.95, -4.9])
    """
    target, right = parse_equation(equation)
    constant, slopes = _linear(right, equation)
    _check_request(target, slopes, inputs, equation, noise)
    columns = _inputs(tuple(slopes), inputs, n, seed)
    count = len(next(iter(columns.values()))) if columns else ROWS if n is None else n
    values = np.full(count, constant)
    for name, slope in slopes.items():
        values = values + slope * columns[name]
    if noise:
        values = values + noise * np.random.default_rng(seed).standard_normal(count)
    columns[target.name] = values
    terms = " + ".join(map(show_name, slopes)) or "1"
    return Simulation(
        data=give_frame(columns, frame),
        truth=MappingProxyType({"Intercept": constant, **slopes}),
        formula=f"{show_name(target.name)} ~ {terms}",
        equation=equation,
    )


def _linear(node: Node, text: str) -> tuple[float, dict[str, float]]:
    """Give the constant and the slope of every input, or say what is not linear."""
    slopes = dict.fromkeys(names_in(node), 0.0)
    constant, found = _affine(node, text)
    return constant, {**slopes, **found}


def _affine(node: Node, text: str) -> tuple[float, dict[str, float]]:
    if isinstance(node, Number):
        return node.value, {}
    if isinstance(node, Name):
        return 0.0, {node.name: 1.0}
    if isinstance(node, Sum):
        constant, slopes = 0.0, dict[str, float]()
        for sign, part in node.parts:
            own, of_part = _affine(part, text)
            constant += sign * own
            for name, slope in of_part.items():
                slopes[name] = slopes.get(name, 0.0) + sign * slope
        return constant, slopes
    if isinstance(node, Operation) and node.symbol in ("*", "/"):
        left, right = _affine(node.left, text), _affine(node.right, text)
        if node.symbol == "/" and not right[1] and right[0]:
            return left[0] / right[0], {k: v / right[0] for k, v in left[1].items()}
        if node.symbol == "*" and not (left[1] and right[1]):
            (factor, _), (constant, slopes) = (
                (right, left) if left[1] else (left, right)
            )
            return factor * constant, {k: factor * v for k, v in slopes.items()}
    at = node.position if isinstance(node, Operation) else start(node)
    raise FormulaError(
        "this is not linear in the inputs",
        text,
        at,
        "Use sums of number * name; compute other inputs first and give them a name",
    )


def _check_request(
    target: Name,
    slopes: Mapping[str, float],
    inputs: Mapping[str, Any],
    equation: str,
    noise: float,
) -> None:
    if target.name in slopes:
        raise FormulaError(
            f"{target.name} stands on both sides", equation, target.position
        )
    for name in inputs:
        if name not in slopes:
            raise RequestError(
                f'"{name}" is no input of the equation',
                fix=f"{did_you_mean(name, slopes)}The inputs are {shown(slopes)}",
            )
    if not (np.isfinite(noise) and noise >= 0):
        raise RequestError(f"noise={noise!r} is no standard deviation, 0 or more")


def _inputs(
    names: tuple[str, ...], given: Mapping[str, Any], n: int | None, seed: int
) -> dict[str, Array]:
    fixed = {name: _values(name, given[name]) for name in names if name in given}
    lengths = {name: len(v) for name, v in fixed.items() if v is not None}
    if n is not None and n < 1:
        raise RequestError(f"n={n!r} is no number of rows, 1 or more")
    count = n if n is not None else next(iter(lengths.values()), ROWS)
    for name, length in lengths.items():
        if length != count:
            other = "n" if n is not None else f'"{next(iter(lengths))}"'
            raise RequestError(
                f'"{name}" has {length} values and {other} asks for {count}',
                fix="Give all inputs the same number of values",
            )
    columns: dict[str, Array] = {}
    for place, name in enumerate(names):
        values = fixed.get(name)
        if values is None:
            # A stream of its own: other inputs and the noise stay as they are.
            stream = np.random.default_rng([seed, place + 1])
            if name in given:
                low, high = given[name]
                values = stream.uniform(low, high, count)
            else:
                values = stream.standard_normal(count)
        columns[name] = values
    return columns


def _values(name: str, given: Any) -> Array | None:
    """Give the values of an input; None when they are to be drawn."""
    if isinstance(given, tuple) and len(given) in (2, 3):
        numbers = _numbers(name, given)
        if len(numbers) == 2:
            if numbers[0] > numbers[1]:
                raise RequestError(f'"{name}": {given} has its ends exchanged')
            return None
        return _grid(name, *numbers.tolist())
    values = _numbers(name, given)
    if values.ndim != 1 or not len(values):
        raise RequestError(
            f'"{name}" has shape {values.shape}, one value a row is needed',
            fix="Give a list, (low, high) or (low, high, step)",
        )
    return values


def _numbers(name: str, given: Any) -> Array:
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise RequestError(f'"{name}" is not numbers: {given!r}') from error
    if not np.isfinite(values).all():
        raise RequestError(f'"{name}" has a value that is infinite or missing')
    return values


def _grid(name: str, low: float, high: float, step: float) -> Array:
    # A step that divides the span up to rounding must not give one value more.
    count = np.ceil(round((high - low) / step, 9)) if step else 0
    if not 1 <= count <= 10**9:
        raise RequestError(
            f'"{name}": there is no grid from {low:g} to {high:g} by {step:g}'
        )
    return np.round(low + step * np.arange(int(count)), GRID_DIGITS)
