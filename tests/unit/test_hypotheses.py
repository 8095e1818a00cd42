"""Hypotheses, combinations, functions of coefficients and tables of variance: R's."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import statsmodels.api as sm

import leastwise as lw
from leastwise._kit.errors import FormulaError, RequestError
from leastwise.infer.dist import chi2_upper, f_quantile, f_upper
from tests.witness.test_r import MODELS

R = Path(__file__).parents[1] / "data" / "r"
RNG = np.random.default_rng(12)
N = 40
DATA: dict[str, Any] = {
    "a": RNG.normal(3.0, 1.0, N),
    "b": RNG.normal(size=N),
    "g": RNG.choice(["p", "q", "r"], N),
    "h": RNG.choice(["u", "v"], N),
    "w": RNG.uniform(0.5, 2.0, N),
}
DATA["y"] = 1 + 2 * DATA["a"] - DATA["b"] + RNG.normal(size=N)


def fit(name: str, model: str) -> tuple[Any, Any]:
    ref = json.loads((R / f"{name}.json").read_text("utf-8"))["models"][model]
    weights = ref["weights"]
    return lw.ols(MODELS[name][model], R / f"{name}.csv", weights=weights), ref


@pytest.mark.parametrize(
    ("name", "model"), [("mtcars", "multi"), ("stackloss", "full")]
)
def test_the_hypotheses_of_r(name: str, model: str) -> None:
    m, ref = fit(name, model)
    for case in ref["hypotheses"]:
        for key, of in (("F", m), ("F_HC3", m.with_cov(lw.cov.HC3()))):
            found = of.test(case["h"])
            assert found.statistic == pytest.approx(case[key]["F"], rel=1e-10)
            assert found.p_value == pytest.approx(case[key]["p"], rel=1e-10)
            assert found.df == (1, m.dof)


TABLES = [
    (name, model)
    for name, model in (
        ("mtcars", "simple"),
        ("mtcars", "multi"),
        ("mtcars", "factor"),
        ("mtcars", "interaction"),
        ("mtcars", "wls"),
        ("stackloss", "full"),
        ("longley_r", "full"),
        ("warpbreaks", "two_way"),
        ("toothgrowth", "num"),
        ("toothgrowth", "fac"),
        ("iris", "inter"),
        ("airquality", "na_month"),
    )
]


@pytest.mark.parametrize(("name", "model"), TABLES)
@pytest.mark.parametrize("kind", [1, 2])
def test_the_tables_of_r(name: str, model: str, kind: Any) -> None:
    m, ref = fit(name, model)
    table = ref[f"anova{kind}"]
    found = m.anova(type=kind)
    assert len(found.rows) == len(table["rows"])
    # R takes differences of sums of squares on longley: it has 10 digits there.
    close = {"rel": 1e-8 if name == "longley_r" else 1e-10}
    columns = {column: i for i, column in enumerate(table["cols"])}
    for row, values in zip(found.rows, table["values"], strict=True):
        assert row.df == values[columns["Df"]]
        assert row.squares == pytest.approx(values[columns["Sum Sq"]], **close)
        if row.name != "Residuals":
            assert row.f == pytest.approx(values[columns["F value"]], **close)
            # p amplifies what F is off by.
            p = values[columns["Pr(>F)"]]
            assert row.p_value == pytest.approx(p, rel=1e-7)


def test_type_three_is_the_drop_of_each_term() -> None:
    formula = "y ~ C(g, Sum) * C(h, Sum) + a"
    m = lw.ols(formula, DATA)
    found = m.anova(type=3)
    X = np.column_stack([np.ones(N), _design(m)])
    place = {"C(g, Sum)": [1, 2], "C(h, Sum)": [3], "a": [4]}
    place["C(g, Sum):C(h, Sum)"] = [5, 6]
    assert [row.name for row in found.rows[:-1]] == list(place)
    for name, columns in place.items():
        rest = np.delete(X, columns, axis=1)
        without = float(sm.OLS(DATA["y"], rest).fit().ssr)
        right = without - float(sm.OLS(DATA["y"], X).fit().ssr)
        assert found[name].squares == pytest.approx(right, rel=1e-9)
        assert found[name].df == len(columns)
    assert found["Residuals"].squares == pytest.approx(m.quality.rss, rel=1e-14)
    robust = m.with_cov(lw.cov.HC3())
    wald = robust.anova(type=3)["C(g, Sum)"]
    names = [n for n in m.names if n.startswith("C(g, Sum)[") and ":" not in n]
    assert robust.test(*names).statistic == pytest.approx(wald.f, rel=1e-12)
    assert np.isnan(wald.squares)


def _design(m: Any) -> Any:
    from leastwise.rows.read import read_table

    return m.recipe.replay(read_table(DATA)).X


def test_the_squares_of_type_one_add_up() -> None:
    m = lw.ols("y ~ a * g + b", DATA, weights="w")
    found = m.anova(type=1)
    total = sum(row.squares for row in found.rows)
    assert total == pytest.approx(m.quality.tss, rel=1e-12)


def test_models_inside_each_other() -> None:
    """As R's anova(m1, m2, m3): the variance is that of the largest."""
    one, two, three = (
        lw.ols(f"y ~ {right}", DATA) for right in ("a", "a + g", "a * g + b")
    )
    found = lw.anova(three, one, two)
    theirs = [
        sm.OLS(DATA["y"], np.column_stack([np.ones(N), _design(m)])).fit()
        for m in (one, two, three)
    ]
    s2 = theirs[2].ssr / theirs[2].df_resid
    for i, row in enumerate(found.rows[:2]):
        df = theirs[i].df_resid - theirs[i + 1].df_resid
        f = (theirs[i].ssr - theirs[i + 1].ssr) / df / s2
        assert (row.df, row.f) == (df, pytest.approx(f, rel=1e-9))
        assert row.p_value == pytest.approx(f_upper(f, df, three.dof), rel=1e-8)
    # The same columns by other names are inside, other columns are not.
    again = lw.ols("y ~ I(2 * a + 7)", DATA)
    assert lw.anova(again, two).rows[0].f == pytest.approx(
        lw.anova(one, two).rows[0].f, rel=1e-10
    )
    for other, said in (
        (lw.ols("y ~ b", DATA), "is not inside"),
        (lw.ols("a ~ b", DATA), "differ in rows, target or weights"),
        (lw.ols("y ~ a", DATA, weights="w"), "differ in rows, target or weights"),
        (lw.ols("y ~ a + I(b ** 2) + h", DATA), "as many coefficients"),
    ):
        with pytest.raises(RequestError, match=said):
            lw.anova(other, two)
    with pytest.raises(RequestError, match="nothing to compare"):
        lw.anova(one)
    with pytest.raises(RequestError, match="different covariances"):
        lw.anova(one, two.with_cov(lw.cov.HC3()))


