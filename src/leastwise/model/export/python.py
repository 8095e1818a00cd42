"""A prediction as a function of Python that needs nothing but `math`."""

from __future__ import annotations

import keyword

from leastwise.model.export.expression import (
    Category,
    Column,
    Compare,
    Const,
    Expression,
    Function,
    Interval,
    IsText,
    Lookup,
    Named,
    Pieces,
    Polynomial,
    Power,
    Product,
    Quotient,
    Score,
    Sum,
    walk,
)

# Names that the text uses itself.
TAKEN = {"math", "row", "predict", "float", "any", "nan", "ValueError", "v", "found",
         "ranks", "best", "max", "list", "tuple"}  # fmt: skip
FUNCTIONS = {"abs": "fabs"}
WIDTH = 78


def to_python(score: Score) -> str:
    """Write a prediction as the text of a Python function.

    Parameters
    ----------
    score : Score
        The prediction.

    Returns
    -------
    str
        A module with one function ``predict(row)``: row maps columns to values.

    Examples
    --------
    >>> from leastwise.model.export.expression import Score
    >>> score = Score("y ~ x", "y", Sum((Const(1.0), Column("x"))), (("x", "number"),))
    >>> to_python(score).splitlines()[3]
    'def predict(row):'
    """
    return _Writer(score).text()


