"""Models in pairs of float64: the same function with 32 digits in place of 16."""