def test_several_hypotheses_at_once() -> None:
    m = lw.ols("y ~ a * g + b", DATA)
    theirs = sm.OLS(DATA["y"], np.column_stack([np.ones(N), _design(m)])).fit()
    rows = np.zeros((3, 7))
    names = list(m.names)
    for i, name in enumerate(("a:g[T.q]", "a:g[T.r]")):
        rows[i, names.index(name)] = 1.0
    rows[2, names.index("a")], rows[2, names.index("b")] = 1.0, 2.0
    right = theirs.f_test((rows, np.array([0.0, 0.0, 0.5])))
    found = m.test("a:g[T.q] = a:g[T.r] = 0", "a = 0.5 - 2 * b")
    assert found.statistic == pytest.approx(float(right.fvalue), rel=1e-9)
    assert found.p_value == pytest.approx(float(right.pvalue), rel=1e-8)
    assert found.df == (3, m.dof) and "F " in str(found)
    # Neither order nor units of a hypothesis matter.
    same = m.test("1e6 * a + 2e6 * b = 5e5", "a:g[T.r] = 0", "a:g[T.q]")
    assert same.statistic == pytest.approx(found.statistic, rel=1e-12)


def test_a_matrix_says_the_same_as_text() -> None:
    m = lw.ols("y ~ a + b", DATA)
    one = m.test("a = 2 * b", "Intercept - 3 = 0")
    two = m.test([[0.0, 1.0, -2.0], [1.0, 0.0, 0.0]], values=[0.0, 3.0])
    assert (one.statistic, one.p_value, one.df) == (
        two.statistic,
        two.p_value,
        two.df,
    )
    assert two.hypotheses == ("a - 2 * b = 0", "Intercept = 3")
    assert m.test([0.0, 1.0, 0.0]).statistic == m.test("a").statistic
    for ask, said in (
        (lambda: m.test([[1.0, 2.0]]), "shape"),
        (lambda: m.test([[1.0, 2.0, 3.0]], values=[1.0, 2.0]), "shape"),
        (lambda: m.test([[0.0, 0.0, 0.0]]), "says nothing"),
        (lambda: m.test([[0.0, np.nan, 0.0]]), "not finite"),
        (lambda: m.test([["x", "y", "z"]]), "no numbers"),
        (lambda: m.test("a", [[0.0, 1.0, 0.0]]), "all text, or one"),
        (lambda: m.test("a", values=[1.0]), "goes with a matrix"),
    ):
        with pytest.raises(RequestError, match=said):
            ask()


