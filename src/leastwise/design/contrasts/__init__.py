"""Codings of a category: what each level is in the columns of its term."""
