"""PyTorch and TensorFlow train the same line. Run where they are installed."""

import numpy as np
import pytest

from leastwise._kit.optional import installed
from leastwise.engine.compare import run_routes

LIBRARY = {"pytorch": "torch", "tensorflow": "tensorflow"}


@pytest.mark.peers_heavy
@pytest.mark.parametrize("name", list(LIBRARY))
@pytest.mark.parametrize(("p", "intercept"), [(1, True), (3, True), (2, False)])
def test_the_route_finds_the_line_or_says_how_to_install_it(name, p, intercept):
    rng = np.random.default_rng(7)
    X = rng.standard_normal((400, p)) + 5.0
    y = 32 + X @ np.linspace(1.8, -2.0, p) + 3 * rng.standard_normal(400)
    (result,) = run_routes(X, y, intercept=intercept, routes=[name]).results
    if not installed(LIBRARY[name]):
        assert f'pip install "leastwise[{LIBRARY[name]}]"' in result.note
        return
    assert result.estimates is not None, result.note
    # 5000 steps at rate 0.1 on data this round end at rounding.
    assert result.digits > 12
    assert result.steps == 5000 and result.seconds > 0
