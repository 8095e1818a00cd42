"""A prediction as an expression of SQL, in the dialect of a database.

sqlglot spells names, texts, types and functions. What differs between databases in
meaning is written out: numbers are cast, so that whole numbers do not divide as such;
of logarithms only LN is used; a missing value is NULL.
"""

from __future__ import annotations

import math
from typing import Any

from leastwise._kit.errors import RequestError
from leastwise._kit.optional import need
from leastwise.model.export.alike import refuse_alike
from leastwise.model.export.expression import (
    Category,
    Column,
    Compare,
    Const,
    Expression,
    Function,
    Interval,
    IsText,
    Level,
    Lookup,
    Named,
    Pieces,
    Polynomial,
    Power,
    Product,
    Quotient,
    Score,
    Sum,
)
from leastwise.model.export.normal import normal_below
from leastwise.rows.table import did_you_mean

# What sqlglot calls them; the second are other names for the same.
DIALECTS = {
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "databricks": "databricks",
    "duckdb": "duckdb",
    "mysql": "mysql",
    "oracle": "oracle",
    "postgres": "postgres",
    "postgresql": "postgres",
    "redshift": "redshift",
    "snowflake": "snowflake",
    "spark": "spark",
    "sqlite": "sqlite",
    "sqlserver": "tsql",
    "trino": "trino",
    "tsql": "tsql",
}
# Where "a" and "A" are the same text unless the table says otherwise.
FOLDS_CASE = ("mysql", "tsql")
DIRECT = {"exp": "EXP", "sqrt": "SQRT", "abs": "ABS", "sin": "SIN", "cos": "COS",
          "tan": "TAN", "atan": "ATAN"}  # fmt: skip
# Beyond this the hyperbolic tangent is 1 in float64.
TANH_IS_ONE = 20.0


def to_sql(score: Score, dialect: str) -> str:
    """Write a prediction as an expression of SQL.

    Parameters
    ----------
    score : Score
        The prediction.
    dialect : str
        One of `DIALECTS`.

    Raises
    ------
    RequestError
        For an unknown dialect, or levels that it cannot tell apart.
    """
    if dialect not in DIALECTS:
        known = [*dict.fromkeys(DIALECTS)]
        raise RequestError(
            f"dialect {dialect!r} is unknown",
            fix=f"{did_you_mean(str(dialect), known)}The dialects are "
            f"{', '.join(known)}",
        )
    spelt = DIALECTS[dialect]
    if spelt in FOLDS_CASE:
        for category in score.categories:
            refuse_alike(category, dialect)
    need("sqlglot", "to_sql")
    writer = _Writer(need("sqlglot.expressions", "to_sql"))
    made = writer.several(score) if score.several else [writer.whole(score)]
    return ", ".join(part.sql(dialect=spelt, identify=True) for part in made)


