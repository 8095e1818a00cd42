"""Checks of a model, with the names of its terms and rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leastwise._kit.errors import RequestError
from leastwise.infer.check.base import case_of
from leastwise.infer.check.registry import CHECKS
from leastwise.infer.cov.ground import stand_on
from leastwise.model.covariance import sample_of
from leastwise.model.terms import term_columns
from leastwise.record.check import CheckRecord, ChecksRecord
from leastwise.rows.give import give_frame
from leastwise.rows.table import did_you_mean, shown

if TYPE_CHECKING:
    from leastwise.model.model import Model


@dataclass(frozen=True, eq=False)
class Checks:
    """What checks of a fit found.

    Attributes
    ----------
    record : ChecksRecord
        All of them.

    Examples
    --------
    >>> import leastwise as lw
    >>> m = lw.ols("y ~ x", {"x": [0.0, 1, 2, 3, 4, 5], "y": [1.0, 3, 5, 8, 9, 10]})
    >>> m.check()["RESET"].df
    (2, 2.0)
    """

    record: ChecksRecord

    @property
    def passed(self) -> bool:
        """Whether no check fails."""
        return self.record.passed

    def __iter__(self) -> Any:
        return iter(self.record.checks)

    def __len__(self) -> int:
        return len(self.record.checks)

    def __getitem__(self, name: str) -> CheckRecord:
        names = [check.name for check in self.record.checks]
        if name not in names:
            raise KeyError(
                f'there is no check "{name}". {did_you_mean(str(name), names)}'
                f"The checks are {shown(names)}."
            )
        return self.record.checks[names.index(name)]

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return self.record.to_json()

    def frame(self, kind: str = "auto") -> Any:
        """Return a data frame, a row per check.

        Parameters
        ----------
        kind : {"auto", "pandas", "polars", "arrow", "dict"}
            Which library; the first installed when "auto".
        """
        fields = (
            "name", "about", "statistic", "p_value", "effect", "status", "verdict",
            "advice",
        )  # fmt: skip
        rows = self.record.checks
        return give_frame(
            {field: [getattr(row, field) for row in rows] for field in fields}, kind
        )

    def __str__(self) -> str:
        from leastwise.report.checks import checks_text

        return checks_text(self.record)


def checks_of(model: Model, order: str | None = None, data: Any = None) -> Checks:
    """Check a model; see `Model.check`."""
    sample = sample_of(model, data)
    seen = sample.seen()
    if seen.exact or not model.dof > 0:
        raise RequestError(
            "the fit is exact: there are no residuals to check",
            fix="Fit more rows, or fewer coefficients",
        )
    sequence = None
    if order is not None:
        values = sample.column(order).values
        sequence = np.argsort(values, kind="stable")
    first = int(model.recipe.intercept)
    terms = {
        term.label: tuple(j + first for j in term.columns)
        for term in term_columns(model.recipe)
    }
    if not terms:
        terms = {name: (j,) for j, name in enumerate(model.names) if j >= first}
    case = case_of(stand_on(seen), model.names, terms, sequence)
    found = tuple(CheckRecord(**asdict(check(case))) for check in CHECKS)
    return Checks(ChecksRecord(model.formula, model.n, order, found))
