"""The functions a formula may use, by name; what they compute is elsewhere."""

from __future__ import annotations

import difflib

ARITHMETIC = (
    "log",
    "log2",
    "log10",
    "log1p",
    "exp",
    "expm1",
    "sqrt",
    "abs",
    "sin",
    "cos",
    "tan",
    "tanh",
)
CATEGORY = ("C", "factor")
KNOWN = (*ARITHMETIC, "I", *CATEGORY, "offset", "cbind", "Q")

# Functions of other formula languages, and how to say the same here.
ELSEWHERE = {
    "poly": "Write the powers: x + I(x ** 2) + I(x ** 3)",
    "scale": "leastwise needs no scaling: use the column as it is",
    "center": "leastwise needs no centring: use the column as it is",
    "standardize": "leastwise needs no scaling: use the column as it is",
    "ln": "Use log, the natural logarithm",
    "power": "Write I(x ** 2)",
    "pow": "Write I(x ** 2)",
    "square": "Write I(x ** 2)",
    "as.factor": "Use factor(x) or C(x)",
    "as.numeric": "Comparisons inside I() are numbers already; otherwise make the "
    "column a number in the data",
    "Treatment": 'Use it inside C: C(x, Treatment("B"))',
    "Sum": "Only treatment coding exists: C(x) or C(x, reference=...)",
    "Helmert": "Only treatment coding exists: C(x) or C(x, reference=...)",
    "Poly": "Only treatment coding exists: C(x) or C(x, reference=...)",
}


def plain_name(function: str) -> str:
    """Take ``np.`` or ``numpy.`` off the name of a function.

    Examples
    --------
    >>> plain_name("np.log"), plain_name("log")
    ('log', 'log')
    """
    return function.removeprefix("numpy.").removeprefix("np.")


def advice_for(function: str) -> str:
    """Say what to use in place of an unknown function.

    Examples
    --------
    >>> advice_for("sqr").splitlines()[0]
    'Did you mean sqrt?'
    """
    plain = plain_name(function)
    known = f"Functions: {', '.join(KNOWN)}"
    if plain in ELSEWHERE:
        return f"{ELSEWHERE[plain]}.\n{known}"
    near = difflib.get_close_matches(plain, KNOWN, n=1, cutoff=0.6)
    if not near:
        lowered = {name.lower(): name for name in KNOWN}
        near = [lowered[plain.lower()]] if plain.lower() in lowered else []
    return f"Did you mean {near[0]}?\n{known}" if near else known
