"""How agreement with a witness is scored: in decimal digits."""

from __future__ import annotations

from decimal import Decimal, localcontext


def digits(value: float, truth: str | float) -> float:
    """Return -log10 of the relative error (absolute where the truth is 0), to 17."""
    with localcontext() as context:
        context.prec = 60
        exact, got = Decimal(truth), Decimal(float(value))
        if exact == 0:
            error = abs(got)
        else:
            error = abs((got - exact) / exact)
        return 17.0 if error == 0 else min(17.0, float(-error.log10()))
