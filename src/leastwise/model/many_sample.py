"""The rows of a fit of several predictors."""

from __future__ import annotations

from dataclasses import dataclass

from leastwise.engine.many_fit import ManySolved
from leastwise.model.sample import Sample


@dataclass(frozen=True, eq=False)
class ManySample:
    """The rows of a fit of several predictors, for as long as they are in memory.

    Attributes
    ----------
    sample : Sample
        The rows as they were read.
    solved : ManySolved
        The fit.
    """

    sample: Sample
    solved: ManySolved