def test_hypotheses_that_depend_on_others_are_named() -> None:
    m = lw.ols("y ~ a + b", DATA)
    for asked, said in (
        (
            ("a = b", "b = 0.1", "3 * a = 0.3"),
            '"3 \\* a = 0.3" follows from "a = b", "b',
        ),
        (("a = b", "b = 0.1", "a = 0.2"), '"a = 0.2" contradicts "a = b", "b = 0.1"'),
        (("a = b = 0", "2 * a = 0"), '"2 \\* a = 0" follows from "a = b = 0"'),
    ):
        with pytest.raises(RequestError, match=said):
            m.test(*asked)


def test_the_line_at_a_date_keeps_its_digits() -> None:
    n = 40
    t, y = 1.7e9 + np.arange(n) * 60.0, np.round(np.sin(np.arange(n)), 6)
    m = lw.ols("y ~ t", {"t": t, "y": y})
    x, v = [Fraction(k) for k in t.tolist()], [Fraction(k) for k in y.tolist()]
    middle, level = sum(x) / n, sum(v) / n
    sxx = sum((a - middle) ** 2 for a in x)
    slope = sum((a - middle) * (b - level) for a, b in zip(x, v, strict=True)) / sxx
    left = (b - level - slope * (a - middle) for a, b in zip(x, v, strict=True))
    variance = sum(e**2 for e in left) / (n - 2)
    at = Fraction(1700000600)
    value = level + slope * (at - middle) - 3
    right = value**2 / variance / (Fraction(1, n) + (at - middle) ** 2 / sxx)
    # The estimate of the intercept beside 1.7e9 slopes would leave 4 digits.
    test = m.test("Intercept + 1700000600 * t = 3")
    assert test.statistic == pytest.approx(float(right), rel=1e-12)
    found = m.delta("Intercept + 1700000600 * t - 3").rows[0]
    error = float(variance * (Fraction(1, n) + (at - middle) ** 2 / sxx)) ** 0.5
    assert found.std_error == pytest.approx(error, rel=1e-12)


def test_a_covariance_of_few_clusters_cannot_test_many() -> None:
    data = {**DATA, "half": np.arange(len(DATA["y"])) % 2}
    m = lw.ols("y ~ a + b", data).with_cov(lw.cov.Cluster("half"))
    with pytest.raises(RequestError, match="no rank for 3 hypotheses"):
        m.test("Intercept", "a", "b")


def test_combinations_one_by_one() -> None:
    m = lw.ols("y ~ a + b + g", DATA)
    found = m.linear("a", "a - 2 * b", "(g[T.q] + g[T.r]) / 2 = 0.25")
    assert found["a"].t == pytest.approx(m.t["a"], rel=1e-13)
    assert found["a"].p_value == pytest.approx(m.p["a"], rel=1e-11)
    assert (found["a"].low, found["a"].high) == pytest.approx(
        m.interval()["a"], rel=1e-13
    )
    theirs = sm.OLS(DATA["y"], np.column_stack([np.ones(N), _design(m)])).fit()
    right = theirs.t_test((np.array([0.0, 0.0, 0.0, 0.5, 0.5]), 0.25))
    line = found.rows[2]
    assert line.t == pytest.approx(float(np.ravel(right.tvalue)[0]), rel=1e-9)
    both = m.linear("a", "b", adjust="scheffe")
    # Scheffe: t^2 / 2 is F with 2 numerator degrees of freedom.
    t = m.t["b"]
    assert both["b"].p_value == pytest.approx(f_upper(t * t / 2, 2, m.dof), rel=1e-12)
    half = np.sqrt(2 * f_quantile(0.95, 2, m.dof)) * m.se["b"]
    assert both["b"].high == pytest.approx(m.coef["b"] + half, rel=1e-13)
    three = m.linear("a", "b", "a + b", adjust="scheffe")
    assert three["b"].p_value == pytest.approx(both["b"].p_value, rel=1e-14)
    many = m.linear("a", "b", "a + b", adjust="bonferroni")
    assert many["b"].p_value == pytest.approx(min(1.0, 3 * m.p["b"]), rel=1e-12)


