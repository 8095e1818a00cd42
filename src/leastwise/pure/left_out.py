"""`leastwise.pure.left_out`: what each row says of the fit without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leastwise._kit.precision import jax_module
from leastwise._kit.pytree import pytree
from leastwise.moments.pairs_jax import scaled
from leastwise.pure.door import in_float64, prepared
from leastwise.pure.fit import Status
from leastwise.pure.parts import Request, Rows, centred
from leastwise.pure.scope import widely
from leastwise.pure.solve import solver

Traced = Any


@pytree
@dataclass(frozen=True)
class LeftOut:
    """Each row against the fit of the others, for n rows and one target.

    k targets put a last axis of k behind `residuals` and `errors` and make `press` a
    vector of k.

    Attributes
    ----------
    leverage : array, shape (n,)
        ``h_i``: what a row has of its own fitted value, 0 to 1.
    residuals : array, shape (n,)
        ``e_i``, the target less the fitted value.
    errors : array, shape (n,)
        ``e_i / (1 - h_i)``: the target less what the fit of all other rows says of
        it, exactly. NaN where ``h_i`` is 1: without the row that is not determined.
    press : array, shape ()
        ``sum_i w_i errors_i^2``.
    status : array of int, shape ()
        See `Status`.
    """

    leverage: Traced
    residuals: Traced
    errors: Traced
    press: Traced
    status: Traced


def left_out(
    X: Traced,
    y: Traced,
    weights: Traced | None = None,
    *,
    penalty: Traced | None = None,
    intercept: bool = True,
) -> LeftOut:
    """Predict every row from the fit of all the others, exactly, in one fit.

    The fit is that of `ols`, with its penalties. With ``V = (U'WU + penalty)^-1`` of
    the centred inputs u the leverage is ``h_i = w_i (1 / sum(w) + u_i' V u_i)``, and
    the fit without row i is off by ``e_i / (1 - h_i)`` there. Goes through `jit`,
    `vmap`, `grad`, `jvp` and `hessian`.

    Parameters
    ----------
    X, y, weights, penalty, intercept
        As in `ols`. Rows of weight 0 have leverage 0 and are not in `press`.

    Returns
    -------
    LeftOut
        Of the type of the rows.

    Raises
    ------
    RequestError, DataError
        As `ols`.

    Notes
    -----
    Leverages are made of the inverse in pairs of float64, whose own error leaves about
    ``16 - 2 log10(c)`` digits of them where the condition of the columns is c.

    References
    ----------
    Allen (1974), doi:10.1080/00401706.1974.10489157.

    Examples
    --------
    >>> import jax, jax.numpy as jnp
    >>> from leastwise import pure
    >>> X, y = jnp.array([[0.0], [1.0], [2.0], [3.0]]), jnp.array([1.0, 3.0, 5.0, 8.0])
    >>> left = pure.left_out(X, y)
    >>> [round(float(e), 4) for e in left.errors], round(float(left.press), 4)
    ([0.6667, -0.1429, -0.5714, 1.0], 1.7914)
    >>> press = lambda penalty: pure.left_out(X, y, penalty=penalty).press
    >>> bool(jax.grad(press)(jnp.array([0.0]))[0] > 0)
    True
    """
    request, rows, single = prepared(X, y, weights, penalty, intercept=intercept)
    left: LeftOut = widely(_left_out, (request, single), rows)
    return left


def _left_out(how: tuple[Request, bool], rows: Rows) -> LeftOut:
    jnp = jax_module().numpy
    request, single = how
    wide = in_float64(rows)
    s = solver()(request, wide)
    c = centred(s, wide)
    lever = (c.through * c.u).sum(axis=1)
    if request.intercept:
        lever = lever + 1.0 / s.weight
    lever = lever if c.w is None else c.w[:, 0] * lever
    rest = 1.0 - lever
    # What rounding leaves of 0.
    alone = rest < 2.0**-40
    share = jnp.where(alone, jnp.nan, 1.0 / jnp.where(alone, 1.0, rest))
    p = len(s.kept)
    residuals = scaled(c.residual, s.exponent[p:])
    errors = residuals * share[:, None]
    square = errors**2
    if wide.w is not None:
        used = (wide.w > 0)[:, None]
        square = jnp.where(used, wide.w[:, None] * jnp.where(used, square, 0.0), 0.0)
    bad = jnp.where(s.status == Status.BAD_DATA.value, jnp.nan, 0.0)
    numbers = [residuals + bad, errors + bad, square.sum(axis=0) + bad]
    if single:
        numbers = [a[..., 0] for a in numbers]
    leverage, residuals, errors, press = (
        a.astype(request.dtype) for a in (lever + bad, *numbers)
    )
    return LeftOut(leverage, residuals, errors, press, s.status)
