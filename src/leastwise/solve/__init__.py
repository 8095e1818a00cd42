"""Moments -> fit: factor, rank, coefficients, digits."""
