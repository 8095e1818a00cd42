"""How far new rows are from those of the fit, and bands that hold for many rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.design.layout import Design
from leastwise.infer.dist import f_quantile, t_quantile
from leastwise.infer.predict import Basis, predict_rows
from leastwise.model.named import Named
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.moments.fitted import Want
from leastwise.moments.second_pass import second_pass

if TYPE_CHECKING:
    from leastwise.model.model import Model

BANDS = ("none", "bonferroni", "scheffe")
# The same row computed in another block may differ by its rounding.
ROUNDING = 1.0 + 1e-9
# One row alone is no column in other units.
FEWEST_SHIFTED = 2


def with_limits(model: Model) -> Basis:
    """Return the basis with what it takes to see that new rows extrapolate.

    The largest leverage among the rows of the fit, and the range of each column of
    the design, a thousandth wider. One pass over the rows, made when it is asked for:
    a fit is not slower.

    Parameters
    ----------
    model : Model
        A model without rows keeps what it was saved with.
    """
    basis, sample = model.basis, model.sample
    if basis.most_leverage is not None or sample is None:
        return basis
    design = sample.design
    p = design.X.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        found = _of_the_fit(basis, sample)
    found = found[np.isfinite(found)]
    # Inputs that leave float64 have no leverage, and nothing is outside of them.
    most = float(found.max()) if len(found) else float("nan")
    if not p:
        none = np.zeros(p)
        return replace(basis, most_leverage=most, low=none, high=none)
    shift = design.origin[:p] + design.origin_low[:p]
    low, high = _outward(design.X.min(axis=0) + shift, design.X.max(axis=0) + shift)
    return replace(basis, most_leverage=most, low=low, high=high)


def _of_the_fit(basis: Basis, sample: Sample) -> Array:
    """Leverages of the rows of the fit, as rows that weigh 1."""
    design, weights = sample.design, sample.design.weights
    if basis.change is not None:
        # Few rows, in a basis that a second pass does not know.
        return leverages(basis, design)
    seen = sample.seen()
    want = Want(leverages=True)
    again = second_pass(seen.rows, seen.moments, seen.fitted, want)
    found = np.asarray(again.leverages)
    return found if weights is None else np.asarray(found / weights)


def _outward(low: Array, high: Array) -> tuple[Array, Array]:
    """Round ranges outward by a thousandth: a saved file holds no value of the data."""
    with np.errstate(over="ignore", invalid="ignore"):
        width = high - low
        # A step below the smallest numbers is none.
        fine = np.isfinite(width) & (width > 1e-290)
        step = np.ldexp(1.0, np.frexp(np.where(fine, width, 1.0))[1] - 10)
        down, up = np.floor(low / step) * step, np.ceil(high / step) * step
        return np.where(fine, down, low), np.where(fine, up, high)


def leverages(basis: Basis, design: Design) -> Array:
    """Return the leverage of new rows, whatever the covariance of the model.

    Parameters
    ----------
    basis : Basis
        Of the fit.
    design : Design
        The new rows.
    """
    p = design.X.shape[1]
    plain = replace(basis, spread=None)
    origin = design.origin[:p], design.origin_low[:p]
    return predict_rows(plain, design.X, *origin, design.X_low)[1]


def extrapolating(basis: Basis, leverage: Array) -> Array | None:
    """Say which rows have a larger leverage than any row of the fit; None if unknown.

    Parameters
    ----------
    basis : Basis
        As `with_limits` returns it.
    leverage : ndarray, shape (n,)
        Of the new rows; NaN is no extrapolation.
    """
    if basis.most_leverage is None:
        return None
    found: Array = leverage > basis.most_leverage * ROUNDING
    return found


def shifted_columns(
    basis: Basis, design: Design, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Return columns of which every value is on the same side of the fit's range.

    The rule is plain: two values or more, all below the smallest of the fit, or all
    above the largest. So look columns in another unit, of another currency, or read
    from the wrong place; so does time in a forecast.

    Parameters
    ----------
    basis : Basis
        As `with_limits` returns it.
    design : Design
        The new rows.
    names : tuple of str
        Columns of the design.
    """
    smallest, largest = basis.low, basis.high
    if smallest is None or largest is None or not design.X.size:
        return ()
    p = design.X.shape[1]
    X = design.X + (design.origin[:p] + design.origin_low[:p])
    there = ~np.isnan(X)
    count = there.sum(axis=0)
    below = ((smallest > X) & there).sum(axis=0) == count
    above = ((largest < X) & there).sum(axis=0) == count
    found = (count >= FEWEST_SHIFTED) & (below | above)
    return tuple(name for name, bad in zip(names, found, strict=True) if bad)


def band_quantile(
    adjust: str, level: float, *, count: int, rank: int, dof: float, new: bool
) -> float:
    """Return how many standard errors wide half an interval is.

    Parameters
    ----------
    adjust : {"none", "bonferroni", "scheffe"}
        One row at a time; `count` rows together; all rows there could be (means:
        Working and Hotelling's band, ``sqrt(rank F)``) or `count` new observations
        (``sqrt(count F)``).
    level : float
        Coverage.
    count, rank : int
        Rows; coefficients.
    dof : float
        Residual degrees of freedom.
    new : bool
        Whether it is for new observations.

    References
    ----------
    Working and Hotelling (1929), doi:10.1080/01621459.1929.10506274; Scheffe (1953),
    doi:10.1093/biomet/40.1-2.87.

    Examples
    --------
    >>> round(band_quantile(
    ...     "scheffe", 0.95, count=5, rank=2, dof=10.0, new=False), 6)
    2.864549
    """
    if adjust not in BANDS:
        raise RequestError(
            f"adjust={adjust!r} is unknown",
            fix=f"Use one of {', '.join(map(repr, BANDS))}",
        )
    if adjust == "scheffe":
        many = max(count, 1) if new else rank
        return float(np.sqrt(many * f_quantile(level, many, dof)))
    each = max(count, 1) if adjust == "bonferroni" else 1
    return t_quantile(1.0 - (1.0 - level) / each, dof)


def adjusted_interval(model: Model, level: float, adjust: str) -> Named:
    """Return intervals of all coefficients that hold together; see `Model.interval`."""
    kept = ~np.isnan(model.estimates)
    dofs = np.broadcast_to(np.asarray(model.t_dof, dtype=np.float64), kept.shape)
    quantile = np.array(
        [
            band_quantile(
                adjust, level, count=int(kept.sum()), rank=model.rank, dof=d, new=False
            )
            for d in dofs.tolist()
        ]
    )
    with np.errstate(over="ignore", invalid="ignore"):
        half = quantile * model.standard_errors
        bounds = np.column_stack([model.estimates - half, model.estimates + half])
    return Named(model.names, bounds)
