"""How few rows turn a conclusion of a fit of a family round: one step, then refits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise._kit.status import Status
from leastwise.engine.loss_fit import solve_loss
from leastwise.infer.dist import t_quantile, t_two_sided
from leastwise.loops.working import Problem
from leastwise.model.deviance import family_of
from leastwise.model.fragility import OF, Fragility, taken
from leastwise.model.influence import labels_of
from leastwise.model.kept_rows import rows_of
from leastwise.model.loss_influence import family_influence_of
from leastwise.model.named import check_level
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


@dataclass(frozen=True, eq=False)
class _Asked:
    """A coefficient of a problem, and what is to be turned."""

    problem: Problem
    place: int
    of: str
    level: float
    before: tuple[float, ...]
    start_dof: float

    def without(self, rows: Array) -> tuple[float, ...]:
        """Return estimate, standard error, p and degrees of freedom; empty for none."""
        whole = self.problem
        stay = np.ones(len(whole.rows.Y), bool)
        stay[rows] = False
        fewer = replace(
            whole,
            rows=taken(whole.rows, stay),
            offset=None if whole.offset is None else whole.offset[stay],
            observations=None,
        )
        found = solve_loss(fewer)
        if found.newton.status is not Status.CONVERGED:
            return ()
        fit, look = found.solved.fit, found.look
        dispersion, dof = 1.0, np.inf
        if not whole.loss.has_known_dispersion:
            pearson = look.case_weights * look.there.score**2 / look.weights
            dof = fit.dof
            dispersion = float(pearson.sum()) / dof if dof > 0 else np.nan
        b = float(found.estimates[self.place])
        se = float(np.sqrt(found.unscaled[self.place, self.place] * dispersion))
        return b, se, float(t_two_sided(b / se, dof)) if se > 0 else np.nan, dof

    def turns(self, after: tuple[float, ...]) -> bool:
        """Say whether numbers without some rows turn the conclusion."""
        if not after or np.isnan(after[0]):
            return False
        if self.of == "sign":
            return bool(self.before[0] * after[0] < 0)
        one = abs(self.before[0] / self.before[1]) >= t_quantile(
            self.level, self.start_dof
        )
        two = abs(after[0] / after[1]) >= t_quantile(self.level, after[3])
        return bool(one != two)


def fragility_of_loss(
    model: LossModel,
    name: str,
    of: str,
    *,
    most: int | None,
    level: float,
    label: str | None,
) -> Fragility:
    """Search, and fit again without what was found; see `LossModel.fragility`."""
    check_level(level)
    if of not in OF:
        raise RequestError(f"of={of!r} is unknown", fix='Use "sign" or "significance"')
    family_of(model, "a search")
    kept = rows_of(model)
    if kept.sample.frequency:
        raise RequestError("rows that count are not searched", fix="Write them out")
    b, se = model.coef[name], model.se[name]
    if np.isnan(b):
        raise RequestError(f"{name} was left out of the fit", fix="Name another")
    place = model.names.index(name)
    dof = np.inf if model.loss.has_known_dispersion else model.dof
    before = (b, se, float(t_two_sided(b / se, dof)))
    ask = _Asked(kept.problem, place, of, level, before, dof)
    # Towards 0, but where significance is to be gained.
    clear = of == "sign" or abs(b / se) >= t_quantile(level, dof)
    gain = family_influence_of(model).one_step[:, place] - b
    gain = -np.sign(b) * gain if clear else np.sign(b) * gain
    order = np.argsort(-np.where(np.isfinite(gain), gain, -np.inf), kind="stable")
    limit = len(order) // 2 if most is None else most
    if limit < 1:
        raise RequestError(f"most={most} leaves no row out", fix="Give 1 or more")
    limit = min(limit, len(order) - model.rank - 1)
    count = _fewest(ask, order, limit)
    rows = None if count is None else order[:count]
    after = () if rows is None else ask.without(rows)[:3]
    used = kept.sample.used
    names = labels_of(kept.sample, label) if label is not None else None
    return Fragility(
        name=name,
        of=of,
        rows=None if rows is None else tuple(int(used[i]) + 1 for i in rows),
        labels=None
        if names is None or rows is None
        else tuple(names[int(i)] for i in rows),
        minimal=count == 1,
        tried=limit,
        used=len(used),
        level=level,
        before=before,
        after=after,
    )


def _fewest(ask: _Asked, order: Array, limit: int) -> int | None:
    """Find how many rows of an order turn it: double, then halve what is between."""
    low, high = 0, 1
    while high <= limit and not ask.turns(ask.without(order[:high])):
        low, high = high, 2 * high
    if high > limit:
        if low >= limit or not ask.turns(ask.without(order[:limit])):
            return None
        high = limit
    while high - low > 1:
        middle = (low + high) // 2
        if ask.turns(ask.without(order[:middle])):
            high = middle
        else:
            low = middle
    return high
