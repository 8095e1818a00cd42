"""What is asked of a plot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leastwise.design.formula.nodes import names_in
from leastwise.model.covariance import sample_of
from leastwise.model.plots.looked import Looked, look
from leastwise.model.sample import Sample

if TYPE_CHECKING:
    from leastwise.design.recipe import Recipe
    from leastwise.model.model import Model


class RowsAsk(ABC):
    """What a plot along a column needs to know of any kind of fit."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """Columns that a prediction needs."""

    @property
    @abstractmethod
    def coded(self) -> frozenset[str]:
        """Those of them that the formula takes as categories."""

    @property
    @abstractmethod
    def sample(self) -> Sample:
        """The rows."""


@dataclass(frozen=True, eq=False)
class Ask(RowsAsk):
    """A plot that is asked for.

    Attributes
    ----------
    model : Model
        The fit.
    of : str or None
        The column or coefficient it is about.
    level : float
        Coverage of intervals.
    seen : Looked or None
        A look at the rows that was taken before, for several plots.
    """

    model: Model
    of: str | None = None
    level: float = 0.95
    seen: Looked | None = None

    @property
    def looked(self) -> Looked:
        """Residuals, leverages, distances."""
        return look(self.model) if self.seen is None else self.seen

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns that a prediction needs."""
        return self.model.recipe.inputs

    @property
    def coded(self) -> frozenset[str]:
        """Those of them that the formula takes as categories."""
        return coded_by(self.model.recipe)

    @property
    def sample(self) -> Sample:
        """The rows."""
        return sample_of(self.model)


def coded_by(recipe: Recipe) -> frozenset[str]:
    """Return the columns that a formula takes as categories.

    Parameters
    ----------
    recipe : Recipe
        How columns become the design.
    """
    return frozenset(n for node, _ in recipe.encodings for n in names_in(node))


def with_rows(model: Model, data: Any) -> Model:
    """Return a model that has its rows: those in memory, or those given again.

    Parameters
    ----------
    model : Model
        The fit.
    data : data frame, mapping or path, or None
        Its rows, where it has none; checked once.
    """
    if data is None:
        return model
    return replace(model, sample=sample_of(model, data))
