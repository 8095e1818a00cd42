"""Another covariance: R's numbers, and what a model keeps of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import leastwise as lw
from leastwise._kit.errors import RequestError

DATA = {"x": [0.0, 1.0, 2.0, 3.0, 5.0], "y": [1.0, 3.0, 5.0, 8.0, 9.0]}


@pytest.mark.parametrize("power", [0, 1, 2])
def test_hc_is_the_sandwich_of_n_by_n(power: int) -> None:
    """The witness has the whole hat matrix, and no centring."""
    m = lw.ols("y ~ x", DATA)
    X = np.column_stack([np.ones(5), DATA["x"]])
    y = np.array(DATA["y"])
    bread = np.linalg.inv(X.T @ X)
    residual = y - X @ bread @ X.T @ y
    leverage = np.diag(X @ bread @ X.T)
    meat = X.T @ np.diag(residual**2 / (1 - leverage) ** power) @ X
    kind = (lw.cov.HC0(), lw.cov.HC2(), lw.cov.HC3())[power]
    robust = m.with_cov(kind)
    np.testing.assert_allclose(robust.covariance, bread @ meat @ bread, rtol=1e-12)
    new = np.column_stack([np.ones(2), [1.5, 10.0]])
    variance = np.einsum("ij,jk,ik->i", new, bread @ meat @ bread, new)
    found = robust.predict({"x": [1.5, 10.0]}, interval="confidence")
    np.testing.assert_allclose(found.std_error, np.sqrt(variance), rtol=1e-12)
    assert kind.name in str(robust) and robust.record().cov.name == kind.name


def test_a_saved_model_keeps_its_covariance_and_has_no_rows(tmp_path: Path) -> None:
    robust = lw.ols("y ~ x", DATA).with_cov(lw.cov.HC3())
    robust.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert again.cov == robust.cov
    for interval in ("confidence", "prediction"):
        one, two = (m.predict({"x": [4.0]}, interval=interval) for m in (robust, again))
        np.testing.assert_array_equal(one.low, two.low)
    with pytest.raises(RequestError, match="no rows"):
        again.with_cov(lw.cov.HC0())


def test_what_is_no_covariance_is_refused() -> None:
    with pytest.raises(RequestError, match=r"lw\.cov\.HC3\(\)"):
        lw.ols("y ~ x", DATA).with_cov(lw.cov.HC3)  # type: ignore[arg-type]