class _Writer:
    """Names of variables, and the text of each expression with them."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self.names: dict[str, str] = {}
        self.codes: dict[Category, str] = {}
        for name, _ in score.inputs:
            self.names[name] = self._free(name, "x")
        for c in score.categories:
            wanted = f"{self.names.get(c.column or '', 'interval')}_code"
            self.codes[c] = self._free(wanted, "code")
        self.held: dict[Named, str] = {}
        # Inner parts before those that are made of them.
        for part in [*walk((score.value, score.several, score.ranks))][::-1]:
            if isinstance(part, Named) and part not in self.held:
                self.held[part] = self._free(part.name, "part")

    def _free(self, name: str, other: str) -> str:
        held = getattr(self, "held", {})
        taken = {*self.names.values(), *TAKEN, *self.codes.values(), *held.values()}
        plain = name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
        if plain and not name.startswith("_") and name not in taken:
            return name
        places = (f"{other}{i}" for i in range(1, len(taken) + 2))
        return next(place for place in places if place not in taken)

    def text(self) -> str:
        score = self.score
        said = _comment(f"Predict {score.target} as fitted by {score.formula}")
        lines = ["import math", "", "", "def predict(row):", f"    {said}"]
        lines += [
            "    # row: columns by name; None or NaN where a value is missing.",
        ]
        kinds = dict(score.inputs)
        for name, short in self.names.items():
            lines.append(f"    {short} = row[{name!r}]")
        if self.names:
            together = ", ".join(self.names.values())
            lines += [
                f"    if any(v is None or v != v for v in ({together},)):",
                "        return math.nan",
            ]
        for name, short in self.names.items():
            if kinds[name] == "number":
                lines.append(f"    {short} = float({short})")
        for category, code in self.codes.items():
            lines += self._code(category, code)
        for named, short in self.held.items():
            lines += self._added(f"{short} = float(", named.value)
        if not score.several:
            return "\n".join([*lines, *self._added("return float(", score.value), ""])
        lines.append("    found = {")
        for name, value in score.several:
            lines.append(f"        {name!r}: float({self.write(value)}),")
        lines.append("    }")
        if score.ranks:
            ranks = f"({', '.join(map(self.write, score.ranks))},)"
            if score.ranks == tuple(value for _, value in score.several):
                ranks = "tuple(found.values())"
            lines += [f"    ranks = {ranks}", "    best = ranks.index(max(ranks))"]
            lines.append(f"    found[{score.name_of_class!r}] = list(found)[best]")
        return "\n".join([*lines, "    return found", ""])

    def _added(self, before: str, value: Expression) -> list[str]:
        parts = value.parts if isinstance(value, Sum) else (value,)
        lines = [f"    {before}"]
        for i, part in enumerate(parts):
            lines.append(f"        {'+ ' if i else ''}{self.inner(part)}")
        return [*lines, "    )"]

    def _code(self, category: Category, code: str) -> list[str]:
        absent = -1 if category.otherwise is None else category.otherwise
        if category.argument is None:
            shown = self.names[category.column or ""]
            table = {v: i for i, same in enumerate(category.values) for v in same}
            lines = [f"    {code} = {table!r}.get({shown}, {absent})"]
        else:
            shown = f"{code}_of"
            lines = [
                f"    {shown} = {self.write(category.argument)}",
                f"    {code} = (",
            ]
            for at, interval in category.intervals:
                lines.append(f"        {at} if {_within(shown, interval)} else")
            lines += ["        -2", "    )"]
            lines += [f"    if {code} == -2:", "        return math.nan"]
        if category.otherwise is None:
            said = f"{category.label} is a level that the model has not seen"
            end = f"raise ValueError({said!r}, {shown})"
            if not category.refuse:
                end = "return math.nan"
            lines += [f"    if {code} < 0:", f"        {end}"]
        return lines

    def inner(self, e: Expression) -> str:
        """Write an expression, in brackets where it is a sum."""
        text = self.write(e)
        return f"({text})" if isinstance(e, (Sum, Polynomial)) else text

    def write(self, e: Expression) -> str:
        if isinstance(e, Const):
            return repr(e.value) if e.value >= 0 else f"({e.value!r})"
        if isinstance(e, Column):
            name = self.names[e.name]
            return f"float({name} - {e.less!r})" if e.less else name
        if isinstance(e, Sum):
            return " + ".join(self.inner(part) for part in e.parts)
        if isinstance(e, Product):
            return " * ".join(self.inner(part) for part in e.parts)
        if isinstance(e, Quotient):
            return f"({self.inner(e.top)} / {self._held(e.bottom)})"
        if isinstance(e, Power):
            return f"math.pow({self.write(e.base)}, {self.write(e.exponent)})"
        if isinstance(e, Named):
            return self.held[e]
        if isinstance(e, Function) and e.name == "ndtr":
            return f"(0.5 * math.erfc(-({self.write(e.argument)}) / math.sqrt(2.0)))"
        if isinstance(e, Function):
            name = FUNCTIONS.get(e.name, e.name)
            return f"math.{name}({self.write(e.argument)})"
        return self._choice(e)

    def _held(self, e: Expression) -> str:
        return f"({self.write(e)})"

    def _choice(self, e: Expression) -> str:
        if isinstance(e, Compare):
            held = f"{self._held(e.left)} {e.symbol} {self._held(e.right)}"
            return f"(1.0 if {held} else 0.0)"
        if isinstance(e, IsText):
            symbol = "==" if e.equal else "!="
            return f"(1.0 if {self.names[e.name]} {symbol} {e.text!r} else 0.0)"
        if isinstance(e, Polynomial):
            x, text = self._held(e.argument), repr(e.coefficients[-1])
            for c in e.coefficients[-2::-1]:
                text = f"{c!r} + {x} * ({text})"
            return text
        if isinstance(e, Pieces):
            x = self._held(e.argument)
            cases = zip(e.bounds, e.pieces, strict=False)
            tests = [f"{self.inner(p)} if {x} < {b!r} else" for b, p in cases]
            return f"({' '.join(tests)} {self.inner(e.pieces[-1])})"
        if isinstance(e, Lookup):
            index = self.codes[e.categories[0]]
            for other in e.categories[1:]:
                index = f"({index}) * {other.count} + {self.codes[other]}"
            return f"({', '.join(map(repr, e.table))},)[{index}]"
        raise TypeError(f"{e!r} is no expression")


def _within(x: str, interval: Interval) -> str:
    tests = []
    if interval.low is not None:
        tests.append(f"{x} {'>=' if interval.with_low else '>'} {interval.low!r}")
    if interval.high is not None:
        tests.append(f"{x} {'<=' if interval.with_high else '<'} {interval.high!r}")
    return " and ".join(tests) or "True"


def _comment(text: str) -> str:
    return repr(" ".join(text.split()))
