"""Covariances where the rows of a cluster may go together: CR0 to CR3."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np

from leastwise._kit.errors import DataError, RequestError
from leastwise.infer.cov.base import Alone, Covariance, Estimate, names_among
from leastwise.infer.cov.ground import Ground, coefficient_rows
from leastwise.infer.cov.groups import Groups, crossed, groups_of
from leastwise.infer.cov.within import MOST_DOF, Within, within
from leastwise.infer.dist import Array

Kind = Literal["CR0", "CR1", "CR2", "CR3"]
KINDS: tuple[str, ...] = get_args(Kind)
# With more ways than this there are thousands of intersections.
MOST_WAYS = 6
# More names than this are counted.
MOST_NAMES = 12


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Cluster(Covariance):
    """Clusters of rows, whose errors may go together in any way.

    ``V = B (sum_g s_g s_g') B`` with s_g the score of cluster g, the sum over its rows
    of ``w e x``:

    - CR0: as it is (Liang and Zeger 1986).
    - CR1: times ``G / (G - 1) (n - 1) / (n - rank)``, as Stata's ``vce(cluster)`` and
      sandwich's ``vcovCL(type="HC1")`` do. clubSandwich calls this CR1S.
    - CR2: residuals times ``(I - H_gg)^(-1/2)``, unbiased where variances are equal (in
      inverse proportion to analytic weights), and t with Satterthwaite's degrees of
      freedom, one for each coefficient (Bell and McCaffrey 2002; Pustejovsky and
      Tipton 2018), as clubSandwich. With weights it is that of the rows times the
      roots of their weights, so that counts are repeated rows; clubSandwich takes
      variances as equal in spite of the weights, or another root of the matrix.
    - CR3: residuals times ``(I - H_gg)^-1``: the changes when a cluster is left out.

    t of the others has G - 1 degrees of freedom (that of CR2 too beyond 200
    coefficients), and so has F below. A coefficient that one cluster alone decides has
    too small a variance, as in sandwich and clubSandwich, and a note says so; CR3 has
    no number for it.

    With several columns: that of the first plus that of the second less that of their
    intersection, and so on (Cameron, Gelbach and Miller 2011), each with a factor of
    its own, as in sandwich; t has as many degrees of freedom as the smallest number of
    clusters less one. Such a matrix can have negative variances: a note says so.

    The n x n matrices H_gg are never made: all takes O(n p^2) and (1 + p)^2 numbers a
    cluster, some clusters at a time.

    Parameters
    ----------
    *by : str or array_like, shape (n,)
        Columns of the data, or one value for each of its rows.
    kind : {"CR0", "CR1", "CR2", "CR3"}
        Which correction.

    Raises
    ------
    DataError
        When all rows are in one cluster.

    References
    ----------
    Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; Cameron, Gelbach and Miller
    (2011), doi:10.1198/jbes.2010.07136; Pustejovsky and Tipton (2018),
    doi:10.1080/07350015.2016.1247004.

    Examples
    --------
    >>> import leastwise as lw
    >>> homes = {"y": [1.0, 3.0, 5.0, 8.0, 9.0, 9.0], "x": [0, 1, 2, 3, 4, 5],
    ...          "town": ["A", "A", "B", "B", "C", "C"]}
    >>> m = lw.ols("y ~ x", homes)
    >>> round(m.with_cov(lw.cov.Cluster("town")).se["x"], 6)
    0.211625
    """

    by: tuple[Any, ...]
    kind: Kind

    def __init__(self, *by: Any, kind: Kind = "CR1") -> None:
        if not by or len(by) > MOST_WAYS:
            raise RequestError(
                f"Cluster takes 1 to {MOST_WAYS} columns, not {len(by)}",
                fix='Name them: Cluster("town"), or Cluster("town", "year")',
            )
        if kind not in KINDS:
            raise RequestError(
                f"kind={kind!r} is unknown",
                fix='Use "CR0", "CR1", "CR2" or "CR3"',
            )
        object.__setattr__(self, "by", by)
        object.__setattr__(self, "kind", kind)

    def __repr__(self) -> str:
        given = (repr(b) if isinstance(b, str) else "..." for b in self.by)
        return f"Cluster({', '.join(given)}, kind={self.kind!r})"

    @property
    def name(self) -> str:
        """Short name, as in ``lw.cov.HC3()``."""
        return self.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the data that are read beside those of the model."""
        return names_among(*self.by)

    @property
    def call(self) -> str | None:
        """What makes it in Python; None where arrays were given."""
        named = len(self.columns) == len(self.by)
        return f"lw.cov.{self!r}" if named else None

    @property
    def word(self) -> str | None:
        """What asks for it on the command line; None where nothing does."""
        if self.call is None or any("," in name for name in self.columns):
            return None
        return f"{self.kind}:{','.join(self.columns)}"

    def estimate(self, ground: Ground) -> Estimate:
        """Estimate the covariance of a fit from its rows."""
        ways = [groups_of(ground.seen, given, "the cluster") for given in self.by]
        for way in ways:
            refuse_one(way)
        core = np.zeros((ground.size, ground.size))
        rows, own = self._combinations(ground), None
        parts: list[Within] = []
        for size in range(1, len(ways) + 1):
            for some in combinations(ways, size):
                both = reduce(crossed, some)
                part = within(ground, both, self.kind, dof_of=rows)
                # Odd numbers of ways are added, even ones taken off.
                core += (-1) ** (size + 1) * self._factor(ground, both) * part.core
                parts.append(part)
        count = min(way.count for way in ways)
        if rows is not None:
            own = parts[0].dof
        alone = tuple(one for part in parts for one in part.alone)
        text = f"{self.kind}, {' and '.join(_told(way) for way in ways)}"
        return Estimate(
            core,
            float(count - 1),
            text,
            own,
            alone if self.kind == "CR3" else (),
            () if self.kind == "CR3" else _left_out(alone),
        )

    def _combinations(self, ground: Ground) -> Array | None:
        """Return the coefficients that have degrees of freedom of their own."""
        rows = coefficient_rows(ground)[0]
        one = len(self.by) == 1 and self.kind == "CR2"
        return rows if one and len(rows) <= MOST_DOF else None

    def _factor(self, ground: Ground, groups: Groups) -> float:
        if self.kind != "CR1":
            return 1.0
        n, g = ground.observations, groups.count
        if not ground.dof > 0:
            return float("nan")
        return g / (g - 1.0) * (n - 1.0) / ground.dof


def refuse_one(groups: Groups) -> None:
    """Refuse one group of all rows: nothing varies between groups.

    Raises
    ------
    DataError
        When there is one.
    """
    if groups.count < 2:
        raise DataError(
            f"all rows are in one cluster ({groups.name(0)})",
            fix="A covariance of clusters needs at least two of them",
        )


def _told(way: Groups) -> str:
    return f"{way.count} clusters of {way.what}"


def _left_out(alone: tuple[Alone, ...]) -> tuple[str, ...]:
    every = list(dict.fromkeys(one.who for one in alone))
    if not every:
        return ()
    more = [f"{len(every) - MOST_NAMES} more"] if len(every) > MOST_NAMES else []
    who = ", ".join([*every[:MOST_NAMES], *more])
    return (
        f"Coefficients that one cluster alone decides ({who}) have a variance without "
        "its part, as it leaves no residual there: too small.",
    )
