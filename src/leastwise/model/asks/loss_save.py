"""How a fit of a loss is kept."""

from __future__ import annotations

import os
from abc import ABC
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from leastwise.model.loss_model import LossModel


class AsksLossSave(ABC):
    """Keeping a `LossModel`, as its method."""

    formula: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as versioned JSON, without the data.

        A loss that is a function of yours is not written: such a model keeps its
        numbers, and predicts what needs no function.

        Parameters
        ----------
        path : str or path
            The file.

        Examples
        --------
        >>> import tempfile, os, leastwise as lw
        >>> data = {"x": [0.0, 1.0, 2.0], "y": [1, 2, 6]}
        >>> m = lw.glm("y ~ x", data, family="poisson")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "m.json")
        ...     m.save(file)
        ...     lw.load(file).coef["x"] == m.coef["x"]
        True
        """
        from leastwise.model.provenance import with_rows
        from leastwise.model.save import to_text
        from leastwise.model.save_loss import LOSS_FORMAT, LOSS_VERSION, content_of

        model = cast("LossModel", self)
        content = content_of(model)
        rows = None if model.sample is None else model.sample.sample
        content["provenance"] = with_rows(model.provenance, rows)
        kept = to_text(content, kind=(LOSS_FORMAT, LOSS_VERSION))
        Path(path).write_text(kept, encoding="utf-8")
