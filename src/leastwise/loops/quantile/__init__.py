"""Quantile regression: an interior point, the exact vertex, and its proof."""
