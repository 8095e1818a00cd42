"""`Moments`: what a fit needs to know about its rows, and nothing else.

For rows z_i = (x_i, y_i) with weights w_i, a fixed point c (the shift) and
powers of two s (the scale), the state is the augmented Gram

    G = sum_i w_i [1, u_i]' [1, u_i],      u_i = (z_i - c) / s

held as pairs of float64. G[0, 0] is the sum of weights, G[0, 1:] the weighted
sums, G[1:, 1:] the cross-products. Because c and s are fixed numbers and not
estimates, two states about the same c and s merge by plain addition; others are
first carried over by an exact affine map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leastwise._kit.pytree import pytree, static
from leastwise.moments.double import Array, Double


@pytree
@dataclass(frozen=True)
class Moments:
    """Mergeable second moments of rows (x, y).

    Attributes
    ----------
    count : int
        Rows folded.
    gram : Double, shape (1 + q, 1 + q)
        The augmented Gram about `shift` in units of ``2**exponent``, where
        q = p inputs + k targets.
    shift : Double, shape (q,)
        The fixed point c, in original units.
    exponent : ndarray of int, shape (q,)
        The scale of each column is ``2**exponent``.
    weight_exponent : int
        Weights are held in units of ``2**weight_exponent``.
    grain : ndarray, shape (q,)
        Largest error that rounding can have put into a value of the column
        before it came here, in original units.
    extent : ndarray, shape (1 + q,)
        Square root of the diagonal of G with nothing cancelled: what errors of
        the Gram are relative to.
    log_weight : float
        Sum of log weights over the rows: the likelihood of a weighted fit.
    roundoff : float
        Error of ``G[i, j]`` is at most ``roundoff * extent[i] * extent[j]``, by
        the growth of roundings without a rule; see `leastwise.moments.fold`.
    n_inputs : int
        p; the remaining columns are targets.
    kernel : {"compiled", "numpy"}
        What folded the rows (the first of them, after a merge).

    Notes
    -----
    Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115, merge
    centred sums and lose digits to the centre; a fixed shift loses none.
    """

    count: int
    gram: Double
    shift: Double
    exponent: Array
    weight_exponent: int
    grain: Array
    extent: Array
    log_weight: float
    roundoff: float
    n_inputs: int = static()
    kernel: str = static(default="numpy")

    @property
    def n_targets(self) -> int:
        """Number of target columns, k."""
        return len(self.exponent) - self.n_inputs

    @property
    def weight_sum(self) -> Double:
        """Sum of the weights."""
        return self.gram[0, 0].scaled(self.weight_exponent)

    def __add__(self, other: Moments) -> Moments:
        """Moments of both sets of rows."""
        return merge(self, other)

    def __sub__(self, other: Moments) -> Moments:
        """Moments of the rows of this one that are not in the other."""
        return subtract(self, other)


def merge(a: Moments, b: Moments) -> Moments:
    """Return the moments of the rows of both.

    `b` is carried over to the shift and scale of `a` first; where they already
    agree this changes nothing, and the merge is a sum of pairs.

    Raises
    ------
    ValueError
        When the two do not have the same columns.
    """
    if a.n_inputs != b.n_inputs or len(a.exponent) != len(b.exponent):
        raise ValueError(
            f"moments of {a.n_inputs} inputs and {a.n_targets} targets cannot be "
            f"merged with moments of {b.n_inputs} and {b.n_targets}"
        )
    if b.count == 0:
        return a
    if a.count == 0:
        return b
    # A shift and a scale are taken over, never estimated anew.
    exponent = np.maximum(a.exponent, b.exponent)
    weights = max(a.weight_exponent, b.weight_exponent)
    a = rescale(a, exponent, weights)
    b = move(rescale(b, exponent, weights), a.shift)
    return replace(
        a,
        count=a.count + b.count,
        gram=a.gram + b.gram,
        grain=np.maximum(a.grain, b.grain),
        extent=np.hypot(a.extent, b.extent),
        log_weight=a.log_weight + b.log_weight,
        roundoff=max(a.roundoff, b.roundoff),
    )


def subtract(whole: Moments, part: Moments) -> Moments:
    """Return the moments of the rows of `whole` that are not in `part`.

    Errors do not cancel: they stay relative to the extents of what was folded, so
    that the certificate of what little is left says how little is known of it.

    Raises
    ------
    ValueError
        When `part` has more rows, or other columns.
    """
    if part.count > whole.count:
        raise ValueError(f"{part.count} rows cannot be taken out of {whole.count}")
    less = replace(
        part, gram=-part.gram, count=-part.count, log_weight=-part.log_weight
    )
    left = merge(whole, less)
    # Largest values of the rows that are left are not known: those of all stand.
    return replace(left, grain=whole.grain)


def rescale(m: Moments, exponent: Array, weight_exponent: int | None = None) -> Moments:
    """Hold the moments in other powers of two: exact."""
    down = m.exponent - exponent
    weights = m.weight_exponent if weight_exponent is None else weight_exponent
    step = m.weight_exponent - weights
    if not down.any() and step == 0:
        return m
    power = np.concatenate([[0], down])
    return replace(
        m,
        gram=m.gram.scaled(power[:, None] + power[None, :] + step),
        exponent=np.asarray(exponent),
        weight_exponent=weights,
        # sqrt of a power of two: not exact for odd ones, and only a bound.
        extent=np.ldexp(m.extent, power) * 2.0 ** (step / 2),
    )


def move(m: Moments, shift: Double) -> Moments:
    """Hold the moments about another fixed point.

    With d = (old shift - new shift)/scale, u_new = u + d, so the augmented Gram
    becomes T' G T with T = [[1, d], [0, I]]: one rank-two correction.
    """
    delta = (m.shift - shift).scaled(-m.exponent)
    if not delta.hi.any() and not delta.lo.any():
        return m
    g = m.gram
    weight, sums = g[0, 0], g[0, 1:]
    moved_sums = sums + weight * delta
    # u u' + u d' + d u' + w d d' = u u' + u d' + d (u + w d)'
    inner = g[1:, 1:] + sums[:, None] * delta[None, :]
    inner = inner + delta[:, None] * moved_sums[None, :]
    gram = bordered(weight, moved_sums, inner)
    # Errors of the weight and the sums come along: relative to what was folded, which
    # is more than what is left after a subtraction.
    size = m.extent[0] * np.abs(delta.hi)
    return replace(
        m,
        gram=gram,
        shift=shift,
        extent=np.concatenate([m.extent[:1], m.extent[1:] + size]),
    )


def select(m: Moments, inputs: Any, targets: Any) -> Moments:
    """Keep some inputs and targets, in the order given."""
    columns = np.concatenate(
        [np.asarray(inputs, int), m.n_inputs + np.asarray(targets, int)]
    ).astype(int)
    rows = np.concatenate([[0], 1 + columns])
    return replace(
        m,
        gram=m.gram[np.ix_(rows, rows)],
        shift=m.shift[columns],
        exponent=m.exponent[columns],
        grain=m.grain[columns],
        extent=m.extent[rows],
        n_inputs=len(np.asarray(inputs)),
    )


def beside(a: Moments, b: Moments) -> Moments:
    """Return the moments of the same rows with the targets of both.

    Targets can be added to moments that exist: fold the inputs again with the new
    targets alone, in as many parts and in whatever order, and put the two side by
    side. Products of targets of `a` with targets of `b` were summed in neither:
    they are NaN, which no fit reads.

    Parameters
    ----------
    a, b : Moments
        Of the same rows and weights, with the same inputs. What the inputs say of
        themselves is taken from `a`.

    Raises
    ------
    ValueError
        When the inputs, as far as both know them, are not the same.

    Examples
    --------
    >>> from leastwise.moments.blocks import Rows
    >>> from leastwise.moments.fold import fold_rows
    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])
    >>> both = beside(fold_rows(Rows(x, y)), fold_rows(Rows(x, 2 * y)))
    >>> both.n_inputs, both.n_targets
    (1, 2)
    """
    if a.n_inputs != b.n_inputs or a.count != b.count:
        raise ValueError(
            f"moments of {a.count} rows of {a.n_inputs} inputs and of {b.count} rows "
            f"of {b.n_inputs} do not stand side by side"
        )
    p = a.n_inputs
    # The targets of b keep their own shift and scale, the inputs get those of a.
    exponent = np.concatenate([a.exponent[:p], b.exponent[p:]])
    b = rescale(b, exponent, a.weight_exponent)
    shift = _joined(a.shift[:p], b.shift[p:])
    b = move(b, shift)
    _require_same_inputs(a, b)
    old, new = len(a.gram), b.n_targets
    hi, lo = np.full((old + new, old + new), np.nan), np.zeros((old + new, old + new))
    head = np.arange(p + 1)
    tail = np.arange(old, old + new)
    places = np.concatenate([head, tail])
    for out, of_a, of_b in ((hi, a.gram.hi, b.gram.hi), (lo, a.gram.lo, b.gram.lo)):
        out[np.ix_(places, places)] = of_b
        out[:old, :old] = of_a
    return replace(
        a,
        gram=Double(hi, lo),
        shift=_joined(a.shift, b.shift[p:]),
        exponent=np.concatenate([a.exponent, b.exponent[p:]]),
        grain=np.concatenate([a.grain, b.grain[p:]]),
        extent=np.concatenate([a.extent, b.extent[p + 1 :]]),
        roundoff=max(a.roundoff, b.roundoff),
    )


def _joined(a: Double, b: Double) -> Double:
    return Double(np.concatenate([a.hi, b.hi]), np.concatenate([a.lo, b.lo]))


def _require_same_inputs(a: Moments, b: Moments) -> None:
    """Hold two states of the same inputs against the errors that both state."""
    m = a.n_inputs + 1
    bound = a.roundoff * np.outer(a.extent[:m], a.extent[:m])
    bound += b.roundoff * np.outer(b.extent[:m], b.extent[:m])
    apart = np.abs((a.gram[:m, :m] - b.gram[:m, :m]).hi)
    if not (apart <= bound).all():
        j = int(np.argmax(np.max(apart - bound, axis=0)))
        what = "the weights" if j == 0 else f"input {j}"
        raise ValueError(
            f"the moments are not of the same rows: they differ in {what}. Fold the "
            "same inputs and weights again, with the new targets"
        )


def bordered(weight: Double, sums: Double, inner: Double) -> Double:
    """Put a corner and its row and column around a symmetric matrix."""
    q = len(sums)
    hi, lo = np.empty((q + 1, q + 1)), np.empty((q + 1, q + 1))
    for out, w, s, g in ((hi, weight.hi, sums.hi, inner.hi),
                         (lo, weight.lo, sums.lo, inner.lo)):  # fmt: skip
        out[0, 0], out[0, 1:], out[1:, 0], out[1:, 1:] = w, s, s, g
    return Double(hi, lo)
