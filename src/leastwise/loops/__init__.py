"""Loops of folds and solves, and descent on moments."""
