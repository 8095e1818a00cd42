"""Functions that learn from the rows of a fit, and what they keep."""
