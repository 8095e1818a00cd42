"""The restore is exact algebra: round trips, the direct fit, covariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leastwise._kit.errors import RequestError
from leastwise.moments.affine import (
    Affine,
    restore,
    restore_covariance,
    restore_matrix,
    standardise,
    standardise_covariance,
)


def rows(p, k=1, n=60, seed=0, offset=3.0):
    rng = np.random.default_rng(seed)
    X = offset + rng.standard_normal((n, p)) * 10.0 ** rng.uniform(-2, 2, p)
    Y = 40.0 + X @ rng.standard_normal((p, k)) + rng.standard_normal((n, k))
    return X, Y


def units(values):
    return Affine(values.mean(axis=0), values.std(axis=0))


def fit(X, Y):
    """Coefficients and (X'X)^-1 of a fit with an intercept, by QR."""
    design = np.column_stack([np.ones(len(X)), X])
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    return inverse @ (q.T @ Y), inverse @ inverse.T


@st.composite
def changes(draw):
    p, k = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    number = st.floats(-100, 100, allow_subnormal=False)
    size = st.floats(0.01, 100)

    def take(what, *shape):
        many = [draw(what) for _ in range(int(np.prod(shape)))]
        return np.array(many).reshape(shape)

    inputs = Affine(take(number, p), take(size, p))
    targets = Affine(take(number, k), take(size, k))
    return take(number, p + 1, k), inputs, targets


@given(changes())
@settings(deadline=None, max_examples=80)
def test_standardise_undoes_restore(case):
    a, inputs, targets = case
    back = standardise(restore(a, inputs, targets), inputs, targets)
    # The intercept is a difference of terms as large as slope * shift / scale_y.
    size = np.abs(a) + (np.abs(targets.shift) / targets.scale)
    size[0] += np.sum(np.abs(a[1:] * (inputs.shift / inputs.scale)[:, None]), axis=0)
    assert np.all(np.abs(back - a) <= 2.0**-48 * (size + 1e-300))


@given(changes())
@settings(deadline=None, max_examples=80)
def test_the_inverse_change_of_units_restores_back(case):
    a, inputs, targets = case
    one = standardise(a, inputs, targets)
    two = restore(a, inputs.inverse, targets.inverse)
    size = np.max(np.abs(one)) + np.max(np.abs(targets.shift / targets.scale))
    size += np.max(np.abs(a)) * np.sum(np.abs(inputs.shift)) / np.min(targets.scale)
    # Two orders of the same dozen roundings.
    assert np.all(np.abs(one - two) <= 2.0**-47 * (size + 1e-300))


@given(changes())
@settings(deadline=None, max_examples=40)
def test_predictions_do_not_change(case):
    a, inputs, targets = case
    b = restore(a, inputs, targets)
    x = np.linspace(-5, 5, len(inputs.scale))[None, :]
    direct = b[0] + x @ b[1:]
    through = targets.undo(a[0] + inputs.apply(x) @ a[1:])
    size = np.abs(b[0]) + np.abs(x) @ np.abs(b[1:]) + np.abs(targets.shift)
    size = size + np.sum(np.abs(inputs.shift[:, None] * b[1:]), axis=0)
    assert np.all(np.abs(direct - through) <= 2.0**-47 * (size + 1e-300))


@pytest.mark.parametrize("p", [1, 3, 8])
@pytest.mark.parametrize("k", [1, 2])
def test_restored_coefficients_are_those_of_the_direct_fit(p, k):
    X, Y = rows(p, k)
    inputs, targets = units(X), units(Y)
    a, _ = fit(inputs.apply(X), targets.apply(Y))
    direct = np.linalg.lstsq(np.column_stack([np.ones(len(X)), X]), Y, rcond=None)[0]
    # lstsq on raw columns whose sizes differ 1e4-fold is the less accurate side.
    np.testing.assert_allclose(restore(a, inputs, targets), direct, rtol=1e-10)


@pytest.mark.parametrize("p", [1, 3, 8])
def test_restored_covariance_is_that_of_the_direct_fit(p):
    X, Y = rows(p, 2)
    inputs, targets = units(X), units(Y)
    n = len(X)

    def covariances(X, Y):
        b, inverse = fit(X, Y)
        residuals = Y - b[0] - X @ b[1:]
        variance = np.sum(residuals**2, axis=0) / (n - p - 1)
        return variance[:, None, None] * inverse

    standard = covariances(inputs.apply(X), targets.apply(Y))
    direct = covariances(X, Y)
    restored = restore_covariance(standard, inputs, targets)
    size = np.sqrt(np.einsum("kii,kjj->kij", direct, direct))
    # Off-diagonal entries are compared in units of the two standard errors.
    assert np.max(np.abs(restored - direct) / size) < 1e-10
    back = standardise_covariance(direct, inputs, targets)
    size = np.sqrt(np.einsum("kii,kjj->kij", standard, standard))
    assert np.max(np.abs(back - standard) / size) < 1e-9
    one = restore_covariance(standard[1], inputs, units(Y[:, 1:]))
    # NumPy sums a column alone in another order: the last bits of its deviation.
    np.testing.assert_allclose(one, restored[1], rtol=1e-14)


def test_the_matrix_and_the_formula_agree():
    X, Y = rows(3)
    inputs, targets = units(X), units(Y)
    a = np.array([[0.3], [1.0], [-2.0], [0.5]])
    j = restore_matrix(inputs, float(targets.scale[0]))
    b = j @ a
    b[0] += targets.shift
    np.testing.assert_allclose(restore(a, inputs, targets), b, rtol=1e-14)


def test_a_whole_descent_is_restored_at_once():
    X, Y = rows(2, 2)
    inputs, targets = units(X), units(Y)
    path = np.random.default_rng(1).standard_normal((7, 3, 2))
    whole = restore(path, inputs, targets)
    for a, b in zip(path, whole, strict=True):
        np.testing.assert_allclose(restore(a, inputs, targets), b, rtol=1e-13)


def test_without_an_intercept_only_scales_are_undone():
    X, Y = rows(3)
    inputs, targets = [
        Affine(np.zeros(z.shape[1]), np.sqrt(np.mean(z**2, axis=0))) for z in (X, Y)
    ]
    a = np.linalg.lstsq(inputs.apply(X), targets.apply(Y), rcond=None)[0]
    direct = np.linalg.lstsq(X, Y, rcond=None)[0]
    b = restore(a, inputs, targets, intercept=False)
    np.testing.assert_allclose(b, direct, rtol=1e-10)
    np.testing.assert_allclose(
        standardise(b, inputs, targets, intercept=False), a, rtol=1e-14
    )
    j = restore_matrix(inputs, float(targets.scale[0]), intercept=False)
    np.testing.assert_allclose(j @ a, b, rtol=1e-14)


def test_a_shift_without_an_intercept_is_refused():
    X, Y = rows(2)
    inputs, targets = units(X), units(Y)
    for call in (
        lambda: restore(np.zeros((2, 1)), inputs, targets, intercept=False),
        lambda: standardise(np.zeros((2, 1)), inputs, targets, intercept=False),
        lambda: restore_matrix(inputs, 1.0, intercept=False),
    ):
        with pytest.raises(RequestError, match="only an intercept can undo"):
            call()


def test_one_covariance_a_target():
    X, Y = rows(2, 3)
    with pytest.raises(RequestError, match="2 covariance matrices for 3 targets"):
        restore_covariance(np.zeros((2, 3, 3)), units(X), units(Y))
