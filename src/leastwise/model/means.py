"""Estimated marginal means and their contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.combine import Combined, combine
from leastwise.model.covariance import sample_of
from leastwise.model.estimates import ADJUSTMENTS, Estimate, Estimates, dof_of, tabulate
from leastwise.model.grid import Grid, crossed, levels_of, make_grid, reference_values
from leastwise.model.named import check_level
from leastwise.model.sample import Sample
from leastwise.moments.double import Array
from leastwise.rows.give import give_frame
from leastwise.rows.table import did_you_mean, shown

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True, eq=False)
class Means:
    """Means that a model predicts at levels of some columns.

    Attributes
    ----------
    names : tuple of str
        The columns.
    levels : tuple of tuples
        The levels of each mean.
    table : Estimates
        The means.
    combined : Combined
        The same with their covariance.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Any, ...], ...]
    table: Estimates
    combined: Combined

    def __getitem__(self, level: Any) -> Estimate:
        wanted = level if isinstance(level, tuple) else (level,)
        labels = [label_of(found) for found in self.levels]
        if label_of(wanted) not in labels:
            raise KeyError(f"there is no level {label_of(wanted)}; {shown(labels)}")
        return self.table.rows[labels.index(label_of(wanted))]

    def contrasts(
        self,
        kind: str | Mapping[str, Sequence[float]] = "pairwise",
        *,
        adjust: str = "auto",
        level: float = 0.95,
    ) -> Estimates:
        """Compare the means.

        Parameters
        ----------
        kind : {"pairwise", "reference", "sequential"} or mapping
            Each with each (earlier less later, as R's emmeans), each with the first,
            each with the one before; or weights by name, one number a mean.
        adjust : {"auto", "tukey", "bonferroni", "holm", "none"}
            For the number of contrasts: Tukey's range for all pairs when "auto", Holm
            for others. Holm has no intervals of its own: Bonferroni's are shown.
        level : float
            Coverage of the intervals.

        Returns
        -------
        Estimates

        Raises
        ------
        RequestError
            For a kind or an adjustment that does not exist or does not apply.

        References
        ----------
        Tukey (1953); Kramer (1956), doi:10.2307/3001469 where sizes differ; Holm
        (1979), www.jstor.org/stable/4615733.

        Examples
        --------
        >>> import leastwise as lw
        >>> data = {"y": [1.0, 2.0, 4.0, 6.0], "g": ["a", "a", "b", "b"]}
        >>> lw.ols("y ~ g", data).means("g").contrasts()["a - b"].estimate
        -3.5
        """
        check_level(level)
        labels = [label_of(found) for found in self.levels]
        names, matrix = _contrasts(kind, labels)
        if adjust == "auto":
            adjust = "tukey" if kind == "pairwise" and len(labels) > 2 else "holm"
            adjust = "none" if len(names) == 1 else adjust
        if adjust not in ADJUSTMENTS:
            raise RequestError(
                f"adjust={adjust!r} is unknown",
                fix=f"Use one of {', '.join(map(repr, ('auto', *ADJUSTMENTS)))}",
            )
        if adjust == "tukey" and kind != "pairwise":
            raise RequestError(
                "Tukey's range is for all pairs", fix='Use adjust="holm"'
            )
        combined = self.combined.contrast(matrix)
        return tabulate(
            names, combined, self.table.dof, level, adjust=adjust, means=len(labels)
        )

    def frame(self, kind: str = "auto") -> Any:
        """Return the means as a data frame, with a column for each name.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        made = {n: [row[i] for row in self.levels] for i, n in enumerate(self.names)}
        made |= self.table.frame("dict")
        del made["label"]
        return give_frame(made, kind)

    def __str__(self) -> str:
        return str(self.table)


def means(
    model: Model,
    names: tuple[str, ...],
    *,
    at: Mapping[str, Any],
    weights: str,
    level: float,
    data: Any,
) -> Means:
    """Average what a model predicts over a grid; see `Model.means`."""
    check_level(level)
    sample = sample_of(model, data)
    full, found, average = asked_means(model, sample, names, at, weights)
    grid = make_grid(model, sample, full)
    whole = _averaged(model, grid, average)
    table = tabulate([label_of(key) for key in found], whole, dof_of(model), level)
    return Means(names, tuple(found), table, whole)


def asked_means(
    model: Model,
    sample: Sample,
    names: tuple[str, ...],
    at: Mapping[str, Any],
    weights: str,
) -> tuple[dict[str, list[Any]], list[Any], Array]:
    """Return the grid of a question, the levels of each mean, and what it averages.

    Parameters
    ----------
    model, sample : Model, Sample
        The fit and the rows it stands on.
    names : tuple of str
        Categories.
    at : Mapping of str to values
        Columns that are held.
    weights : {"equal", "cells"}
        How categories that are not named are averaged.
    """
    if weights not in ("equal", "cells"):
        raise RequestError(
            f"weights={weights!r} is unknown", fix='Use "equal" or "cells"'
        )
    values = reference_values(model, sample, at)
    known = [n for n in values if n in levels_of(model) or n in at]
    for name in names:
        if name not in known:
            raise RequestError(
                f'"{name}" is no category of the model',
                fix=f"{did_you_mean(name, known)}Categories are {shown(known)}; for a "
                "number give values with at=",
            )
    full = crossed(values)
    keys = list(zip(*(full[name] for name in names), strict=True))
    count = len(next(iter(full.values()), [()]))
    keys = keys or [()] * count
    found = list(dict.fromkeys(keys))
    share = _counts(full, sample) if weights == "cells" else np.ones(len(keys))
    return full, found, _average(keys, found, share)


def _average(keys: list[Any], found: list[Any], share: Array) -> Array:
    """Weights of the rows of a grid in each mean; zeros for one without any."""
    place = np.array([found.index(key) for key in keys])
    average = np.zeros((len(found), len(place)))
    average[place, np.arange(len(place))] = share
    total = average.sum(axis=1, keepdims=True)
    found_share: Array = np.divide(average, total, where=total > 0, out=average)
    return found_share


def _averaged(model: Model, grid: Grid, average: Array) -> Combined:
    levels = np.full(len(average), float(model.recipe.intercept))
    combined = combine(model.basis, model.sigma, average @ grid.rows, levels)
    untold = ~average.any(axis=1) | ((average > 0) & ~grid.estimable).any(axis=1)
    estimates = combined.estimates + average @ grid.offset
    covariance = combined.covariance.copy()
    estimates[untold] = covariance[untold, :] = covariance[:, untold] = np.nan
    return Combined(estimates, covariance)


def _contrasts(
    kind: str | Mapping[str, Sequence[float]], labels: list[str]
) -> tuple[list[str], Array]:
    count, one = len(labels), np.eye(len(labels))
    if isinstance(kind, Mapping):
        matrix = np.array([list(row) for row in kind.values()], dtype=float)
        if matrix.shape != (len(kind), count):
            raise RequestError(
                f"a contrast has {count} weights, one for each of {shown(labels)}",
                fix="Give as many numbers",
            )
        return list(kind), matrix
    if count < 2:
        raise RequestError("one mean has no contrast", fix="Name a column with levels")
    if kind == "pairwise":
        pairs = list(combinations(range(count), 2))
        names = [f"{labels[i]} - {labels[j]}" for i, j in pairs]
        return names, np.array([one[i] - one[j] for i, j in pairs])
    if kind == "reference":
        names = [f"{label} - {labels[0]}" for label in labels[1:]]
        return names, one[1:] - one[0]
    if kind == "sequential":
        names = [f"{b} - {a}" for a, b in pairwise(labels)]
        return names, one[1:] - one[:-1]
    raise RequestError(
        f"contrasts {kind!r} are unknown",
        fix='Use "pairwise", "reference", "sequential", or weights by name',
    )


def _counts(full: Mapping[str, list[Any]], sample: Sample) -> Array:
    """How many rows of the data have the levels of each row of the grid."""
    factors = [name for name, values in full.items() if len(set(values)) > 1]
    found: dict[tuple[Any, ...], float] = {}
    data = [_plain(sample.column(name)) for name in factors]
    weights = sample.design.weights if sample.frequency else None
    for i, key in enumerate(zip(*data, strict=True)):
        found[key] = found.get(key, 0.0) + (1.0 if weights is None else weights[i])
    rows = zip(*(full[name] for name in factors), strict=True)
    return np.array([found.get(tuple(row), 0.0) for row in rows])


def _plain(column: Any) -> list[Any]:
    if column.kind == "text":
        return [column.levels[code] for code in column.values]
    return list(column.values.tolist())


def label_of(levels: tuple[Any, ...]) -> str:
    """Return how a mean at some levels is called.

    Parameters
    ----------
    levels : tuple
        One of each column.
    """
    shown_levels = (f"{v:g}" if isinstance(v, float) else str(v) for v in levels)
    return ", ".join(shown_levels) or "all"