def test_functions_of_coefficients() -> None:
    m = lw.ols("y ~ a + b", DATA).with_cov(lw.cov.HC1())
    a, b = m.coef["a"], m.coef["b"]
    gradient = {"a": 1 / b, "b": -a / b**2}
    row = np.array([gradient.get(name, 0.0) for name in m.names])
    right = float(np.sqrt(row @ m.covariance @ row))

    def ratio(c: Any) -> Any:
        return c["a"] / c["b"]

    found = m.delta("a / b", ratio, "exp(log(a)) ** 2 + 3", lambda c: jnp.sin(c["b"]))
    for line in found.rows[:2]:
        assert (line.estimate, line.std_error) == pytest.approx(
            (a / b, right), rel=1e-12
        )
    assert found.rows[1].label == "ratio"
    assert found.rows[2].std_error == pytest.approx(2 * abs(a) * m.se["a"], rel=1e-12)
    assert found.rows[3].std_error == pytest.approx(
        abs(np.cos(b)) * m.se["b"], rel=1e-12
    )


def test_expressions_are_read_as_they_are_written() -> None:
    m = lw.ols("y ~ a * b", DATA)
    v = {name: m.coef[name] for name in m.names}
    cases = {
        "a - b - a:b": v["a"] - v["b"] - v["a:b"],
        "-2 ** 2 + a": -4 + v["a"],
        "2 * (a - 1) / 4": (v["a"] - 1) / 2,
        "a:b * 1e2 - .5": 100 * v["a:b"] - 0.5,
        "--a": v["a"],
        "a * 2^3": 8 * v["a"],
        "sqrt(4) * a + exp(0)": 2 * v["a"] + 1,
    }
    for text, right in cases.items():
        assert m.delta(text).rows[0].estimate == pytest.approx(right, rel=1e-12)
        assert m.linear(text).rows[0].estimate == pytest.approx(right, rel=1e-12)


def test_a_name_is_whole_where_it_stands() -> None:
    data = DATA | {"x2": DATA["a"], "x": DATA["b"], "net rent": DATA["w"]}
    m = lw.ols("y ~ x + x2 + `net rent`", data)
    assert m.linear("x2 - x").rows[0].estimate == pytest.approx(
        m.coef["x2"] - m.coef["x"], rel=1e-12
    )
    name = next(n for n in m.names if "rent" in n)
    assert m.test(f"{name} = 0").p_value == pytest.approx(m.p[name], rel=1e-10)


