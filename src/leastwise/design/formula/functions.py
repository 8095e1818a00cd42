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
# Numbers from numbers, with something learnt from the rows of the fit.
LEARNT_NUMBERS = ("center", "scale")
# Numbers of other rows: they depend on the order of the rows.
MOVED = ("lag", "diff")
# Several columns from one, and categories from numbers.
BASES = ("poly", "bs", "ns", "cr")
CUTS = ("cut", "bin")
# Whatever keeps something of the rows of the fit.
LEARNING = (*LEARNT_NUMBERS, *BASES, *CUTS)
# Functions with options that are written as constants.
WITH_OPTIONS = (*LEARNT_NUMBERS, *MOVED, *BASES, *CUTS)
CODINGS = ("Treatment", "Sum", "Helmert", "Poly", "Diff", "Custom")
KNOWN = (
    *ARITHMETIC,
    "I",
    *CATEGORY,
    *CUTS,
    *BASES,
    *LEARNT_NUMBERS,
    *MOVED,
    "offset",
    "cbind",
    "Q",
)

# The names of R for the same.
SPELLINGS = {
    "contr.treatment": "Treatment",
    "contr.sum": "Sum",
    "contr.helmert": "Helmert",
    "contr.poly": "Poly",
    "contr.sdif": "Diff",
    "as.factor": "factor",
}

# Functions of other formula languages, and how to say the same here.
ELSEWHERE = {
    "standardize": "Use scale(x)",
    "standardise": "Use scale(x)",
    "centre": "Use center(x)",
    "ln": "Use log, the natural logarithm",
    "power": "Write I(x ** 2)",
    "pow": "Write I(x ** 2)",
    "square": "Write I(x ** 2)",
    "ordered": "Give the order of the levels: "
    'C(x, Poly, levels=["low", "middle", "high"])',
    "relevel": 'Use C(x, reference="B")',
    "qcut": "Use bin(x, 4): bins of about equal numbers of rows",
    "lead": "Use lag(x, -1)",
    "shift": "Use lag(x, 1)",
    "s": "Choose the columns of a spline: cr(x, df=6) or ns(x, df=4)",
    "te": "Cross two splines: cr(x, df=4) * cr(z, df=4)",
    "cc": "A cyclic spline does not exist; sin and cos of I(2 * 3.14159 * x / 12) do",
    "as.numeric": "Comparisons inside I() are numbers already; otherwise make the "
    "column a number in the data",
    **{
        name: f"Use it inside C: C(x, {name}{example})"
        for name, example in (
            ("Treatment", '("B")'),
            ("Sum", ""),
            ("Helmert", ""),
            ("Poly", ""),
            ("Diff", ""),
            ("Custom", "([[1, 0], [0, 1], [-1, -1]])"),
        )
    },
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
