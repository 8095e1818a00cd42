"""Where a model comes from: which software, which rows, when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provenance:
    """What a saved model says of the fit, beside its formula, covariance and n.

    Attributes
    ----------
    leastwise, numpy, python : str
        Versions that fitted it.
    fitted : str
        When, in UTC, to the second, as ISO 8601.
    source : str
        The name of the file without its folders, or the kind of the object.
    rows : str or None
        ``sha256:`` and the hash of the rows used; see `leastwise.model.provenance`.
        Computed when the model is saved; None while it was not, or without rows.

    Examples
    --------
    >>> Provenance("0.1.0", "2.0.0", "3.11.2", "2026-01-31T12:00:00Z", "a.csv").rows
    """

    leastwise: str
    numpy: str
    python: str
    fitted: str
    source: str
    rows: str | None = None
