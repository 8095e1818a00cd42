"""A fitted model as an expression in another language."""
