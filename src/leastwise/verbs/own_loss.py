"""A function of the user's is looked at before it is minimised."""

from __future__ import annotations

from typing import Any

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.design.layout import Design
from leastwise.loss.own import Looks, Own, look_around, shape_of
from leastwise.moments.double import Array

# Second derivatives below this beside the scores are rounding.
NO_CURVATURE = 1e-12

FORM = "Write a function of two scalars, such as lambda eta, y: (y - eta) ** 2"


def check_function(loss: Own) -> None:
    """Refuse what is no scalar function of a predictor and a target.

    Parameters
    ----------
    loss : Own
        What was given.

    Raises
    ------
    RequestError
        With what to do.
    """
    if loss.mean_function is not None and not callable(loss.mean_function):
        raise RequestError(
            f"mean= is {type(loss.mean_function).__name__}, not a function",
            fix="Give eta -> mean of the target, such as jnp.exp, or leave it out",
        )
    if not callable(loss.function):
        raise RequestError(
            f"the loss is {type(loss.function).__name__}, not a function", fix=FORM
        )
    try:
        shape, kind = shape_of(loss)
    except RequestError:
        raise
    except Exception as error:
        raise _does_not_run(loss, error) from error
    if shape:
        raise RequestError(
            f"the loss of a row has shape {shape}, not one number",
            fix="It is called with one predictor and one target at a time: do not sum "
            "over rows or stack them",
        )
    if not kind.startswith("float"):
        raise RequestError(
            f"the loss of a row is {kind}, which has no derivative",
            fix="Return a real number (float64)",
        )


def _does_not_run(loss: Own, error: Exception) -> RequestError:
    name, first = type(error).__name__, str(error).strip().split("\n")[0]
    if name == "TracerBoolConversionError":
        return RequestError(
            "the loss branches on a value (if, and, or, min, max), which it does not "
            "have while JAX derives it",
            fix="Write `a if y > eta else b` as jnp.where(y > eta, a, b), and "
            "max(a, b) as jnp.maximum(a, b), after `import jax.numpy as jnp`",
        )
    if name.startswith("Tracer") or name == "ConcretizationTypeError":
        return RequestError(
            "the loss needs the value of a predictor, which it does not have while JAX "
            "derives it: numpy, math, float() and int() do that",
            fix="Write np.log or math.log as jnp.log, after `import jax.numpy as jnp`",
        )
    return RequestError(
        f"the loss {loss.name} does not run: {name}: {first}",
        fix=f"It is called as loss(eta, y). {FORM}",
    )


def check_at(loss: Own, y: Array, eta: Array, design: Design, target: str) -> None:
    """Refuse a loss that has no minimum, or no value at the data.

    Parameters
    ----------
    loss : Own
        What was given.
    y, eta : ndarray, shape (n,)
        Targets, and predictors to start from.
    design : Design
        The rows.
    target : str
        Its name.

    Raises
    ------
    DataError
        With the row at which there is no value.
    RequestError
        For a loss that cannot be minimised.
    """
    check_finite(loss, y, eta, design, target)
    looks = look_around(loss, y, eta)
    seen = np.isfinite(looks.curvature)
    score = np.where(seen, looks.score, 0.0)
    bend = np.where(seen, looks.curvature, 0.0)
    flat = np.abs(bend).max(initial=0.0) <= NO_CURVATURE * max(
        1.0, np.abs(score).max(initial=0.0)
    )
    if not score.any() and flat:
        raise RequestError(
            "the loss does not change with eta",
            fix="Its first argument is the linear predictor: use it",
        )
    if flat:
        raise _straight(looks, score)
    if bend.max(initial=0.0) <= 0.0:
        raise RequestError(
            "the loss bends downwards in every row: it has no minimum",
            fix="A loss is small where the fit is good: was the log-likelihood meant "
            "with a minus?",
        )


def _straight(looks: Looks, score: Array) -> RequestError:
    """A loss without a curvature: with corners, or none."""
    spread = np.nanmax(looks.score, axis=0) - np.nanmin(looks.score, axis=0)
    if (spread > NO_CURVATURE * np.abs(score).max()).any():
        return RequestError(
            "the loss is made of straight lines: its second derivative is 0 "
            "everywhere, and its minimum is at a corner, where it has none",
            fix="For absolute values and quantiles use leastwise.quantile; or round "
            "the corner, as leastwise.loss.Huber and LogCosh do",
        )
    return RequestError(
        "the loss is linear in eta: it falls for ever",
        fix="Add what makes a bad fit cost more, such as a square",
    )


def check_finite(loss: Own, y: Array, eta: Array, design: Design, target: str) -> None:
    """Refuse a loss that has no value at some row.

    Parameters
    ----------
    loss : Own
        What was given.
    y, eta : ndarray, shape (n,)
        Targets and predictors.
    design : Design
        The rows.
    target : str
        Its name.

    Raises
    ------
    DataError
        With the row.
    """
    value, score, curvature = loss._derived(eta, y)
    told = (
        ("loss", value),
        ("first derivative of the loss", score),
        ("second derivative of the loss", curvature),
    )
    for what, numbers in told:
        bad = np.flatnonzero(~np.isfinite(numbers))
        if not len(bad):
            continue
        i = int(bad[0])
        row = i if design.kept is None else int(design.kept[i])
        raise DataError(
            f"row {row + 1}: the {what} is {numbers[i]:g} at eta = {eta[i]:g}, "
            f"{target} = {y[i]:g}",
            fix=_finite_fix(what),
        )


def _finite_fix(what: str) -> str:
    if what == "loss":
        return (
            "Leave the row out, start elsewhere with start=, or write a loss that has "
            "a value there"
        )
    return (
        "Take care of the value inside of jnp.where too: "
        "jnp.where(t > 0, jnp.log(jnp.where(t > 0, t, 1.0)), 0.0); or start elsewhere "
        "with start="
    )


def start_values(start: Any, names: tuple[str, ...]) -> Array:
    """Return the coefficients that a search is to start from.

    Parameters
    ----------
    start : mapping or array_like
        By name, 0 where not given; or one for each coefficient in order.
    names : tuple of str
        Of the coefficients.

    Raises
    ------
    RequestError
        For a name that is none, or another number of values.
    """
    if hasattr(start, "keys"):
        unknown = [name for name in start if name not in names]
        if unknown:
            raise RequestError(
                f"start= names {unknown[0]!r}, which is no coefficient",
                fix=f"The coefficients are {', '.join(names)}",
            )
        start = [start.get(name, 0.0) for name in names]
    try:
        values = np.asarray(start, np.float64)
    except (TypeError, ValueError):
        raise RequestError(
            "start= is not made of numbers", fix="Give {name: value}"
        ) from None
    if values.shape != (len(names),):
        raise RequestError(
            f"start= has shape {values.shape}, there are {len(names)} coefficients",
            fix=f"Give one for each of {', '.join(names)}, or {{name: value}}",
        )
    if not np.isfinite(values).all():
        name = names[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise RequestError(f"start= of {name} is not finite", fix="Give a number")
    return values
