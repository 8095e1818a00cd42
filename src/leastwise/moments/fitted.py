"""What goes into a second pass over the rows, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise.moments.double import Array, Double


@dataclass(frozen=True)
class Fitted:
    """A fit in scaled units about the shift, as a second pass reads it.

    Attributes
    ----------
    slopes : Double, shape (p, k)
        Coefficients.
    level : Double, shape (k,)
        The value at the shift.
    mean : ndarray, shape (p,)
        Where leverage and scores are measured from: the weighted mean, or zero as
        seen from the shift when there is no intercept.
    root : ndarray, shape (p, p)
        Lower triangular R with ``R'R = (X'WX)^-1``, centred.
    beside : float
        1 / sum of weights with an intercept, 0 without. The leverage of a row is
        ``w (|R (u - mean)|^2 + beside)``.
    """

    slopes: Double
    level: Double
    mean: Array
    root: Array
    beside: float


@dataclass(frozen=True)
class Want:
    """What a second pass is to bring, beside the sums of squared residuals.

    Attributes
    ----------
    residuals, leverages : bool
        One number of each per row (and target).
    power : {0, 1, 2}, optional
        Sum the meat of robust covariances too, each squared residual divided by
        ``(1 - leverage)**power``: 0 for HC0 and HC1, 1 for HC2, 2 for HC3.
    pairs : bool
        Residuals in pairs of float64, for fits that are nearly exact.
    """

    residuals: bool = False
    leverages: bool = False
    power: int | None = None
    pairs: bool = False


@dataclass(frozen=True)
class SecondPass:
    """What a second pass over the rows found, in units of the moments.

    Attributes
    ----------
    sums : Double, shape (k,)
        Weighted sums of squared residuals.
    largest : ndarray, shape (k,)
        Largest residual of a row, whatever its weight.
    residuals : ndarray, shape (n, k), or None
        ``y - fitted``.
    leverages : ndarray, shape (n,), or None
        Diagonal of the hat matrix.
    meat : ndarray, shape (k, 1 + p, 1 + p), or None
        ``sum_i s_i^2 v_i v_i'`` with ``v = [1, u - mean]`` and
        ``s = w residual / (1 - leverage)**(power / 2)``, for each target.
    kernel : {"compiled", "numpy"}
        What ran.
    """

    sums: Double
    largest: Array
    residuals: Array | None
    leverages: Array | None
    meat: Array | None
    kernel: str
