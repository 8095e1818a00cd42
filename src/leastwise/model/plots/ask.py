"""What is asked of a plot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leastwise.model.covariance import sample_of
from leastwise.model.plots.looked import Looked, look
from leastwise.model.sample import Sample

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True, eq=False)
class Ask:
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
    def sample(self) -> Sample:
        """The rows."""
        return sample_of(self.model)


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
