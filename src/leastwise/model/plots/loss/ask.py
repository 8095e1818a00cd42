"""What is asked of a plot of a fit of a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.loss.family.base import Family
from leastwise.loss.link import Identity
from leastwise.model.influence_rows import InfluenceOfRows
from leastwise.model.kept_rows import is_function, rows_of
from leastwise.model.loss_influence import LossInfluence
from leastwise.model.many_sample import ManySample
from leastwise.model.plots.ask import RowsAsk, coded_by
from leastwise.model.sample import Sample
from leastwise.moments.double import Array

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel

# What there is of fits that are not of a family.
OTHERS = 'm.plot("effect") shows what it predicts, m.plot("forest") its coefficients'


@dataclass(frozen=True, eq=False)
class LossAsk(RowsAsk):
    """A plot of a fit of a loss that is asked for.

    Attributes
    ----------
    model : LossModel
        The fit.
    of : str or None
        The column or coefficient it is about.
    level : float
        Coverage of intervals.
    seen : InfluenceOfRows or None
        What its rows do, where that was asked before, for several plots.
    """

    model: LossModel
    of: str | None = None
    level: float = 0.95
    seen: InfluenceOfRows | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that a prediction needs; none where that is not known."""
        predictor: Any = self.model.predictor
        columns = getattr(predictor, "columns", None)
        if columns is not None:
            return tuple(columns)
        recipe = getattr(predictor, "recipe", None)
        return () if recipe is None else tuple(recipe.inputs)

    @property
    def coded(self) -> frozenset[str]:
        """Those of them that the formula takes as categories."""
        recipe = getattr(self.model.predictor, "recipe", None)
        return frozenset() if recipe is None else coded_by(recipe)

    @property
    def sample(self) -> Sample:
        """The rows as they were read."""
        kept = self.model.sample
        return kept.sample if isinstance(kept, ManySample) else rows_of(
            self.model
        ).sample  # fmt: skip

    @property
    def rows(self) -> Array:
        """Which rows of the data were used, from 1."""
        return self.sample.used + 1

    @property
    def target(self) -> Array:
        """The target as the loss sees it; of a model that is a function as it is."""
        kept = rows_of(self.model)
        if is_function(self.model):
            return np.asarray(kept.sample.design.Y[:, 0])
        return np.asarray(kept.problem.y)

    @property
    def fitted(self) -> Array:
        """What the fit expects of each row, on the scale of the target."""
        kept = rows_of(self.model)
        if is_function(self.model):
            return np.asarray(self.target - kept.problem.y)
        return np.asarray(self.model.loss.mean(kept.look.eta))

    @property
    def predictor(self) -> Array:
        """The linear predictor of each row; of a function its output."""
        if is_function(self.model):
            return self.fitted
        return np.asarray(rows_of(self.model).look.eta)

    @property
    def is_mean(self) -> bool:
        """Whether the predictor is the mean itself."""
        loss = self.model.loss
        if is_function(self.model) or not isinstance(loss, Family):
            return True
        return isinstance(loss.how, Identity)

    @property
    def influence(self) -> InfluenceOfRows:
        """What the rows do."""
        return self.model.influence() if self.seen is None else self.seen

    def of_family(self, what: str) -> LossInfluence:
        """Return what the rows do, where they have a deviance.

        Parameters
        ----------
        what : str
            The plot.

        Raises
        ------
        RequestError
            When the loss is no family.
        """
        found = self.influence if isinstance(self.model.loss, Family) else None
        if not isinstance(found, LossInfluence):
            raise RequestError(
                f"a plot of {what} is of deviances, and {self.model.kind} has none",
                fix=OTHERS,
            )
        return found