class _Writer:
    """Parts of sqlglot's syntax tree for each expression."""

    def __init__(self, exp: Any) -> None:
        self.exp = exp

    def whole(self, score: Score) -> Any:
        return self._unless_missing(score, self.write(score.value))

    def several(self, score: Score) -> list[Any]:
        """Give a column for each prediction, and one for the class."""
        made = [
            self._called(self._unless_missing(score, self.write(value)), name)
            for name, value in score.several
        ]
        if score.ranks:
            label = self._class(score)
            whole = self._unless_missing(score, label)
            made.append(self._called(whole, score.name_of_class))
        return made

    def _called(self, value: Any, name: str) -> Any:
        alias = self.exp.to_identifier(name, quoted=True)
        return self.exp.Alias(this=value, alias=alias)

    def _class(self, score: Score) -> Any:
        """Name the class whose rank no other exceeds; none where one is missing."""
        exp, cases = self.exp, []
        for c, (name, _) in enumerate(score.several):
            # What is not below those after it is largest: those before it were not.
            tests = [
                exp.GTE(this=self._held(score.ranks[c]), expression=self._held(other))
                for other in score.ranks[c + 1 :]
            ]
            if not tests:
                null = exp.Is(this=self._held(score.ranks[c]), expression=exp.Null())
                tests = [exp.Not(this=null)]
            test = tests[0] if len(tests) == 1 else exp.and_(*tests)
            cases.append((test, exp.Literal.string(name)))
        return self._case(cases, exp.Null())

    def _unless_missing(self, score: Score, value: Any) -> Any:
        gaps = [self._missing(name) for name in score.watched]
        if not gaps:
            return value
        return self._case([(self._any(gaps), self.exp.Null())], value)

    def write(self, e: Expression) -> Any:
        exp = self.exp
        if isinstance(e, Const):
            return self._number(e.value)
        if isinstance(e, Column):
            column = self._column(e.name)
            if e.less:
                column = exp.Sub(this=column, expression=self._whole(e.less))
            return self._double(column)
        if isinstance(e, Sum):
            return self._balanced([self.write(part) for part in e.parts])
        if isinstance(e, Product):
            return self._many(exp.Mul, [self._held(part) for part in e.parts])
        if isinstance(e, Quotient):
            # A safe division would hide what is divided by 0; sqlglot is told so.
            return exp.Paren(
                this=exp.Div(
                    this=self._held(e.top),
                    expression=self._held(e.bottom),
                    typed=True,
                    safe=False,
                )
            )
        if isinstance(e, Power):
            return self._call("POWER", self.write(e.base), self.write(e.exponent))
        if isinstance(e, Named):
            return self.write(e.value)
        if isinstance(e, Function):
            return self._function(e.name, e.argument)
        return self._choice(e)

    def _choice(self, e: Expression) -> Any:
        exp = self.exp
        one, zero = self._number(1.0), self._number(0.0)
        if isinstance(e, Compare):
            kinds = {"==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE,
                     ">": exp.GT, ">=": exp.GTE}  # fmt: skip
            left, right = self._held(e.left), self._held(e.right)
            held = kinds[e.symbol](this=left, expression=right)
            return self._case([(held, one)], zero)
        if isinstance(e, IsText):
            same = self._is(e.name, (e.text,))
            yes, no = (one, zero) if e.equal else (zero, one)
            return self._case([(same, yes)], no)
        if isinstance(e, Polynomial):
            made = self._number(e.coefficients[-1])
            for c in e.coefficients[-2::-1]:
                inner = exp.Paren(this=made)
                made = exp.Mul(this=self._held(e.argument), expression=inner)
                if c:
                    made = exp.Add(this=self._number(c), expression=made)
            return made
        if isinstance(e, Pieces):
            x = self._held(e.argument)
            cases = [
                (exp.LT(this=x.copy(), expression=self._number(b)), self.write(piece))
                for b, piece in zip(e.bounds, e.pieces, strict=False)
            ]
            return self._case(cases, self.write(e.pieces[-1]))
        if isinstance(e, Lookup):
            return self._lookup(e)
        raise TypeError(f"{e!r} is no expression")

    def _lookup(self, e: Lookup) -> Any:
        if len(e.categories) == 1:
            category = e.categories[0]
            tests = self._tests(category)
            cases = [(test, self._number(e.table[code])) for code, test in tests]
            if category.otherwise is None:
                return self._case(cases, self.exp.Null())
            return self._case(cases, self._number(e.table[category.otherwise]))
        # One category after the other: no more tests than levels at each.
        first, rest = e.categories[0], e.categories[1:]
        step = len(e.table) // first.count
        inner = [
            self._lookup(Lookup(rest, e.table[code * step : (code + 1) * step]))
            for code in range(first.count)
        ]
        cases = [(test, inner[code].copy()) for code, test in self._tests(first)]
        if first.otherwise is None:
            return self._case(cases, self.exp.Null())
        return self._case(cases, inner[first.otherwise].copy())

    def _tests(self, category: Category) -> list[tuple[int, Any]]:
        """Give each code with the test for it."""
        if category.argument is not None:
            return [
                (code, self._within(category.argument, interval))
                for code, interval in category.intervals
                if code >= 0
            ]
        name = category.column or ""
        return [
            (code, self._is(name, same))
            for code, same in enumerate(category.values)
            if same
        ]

    def _is(self, name: str, levels: tuple[Level, ...]) -> Any:
        column, given = self._column(name), [self._level(level) for level in levels]
        if len(given) == 1:
            return self.exp.EQ(this=column, expression=given[0])
        return self.exp.In(this=column, expressions=given)

    def _within(self, argument: Expression, interval: Interval) -> Any:
        exp, tests = self.exp, []
        if interval.low is not None:
            kind = exp.GTE if interval.with_low else exp.GT
            tests.append(
                kind(this=self._held(argument), expression=self._number(interval.low))
            )
        if interval.high is not None:
            kind = exp.LTE if interval.with_high else exp.LT
            tests.append(
                kind(this=self._held(argument), expression=self._number(interval.high))
            )
        if not tests:
            missing = exp.Is(this=self._held(argument), expression=exp.Null())
            return exp.Not(this=missing)
        return tests[0] if len(tests) == 1 else exp.and_(*tests)

    def _function(self, name: str, argument: Expression) -> Any:
        if name == "ndtr":
            return self.exp.Paren(this=self.write(normal_below(argument)))
        exp, x = self.exp, self.write(argument)
        if name in DIRECT:
            return self._call(DIRECT[name], x)
        if name in ("log", "log2", "log10"):
            ln = exp.Ln(this=x)
            if name == "log":
                return ln
            base = math.log(2.0 if name == "log2" else 10.0)
            off = self._number(base)
            ratio = exp.Div(this=ln, expression=off, typed=True, safe=False)
            # In brackets: it may stand below another line.
            return exp.Paren(this=ratio)
        if name == "log1p":
            return self._log1p(x)
        if name == "expm1":
            return self._expm1(x)
        if name == "tanh":
            return self._tanh(x)
        raise RequestError(
            f"{name} has no form in SQL",
            fix="Predict with leastwise, or make the column in the data and fit again",
        )

    def _tanh(self, x: Any) -> Any:
        """(exp(2 x) - 1) / (exp(2 x) + 1), without the difference."""
        exp, held = self.exp, self.exp.Paren(this=x)
        top = self._expm1(exp.Mul(this=self._number(2.0), expression=held.copy()))
        bottom = exp.Add(this=top.copy(), expression=self._number(2.0))
        ratio = exp.Div(
            this=exp.Paren(this=top),
            expression=exp.Paren(this=bottom),
            typed=True,
            safe=False,
        )
        edge = self._number(TANH_IS_ONE), self._number(-TANH_IS_ONE)
        high = exp.GT(this=held.copy(), expression=edge[0])
        low = exp.LT(this=held, expression=edge[1])
        ones = self._number(1.0), self._number(-1.0)
        return self._case([(high, ones[0]), (low, ones[1])], ratio)

    def _log1p(self, x: Any) -> Any:
        """ln(u) x / (u - 1) with u = 1 + x: the rounding of u cancels (Kahan)."""
        exp, one = self.exp, self._number(1.0)
        u = exp.Paren(this=exp.Add(this=one, expression=exp.Paren(this=x)))
        off = exp.Paren(this=exp.Sub(this=u.copy(), expression=one.copy()))
        ratio = exp.Div(
            this=exp.Paren(this=x.copy()), expression=off, typed=True, safe=False
        )
        quotient = exp.Mul(this=exp.Ln(this=u.copy()), expression=exp.Paren(this=ratio))
        same = exp.EQ(this=u, expression=one.copy())
        return self._case([(same, x.copy())], quotient)

    def _expm1(self, x: Any) -> Any:
        """(u - 1) x / ln(u) with u = exp(x): the rounding of u cancels (Kahan)."""
        exp, one = self.exp, self._number(1.0)
        u = self._call("EXP", x)
        off = exp.Paren(this=exp.Sub(this=u.copy(), expression=one))
        far = exp.GT(this=self._call("ABS", x.copy()), expression=self._number(1.0))
        ratio = exp.Div(
            this=exp.Paren(this=x.copy()), expression=exp.Ln(this=u.copy()),
            typed=True, safe=False,
        )  # fmt: skip
        near = exp.Mul(this=off.copy(), expression=exp.Paren(this=ratio))
        same = exp.EQ(this=u, expression=one.copy())
        return self._case([(far, off), (same, x.copy())], near)

    def _column(self, name: str) -> Any:
        return self.exp.column(self.exp.to_identifier(name, quoted=True))

    def _double(self, value: Any) -> Any:
        return self.exp.Cast(this=value, to=self.exp.DataType.build("double"))

    def _missing(self, name: str) -> Any:
        return self.exp.Is(this=self._column(name), expression=self.exp.Null())

    def _any(self, tests: list[Any]) -> Any:
        return tests[0] if len(tests) == 1 else self.exp.or_(*tests)

    def _number(self, value: float) -> Any:
        text = repr(abs(value))
        # Without an exponent some databases take it for a decimal of few digits.
        literal = self.exp.Literal.number(text if "e" in text else f"{text}e0")
        return self.exp.Neg(this=literal) if value < 0 else literal

    def _whole(self, value: int) -> Any:
        literal = self.exp.Literal.number(str(abs(value)))
        return self.exp.Neg(this=literal) if value < 0 else literal

    def _level(self, level: Level) -> Any:
        if isinstance(level, bool):
            return self.exp.Boolean(this=level)
        if isinstance(level, str):
            return self.exp.Literal.string(level)
        if isinstance(level, int) or level.is_integer():
            return self._whole(int(level))
        return self._number(level)

    def _call(self, name: str, *arguments: Any) -> Any:
        return self.exp.Anonymous(this=name, expressions=list(arguments))

    def _case(self, cases: list[tuple[Any, Any]], otherwise: Any) -> Any:
        exp = self.exp
        ifs = [exp.If(this=test, true=value) for test, value in cases]
        return exp.Case(ifs=ifs, default=otherwise)

    def _held(self, e: Expression) -> Any:
        """Write an expression, in brackets where it is a sum."""
        e = e.value if isinstance(e, Named) else e
        made = self.write(e)
        atom = isinstance(e, (Const, Column, Function, Power, Lookup, Compare))
        return made if atom else self.exp.Paren(this=made)

    def _many(self, kind: Any, parts: list[Any]) -> Any:
        made = parts[0]
        for part in parts[1:]:
            made = kind(this=made, expression=part)
        return made

    def _balanced(self, parts: list[Any]) -> Any:
        """Add many parts in brackets: databases refuse what is nested too deeply."""
        if len(parts) <= 50:
            return self._many(self.exp.Add, parts)
        step = -(-len(parts) // 50)
        groups = [parts[i : i + step] for i in range(0, len(parts), step)]
        return self._many(
            self.exp.Add, [self.exp.Paren(this=self._balanced(g)) for g in groups]
        )
