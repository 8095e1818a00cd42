"""The studentized range against its definition, and against t."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from leastwise.infer import ranges
from leastwise.infer.ranges import range_quantile, range_upper


@pytest.mark.parametrize("dof", [0.5, 1.0, 2.0, 7.0, 60.0, 1e4, 1e6])
@pytest.mark.parametrize("q", [1e-3, 0.5, 3.0, 8.0, 40.0])
def test_two_means_are_a_t(q: float, dof: float) -> None:
    """|a - b| / s is sqrt(2) |t|."""
    right = 2 * stats.t.sf(q / math.sqrt(2), dof)
    if right > 1e-200:
        assert range_upper(q, 2, dof) == pytest.approx(right, rel=1e-10)


def gauss(low: float, high: float, pieces: int) -> tuple[Any, Any]:
    """Points and weights of Gauss and Legendre, thirty to a piece."""
    x, w = np.polynomial.legendre.leggauss(30)
    edges = np.linspace(low, high, pieces + 1)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def by_definition(q: float, means: int, dof: float) -> float:
    """1 - int f(s) W(q s) ds as it is defined, by another rule, in s itself."""
    z, dz = gauss(-9.0, 14.0, 12)
    s, ds = gauss(0.0, 5.0, 20)
    gap = stats.norm.cdf(z) - stats.norm.cdf(z[None, :] - q * s[:, None])
    inside = means * (stats.norm.pdf(z) * dz * gap ** (means - 1)).sum(axis=1)
    density = stats.chi.pdf(s * math.sqrt(dof), dof) * math.sqrt(dof)
    return float(1 - (density * ds * inside).sum())


@pytest.mark.parametrize(
    ("q", "means", "dof"), [(3.5, 3, 20.0), (4.2, 5, 8.0), (12.0, 3, 3.0)]
)
def test_more_means(q: float, means: int, dof: float) -> None:
    assert range_upper(q, means, dof) == pytest.approx(
        by_definition(q, means, dof), rel=1e-10
    )


def test_finer_steps_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [(q, k, d) for q in (0.3, 4.0, 15.0) for k in (3, 20) for d in (1.0, 30.0)]
    coarse = [range_upper(*case) for case in cases]
    monkeypatch.setattr(ranges, "STEP_NORMAL", ranges.STEP_NORMAL / 2)
    monkeypatch.setattr(ranges, "STEP_SPREAD", ranges.STEP_SPREAD / 2)
    np.testing.assert_allclose(coarse, [range_upper(*case) for case in cases], 1e-11)


def test_the_quantile_is_the_inverse_and_tables_have_it() -> None:
    # Pearson and Hartley, Biometrika Tables for Statisticians, table 29.
    assert round(range_quantile(0.95, 3, 20.0), 2) == 3.58
    assert round(range_quantile(0.99, 10, 60.0), 2) == 5.45
    assert round(range_quantile(0.95, 4, math.inf), 2) == 3.63
    for level in (0.5, 0.9, 0.999):
        q = range_quantile(level, 6, 11.0)
        assert range_upper(q, 6, 11.0) == pytest.approx(1 - level, rel=1e-11)


def test_the_ends() -> None:
    assert range_upper(0.0, 3, 5.0) == 1.0 and range_upper(math.inf, 3, 5.0) == 0.0
    assert math.isnan(range_upper(1.0, 3, 0.0)) and math.isnan(range_upper(1.0, 1, 5.0))
    assert math.isnan(range_quantile(0.95, 3, math.nan))
    # A known sigma is the limit of many degrees of freedom.
    assert range_upper(3.0, 4, 1e9) == pytest.approx(
        range_upper(3.0, 4, math.inf), rel=1e-8
    )
