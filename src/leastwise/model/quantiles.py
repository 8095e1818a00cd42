"""Several quantiles of one target on the same inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leastwise._kit.errors import LevelWarning
from leastwise.model.loss_model import LossModel
from leastwise.moments.double import Array
from leastwise.rows.give import give_frame


@dataclass(frozen=True, eq=False)
class Quantiles(Mapping[float, LossModel]):
    """Quantile regressions of one target on the same inputs, by q.

    Attributes
    ----------
    q : tuple of float
        The quantiles, in the order they were asked for.
    models : tuple of LossModel
        One each.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0, 1, 2, 3, 4, 5], "y": [1, 4, 2, 6, 3, 9]}
    >>> both = lw.quantile("y ~ x", data, q=[0.25, 0.75], se="iid")
    >>> list(both), both[0.75].coef["x"]
    ([0.25, 0.75], 1.25)
    """

    q: tuple[float, ...]
    models: tuple[LossModel, ...]

    def __getitem__(self, q: float) -> LossModel:
        if q in self.q:
            return self.models[self.q.index(q)]
        raise KeyError(f"there is no quantile {q!r}; there are {list(self.q)}")

    def __iter__(self) -> Iterator[float]:
        return iter(self.q)

    def __len__(self) -> int:
        return len(self.q)

    def predict(
        self, data: Any, *, crossing: Literal["note", "rearrange"] = "note"
    ) -> Array:
        """Predict all quantiles of new rows.

        Parameters
        ----------
        data : data frame, mapping, path or ndarray
            As in `LossModel.predict`.
        crossing : {"note", "rearrange"}
            Planes are not parallel, and cross somewhere. Where a smaller quantile is
            predicted above a larger one, warn; or sort the predictions of each row,
            which brings them nearer to the true ones (Chernozhukov, Fernandez-Val and
            Galichon 2010, doi:10.3982/ECTA7880).

        Returns
        -------
        ndarray, shape (n, len(q))
            A column a quantile, in the order of `q`.
        """
        import warnings

        each = np.column_stack([model.predict(data) for model in self.models])
        order = np.argsort(self.q)
        sorted_ = each[:, order]
        crossed = (np.diff(sorted_, axis=1) < 0).any(axis=1)
        if crossing == "rearrange":
            each = each.copy()
            each[:, order] = np.sort(sorted_, axis=1)
        elif crossed.any():
            row = int(np.flatnonzero(crossed)[0]) + 1
            warnings.warn(
                f"quantiles cross at {int(crossed.sum())} of {len(each)} rows, the "
                f'first of them row {row}: use crossing="rearrange", or trust none of '
                "them there",
                LevelWarning,
                stacklevel=2,
            )
        return each

    def to_sql(self, dialect: str) -> str:
        """Write all quantiles as expressions of SQL, ``... AS "q=0.5"``.

        Parameters
        ----------
        dialect : str
            As in `LossModel.to_sql`, which also says what is refused.

        Returns
        -------
        str
            To stand in ``SELECT ... FROM table``: a column a quantile, as they are
            fitted, also where they cross.
        """
        from leastwise.model.export.loss_score import quantiles_score_of
        from leastwise.model.export.sql import to_sql

        return to_sql(quantiles_score_of(self), dialect)

    def to_python(self) -> str:
        """Write all quantiles as a Python module: ``predict(row)`` returns a dict."""
        from leastwise.model.export.loss_score import quantiles_score_of
        from leastwise.model.export.python import to_python

        return to_python(quantiles_score_of(self))

    def to_onnx(self) -> Any:
        """Write all quantiles as an ONNX model; ``prediction`` is (rows, len(q))."""
        from leastwise.model.export.loss_score import quantiles_score_of
        from leastwise.model.export.onnx_graph import to_onnx

        return to_onnx(quantiles_score_of(self))

    def frame(self, kind: str = "auto", level: float = 0.95) -> Any:
        """Return all coefficient tables as one data frame, with q.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        level : float
            Coverage of the intervals.
        """
        columns: dict[str, list[Any]] = {"q": []}
        for q, model in self.items():
            part = model.frame("dict", level)
            columns["q"] += [q] * len(model.names)
            for name, values in part.items():
                columns.setdefault(name, []).extend(values)
        return give_frame(columns, kind)

    def __str__(self) -> str:
        return "\n\n".join(str(model) for model in self.models)

    def __repr__(self) -> str:
        first = self.models[0]
        return f"<Quantiles {first.formula!r}: q={list(self.q)}, n={first.n:g}>"
