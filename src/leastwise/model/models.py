"""Models of several targets on the same inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leastwise.model.model import Model
from leastwise.rows.give import give_frame
from leastwise.rows.table import did_you_mean, shown


@dataclass(frozen=True, eq=False)
class Models(Mapping[str, Model]):
    """Models of several targets on the same inputs, by target.

    Attributes
    ----------
    models : tuple of Model
        In the order of the left side.

    Examples
    --------
    >>> import leastwise as lw
    >>> data = {"x": [0.0, 1.0, 2.0], "a": [1.0, 2.0, 4.0], "b": [0.0, 5.0, 9.0]}
    >>> both = lw.ols("cbind(a, b) ~ x", data)
    >>> list(both), round(both["b"].coef["x"], 9)
    (['a', 'b'], 4.5)
    """

    models: tuple[Model, ...]

    def __getitem__(self, target: str) -> Model:
        for model in self.models:
            if model.target == target:
                return model
        known = [model.target for model in self.models]
        raise KeyError(
            f'there is no target "{target}". {did_you_mean(str(target), known)}The '
            f"targets are {shown(known)}."
        )

    def __iter__(self) -> Iterator[str]:
        return iter(model.target for model in self.models)

    def __len__(self) -> int:
        return len(self.models)

    def frame(self, kind: str = "auto", level: float = 0.95) -> Any:
        """Return all coefficient tables as one data frame, with the target."""
        columns: dict[str, list[Any]] = {"target": []}
        for model in self.models:
            part = model.frame("dict", level)
            columns["target"] += [model.target] * len(model.names)
            for name, values in part.items():
                columns.setdefault(name, []).extend(values)
        return give_frame(columns, kind)

    def __str__(self) -> str:
        return "\n\n".join(str(model) for model in self.models)