WRONG = {
    "zz = 1": (FormulaError, '"zz" is no coefficient'),
    "a = ": (FormulaError, "ends too early"),
    "a b": (FormulaError, "is not expected here"),
    "(a": (FormulaError, "ends too early"),
    "a * * b": (FormulaError, "stands where a name"),
    "a ! b": (FormulaError, '"!" is no coefficient'),
    "": (FormulaError, "ends too early"),
    "a * b = 1": (RequestError, "two coefficients are multiplied"),
    "1 / a": (RequestError, "is linear in the coefficients"),
    "exp(a)": (RequestError, "is linear in the coefficients"),
    "a / 0": (RequestError, "division by zero"),
    "1 = 1": (RequestError, "says nothing of a coefficient"),
    "a = a": (RequestError, "says nothing of a coefficient"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_hypothesis(text: str) -> None:
    kind, said = WRONG[text]
    m = lw.ols("y ~ a + b", DATA)
    with pytest.raises(kind) as found:
        m.test(text)
    assert said in str(found.value)


def test_what_cannot_be_tested() -> None:
    m = lw.ols("y ~ a + b + I(2 * a)", DATA)
    for ask, said in (
        (lambda: m.test(), "there is no hypothesis"),
        (lambda: m.test("I(2 * a) = 0"), "was left out of the fit"),
        (lambda: m.delta("I(2 * a) / b"), "was left out of the fit"),
        (lambda: m.test("a = 1", "2 * a = 3"), '"2 \\* a = 3" contradicts "a = 1"'),
        (lambda: m.test("a", "b", "a - b"), '"a - b" follows from "a", "b"'),
        (lambda: m.linear("a = b = 0"), "one side"),
        (lambda: m.linear("a", adjust="some"), "adjust='some' is unknown"),
        (lambda: m.delta("a = 1"), "equals sign"),
        (lambda: m.delta(), "nothing to estimate"),
        (lambda: m.delta("log(0 * a)"), "no value or no derivative"),
        (lambda: m.anova(type=4), "type=4 is unknown"),
        (lambda: m.with_cov(lw.cov.HC3()).anova(type=2), "combination of others"),
    ):
        with pytest.raises(RequestError, match=said):
            ask()
    with pytest.raises(RequestError, match="a matrix of shape"):
        m.test(3)  # type: ignore[arg-type]


def test_tails() -> None:
    from scipy import stats

    for level in (0.5, 0.95, 0.9999):
        for df in ((1.0, 5.0), (4.0, 30.0), (12.0, 2.5)):
            q = f_quantile(level, *df)
            assert f_upper(q, *df) == pytest.approx(1 - level, rel=1e-12)
    assert chi2_upper(3.0, 2.0) == pytest.approx(float(np.exp(-1.5)), rel=1e-14)
    assert chi2_upper(50.0, 7.0) == pytest.approx(stats.chi2.sf(50.0, 7), rel=1e-12)
    assert np.isnan(f_quantile(0.9, 0.0, 2.0)) and np.isnan(chi2_upper(1.0, 0.0))


def test_names_are_read_whatever_their_spaces() -> None:
    data = {**DATA, "net rent": DATA["b"] + RNG.normal(size=N)}
    m = lw.ols("y ~ a * C(g) + `net rent`", data)
    name = next(v for v in m.names if v.startswith("C(g)"))
    spaced = name.replace("(", "( ").replace("[", " [ ")
    for one, two in (
        (name, spaced),
        ("net rent", "`net rent`"),
        ("Intercept", "(Intercept)"),
        (f"a:{name} = 2", f"a : {spaced} = 2"),
    ):
        assert m.test(one).statistic == m.test(two).statistic


LONG = (
    ("(" * 3000 + "a" + ")" * 3000, "too deep"),
    ("-" * 5000 + "a", "too deep"),
    ("a = 1e999", "beyond float64"),
    ("a = 0 / 0", "not finite"),
    ("1 / 0 * a", "not finite"),
    ("2 ** 5000 * a", "not finite"),
    (" + ".join(["a"] * 5000), "too deep|too many parts"),
)


@pytest.mark.parametrize(("text", "said"), LONG)
def test_no_expression_breaks_the_reader(text: str, said: str) -> None:
    m = lw.ols("y ~ a + b", DATA)
    for ask in (m.test, m.linear, m.delta):
        if ask == m.delta and "=" in text and "1e999" not in text:
            continue
        with pytest.raises(lw.LeastwiseError, match=said):
            ask(text)


def test_each_combination_has_the_degrees_of_freedom_of_its_parts() -> None:
    data = {**DATA, "c": np.arange(N) % 7}
    m = lw.ols("y ~ a + b", data).with_cov(lw.cov.Cluster("c", kind="CR2"))
    lines = m.linear("Intercept", "a", "b").rows
    assert [row.p_value for row in lines] == pytest.approx(m.p.array, rel=1e-9)
    bounds = np.array([(row.low, row.high) for row in lines])
    assert bounds == pytest.approx(m.interval().array, rel=1e-9)
    assert m.test("b").p_value == pytest.approx(m.p["b"], rel=1e-9)
    assert m.test("a", "b").df[1] == min(m.t_dof[1:])
