"""Who can answer what: leastwise's doors and its peers, each one line of a table.

To add a candidate: a function (X, y) -> the numbers of its answer, and its line in
`CANDIDATES` at the end. The smoke test holds all that answer the same question to the
same numbers. Peers say what they need; those that are not installed are left out.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import leastwise as lw
from leastwise.engine.plan import fit_rows
from leastwise.infer.summary import coefficient_tests
from leastwise.moments.blocks import Rows
from leastwise.moments.fitted import Want
from leastwise.moments.fold import fold_rows
from leastwise.moments.second_pass import second_pass
from leastwise.solve.again import fitted_of
from leastwise.solve.fit import solve

Array = np.ndarray[Any, Any]
Answer = Callable[[Array, Array], Any]

# The questions. Each answer is about the slopes: the intercept is always estimated.
COEFFICIENTS = "coefficients"
CLASSICAL = "classical standard errors"
INFERENCE = "full inference"
HC3 = "HC3 standard errors"
TIER_2 = "coefficients at tier 2"
TIER_3 = "coefficients at tier 3"


@dataclass(frozen=True)
class Candidate:
    """One way to answer some of the questions.

    Attributes
    ----------
    name : str
        In the table.
    answers : tuple of str
        The questions.
    run : callable (X, y) -> ndarray
        The answer: slopes, their standard errors or their p-values.
    ours : bool
        Whether it is leastwise and is held to what is asked.
    numpy_alone : bool
        Whether the compiled kernel is left out.
    part : bool
        Whether it does only a part of the work, or gives fewer digits than are asked:
        shown, not judged, not a peer to beat.
    needs : tuple of str
        Modules that have to be there.
    most_work : float
        Largest n p^2 worth waiting for.
    """

    name: str
    answers: tuple[str, ...]
    run: Answer
    ours: bool = False
    numpy_alone: bool = False
    part: bool = False
    needs: tuple[str, ...] = ()
    most_work: float = np.inf

    def is_here(self) -> bool:
        """Say whether what it needs is installed."""
        return all(_there(module) for module in self.needs)


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


# --- leastwise -----------------------------------------------------------------


def ols_coefficients(X: Array, y: Array) -> Array:
    """Go in at the public door; the model has everything, the slopes are read."""
    return np.asarray(lw.ols(y=y, X=X).coef.array[1:])


def ols_standard_errors(X: Array, y: Array) -> Array:
    """Read the standard errors of the model."""
    return np.asarray(lw.ols(y=y, X=X).se.array[1:])


def ols_p_values(X: Array, y: Array) -> Array:
    """Read the p-values of the model, which are computed when read."""
    return np.asarray(lw.ols(y=y, X=X).p.array[1:])


def ols_hc3(X: Array, y: Array) -> Array:
    """Ask for another covariance at the public door."""
    return np.asarray(lw.ols(y=y, X=X, cov="HC3").se.array[1:])


def arrays_coefficients(X: Array, y: Array) -> Array:
    """Go in at the door of arrays: everything but names, of which slopes are read."""
    return np.asarray(lw.fit_arrays(X, y).coefficients[1:])


def arrays_standard_errors(X: Array, y: Array) -> Array:
    """Read the standard errors of the same."""
    return np.asarray(lw.fit_arrays(X, y).standard_errors[1:])


def arrays_p_values(X: Array, y: Array) -> Array:
    """Read the p-values of the same, which are computed when read."""
    return np.asarray(lw.fit_arrays(X, y).p[1:])


def engine_coefficients(X: Array, y: Array) -> Array:
    """Fold and solve arrays, without names; standard errors and digits come along."""
    return np.asarray(fit_rows(Rows(X, y[:, None])).fit.coefficients[1:, 0])


def engine_standard_errors(X: Array, y: Array) -> Array:
    """Read the standard errors of the same."""
    return np.asarray(fit_rows(Rows(X, y[:, None])).fit.standard_errors[1:, 0])


def engine_p_values(X: Array, y: Array) -> Array:
    """Test every coefficient of the same."""
    fit = fit_rows(Rows(X, y[:, None])).fit
    tests = coefficient_tests(
        fit.coefficients[:, 0], fit.standard_errors[:, 0], fit.dof
    )
    return np.asarray(tests.p[1:])


def engine_hc3(X: Array, y: Array) -> Array:
    """Fold, solve, and sum the meat of HC3 in a second pass."""
    rows = Rows(X, y[:, None])
    solved = fit_rows(rows)
    m, fitted = solved.moments, fitted_of(solved.moments, solved.fit)
    found = second_pass(rows, m, fitted, Want(power=2))
    bread = fitted.root.T @ fitted.root
    meat = np.asarray(found.meat)[0, 1:, 1:]
    variance = np.diagonal(bread @ meat @ bread)
    scale = m.exponent[-1] - m.exponent[:-1]
    return np.asarray(np.ldexp(np.sqrt(variance), scale))


def at_tier(tier: int, X: Array, y: Array) -> Array:
    """Fold at one tier and solve, no ladder."""
    m = fold_rows(Rows(X, y[:, None]), slices=tier)
    return np.asarray(solve(m).coefficients[1:, 0])


def fold_alone(tier: int, X: Array, y: Array) -> None:
    """Sum the moments and stop."""
    fold_rows(Rows(X, y[:, None]), slices=tier)


# --- peers ---------------------------------------------------------------------


def with_ones(X: Array) -> Array:
    """Put a column of ones before X, as solvers without an intercept need it."""
    return np.column_stack([np.ones(len(X)), X])


def numpy_lstsq(X: Array, y: Array) -> Array:
    """Solve with numpy.linalg.lstsq."""
    return np.asarray(np.linalg.lstsq(with_ones(X), y, rcond=None)[0][1:])


@dataclass(frozen=True)
class ByHand:
    """Normal equations as one writes them: BLAS, means taken off, Cholesky."""

    slopes: Array
    inverse: Array
    rss: float
    dof: int


def by_hand(X: Array, y: Array) -> ByHand:
    """Solve the normal equations in float64, nothing certified."""
    n, p = X.shape
    mean, level = X.mean(axis=0), y.mean()
    gram = X.T @ X - n * np.outer(mean, mean)
    cross = X.T @ y - n * mean * level
    half = np.linalg.inv(np.linalg.cholesky(gram))
    inverse = half.T @ half
    slopes = inverse @ cross
    rss = float(y @ y - n * level**2 - slopes @ cross)
    return ByHand(slopes, inverse, rss, n - p - 1)


def gram_cholesky(X: Array, y: Array) -> Array:
    """Read the slopes of the normal equations."""
    from scipy.linalg import cho_factor, cho_solve

    n = len(X)
    mean, level = X.mean(axis=0), y.mean()
    gram = X.T @ X - n * np.outer(mean, mean)
    factor = cho_factor(gram, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, X.T @ y - n * mean * level))


def gram_standard_errors(X: Array, y: Array) -> Array:
    """Read classical standard errors of the normal equations."""
    fit = by_hand(X, y)
    return np.asarray(np.sqrt(np.diagonal(fit.inverse) * (fit.rss / fit.dof)))


def gram_p_values(X: Array, y: Array) -> Array:
    """Test the slopes of the normal equations."""
    from scipy.special import stdtr

    fit = by_hand(X, y)
    se = np.sqrt(np.diagonal(fit.inverse) * (fit.rss / fit.dof))
    return np.asarray(2 * stdtr(fit.dof, -np.abs(fit.slopes / se)))


def gram_hc3(X: Array, y: Array) -> Array:
    """Write HC3 by hand: leverages and scores as whole matrices."""
    fit = by_hand(X, y)
    centred = X - X.mean(axis=0)
    residual = (y - y.mean()) - centred @ fit.slopes
    leverage = 1 / len(X) + ((centred @ fit.inverse) * centred).sum(axis=1)
    scores = centred * (residual / (1 - leverage))[:, None]
    meat = scores.T @ scores
    return np.asarray(np.sqrt(np.diagonal(fit.inverse @ meat @ fit.inverse)))


def triangle(X: Array, y: Array) -> Array:
    """Return R of [1, X, y] by Householder reflections, Q left where it is."""
    from scipy.linalg import qr

    stack = np.column_stack([np.ones(len(X)), X, y])
    (r,) = qr(stack, mode="r", overwrite_a=True, check_finite=False)
    return np.asarray(r[: stack.shape[1]])


def qr_coefficients(X: Array, y: Array) -> Array:
    """Solve with Householder QR."""
    from scipy.linalg import solve_triangular

    r = triangle(X, y)
    return np.asarray(solve_triangular(r[:-1, :-1], r[:-1, -1])[1:])


def qr_standard_errors(X: Array, y: Array) -> Array:
    """Read classical standard errors off the triangle."""
    return _qr_tests(X, y)[1]


def qr_p_values(X: Array, y: Array) -> Array:
    """Test the slopes of Householder QR."""
    from scipy.special import stdtr

    slopes, se = _qr_tests(X, y)
    return np.asarray(2 * stdtr(len(X) - X.shape[1] - 1, -np.abs(slopes / se)))


def _qr_tests(X: Array, y: Array) -> tuple[Array, Array]:
    from scipy.linalg import solve_triangular

    r = triangle(X, y)
    m = len(r) - 1
    inverse = solve_triangular(r[:m, :m], np.eye(m))
    variance = (inverse**2).sum(axis=1) * (r[m, m] ** 2 / (len(X) - m))
    return (inverse @ r[:m, m])[1:], np.sqrt(variance)[1:]


def longdouble_gram(X: Array, y: Array) -> Array:
    """Sum the Gram in 64 bits (where the machine has them), solve in 53."""
    wide = np.column_stack([X, y]).astype(np.longdouble)
    wide -= wide.mean(axis=0)
    gram = (wide.T @ wide).astype(np.float64)
    return np.asarray(np.linalg.solve(gram[:-1, :-1], gram[:-1, -1]))


def scikit_learn(X: Array, y: Array) -> Array:
    """Fit with scikit-learn."""
    from sklearn.linear_model import LinearRegression

    return np.asarray(LinearRegression().fit(X, y).coef_)


def intelex(X: Array, y: Array) -> Array:
    """Fit with scikit-learn-intelex (oneDAL), without patching scikit-learn."""
    regression = importlib.import_module("sklearnex.linear_model").LinearRegression
    return np.asarray(regression().fit(X, y).coef_)


def statsmodels_fit(X: Array, y: Array) -> Any:
    """Fit with statsmodels."""
    import statsmodels.api as sm

    return sm.OLS(y, with_ones(X)).fit()


def statsmodels_coefficients(X: Array, y: Array) -> Array:
    """Read the slopes."""
    return np.asarray(statsmodels_fit(X, y).params[1:])


def statsmodels_standard_errors(X: Array, y: Array) -> Array:
    """Read the standard errors."""
    return np.asarray(statsmodels_fit(X, y).bse[1:])


def statsmodels_p_values(X: Array, y: Array) -> Array:
    """Read the p-values, of t."""
    return np.asarray(statsmodels_fit(X, y).pvalues[1:])


def statsmodels_hc3(X: Array, y: Array) -> Array:
    """Read the standard errors of HC3."""
    return np.asarray(statsmodels_fit(X, y).HC3_se[1:])


# --- the table -----------------------------------------------------------------

_FINER = (TIER_2, TIER_3)
_LEARN = ("sklearn",)
_SM = ("statsmodels",)
_EVERY = (COEFFICIENTS, CLASSICAL, INFERENCE)


def _engine(name: str, *, numpy_alone: bool) -> tuple[Candidate, ...]:
    """Return what runs with the compiled kernel and again without."""
    make = partial(Candidate, ours=True, numpy_alone=numpy_alone)
    return (
        make(f"fit_rows, {name}", (COEFFICIENTS,), engine_coefficients),
        make(f"fit_rows, {name}", (CLASSICAL,), engine_standard_errors),
        make(f"fit_rows, {name}", (INFERENCE,), engine_p_values),
        make(f"fit_rows and HC3, {name}", (HC3,), engine_hc3),
        make(f"tier 2 and solve, {name}", (TIER_2,), partial(at_tier, 2)),
        make(f"tier 3 and solve, {name}", (TIER_3,), partial(at_tier, 3)),
        make(f"fold alone, tier 1, {name}", _EVERY, partial(fold_alone, 1), part=True),
        make(
            f"fold alone, tier 2, {name}",
            (*_EVERY, TIER_2),
            partial(fold_alone, 2),
            part=True,
        ),
        make(
            f"fold alone, tier 3, {name}",
            (*_EVERY, TIER_3),
            partial(fold_alone, 3),
            part=True,
        ),
    )


CANDIDATES: tuple[Candidate, ...] = (
    # leastwise: a new path of ours is a line here.
    Candidate("lw.ols", (COEFFICIENTS,), ols_coefficients, ours=True),
    Candidate("lw.ols", (CLASSICAL,), ols_standard_errors, ours=True),
    Candidate("lw.ols", (INFERENCE,), ols_p_values, ours=True),
    Candidate("lw.ols", (HC3,), ols_hc3, ours=True),
    Candidate("lw.fit_arrays", (COEFFICIENTS,), arrays_coefficients, ours=True),
    Candidate("lw.fit_arrays", (CLASSICAL,), arrays_standard_errors, ours=True),
    Candidate("lw.fit_arrays", (INFERENCE,), arrays_p_values, ours=True),
    *_engine("compiled", numpy_alone=False),
    *_engine("NumPy", numpy_alone=True),
    # Peers: a new one is a line here, and its version one in requirements.txt.
    Candidate("normal equations, float64", (COEFFICIENTS,), gram_cholesky),
    Candidate("normal equations, float64", (CLASSICAL,), gram_standard_errors),
    Candidate("normal equations, float64", (INFERENCE,), gram_p_values),
    Candidate("normal equations, float64", (HC3,), gram_hc3),
    Candidate("scikit-learn-intelex", (COEFFICIENTS,), intelex, needs=("sklearnex",)),
    Candidate("scikit-learn", (COEFFICIENTS,), scikit_learn, needs=_LEARN),
    Candidate("numpy lstsq", (COEFFICIENTS,), numpy_lstsq),
    Candidate("scipy QR", (COEFFICIENTS,), qr_coefficients, most_work=5e9),
    Candidate("scipy QR", (CLASSICAL,), qr_standard_errors, most_work=5e9),
    Candidate("scipy QR", (INFERENCE,), qr_p_values, most_work=5e9),
    Candidate("Gram in long double", _FINER, longdouble_gram),
    # What float64 alone takes: fewer digits, so not an answer.
    Candidate("normal equations, float64 alone", _FINER, gram_cholesky, part=True),
    Candidate("scipy QR, float64 alone", _FINER, qr_coefficients, part=True),
    Candidate("statsmodels", (COEFFICIENTS,), statsmodels_coefficients, needs=_SM),
    Candidate("statsmodels", (CLASSICAL,), statsmodels_standard_errors, needs=_SM),
    Candidate("statsmodels", (INFERENCE,), statsmodels_p_values, needs=_SM),
    Candidate("statsmodels", (HC3,), statsmodels_hc3, needs=_SM),
)


def who_answers(question: str, n: int, p: int) -> dict[str, Candidate]:
    """Return by name who answers a question about n rows of p inputs, here."""
    return {
        c.name: c
        for c in CANDIDATES
        if question in c.answers and n * p**2 <= c.most_work and c.is_here()
    }
